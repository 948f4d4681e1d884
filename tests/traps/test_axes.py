"""T4, T5: what the backends pass, and what the op asks its table for."""

from __future__ import annotations

import pytest
from support.applying import SPECS, apply_specs
from support.synthetic import SystemRoot, grid

from traps.conftest import PRELUDE

# The calls that a backend makes for batch 4 of 512 new tokens; generation counts the token that is being made.
CONTEXT = "dict(x=4 * 512, batch_size=4, beam_width=1, s=512, prefix=0)"
BEAMS = "dict(x=16, batch_size=4, beam_width=4, s=513)"
SPY = """
import inspect

class Spy:
    def __init__(self):
        self.asked = None
    def __getattr__(self, name):
        signature = inspect.signature(getattr(pd.PerfDatabase, name))
        def query(*values, **asked):
            self.asked = signature.bind(None, *values, **asked).arguments
            return pd.PerformanceResult(1.0, energy=0.0)
        return query
spy = Spy()
"""


def test_t4_the_guide_passes_all_tokens_as_the_sequence_and_ours_passes_the_sequence(pair) -> None:
    both = pair()
    code = (
        SPY
        + f"""
op = ops.ContextNewOp("context_new_op", 1, 32, 8)
op.query(spy, **{CONTEXT})
result = [spy.asked["b"], spy.asked["s"]]
"""
    )
    assert both.guide(code) == [4, 2048]  # a batch-fold overcount
    assert both.ours(code) == [4, 512]


def test_t4_beams_are_refused_as_existing_decode_ops_refuse_them(pair) -> None:
    both = pair()
    code = (
        SPY
        + f"""
op = ops.GenerationNewOp("generation_new_op", 1, 32, 8)
result = [outcome(lambda: op.query(spy, **{BEAMS}).__class__.__name__), spy.asked and spy.asked["b"]]
"""
    )
    assert both.guide(code) == ["PerformanceResult", 16]  # the batch is 4
    assert both.ours(code) == ["ValueError", None]


@pytest.mark.parametrize("mode", ["SOL", "EMPIRICAL", "SILICON"])
def test_t5_a_cached_prefix_makes_attention_dearer(release, tmp_path, spec_file, mode) -> None:
    """At s=1024 after a prefix of 7168 the work is 15 times that of s=1024 alone: (8192^2 - 7168^2) / 1024^2."""
    tree = release("0.8.0")
    apply_specs(tree.root, [spec_file("latent_attention", {})], lint=False)
    root = SystemRoot.like(tree, tmp_path / "systems")
    rows = grid(
        {"num_heads": (8, 16), "isl": (1024, 8192, 16384), "batch_size": (1, 2, 4)},
        attn_dtype="float16", kv_cache_dtype="float16",
    )  # fmt: skip
    for row in rows:
        row["latency"] = int(row["isl"]) ** 2 * 1e-6
    root.table("latent_attention_context_perf.txt", rows)
    whole, alone, with_prefix = tree.run(
        PRELUDE + root.opening() + f"""
def ask(s, prefix):
    op = ops.ContextLatentAttention("context_attention", 1, 16, common.FMHAQuantMode.float16, common.KVCacheQuantMode.float16)
    db.set_default_database_mode(Mode.{mode})
    return float(op.query(db, x=s, batch_size=1, beam_width=1, s=s, prefix=prefix))
result = [ask(8192, 0), ask(1024, 0), ask(1024, 7168)]
"""
    )  # fmt: skip
    if mode == "SILICON":
        assert with_prefix == pytest.approx(whole * (8192**2 - 7168**2) / 8192**2, rel=1e-12)
    assert with_prefix / alone == pytest.approx(15, rel=0.02 if mode == "SILICON" else 0.35)
    # The control: without the rule the prefix changes nothing.
    assert alone != pytest.approx(with_prefix, rel=0.5)


def test_t5_generation_has_the_prefix_in_its_sequence(release, spec_file) -> None:
    tree = release("0.8.0")
    apply_specs(tree.root, [spec_file("latent_attention", {})], lint=False)
    asked = tree.run(
        PRELUDE + SPY + """
op = ops.GenerationLatentAttention("generation_attention", 1, 16, common.FMHAQuantMode.float16,
                                   common.KVCacheQuantMode.float16)
op.query(spy, x=4, batch_size=4, beam_width=1, s=8193)
result = sorted(spy.asked)
"""
    )  # fmt: skip
    assert "prefix" not in asked and {"b", "s"} <= set(asked)


def test_examples_exist_for_both_axis_decisions() -> None:
    texts = [p.read_text(encoding="utf-8") for p in SPECS.glob("*.yaml")]
    assert any("query: x" in t for t in texts) and any("query: b,s" in t for t in texts)
