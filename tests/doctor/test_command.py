"""`newop-gen doctor` on the command line: text, JSON, names, exit codes, trees that are not whole, and running loaders."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from checkouts import copy_fixture, python_for
from click.testing import CliRunner

from doctor.planting import NAME, Trap, plant
from doctor.traps import TRAPS
from newop_gen.cli.doctor import command
from newop_gen.cli.group import cli
from newop_gen.problems import CheckoutRefused, SpecError
from newop_gen.resources import schemas_dir

LOST = next(t for t in TRAPS if t.code == "lost-rows")
LAST = next(t for t in TRAPS if t.code == "last-row-wins")
KEYS = next(t for t in TRAPS if t.code == "key-made-on-lookup")
ENERGY = next(t for t in TRAPS if t.code == "energy-not-interpolated")


def run(*arguments: str):
    return CliRunner().invoke(cli, ["doctor", *map(str, arguments)], standalone_mode=False)


def as_json(*arguments: str) -> dict:
    done = run("--json", *arguments)
    loaded = json.loads(done.stdout)
    schema = json.loads((schemas_dir() / "doctor-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(loaded)
    return loaded


def sole(code: str, loaded: dict) -> dict:
    """The one finding of a code. (Small tables have axes with one value, which is a finding, too.)"""
    (finding,) = [f for f in loaded["findings"] if f["code"] == code]
    return finding


def planted(tmp_path: Path, trap: Trap | None, fixture: str = "v0_8", rows: str = "") -> Path:
    root = copy_fixture(fixture, tmp_path)
    plant(root, trap)
    if rows:
        table = next(root.glob("**/systems/data/*/trtllm/*")) / f"{NAME}_perf.txt"
        table.write_text("tide,width,batch_size,isl,latency,power\n" + rows, encoding="utf-8")
    return root


def test_an_op_without_findings(tmp_path) -> None:
    root = planted(tmp_path, None)
    done = run("--checkout", root, "--no-run", NAME)
    assert done.return_value == 0
    assert done.stdout.startswith("0 findings in ")


def test_findings_as_text(tmp_path) -> None:
    root = planted(tmp_path, LOST)
    done = run("--checkout", root, "--no-run", NAME)
    assert done.return_value == 1
    line = (root / "src/aiconfigurator/sdk/perf_database.py").read_text(encoding="utf-8")
    number = line[: line.index("            table[tide][width][b][s] = leaf")].count("\n") + 1
    assert f"src/aiconfigurator/sdk/perf_database.py:{number}: wrong: " in done.stdout
    assert "to mend it: make the innermost dict one without a default" in done.stdout
    assert "1 finding in " in done.stdout


@pytest.mark.parametrize("name", [NAME, "load_kelp_stir_data", "query_kelp_stir", "_kelp_stir_data", "KelpStir"])
def test_an_op_goes_by_all_its_names(name, tmp_path) -> None:
    root = planted(tmp_path, ENERGY)
    codes = {f["code"] for f in as_json("--checkout", root, "--no-run", name)["findings"]}
    assert codes == {"energy-not-interpolated"}


def test_json_says_everything(tmp_path) -> None:
    loaded = as_json("--checkout", planted(tmp_path, LOST), "--no-run")
    assert loaded["layout"] == "func_map"
    assert {"lost-rows", "key-made-on-lookup", "energy-not-interpolated"} <= {f["code"] for f in loaded["findings"]}
    assert loaded["looked_at"]["loaders"] > 5
    assert all(f["effect"] is None for f in loaded["findings"])
    places = [(f["file"], f["line"]) for f in loaded["findings"]]
    assert places == sorted(places)


def test_a_name_that_nothing_has(tmp_path) -> None:
    done = run("--checkout", planted(tmp_path, None), "--no-run", "kelp_stirr")
    assert isinstance(done.exception, SpecError)
    assert "kelp_stir" in done.exception.problems[0].suggestion


def test_a_tree_of_no_layout_is_read_as_far_as_it_goes(tmp_path) -> None:
    root = planted(tmp_path, LOST)
    (root / "src/aiconfigurator/sdk/operations.py").unlink()
    done = run("--checkout", root, "--no-run", "--json")
    assert done.return_value == 3
    loaded = json.loads(done.stdout)
    assert loaded["layout"] is None
    assert "lost-rows" in {f["code"] for f in loaded["findings"]}
    assert any("operations" in note for note in loaded["not_looked_at"])


def test_a_file_that_does_not_parse_is_said_to_be_left_out(tmp_path) -> None:
    root = planted(tmp_path, LOST)
    models = root / "src/aiconfigurator/sdk/models.py"
    models.write_text("<<<<<<< HEAD\n", encoding="utf-8")
    loaded = as_json("--checkout", root, "--no-run")
    assert "lost-rows" in {f["code"] for f in loaded["findings"]}
    assert any("models.py:1" in note for note in loaded["not_looked_at"])


def test_no_tree_at_all(tmp_path) -> None:
    assert isinstance(run("--checkout", tmp_path, "--no-run").exception, CheckoutRefused)
    (tmp_path / "aiconfigurator" / "sdk").mkdir(parents=True)
    (tmp_path / "aiconfigurator" / "__init__.py").touch()
    assert isinstance(run("--checkout", tmp_path, "--no-run").exception, CheckoutRefused)


def test_nothing_is_written(tmp_path) -> None:
    root = planted(tmp_path, LOST, rows="ebb,8,1,16,0.5,100\n")
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    run("--checkout", root, *interpreter("v0_8"))
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


def interpreter(fixture: str) -> tuple[str, ...]:
    python = python_for(fixture)
    if python is None:
        pytest.skip("no interpreter can run the fixture")
    return ("--python", python)


ROWS = "ebb,8,1,16,0.5,100\nebb,8,2,16,0.75,100\nflow,8,1,16,0.25,100\nebb,8,1,16,9.5,100\n"


@pytest.mark.parametrize("fixture", ["v0_8", "v0_10"])
def test_lost_rows_are_counted_by_running_the_loader(fixture, tmp_path) -> None:
    root = planted(tmp_path, LOST, fixture, ROWS)
    if fixture == "v0_10":  # its reader takes the text table of an older release when there is no other
        table = next(root.glob("**/kelp_stir_perf.txt"))
        write_parquet(table)
    (finding,) = as_json("--checkout", root, NAME, *interpreter(fixture))["findings"]
    assert finding["effect"].startswith("4 of 4 rows dropped in ")
    assert "kelp_stir_perf" in finding["effect"] and "3 empty dicts" in finding["effect"]


def test_rows_that_win_wrongly_are_counted(tmp_path) -> None:
    root = planted(tmp_path, LAST, "v0_8", ROWS)
    finding = sole("last-row-wins", as_json("--checkout", root, NAME, *interpreter("v0_8")))
    assert finding["effect"].startswith("1 of 3 keys of ")
    assert "repeat with another latency, and the last is kept" in finding["effect"]


def test_a_second_source_that_wins_is_measured(tmp_path) -> None:
    root = planted(tmp_path, LAST, "v0_9", "ebb,8,1,16,0.5,100\nflow,8,1,16,0.25,100\n")
    (finding,) = as_json("--checkout", root, NAME, *interpreter("v0_9"))["findings"]
    assert finding["severity"] == "wrong"
    assert finding["effect"].startswith("a second source takes the place of 2 of 2 leaves of ")


def test_the_energy_that_a_helper_drops_is_measured(tmp_path) -> None:
    root = planted(tmp_path, ENERGY)
    (finding,) = as_json("--checkout", root, NAME, *interpreter("v0_8"))["findings"]
    assert "gives latency 1.5, power 500, and no energy (750 W*ms)" in finding["effect"]


@pytest.mark.parametrize(("fixture", "level"), [("v0_6", 1), ("v0_8", 2)])
def test_a_key_that_is_made_is_counted(fixture, level, tmp_path) -> None:
    root = planted(tmp_path, KEYS, fixture, ROWS)
    finding = sole("key-made-on-lookup", as_json("--checkout", root, NAME, *interpreter(fixture)))
    number = {1: "2 keys before, 3 after", 2: "1 keys before, 2 after"}[level]
    assert finding["effect"].endswith(f"has not, on level {level}: {number}")


def test_an_interpreter_that_can_not_run_it_leaves_the_findings(tmp_path) -> None:
    root = planted(tmp_path, LOST, rows=ROWS)
    loaded = as_json("--checkout", root, NAME, "--python", tmp_path / "no-such-python")
    assert [f["code"] for f in loaded["findings"]] == ["lost-rows"]
    assert any("nothing was run" in note for note in loaded["not_looked_at"])


def test_a_loader_that_raises_is_said_to(tmp_path) -> None:
    root = planted(tmp_path, LOST, rows="ebb,eight,1,16,0.5,100\n")
    loaded = as_json("--checkout", root, NAME, *interpreter("v0_8"))
    assert [f["effect"] for f in loaded["findings"]] == [None]
    assert any("load_kelp_stir_data could not be run: ValueError" in note for note in loaded["not_looked_at"])


def write_parquet(table: Path) -> None:
    """The text table as parquet, beside it."""
    import csv

    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    parquet.write_table(pyarrow.Table.from_pylist(rows), table.with_suffix(".parquet"))
    table.unlink()


def test_help_names_the_exit_codes() -> None:
    assert "Exit codes" in CliRunner().invoke(command, ["--help"]).stdout
