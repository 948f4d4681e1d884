"""Mistakes that are made when an op is integrated, seeded into a correct op in a checkout.

    python -m tests.verify.mistakes [--release 0.8.0] [NAME...]

prints, for each, which checks of `newop-gen verify` fell short and which cause it named. A mistake is text put in the
place of other text, in a function, class or file of the checkout. Nothing here knows how verification works: `right`
are the codes of the causes that a person who knows of the mistake would accept, as they are documented.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

# (file below sdk/, where, text, other text). Where is the name of a function or class, or nothing for the whole file;
# `Name @ line` is that definition from the line on, and then the first such text is meant.
Edit = tuple[str, str, str, str]

DB, OPS, MODELS, COMMON = "perf_database.py", "operations.py", "models.py", "common.py"


@dataclass(frozen=True)
class Mistake:
    """One mistake in the integration of `spec`, and the causes that name it."""

    name: str
    words: str
    spec: str
    edits: tuple[Edit, ...]
    right: tuple[str, ...]
    releases: tuple[str, ...] = ("0.6.0", "0.7.0", "0.8.0")


def one(
    name: str, words: str, spec: str, edit: Edit, *right: str, releases: tuple[str, ...] = ("0.6.0", "0.7.0", "0.8.0")
) -> Mistake:
    return Mistake(name, words, spec, (edit,), right, releases)


WRAPPED = ("0.7.0", "0.8.0")
HELPER = ("0.8.0",)

LOADING = (
    one(
        "leaf-factory", "T1: the innermost dict makes what it is asked for", "new_op",
        (DB, "load_new_op_data", "        if path[-1] in leaves:\n            repeated += 1\n            continue\n",
         "        if leaves.setdefault(path[-1], {}) is not None:\n            repeated += 1\n            continue\n"),
        "leaf-factory",
    ),
    one(
        "last-wins", "T13: rows that repeat a key overwrite the first one", "new_op",
        (DB, "load_new_op_data", "            repeated += 1\n            continue\n", "            repeated += 1\n"),
        "last-wins",
    ),
    one(
        "energy-lost-in-loader", "leaves are made with energy 0", "new_op_tokens",
        (DB, "load_new_op_tokens_data", '"energy": power * latency', '"energy": 0.0'), "energy-lost",
    ),
    one(
        "latency-in-us", "the column is taken for microseconds", "new_op",
        (DB, "load_new_op_data", 'float(row["latency"])', 'float(row["latency"]) / 1000'), "latency-unit",
    ),
    one(
        "nesting-swapped", "the dict is nested [s][b]", "new_op",
        (DB, "load_new_op_data", 'int(row["batch_size"]), int(row["seq_len"])', 'int(row["seq_len"]), int(row["batch_size"])'),
        "nesting-order",
    ),
    one(
        "quant-as-text", "quant keys are left as text", "latent_attention",
        (DB, "load_generation_latent_attention_data", 'common.KVCacheQuantMode[kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])]',
         'kv_names.get(row["kv_cache_dtype"], row["kv_cache_dtype"])'),
        "key-type",
    ),
    one(
        "wrong-quant-enum", "a KV cache mode is taken from the enum of GEMM modes", "latent_attention",
        (DB, "load_generation_latent_attention_data", "common.KVCacheQuantMode[", "common.GEMMQuantMode["), "key-type",
    ),
    one(
        "tuple-as-list-of-text", "the tuple key is joined to one text", "state_scan",
        (DB, "load_state_scan_data", '(int(row["d_model"]), int(row["num_heads"]), int(row["state"])),\n                    int(row["batch_size"]),\n                )',
         'str((int(row["d_model"]), int(row["num_heads"]), int(row["state"]))),\n                    int(row["batch_size"]),\n                )'),
        "key-type", "key-column",
    ),
    one(
        "kernel-ignored", "rows of all kernels are filed under one", "state_scan",
        (DB, "load_state_scan_data", '"context",\n                    row["kernel_source"],', '"context",\n                    "chunked_scan",'),
        "key-ignored", "key-column", "rows-lost",
    ),
    one(
        "phase-misspelt", "the file's word for generation is another one", "state_scan",
        (DB, "load_state_scan_data", 'row["phase"] == "decode"', 'row["phase"] == "generation"'), "rows-lost",
    ),
    one(
        "step-forgotten", "the length is isl instead of isl + step", "latent_attention",
        (DB, "load_generation_latent_attention_data", 'int(row["isl"]) + int(row["step"])', 'int(row["isl"])'), "key-column",
    ),
    one(
        "blank-power", "a blank power cell is an error", "new_op",
        (DB, "load_new_op_data", 'float(row.get("power") or 0.0)', 'float(row["power"])'), "blank-power",
    ),
    one(
        "power-ignored", "power is never read", "new_op",
        (DB, "load_new_op_data", 'float(row.get("power") or 0.0)', "0.0"), "energy-lost", "power-lost",
    ),
    one(
        "registration-missing", "the loader is not in func_map", "new_op",
        (DB, "", "                PerfDataFilename.new_op_generation: load_new_op_data,\n", ""), "not-registered", releases=WRAPPED,
    ),
    one(
        "registration-doubled", "both phases load the context file", "new_op",
        (DB, "", "_load_op_data(PerfDataFilename.new_op_generation)", "_load_op_data(PerfDataFilename.new_op_context)"),
        "wrong-file", releases=WRAPPED,
    ),
    one(
        "registration-doubled-directly", "both phases load the context file", "new_op",
        (DB, "PerfDatabase", "common.PerfDataFilename.new_op_generation.value)", "common.PerfDataFilename.new_op_context.value)"),
        "wrong-file", releases=("0.6.0",),
    ),
    one(
        "enum-alias", "two members have one file name, and are one member", "new_op",
        (COMMON, "PerfDataFilename", '"new_op_generation_perf.txt"', '"new_op_context_perf.txt"'), "enum-alias",
    ),
    one(
        "file-misnamed", "the member names a file that nobody writes", "new_op_tokens",
        (COMMON, "PerfDataFilename", '"new_op_tokens_perf.txt"', '"new_op_token_perf.txt"'), "file-name",
    ),
    one(
        "pre-interpolation-missing", "the block in __init__ is never reached", "latent_attention",
        (DB, "PerfDatabase", "        if self._context_latent_attention_data:\n", "        if False:\n"),
        "pre-interpolation-missing",
    ),
    one(
        "pre-interpolation-without-energy", "T7: added points have no energy", "latent_attention",
        (DB, "PerfDatabase @ if self._context_latent_attention_data:", 'leaf.setdefault("energy", leaf["power"] * leaf["latency"])', "pass"),
        "added-points-without-energy",
    ),
    one(
        "pre-interpolation-without-root", "the second axis is not taken as a root", "latent_attention",
        (DB, "PerfDatabase @ if self._context_latent_attention_data:", "                    sqrt_y_value=True,\n", ""),
        "pre-interpolation-wrong",
    ),
    one(
        "support-matrix-mode", "the support matrix lists a mode without kernels", "latent_attention",
        (DB, "PerfDatabase", '        self.supported_quant_mode["generation_latent_attention"] = [mode for mode in supported if mode in collected]',
         '        self.supported_quant_mode["generation_latent_attention"] = ["float16", "fp8", "int8"]'),
        "support-matrix",
    ),
)  # fmt: skip

QUERIES = (
    one(
        "axes-swapped", "b and s change places on the way to the table", "new_op",
        (DB, "query_context_new_op", '(table, ("b", b), ("s", s))', '(table, ("b", s), ("s", b))'), "axes-swapped",
    ),
    one(
        "params-swapped", "param1 and param2 change places on the way to the table", "new_op_tokens",
        (DB, "query_new_op_tokens", '(("param1", param1), ("param2", param2))', '(("param1", param2), ("param2", param1))'),
        "axes-swapped", "not-found",
    ),
    one(
        "energy-lost-in-query", "the result is made without its energy", "new_op",
        (DB, "query_generation_new_op", "return PerformanceResult(latency, energy=energy)", "return PerformanceResult(latency)"),
        "energy-lost",
    ),
    one(
        "wrong-table", "generation is asked of the context table", "new_op",
        (DB, "query_generation_new_op", "table = self._generation_new_op_data", "table = self._context_new_op_data"),
        "latency-wrong", "wrong-table",
    ),
    one(
        "prefix-ignored", "T5: the table is asked at s", "latent_attention",
        (DB, "query_context_latent_attention", "full_s = s + prefix  # the table was measured without a prefix", "full_s, prefix = s, 0"),
        "prefix-ignored", "name-error",
    ),
    one(
        "prefix-uncorrected", "the value at s + prefix is not scaled down", "latent_attention",
        (DB, "query_context_latent_attention", "correction = (full_s * full_s - prefix * prefix) / (full_s * full_s)", "correction = 1.0"),
        "prefix-uncorrected",
    ),
    one(
        "prefix-not-on-energy", "the prefix correction is left out of the energy", "latent_attention",
        (DB, "query_context_latent_attention", "energy=energy * correction", "energy=energy"), "prefix-energy",
    ),
    one(
        "kernel-of-the-other-mode", "the KV cache mode is not looked at", "latent_attention",
        (DB, "query_context_latent_attention", '(("fmha", fmha), ("kv", kv))', '(("fmha", fmha), ("kv", next(iter(table[fmha]))))'),
        "argument-ignored",
    ),
    one(
        "clamped", "a point outside gets the value at the edge", "new_op",
        (DB, "_interpolate_new_op", "axis, at = point[0]\n", "axis, at = point[0]\n            at = max(min(node), min(at, max(node)))\n"),
        "outside-clamp",
    ),
    one(
        "extrapolation-off", "a point outside is refused", "new_op_tokens",
        (DB, "_interpolate_new_op_tokens", "            if len(node) == 1:",
         '            if not min(node) <= at <= max(node):\n                raise PerfDataNotAvailableError(f"new_op_tokens has no data at {at}")\n            if len(node) == 1:'),
        "outside-error",
    ),
    Mistake(
        "clamp-off", "a point outside follows the last two points", "state_scan",
        (
            (DB, "_interpolate_context_state_scan", "inside.append((axis, max(min(collected), min(at, max(collected)))))", "inside.append((axis, at))"),
            (DB, "_interpolate_context_state_scan", "            at = max(min(node), min(at, max(node)))\n", ""),
            (DB, "_interpolate_context_state_scan @ return along(node[at], point[1:])", "list(node))", "list(node), inner_only=False)"),
        ),
        ("outside-extrapolate",),
    ),
    one(
        "key-materialised", "T8: a missing key is created by asking for it", "new_op",
        (DB, "query_context_new_op", "                    if key not in table:\n", "                    if not table.setdefault(key, {}):\n"),
        "key-materialised",
    ),
    one(
        "key-error", "a missing key raises KeyError", "new_op",
        (DB, "query_context_new_op", "raise PerfDataNotAvailableError(", "raise KeyError("), "wrong-exception",
    ),
    one(
        "silent-message", "the error does not say what is missing", "new_op",
        (DB, "query_generation_new_op",
         'f"generation new_op has no data for {name}={key}: collected are {sorted(map(str, table))}."', '"no data"'),
        "message", releases=("0.6.0",),
    ),
    one(
        "missing-is-sol", "a missing table gives the SOL, where the spec says an error", "new_op_tokens",
        (DB, "query_new_op_tokens", "            def get_silicon():\n",
         "            def get_silicon():\n                if not self._new_op_tokens_data:\n                    return PerformanceResult(get_sol(x)[0], energy=0.0)\n"),
        "missing-sol",
    ),
    one(
        "missing-raises", "a missing table is an error, where the spec says the SOL", "state_scan",
        (DB, "query_context_state_scan", "if database_mode == common.DatabaseMode.SILICON:", "if database_mode is None:"),
        "missing-raise",
    ),
    one(
        "cached-by-batch", "answers are kept in a dict of their own, by the batch alone", "new_op",
        (DB, "query_context_new_op", "latency, energy = self._interpolate_new_op(table, (\"b\", b), (\"s\", s))",
         'kept = self.__dict__.setdefault("_new_op_kept", {})\n                latency, energy = kept.setdefault((b, param1), self._interpolate_new_op(table, ("b", b), ("s", s)))'),
        "cache-key", "argument-ignored",
    ),
    Mistake(
        "not-cached", "the query has no cache", "new_op_tokens",
        ((DB, "", "    @functools.lru_cache(maxsize=32768)\n    def query_new_op_tokens(", "    def query_new_op_tokens("),),
        ("not-cached",),
    ),
    one(
        "default-mode-ignored", "without a mode it is always SILICON", "new_op",
        (DB, "query_generation_new_op", "database_mode = self._default_database_mode", "database_mode = common.DatabaseMode.SILICON"),
        "default-mode",
    ),
)  # fmt: skip

MODES = (
    one(
        "sol-of-the-other-phase", "generation has the SOL of context", "new_op",
        (DB, "query_generation_new_op",
         "projection_flops = 2 * b * param1 * param2\n            projection_bytes = 2 * b * (param1 + param2)\n            cache_bytes = 2 * b * s * param1\n",
         "projection_flops = 2 * b * s * param1 * param2\n            projection_bytes = 2 * b * s * (param1 + param2)\n            cache_bytes = 0\n"),
        "sol-phase",
    ),
    one(
        "flops-key-missing", "T11: the FLOPS of another release's key", "new_op",
        (DB, "query_context_new_op", "self._get_quant_tc_flops(common.GEMMQuantMode.float16)", 'self.system_spec["gpu"]["bfloat16_tc_flops"]'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-key-of-fp8", "the peak of fp8 for 16 bits", "new_op",
        (DB, "query_context_new_op", "self._get_quant_tc_flops(common.GEMMQuantMode.float16)", 'self.system_spec["gpu"]["fp8_tc_flops"]'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-by-factor", "16-bit peak times 2 where the system has a figure for fp8", "latent_attention",
        (DB, "query_context_latent_attention", "self._get_quant_tc_flops(fmha)", '(self.system_spec["gpu"]["float16_tc_flops"] * fmha.value.compute)'),
        "flops-key", releases=HELPER,
    ),
    one(
        "flops-times-factor", "the factor of the precision is multiplied instead of divided by", "latent_attention",
        (DB, "query_context_latent_attention", "self._get_quant_tc_flops(fmha)", 'self.system_spec["gpu"]["float16_tc_flops"] * fmha.value.compute'),
        "sol-formula", releases=HELPER,
    ),
    one(
        "bytes-literal", "2 bytes for the KV cache, whatever its precision", "latent_attention",
        (DB, "query_generation_latent_attention", "576 * kv.value.memory", "576 * 2"), "bytes-literal",
    ),
    one(
        "sol-ignores-prefix", "the SOL counts the new tokens alone", "latent_attention",
        (DB, "query_context_latent_attention", "(full * full - prefix * prefix)", "s * s"), "sol-prefix-ignored", "sol-formula",
    ),
    one(
        "sol-in-seconds", "the SOL is not turned into ms", "new_op_tokens",
        (DB, "query_new_op_tokens", "return max(sol_math, sol_mem), sol_math, sol_mem",
         "return max(sol_math, sol_mem) / 1000, sol_math / 1000, sol_mem / 1000"),
        "sol-unit",
    ),
    one(
        "sol-full-order", "SOL_FULL gives memory before compute", "new_op",
        (DB, "query_context_new_op", "return max(sol_math, sol_mem), sol_math, sol_mem", "return max(sol_math, sol_mem), sol_mem, sol_math"),
        "sol-full-order",
    ),
    one(
        "sol-is-the-sum", "SOL adds both bounds", "new_op",
        (DB, "query_generation_new_op", "return max(sol_math, sol_mem), sol_math", "return sol_math + sol_mem, sol_math"), "sol-combined",
    ),
    one(
        "sol-part-left-out", "the cache is not read in the SOL", "new_op",
        (DB, "query_generation_new_op", "(projection_bytes + cache_bytes)", "projection_bytes"), "sol-part-missing",
    ),
    one(
        "sol-params-swapped", "d_model where the heads should be", "state_scan",
        (DB, "query_context_state_scan", "scan_flops = 4 * b * s * num_heads * state", "scan_flops = 4 * b * s * d_model * state"),
        "sol-argument", "sol-formula",
    ),
    one(
        "sol-constant", "a constant of the table is another number", "state_scan",
        (DB, "query_context_state_scan", '"chunked_scan": 3', '"chunked_scan": 4'), "sol-formula",
    ),
    one(
        "mode-missing", "SOL_FULL falls through to SILICON", "new_op",
        (DB, "query_context_new_op", "elif database_mode == common.DatabaseMode.SOL_FULL:", "elif database_mode == 'SOL_FULL':"),
        "mode-missing",
    ),
    one(
        "empirical-missing", "EMPIRICAL falls through to SILICON", "new_op_tokens",
        (DB, "query_new_op_tokens", "elif database_mode == common.DatabaseMode.EMPIRICAL:", "elif database_mode == 'EMPIRICAL':"),
        "empirical-rule", "mode-missing",
    ),
    one(
        "empirical-inverted", "EMPIRICAL is SOL times the scale", "new_op",
        (DB, "query_generation_new_op", "/ 0.7", "* 0.7"), "empirical-inverted",
    ),
    one(
        "empirical-of-the-other-phase", "generation has the scale of context", "latent_attention",
        (DB, "query_generation_latent_attention", "/ 0.8", "/ 0.6"), "empirical-phase",
    ),
    one(
        "hybrid-to-sol", "HYBRID falls back on the SOL", "new_op",
        (DB, "query_context_new_op", "get_empirical=get_empirical,", "get_empirical=lambda: get_sol(b, s)[0],"),
        "hybrid-fallback", releases=WRAPPED,
    ),
    one(
        "hybrid-raises", "HYBRID does not fall back", "new_op_tokens",
        (DB, "query_new_op_tokens", "database_mode=database_mode,\n", "database_mode=common.DatabaseMode.SILICON,\n"),
        "hybrid-no-fallback", releases=WRAPPED,
    ),
    one(
        "hybrid-raises-directly", "HYBRID does not fall back", "new_op",
        (DB, "query_context_new_op", "if database_mode == common.DatabaseMode.HYBRID:", "if database_mode is None:"),
        "hybrid-no-fallback", releases=("0.6.0",),
    ),
    one(
        "untagged", "T12: an estimate is reported as measured", "new_op",
        (DB, "query_context_new_op", ', source="empirical"', ""), "source-tag", releases=("0.9.0",),
    ),
)  # fmt: skip

OPERATIONS = (
    one(
        "s-is-x", "T4: the number of tokens is handed on as the length", "new_op",
        (OPS, "ContextNewOp", 's=kwargs["s"]', 's=kwargs["x"]'), "s-is-x",
    ),
    one(
        "b-is-x", "T4: batch times beam is handed on as the batch, and beams are not refused", "new_op",
        (OPS, "GenerationNewOp", "        if beam_width != 1:\n", "        if beam_width < 1:\n"), "beam-not-refused",
    ),
    one(
        "operation-axes-swapped", "batch and length change places", "new_op",
        (OPS, "GenerationNewOp", 'b=kwargs["batch_size"],\n            s=kwargs["s"],', 'b=kwargs["s"],\n            s=kwargs["batch_size"],'),
        "axes-swapped",
    ),
    one(
        "operation-drops-prefix", "T5: the prefix is not handed on", "latent_attention",
        (OPS, "ContextLatentAttention", 'prefix=kwargs.get("prefix", 0)', "prefix=0"), "prefix-ignored",
    ),
    one(
        "scale-dropped", "the result is that of one layer", "new_op",
        (OPS, "ContextNewOp", "PerformanceResult(float(result) * self._scale_factor, energy=result.energy * self._scale_factor)",
         "PerformanceResult(float(result), energy=result.energy)"),
        "scale-dropped",
    ),
    one(
        "energy-unscaled", "the energy is that of one layer", "new_op_tokens",
        (OPS, "GenerationNewOpTokens", "energy=result.energy * self._scale_factor", "energy=result.energy"), "energy-unscaled",
    ),
    one(
        "weights-wrong-size", "weights are counted at one byte", "new_op",
        (OPS, "ContextNewOp", "param1 * param2 * 2", "param1 * param2"), "weights-wrong",
    ),
    one(
        "weights-unscaled", "weights are those of one layer", "new_op",
        (OPS, "ContextNewOp", "return self._weights * self._scale_factor", "return self._weights"), "weights-unscaled",
    ),
    one(
        "tokens-without-batch", "a token-equivalent op is asked for the length", "new_op_tokens",
        (OPS, "ContextNewOpTokens", 'x=kwargs["x"]', 'x=kwargs["s"]'), "x-wrong",
    ),
)  # fmt: skip

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

MISTAKES: tuple[Mistake, ...] = (*LOADING, *QUERIES, *MODES, *OPERATIONS, *WIRING)


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from verify.seeding import print_table

    return print_table(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
