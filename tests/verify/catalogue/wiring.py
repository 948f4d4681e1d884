"""The op in the models' lists."""

from __future__ import annotations

from .base import HELPER, MODELS, OPS, Mistake, one

CONTEXT_WIRED = """\
                        ops.ContextNewOp(
                            "context_new_op",
                            self._num_layers,
                            param1=self._hidden_size,
                            param2=self._inter_size // self.config.tp_size,
                        )
"""
GENERATION_WIRED = """\
                        ops.GenerationNewOp(
                            "generation_new_op",
                            self._num_layers * self._mtp_scale_factor,
                            param1=self._hidden_size,
                            param2=self._inter_size // self.config.tp_size,
                        )
"""

WIRING = (
    one(
        "wired-twice", "the op stands twice in one list", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, CONTEXT_WIRED.rstrip("\n") + ",\n" + CONTEXT_WIRED), "wired-twice", releases=HELPER,
    ),
    one(
        "wired-unconditionally", "the op is in every model of the class", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED + '                    ]\n                    if self.architecture == "Qwen2ForCausalLM"',
         CONTEXT_WIRED + "                    ]\n                    if True"),
        "wired-unconditionally", releases=HELPER,
    ),
    one(
        "condition-misspelt", "the condition never holds", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED + '                    ]\n                    if self.architecture == "Qwen2ForCausalLM"',
         CONTEXT_WIRED + '                    ]\n                    if self.architecture == "Qwen2ForCasualLM"'),
        "wired-missing", releases=HELPER,
    ),
    one(
        "mtp-missing", "T14: the bare layer count in generation", "new_op",
        (MODELS, "LLAMAModel", '"generation_new_op",\n                            self._num_layers * self._mtp_scale_factor',
         '"generation_new_op",\n                            self._num_layers'),
        "mtp-missing", releases=HELPER,
    ),
    one(
        "wrong-list", "the decode op is put into the context list", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, GENERATION_WIRED), "wired-phase", "wired-missing", releases=HELPER,
    ),
    one(
        "wrong-name", "the op goes by another name", "new_op",
        (MODELS, "LLAMAModel", '"generation_new_op"', '"generation_newop"'), "wired-name", releases=HELPER,
    ),
    one(
        "tp-forgotten", "the width is that of all GPUs together", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, CONTEXT_WIRED.replace(" // self.config.tp_size", "")), "wired-argument", releases=HELPER,
    ),
    one(
        "arguments-swapped", "param1 and param2 are given each other's size", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED,
         CONTEXT_WIRED.replace("param1=", "param0=").replace("param2=", "param1=").replace("param0=", "param2=")),
        "wired-argument", releases=HELPER,
    ),
    one(
        "wrong-keyword", "the op is made with a param that it does not have", "new_op",
        (MODELS, "LLAMAModel", CONTEXT_WIRED, CONTEXT_WIRED.replace("param1=", "param_1=")), "wired-broken", releases=HELPER,
    ),
    one(
        "unknown-attribute", "an argument is an attribute that no model has", "new_op",
        (MODELS, "LLAMAModel", GENERATION_WIRED, GENERATION_WIRED.replace("self._hidden_size", "self._hidden")), "wired-broken", releases=HELPER,
    ),
    one(
        "scale-of-one-layer", "the scale is 1", "new_op",
        (MODELS, "LLAMAModel", '"context_new_op",\n                            self._num_layers', '"context_new_op",\n                            1'),
        "wired-scale", releases=HELPER,
    ),
    one(
        "quant-not-overridden", "the model's own precision is used where the op has no kernel for it", "latent_attention",
        (MODELS, "DeepSeekModel @ ops.ContextLatentAttention(", "kv=latent_attention_kv", "kv=common.KVCacheQuantMode.int8"),
        "wired-argument", releases=HELPER,
    ),
    Mistake(
        "weights-twice", "the weights are counted by the op and once more by a copy without cost", "new_op",
        (
            (OPS, "ContextNewOp", "return self._weights * self._scale_factor", "return 2 * self._weights * self._scale_factor"),
        ),
        ("weights-wrong", "weights-twice"),
    ),
)  # fmt: skip
