"""T6, T14: mixed steps, the MTP factor, lists that are built anew, weights, aliases."""

from __future__ import annotations

import json

import pytest
from support.applying import apply_specs, prepare
from support.synthetic import SystemRoot

from newop_gen.problems import CheckoutRefused
from newop_gen.spec.load import load_specs
from traps.conftest import PRELUDE

# Qwen2 in the shape of a published configuration: the model that the example's wiring is for.
CONFIG = {
    "architectures": ["Qwen2ForCausalLM"], "num_hidden_layers": 28, "hidden_size": 3584, "intermediate_size": 18944,
    "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064, "max_position_embeddings": 131072,
}  # fmt: skip

MODEL = """
from aiconfigurator.sdk import models, config
def build(path, nextn=0):
    settings = config.ModelConfig(
        tp_size=1, pp_size=1, moe_tp_size=1, moe_ep_size=1, attention_dp_size=1,
        gemm_quant_mode=common.GEMMQuantMode.float16, kvcache_quant_mode=common.KVCacheQuantMode.float16,
        fmha_quant_mode=common.FMHAQuantMode.float16, moe_quant_mode=common.MoEQuantMode.float16,
        nextn=nextn, nextn_accept_rates=[0.85, 0.3, 0.0, 0.0, 0.0])
    return models.get_model(path, settings, "trtllm")
def named(model, kind):
    return [op for op in [*model.context_ops, *model.generation_ops] if type(op).__name__ == kind]
"""

AGG = """
from aiconfigurator.sdk.backends.trtllm_backend import TRTLLMBackend
db.set_default_database_mode(Mode.EMPIRICAL)
def mixed(model):
    settings = config.RuntimeConfig(batch_size=16, beam_width=1, isl=1024, osl=256, prefix=256)
    summary = TRTLLMBackend().run_agg(model, db, settings, ctx_tokens=2048)
    return summary.get_per_ops_data()["mix_step"]
model = build(PATH)
wired = mixed(model)
ours = [op for op in [*model.context_ops, *model.generation_ops] if "NewOp" in type(op).__name__]
context, generation = ours
model.context_ops.remove(context)
model.generation_ops.remove(generation)
plain = mixed(model)
# ctx_tokens 2048 of requests with 1024 tokens: two at a time, 768 new tokens each; 14 requests generate, at 1024 + 128
exact = float(context.query(db, x=2 * 768, batch_size=2, beam_width=1, s=768, prefix=256))
decode = float(generation.query(db, x=14, batch_size=14, beam_width=1, s=1024 + 128 + 1))
result = dict(wired=wired, plain=plain, exact=exact, decode=decode)
"""


@pytest.fixture
def model_path(tmp_path):
    folder = tmp_path / "qwen2"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG))
    return str(folder)


def make_version_directory(tree) -> None:
    (tree.systems / "data" / "h200_sxm" / "trtllm" / "1.2.0rc5").mkdir(parents=True, exist_ok=True)


def wired(spec_file, changes=None):
    """The example spec without its data files, wired."""
    path = spec_file("new_op", {}, wired=True)
    text = path.read_text()
    text = text[: text.index("\ndata:")] + "\n"
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
    return path


def test_t6_named_as_attention_it_moves_mixed_steps_by_its_cost_per_request(
    release, tmp_path, spec_file, model_path
) -> None:
    tree = release("0.8.0")
    spec = wired(spec_file, {
        "    phase: context\n": "    phase: context\n    name: context_attention\n",
        "    phase: generation\n": "    phase: generation\n    name: generation_attention\n",
    })  # fmt: skip
    apply_specs(tree.root, [spec])
    root = SystemRoot.like(tree, tmp_path / "systems")
    found = tree.run(PRELUDE + root.opening() + MODEL + AGG.replace("PATH", repr(model_path)))
    moved = {k: v - found["plain"].get(k, 0.0) for k, v in found["wired"].items()}
    assert moved["context_attention (scaled)"] == pytest.approx(found["exact"], rel=1e-9)
    assert moved["generation_attention"] == pytest.approx(found["decode"], rel=1e-9)


def test_t6_under_its_own_name_the_plan_says_what_mixed_steps_make_of_it(
    release, tmp_path, spec_file, model_path
) -> None:
    tree = release("0.8.0")
    spec = wired(spec_file)
    plan = prepare(load_specs([spec]), tree.root).plan
    notes = [n for s in plan.steps if s.key == "wiring" for n in s.notes]
    assert len(notes) == 2 and all("mixed" in n for n in notes)
    apply_specs(tree.root, [spec])
    root = SystemRoot.like(tree, tmp_path / "systems")
    found = tree.run(PRELUDE + root.opening() + MODEL + AGG.replace("PATH", repr(model_path)))
    # What the note says is so: merged into one request in context, left out in generation.
    assert found["wired"]["context_new_op"] != pytest.approx(found["exact"], rel=1e-3)
    assert "generation_new_op" not in found["wired"]


def test_t14_generation_is_scaled_by_mtp(release, tmp_path, spec_file, model_path) -> None:
    tree = release("0.8.0")
    apply_specs(tree.root, [wired(spec_file)])
    root = SystemRoot.like(tree, tmp_path / "systems")
    found = tree.run(
        PRELUDE + root.opening() + MODEL + f"""
plain, mtp = build({model_path!r}), build({model_path!r}, nextn=1)
scale = lambda model, kind: named(model, kind)[0]._scale_factor
result = dict(plain=scale(plain, "GenerationNewOp"), mtp=scale(mtp, "GenerationNewOp"), factor=mtp._mtp_scale_factor,
              context=scale(mtp, "ContextNewOp"), neighbour=[o for o in mtp.generation_ops if o._name == "generation_attention"][0]._scale_factor)
"""
    )  # fmt: skip
    assert found["plain"] == found["context"] == 28
    assert found["factor"] < 0.6  # the guide's bare layer count would be 1.8 times too much
    assert found["mtp"] == found["neighbour"] == pytest.approx(28 * found["factor"], rel=1e-12)


def test_t14_a_list_that_is_built_anew_keeps_the_op(release, tmp_path, spec_file) -> None:
    """NemotronH resets its list in a builder: what `__init__` appends is erased, what stands in the builder stays."""
    tree = release("0.8.0")
    spec = wired(spec_file, {"LLAMAModel": "NemotronHModel"})
    text = spec.read_text()
    text = text.replace(
        """    when: ['self.architecture == "Qwen2ForCausalLM"', 'self.model_name == "QWEN2.5_7B"']\n""", ""
    )
    spec.write_text(text)
    apply_specs(tree.root, [spec])
    control = tree.sdk / "models.py"
    source = control.read_text()
    at = source.index("    def set_hybrid_config", source.index("class NemotronHModel"))
    lines = (
        source[:at].rstrip("\n")
        + '\n        self.context_ops.append(ops.GEMM("erased", 1, 8, 8, common.GEMMQuantMode.float16))\n\n'
    )
    control.write_text(lines + source[at:])
    names = tree.run(
        PRELUDE + MODEL + """
result = [op._name for op in build("nvidia/Nemotron-H-56B-Base-8K").context_ops]
"""
    )  # fmt: skip
    assert names.count("context_new_op") == 1
    assert "erased" not in names


def test_t14_weights_count_once_per_gpu(release, tmp_path, spec_file, model_path) -> None:
    tree = release("0.8.0")
    apply_specs(tree.root, [wired(spec_file)])
    weights = tree.run(
        PRELUDE + MODEL + f"""
model = build({model_path!r})
op = named(model, "ContextNewOp")[0]
total = sum(o.get_weights() for o in model.context_ops)
model.context_ops.remove(op)
result = [total - sum(o.get_weights() for o in model.context_ops), op.get_weights()]
"""
    )  # fmt: skip
    assert weights[0] == weights[1] == 28 * 3584 * 18944 * 2


def test_t14_a_file_that_another_member_has_is_refused(release, spec_file) -> None:
    """Two members with one value are one member: the second is an alias, and func_map keeps the last loader."""
    tree = release("0.8.0")
    spec = spec_file("new_op_tokens", {"op: new_op_tokens": "op: mla_bmm"})
    with pytest.raises(CheckoutRefused) as refused:
        prepare(load_specs([spec]), tree.root)
    assert any("PerfDataFilename.mla_bmm" in str(p) and p.place.line for p in refused.value.problems)
    alias = tree.run(
        PRELUDE
        + "import enum\nE = enum.Enum('E', dict(a='mla_bmm_perf.txt', b='mla_bmm_perf.txt'))\nresult = E.a is E.b"
    )
    assert alias is True


def test_a_condition_that_is_false_leaves_the_model_as_it_was(release, spec_file) -> None:
    tree, plain = release("0.8.0"), release("0.8.0")
    apply_specs(tree.root, [wired(spec_file)])
    code = (
        PRELUDE
        + MODEL
        + 'model = build("Qwen/Qwen3-8B")\nresult = [o._name for o in [*model.context_ops, *model.generation_ops]]'
    )
    assert tree.run(code) == plain.run(code)
