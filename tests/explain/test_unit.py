"""A latency in another unit than it is read in is questioned, and a sound table is not."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.applying import SPECS

from newop_gen.cli import cli
from newop_gen.data.check import check
from newop_gen.explain.systems import find_system
from newop_gen.explain.unit import LEAST_POINTS, UNITS, by_itself, by_roofline
from newop_gen.model.op import Op
from newop_gen.spec.load import load_spec
from newop_gen.tables.read import read

H200 = find_system("h200_sxm", None)
TABLES = [(spec, table) for spec in sorted(SPECS.glob("*.yaml")) for table in Op.from_spec(load_spec(spec).spec).tables]


def scaled(table, path, factor):
    """A copy of an example's table with its latencies times `factor`."""
    with (SPECS / "data" / f"{table.stem}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["latency"] = repr(float(row["latency"]) * factor)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.mark.parametrize(("spec", "table"), TABLES, ids=[table.stem for _, table in TABLES])
@pytest.mark.parametrize(("factor", "likely"), [(1e3, "us"), (1e-3, "s"), (1e6, "ns"), (1, "")])
def test_data_check_names_the_unit(tmp_path, spec, table, factor, likely):
    path = scaled(table, tmp_path / "t.csv", factor)
    found = check(Op.from_spec(load_spec(spec).spec), table, read(path), [H200]).findings
    doubts = [f.problem for f in found if f.problem.code == "latency-unit"]
    if not likely:
        assert not found
        return
    assert len(doubts) == len(found) == 1
    assert f"in {likely}?" in doubts[0].suggestion
    header = path.read_text().splitlines()[0]
    assert doubts[0].place.line == 1 and header[doubts[0].place.column - 1 :].startswith("latency")


@pytest.mark.parametrize(("factor", "unit"), [(1e3, "us"), (1e-3, "s")])
def test_each_command_that_takes_the_table_in_says_it(tmp_path, factor, unit):
    spec = SPECS / "new_op_tokens.yaml"
    path = scaled(Op.from_spec(load_spec(spec).spec).tables[0], tmp_path / "t.csv", factor)
    new = tmp_path / "new.yaml"
    runs = [
        (["init", new, "--from-csv", path], f"--unit {unit}"),
        (["data", "check", path, "--spec", new], f"unit: {unit}}}"),  # a placeholder: by itself
        (["explain", spec, "--data", path], f"unit: {unit}}}"),
    ]
    for args, said in runs:
        result = CliRunner().invoke(cli, list(map(str, args)))
        assert "latency, read as ms, looks 1000 times too" in result.output and said in result.output, args
    explained = json.loads(CliRunner().invoke(cli, ["explain", str(spec), "--data", str(path), "--json"]).stdout)
    assert all(m["unit_doubt"] == {"unit": "ms", "likely": unit, "factor": factor} for m in explained["measured"])
    # What it suggests settles it.
    told = CliRunner().invoke(cli, ["init", str(tmp_path / "b.yaml"), "--from-csv", str(path), "--unit", unit])
    assert "looks 1000 times" not in told.output
    again = CliRunner().invoke(cli, ["data", "check", str(path), "--spec", str(tmp_path / "b.yaml")])
    assert again.exit_code == 0, again.output


def test_explain_refuses_what_can_not_be_a_time(tmp_path):
    spec = SPECS / "new_op_tokens.yaml"
    path = scaled(Op.from_spec(load_spec(spec).spec).tables[0], tmp_path / "t.csv", -1)
    result = CliRunner().invoke(cli, ["explain", str(spec), "--data", str(path)])
    assert result.exit_code == 2 and "the latency is negative in 27 rows" in result.stderr
    assert result.stderr.startswith(f"error: {path}:2:74: ")
    assert not result.stdout


@given(st.lists(st.floats(1e-9, 1e9), min_size=LEAST_POINTS, max_size=60), st.sampled_from(UNITS[:3]))
def test_a_doubt_names_a_unit_in_which_there_is_none(utilisations, unit):
    doubt = by_roofline(utilisations, unit, "gpu")
    if doubt:
        assert by_roofline([u * doubt.factor for u in utilisations], unit, "gpu") is None
        if doubt.likely:
            assert 1000 ** (UNITS.index(doubt.likely) - UNITS.index(unit)) == pytest.approx(doubt.factor)


@pytest.mark.parametrize("few", [[], [1e-5], [0.0] * 9, [float("inf")] * 9])
def test_too_few_points_say_nothing(few):
    assert by_roofline(few, "ms", "gpu") is None and by_itself(few, "ms") is None


def test_released_tables_are_not_questioned_and_are_when_read_as_another_unit(release):
    asked = 0
    for path in sorted(release("0.8.0", systems=("h200_sxm",)).systems.glob("data/h200_sxm/*/*/*_perf.txt")):
        with path.open(newline="") as file:
            latencies = [float(row["latency"]) for row in csv.DictReader(file) if row.get("latency")]
        if not latencies:
            continue
        assert by_itself(latencies, "ms") is None, path
        doubt = by_itself([latency * 1e3 for latency in latencies], "ms")
        assert doubt is not None and doubt.likely == "us", path
        asked += 1
    assert asked > 20
