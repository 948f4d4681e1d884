"""Defects that are in what was collected, not in the code: each is proved by running the op on its table."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import copy_fixture

from doctor.planting import NAME, Trap, plant
from doctor.test_command import as_json, interpreter, sole
from doctor.test_planted import findings, of_kelp

HEAD = "tide,width,batch_size,isl,latency,power\n"
FLAT = ("v0_6", "v0_8", "v0_9")

# The width, a size that a model has, as an axis.
AS_AXIS = Trap("single-valued-axis", "body", """\
            below = table.get(tide, {}).get(width) if table else None
            if not below:
                raise PerfDataNotAvailableError("no kelp")
            result = LOOKUP
""", """\
            below = table.get(tide) if table else None
            if not below:
                raise PerfDataNotAvailableError("no kelp")
            result = self._interp_3d(width, b, full, below, "bilinear")
""")  # fmt: skip

# One axis, below which the line of the first two points goes on.
LINE = Trap("negative-below-grid", "body", "            result = LOOKUP\n", """\
            curve = below.get(b, {})
            AXIS = full
            left, right = self._nearest_1d_point_helper(AXIS, list(curve), inner_only=False)
            result = self._interp_1d([left, right], [curve[left], curve[right]], AXIS)
            result["energy"] = result["power"] * result["latency"]
""")  # fmt: skip


def table_of(root: Path, rows: str, folder: str = "trtllm") -> Path:
    path = next(root.glob(f"**/systems/data/*/{folder}/*")) / f"{NAME}_perf.txt"
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


def grid(widths: tuple[int, ...]) -> str:
    return "".join(
        f"{tide},{w},{b},{s},{b * s * w / 1000},100\n" for tide in ("ebb", "flow") for w in widths for b in (1, 2, 4) for s in (16, 32, 64)
    )  # fmt: skip


def codes(root: Path, fixture: str) -> set[str]:
    return {f["code"] for f in as_json("--checkout", root, NAME, *interpreter(fixture))["findings"]}


@pytest.mark.parametrize("fixture", FLAT)
def test_an_axis_that_has_one_value(fixture, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    plant(root, AS_AXIS)
    table_of(root, grid((8,)))
    loaded = as_json("--checkout", root, NAME, *interpreter(fixture))
    # Whether it works out depends on the tree's helper: some can do with one value on the first axis.
    if fixture == "v0_6":
        finding = sole("single-valued-axis", loaded)
        assert finding["severity"] == "fails"
        assert finding["effect"].startswith(
            "width has one value in 2 of 2 slices, and on that value, between the others"
        )
        assert finding["effect"].endswith("the answer is AssertionError")
    else:
        assert "single-valued-axis" not in {f["code"] for f in loaded["findings"]}
    table_of(root, grid((8, 16)))
    assert "single-valued-axis" not in codes(root, fixture)


@pytest.mark.parametrize("fixture", FLAT)
def test_an_inner_axis_that_has_one_value(fixture, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    plant(root)
    table_of(root, grid((8, 16)))
    assert codes(root, fixture) == set()
    table_of(root, "".join(line for line in grid((8, 16)).splitlines(True) if ",16," in line[5:]))
    finding = sole("single-valued-axis", as_json("--checkout", root, NAME, *interpreter(fixture)))
    assert finding["effect"].startswith("s has one value in ")


@pytest.mark.parametrize("fixture", FLAT)
@pytest.mark.parametrize(
    ("axis", "last", "found"), [("tokens", "8.5", True), ("tokens", "0.9", False), ("seq", "8.5", False)]
)
def test_a_time_below_zero(axis, last, found, fixture, tmp_path) -> None:
    """Half a millisecond for each token from 16 on: at 1 it is 7 ms less than nothing."""
    root = copy_fixture(fixture, tmp_path)
    plant(root, Trap(LINE.code, LINE.part, LINE.old, LINE.new.replace("AXIS", axis)))
    table_of(root, f"ebb,8,1,16,0.5,100\nebb,8,1,32,{last},100\nebb,8,2,16,9.0,100\nebb,8,2,32,9.5,100\n")
    loaded = as_json("--checkout", root, NAME, *interpreter(fixture))
    if found:
        finding = sole("negative-below-grid", loaded)
        assert finding["severity"] == "wrong"
        assert finding["effect"] == "1 of 2 curves are negative at 1, as low as -7 ms in kelp_stir_perf.txt"
    else:  # it stays above 0, or there is no sequence of one token in what was collected
        assert "negative-below-grid" not in {f["code"] for f in loaded["findings"]}


@pytest.mark.parametrize("fixture", ["v0_8", "v0_10"])
def test_an_empty_cell(fixture, tmp_path) -> None:
    root = copy_fixture(fixture, tmp_path)
    plant(root)
    table = table_of(root, "ebb,8,1,16,0.5,\nebb,8,2,16,,100\n")
    if fixture == "v0_10":
        write_nulls(table)
    (finding,) = [f for f in of_kelp(findings(root)) if f.code == "empty-cell"]
    # The power may be missing: it is read with `or`.
    assert finding.what.startswith("latency is empty in a row")
    assert finding.place.line == (1 if fixture == "v0_10" else 3)
    table_of(root, "ebb,8,1,16,0.5,\nebb,8,2,16,0.5,100\n")
    table.with_suffix(".parquet").unlink(missing_ok=True)
    assert not [f for f in of_kelp(findings(root)) if f.code == "empty-cell"]


def test_a_default_that_an_empty_cell_does_not_get(tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    plant(root, Trap("", "loader", 'row.get("power") or 0.0', 'row.get("power", 0.0)'))
    table_of(root, "ebb,8,1,16,0.5,\nebb,8,2,16,0.5,100\n")
    (finding,) = of_kelp(findings(root))
    assert finding.code == "empty-cell" and finding.place.line == 2
    assert finding.what.startswith("power is empty in a row")
    measured = sole("empty-cell", as_json("--checkout", root, NAME, *interpreter("v0_8")))
    assert measured["effect"] == "load_kelp_stir_data raises ValueError: could not convert string to float: ''"


def test_a_cell_that_is_made_good_in_a_way_that_is_not_seen(tmp_path) -> None:
    """Running the loader has the last word."""
    root = copy_fixture("v0_8", tmp_path)
    plant(
        root,
        Trap(
            "",
            "loader",
            "    for row in rows:\n",
            '    for row in rows:\n        row.update(latency=row["latency"] or "1")\n',
        ),
    )
    table_of(root, "ebb,8,1,16,,100\nebb,8,2,32,0.5,100\n")
    assert {f.code for f in of_kelp(findings(root))} == {"empty-cell"}
    assert "empty-cell" not in codes(root, "v0_8")


def write_nulls(table: Path) -> None:
    import csv

    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    with table.open(encoding="utf-8") as file:
        rows = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), table.with_suffix(".parquet"))
    table.unlink()


LISTED = """\
# Made anew by a script.
groups:
  - op_file: {}_perf.parquet
    kernel_source: 'torch'
"""


@pytest.mark.parametrize(
    ("listed", "versions", "column", "codes"),
    [
        ("other", ("1.0.0", "1.1.0"), True, {"not-shared"}),
        (NAME, ("1.0.0", "1.1.0"), True, set()),
        ("other", ("1.0.0",), True, set()),
        ("other", ("1.0.0", "1.1.0"), False, set()),
    ],
    ids=["not listed", "listed", "one version", "no kernel source"],
)
def test_a_table_that_is_not_shared(listed, versions, column, codes, tmp_path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    root = copy_fixture("v0_10", tmp_path)
    plant(root)
    systems = root / "src/aiconfigurator/systems"
    (systems / "op_kernel_source_manifest.yaml").write_text(LISTED.format(listed), encoding="utf-8")
    row = {"tide": "ebb", "width": 8, "batch_size": 1, "isl": 16, "latency": 0.5} | (
        {"kernel_source": "torch"} if column else {}
    )
    for version in versions:
        folder = systems / "data" / "h200_sxm" / "trtllm" / version
        folder.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pyarrow.Table.from_pylist([row]), folder / f"{NAME}_perf.parquet")
    assert {f.code for f in of_kelp(findings(root))} == codes
