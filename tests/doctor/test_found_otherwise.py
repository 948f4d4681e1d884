"""Defects that are more than a changed line: queries without modes, keys that escape HYBRID, files that can't be read."""

from __future__ import annotations

import pytest
from checkouts import copy_fixture, copy_git_fixture

from doctor.planting import BODY, BRANCH, NAME, Trap, plant
from doctor.test_planted import findings, of_kelp

NO_MODES = """\
        def get_sol():
            return 4 * b * s * width / self.system_spec["gpu"]["mem_bw"] * 1000, 0, 0

        table = self._kelp_stir_data
        if not table:
            return PerformanceResult(get_sol()[0], energy=0.0)
        below = table.get(tide, {}).get(width)
        if not below:
            return PerformanceResult(get_sol()[0], energy=0.0)
        result = self._interp_2d_linear(b, s + prefix, below)
        return PerformanceResult(result["latency"], energy=result["energy"])
"""

ESCAPING = """\
        def get_sol():
            return 4 * b * s * s * width / database.system_spec["gpu"]["mem_bw"] * 1000, 0, 0

        def get_silicon():
            database._kelp_stir_data.raise_if_not_loaded()
            leaf = LEAF
            return PerformanceResult(leaf["latency"], energy=leaf["energy"])

        if database_mode == common.DatabaseMode.SOL:
            return PerformanceResult(get_sol()[0], energy=0.0, source="sol")
        elif database_mode == common.DatabaseMode.SOL_FULL:
            return get_sol()
        elif database_mode == common.DatabaseMode.EMPIRICAL:
            return PerformanceResult(get_sol()[0] / 0.7, energy=0.0, source="empirical")
        return database._query_silicon_or_hybrid(get_silicon, lambda: get_sol()[0] / 0.7, database_mode, "kelp")
"""
RAW = "database._kelp_stir_data[tide][width][b][s]"
CAUGHT = """{}
            try:
                leaf = database._kelp_stir_data[tide][width][b][s]
            except KeyError:
                raise PerfDataNotAvailableError("no kelp") from None"""

PARTITIONER = """\
def _is_skipped_model_internal_op(op, name):
    if isinstance(op, operations.P2P):
        return True
    return "_send" in name


def _unclassifiable_layer_family(name):
    if "bog" in name:
        return "Bog"
    return None


def _is_boundary_op(name):
    return any(marker in name for marker in ("gemm", "norm", "embedding", "act_gate", "ar_", "p2p", "overlap"))


def _is_attention_side_op(name):
    return any(marker in name for marker in ("attention", "rope", "mla", "cp_"))


def _is_ffn_side_op(name):
    return any(marker in name for marker in ("ffn", "moe", "mamba", "gdn", "mhc"))
"""


def test_a_query_without_modes_that_answers_by_formula(tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    plant(root, Trap("", "body", BODY, NO_MODES))
    database = root / "src/aiconfigurator/sdk/perf_database.py"
    text = database.read_text(encoding="utf-8")
    mode = "width: int, database_mode: common.DatabaseMode | None = None\n"
    assert text.count(mode) == 1
    database.write_text(text.replace(mode, "width: int\n"), encoding="utf-8")
    assert {f.code for f in of_kelp(findings(root))} == {"no-modes", "silent-formula"}


@pytest.mark.parametrize(("leaf", "codes"), [(RAW, {"missing-key-escapes"}), (CAUGHT, set())], ids=["raw", "caught"])
def test_a_key_error_that_hybrid_does_not_fall_back_on(leaf, codes, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    plant(root, Trap("", "body", BODY, ESCAPING.replace("LEAF", leaf)))
    assert {f.code for f in of_kelp(findings(root))} == codes


def test_files_that_are_pointers(tmp_path) -> None:
    root = copy_git_fixture("v0_8", tmp_path, lfs_pointers=True)
    (finding,) = [f for f in findings(root) if f.code == "lfs-pointer"]
    number = len(list(root.glob("**/systems/data/**/*_perf.*")))
    assert number > 3
    assert f"{number} of {number} perf files" in finding.what
    assert not [f for f in findings(copy_fixture("v0_8", tmp_path / "with")) if f.code == "lfs-pointer"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("tide,width,batch_size,isl,latency\nebb,8,1,16,0.5\n", None, 0),
        ("tide,width,batch_size,isl,latency,power\nebb,8,1,16,0.5,300\n", None, 0),
        ("tide,batch_size,isl,latency\nebb,1,16,0.5\n", "missing-column", 1),
        ("tide,width,batch_size,isl,latency\nebb,8,1,16,0.5\nebb,8,1,0.5\n", "malformed-row", 3),
    ],
    ids=["good", "with power", "no width", "short row"],
)
def test_a_table_that_its_loader_can_not_read(text, code, line, tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    plant(root)
    table = next(root.glob("**/systems/data/*/trtllm/*")) / f"{NAME}_perf.txt"
    table.write_text(text, encoding="utf-8")
    found = of_kelp(findings(root))
    assert [(f.code, f.place.line) for f in found] == ([(code, line)] if code else [])


@pytest.mark.parametrize(
    ("label", "codes"),
    [("generation_attention", set()), ("generation_kelp", {"unsortable-op"}), ("generation_kelp_bog", set())],
    ids=["sorted", "not sorted", "refused on purpose"],
)
def test_a_name_that_the_partitioner_can_not_sort(label, codes, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    plant(root, Trap("", "model", '"generation_attention"', f'"{label}"'))
    (root / "src/aiconfigurator/sdk/afd_partition.py").write_text(PARTITIONER, encoding="utf-8")
    assert {f.code for f in of_kelp(findings(root))} == codes


@pytest.mark.parametrize(
    "text",
    ["return 1\n", "class A(:\n", "\x00", "﻿import os\n", "def f():\n    nonlocal x\n", "# -*- coding: latin-1 -*-\nx = '\xe9'\n"],
    ids=["return", "syntax", "nul", "mark", "nonlocal", "latin"],
)  # fmt: skip
def test_a_file_that_is_odd_hides_no_other(text, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    lost = Trap("", "loader", "lambda: defaultdict())))", "lambda: defaultdict(dict))))")
    plant(root, lost)
    odd = root / "src/aiconfigurator/sdk/operations/odd.py"
    odd.write_bytes(text.encode("latin-1" if "latin" in text else "utf-8"))
    (root / "src/aiconfigurator/systems/broken.yaml").write_bytes(b"gpu: [\xff\n")
    assert "lost-rows" in {f.code for f in of_kelp(findings(root))}


def with_parts(root, *, given: bool, divides: bool, told: bool = False) -> set[str]:
    """The op in a model of which every other context operation is given a part of the sequence."""
    plant(root)
    module = root / "src/aiconfigurator/sdk/operations/kelp_stir.py"
    text = module.read_text(encoding="utf-8")
    if given:
        text = text.replace("_KelpTable(Operation):\n", "_KelpTable(Operation):\n    _CP_AWARE = True\n")
    if divides:
        text = text.replace('s=kwargs["s"], prefix=kwargs', 's=-(-kwargs["s"] // self._seq_split), prefix=kwargs')
    module.write_text(text, encoding="utf-8")
    models = root / "src/aiconfigurator/sdk/models/deepseek.py"
    text = models.read_text(encoding="utf-8")
    plain = 'ops.ContextKelpStir("context_attention", self._num_layers, 8'
    assert text.count(plain) == 1
    own = plain + (", seq_split=cp" if given else ", ranks=cp" if told else "")
    others = "".join(f'\n        self.context_ops.append(ops.P2P("kelp_{n}", 1, 8, 1, seq_split=cp))' for n in range(2))
    models.write_text(text.replace(f"{plain}))", f"{own})){others}"), encoding="utf-8")
    return {f.code for f in of_kelp(findings(root)) if f.code.startswith("parts-")}


@pytest.mark.parametrize(
    ("given", "divides", "told", "codes"),
    [
        (True, True, False, set()),
        (True, False, False, {"parts-ignored"}),
        (False, False, False, {"parts-not-given"}),
        (False, False, True, set()),
    ],
    ids=["divides", "ignores it", "is not given it", "is told in another way"],
)
def test_an_op_that_counts_the_whole_sequence_on_every_rank(given, divides, told, codes, tmp_path) -> None:
    assert with_parts(copy_fixture("v0_10", tmp_path), given=given, divides=divides, told=told) == codes


def test_a_model_that_the_step_in_python_answers_after_all(tmp_path) -> None:
    """Where the refusal of the compiled engine is caught, an op that it does not know does no harm."""
    root = copy_fixture("v0_10", tmp_path)
    plant(root, Trap("", "branch", BRANCH, ""))
    assert {f.code for f in of_kelp(findings(root))} == {"unconverted-op"}
    step = root / "src/aiconfigurator/sdk/rust_step.py"
    step.write_text("try:\n    step()\nexcept engine.OpConversionError:\n    fall_back()\n", encoding="utf-8")
    assert {f.code for f in of_kelp(findings(root))} == set()
