"""What AFD partitioning makes of an op, read from the partitioner's source: held to what the partitioner itself does."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
from checkouts import copy_fixture

from newop_gen.checkout.python import PythonSource
from newop_gen.layouts.common.afd import Partitioner, afd_notes

# Names that upstream has, names that specs give, and names that nearly are one or the other.
STEMS = (
    "new_op", "state_scan", "attention", "latent_attention", "mla_bmm", "moe", "shared_ffn", "router_gemm", "qkv_gemm",
    "proj_gemm", "down_proj_gemm", "up_proj_gemm", "gate_proj_gemm", "logits_gemm", "add_norm_1", "add_norm_2",
    "attn_norm", "ffn_norm", "moe_norm", "embedding", "embedding_ar", "ar_1", "p2p", "arch_scan", "mamba_norm", "gdn",
    "moe_dispatch", "combine", "moe_combine", "combine_it", "reduce_add", "rope", "act", "act_gate", "swish", "relu",
    "q_b_proj_gemm", "tp_all_gather", "downscale_gemm", "gate_up", "activation", "MLA", "GDN_SCAN",
)  # fmt: skip
NAMES = [f"{phase}_{stem}" for phase, stem in itertools.product(("context", "generation"), STEMS)]
MEANINGS = {"skip": "left out", "boundary": "boundary", "attn": "attention worker", "ffn": "FFN worker"}

ASK = """
from aiconfigurator.sdk import afd_partition
from aiconfigurator.sdk.operations.base import Operation
def side(name):
    try:
        return afd_partition._classify_op(Operation(name, 1), allow_unknown_ops=False, unknown_side="attn")
    except afd_partition.AFDPartitionError:
        return None
result = {name: side(name) for name in arguments[0]}
"""


def assert_same(source: PythonSource, found: dict[str, str | None]) -> None:
    partitioner = Partitioner.read(source)
    for name, side in found.items():
        read = partitioner.side(name)
        assert (read is None) == (side is None), name
        if side is not None:
            assert MEANINGS[side] in read, name
    assert {*found.values()} >= {None, "attn", "ffn", "skip", "boundary"}  # every answer has been asked for


def test_the_release_sorts_names_as_read(release) -> None:
    tree = release("0.10.0")
    source = PythonSource("afd_partition.py", (tree.sdk / "afd_partition.py").read_bytes())
    assert_same(source, tree.run(ASK, NAMES))


def source_of(text: str) -> PythonSource:
    return PythonSource("sdk/afd_partition.py", text.encode())


RULES = """
_EXTRA = ("down_proj",)
def _is_skipped_model_internal_op(op, name):
    if isinstance(op, int):
        return True
    return any(marker in name for marker in ("_ar", "p2p"))
def _unclassifiable_layer_family(name):
    if "mamba" in name:
        return "Mamba"
    return None
def _is_boundary_op(name):
    return any(m in name for m in ("norm_2",)) or name.endswith("_combine")
def _is_attention_side_op(name):
    if any(m in name for m in ("attention",)):
        return True
    return "proj" in name and not any(extra in name for extra in _EXTRA)
def _is_ffn_side_op(name):
    return any(m in name for m in ("ffn", "down_proj"))
"""


def op_with(*wirings: tuple[str, str]) -> SimpleNamespace:
    listed = [SimpleNamespace(name=name, phase=phase) for name, phase in wirings]
    return SimpleNamespace(name="toy", spec=SimpleNamespace(wiring=listed), instance_name=lambda w: w.name)


def test_names_that_work_come_with_one_that_does_not() -> None:
    (note,) = afd_notes(op_with(("context_toy", "context")), source_of(RULES))
    assert "can't sort op 'context_toy'" in note
    assert "'context_attention_toy' (attention worker) or 'context_toy_ffn' (FFN worker)" in note


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("toy_ar", "left out"),
        ("toy_combine", "boundary"),
        ("toy_proj", "attention worker"),
        ("toy_down_proj", "FFN worker"),
        ("context_attention", "attention worker"),
    ],
)
def test_a_name_that_can_be_sorted_is_told_how(name, says) -> None:
    (note,) = afd_notes(op_with((name, "context")), source_of(RULES))
    assert says in note


def test_a_family_that_is_refused_is_refused_before_its_markers() -> None:
    assert Partitioner.read(source_of(RULES)).side("mamba_attention") is None


@pytest.mark.parametrize(
    "rules",
    [
        RULES.replace("_is_ffn_side_op", "_is_other"),
        RULES.replace('name.endswith("_combine")', 'match(name, "_combine")'),
        RULES.replace('if "mamba" in name:', "for _ in name:"),
        "",
    ],
)
def test_rules_that_are_not_understood_are_said_to_be(rules) -> None:
    (note,) = afd_notes(op_with(("context_toy", "context")), source_of(rules))
    assert "could not be read" in note


def test_a_partitioner_of_another_make_is_said_to_be(tmp_path) -> None:
    path = copy_fixture("v0_10", tmp_path) / "src" / "aiconfigurator" / "sdk" / "afd_partition.py"
    (note,) = afd_notes(op_with(("context_toy", "context")), PythonSource("afd_partition.py", path.read_bytes()))
    assert "could not be read" in note
