"""`newop-gen data check`: every kind of damage is found at its row, and a sound table gives nothing."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.applying import SPECS

from newop_gen.cli import cli
from newop_gen.data.cell_places import as_number
from newop_gen.data.check import check
from newop_gen.explain.systems import find_system
from newop_gen.model.op import Op
from newop_gen.resources import schemas_dir
from newop_gen.spec.load import load_spec
from newop_gen.tables.grid import grid_of
from newop_gen.tables.read import read

TABLE = SPECS / "data" / "latent_attention_context_perf.csv"
OP = Op.from_spec(load_spec(SPECS / "latent_attention.yaml").spec)
H200 = find_system("h200_sxm", None)


def codes(path: Path, *, op: Op = OP) -> dict[str, tuple[str, tuple[int, ...]]]:
    """{code: (severity, lines)} of everything that a check finds."""
    found = check(op, op.tables[0], read(path), [H200]).findings
    return {f.problem.code: (f.severity, f.lines) for f in found}


def changed(path: Path, edit) -> Path:
    """A copy of the sound table with its rows, the header first, edited in place."""
    with TABLE.open(newline="") as file:
        rows = list(csv.reader(file))
    edit(rows)
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return path


def put(row: int, column: str, value: str):
    def edit(rows):
        rows[row][rows[0].index(column)] = value

    return edit


@pytest.mark.parametrize("table", ["latent_attention", "new_op", "new_op_tokens", "state_scan"])
def test_the_examples_are_sound(table):
    op = Op.from_spec(load_spec(SPECS / f"{table}.yaml").spec)
    for t in op.tables:
        checked = check(op, t, read(SPECS / "data" / f"{t.stem}.csv"), [H200])
        assert not checked.findings and checked.points == checked.rows
        assert all(note.startswith("generation: batches are collected up to") for note in checked.notes)


@pytest.mark.parametrize(
    ("edit", "code", "severity", "line"),
    [
        (put(3, "batch_size", "4.0"), "not-int", "error", 4),
        (put(3, "isl", "many"), "not-int", "error", 4),
        (put(5, "latency", "nan"), "not-number", "error", 6),
        (put(5, "latency", ""), "not-number", "error", 6),
        (put(5, "latency", "-1.5"), "latency", "error", 6),
        (put(5, "latency", "0"), "latency-zero", "warning", 6),
        (put(7, "attn_dtype", "fp6"), "mode-unknown", "error", 8),
        (put(7, "attn_dtype", "fp8_block"), "mode-unlisted", "warning", 8),
        (lambda rows: rows.insert(9, [*rows[4][:-1], "9"]), "repeated", "warning", 10),
        (lambda rows: rows[6].pop(), "ragged-row", "error", 7),
        (lambda rows: [row.append("power" if row is rows[0] else "400") for row in rows] + [put(2, "power", "-3")(rows)],
         "power", "error", 3),
        (lambda rows: [row.append("power" if row is rows[0] else "400") for row in rows] + [put(2, "power", "")(rows)],
         "power-gaps", "warning", 3),
        (lambda rows: [put(n, "latency", "1e-9")(rows) for n in (8,)], "faster-than-sol", "warning", 9),
        (lambda rows: rows[0].__setitem__(rows[0].index("isl"), "islx"), "column-missing", "error", 1),
        (lambda rows: rows[0].__setitem__(0, "version"), "columns-twice", "error", 1),
    ],
)  # fmt: skip
def test_damage_is_found_at_its_row(tmp_path, edit, code, severity, line):
    found = codes(changed(tmp_path / "t.csv", edit))
    assert code in found, found
    assert found[code][0] == severity and found[code][1][0] == line


@pytest.mark.parametrize(
    ("line", "column", "text", "found", "suggestion"),
    [
        (4, "isl", "1,024", "isl is '1,024'", "write 1024"),
        (4, "isl", "", "isl is empty", ""),
        (6, "latency", "n/a", "latency is 'n/a'", ""),
        (6, "latency", "1'024.5", 'latency is "1\'024.5"', "write 1024.5"),
    ],
)
def test_a_cell_is_named_with_its_column(tmp_path, line, column, text, found, suggestion):
    path = changed(tmp_path / "t.csv", put(line - 1, column, text))
    (finding,) = check(OP, OP.tables[0], read(path), [H200]).errors
    lines = path.read_text().splitlines()
    before = [cell for name, cell in zip(lines[0].split(","), lines[line - 1].split(",")) if name != column]
    at = lines[0].split(",").index(column)
    place = finding.problem.place
    assert (place.line, place.column) == (line, sum(len(cell) + 1 for cell in before[:at]) + 1)
    assert (finding.problem.found, finding.problem.suggestion) == (found, suggestion)


def test_a_number_that_is_two_cells(tmp_path):
    path = tmp_path / "t.csv"
    lines = TABLE.read_text().splitlines()
    index = lines[0].split(",").index("isl")
    cells = lines[3].split(",")
    cells[index] = "1,024"
    lines[3] = ",".join(cells)
    path.write_text("\n".join(lines) + "\n")
    (finding,) = read(path).findings
    assert finding.problem.suggestion == "is 1,024 one number? write 1024"
    assert lines[3][finding.problem.place.column - 1 :].startswith("1,024,")


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,024", "1024"), ("12 345 678", "12345678"), ("1_024", "1024"), ("1,024.5", "1024.5"), ("1024", ""), ("n/a", ""),
     ("", ""), ("1,02", ""), ("nan", ""), ("0x10", ""), (" 7 ", "7")],
)  # fmt: skip
def test_what_a_text_may_mean(text, number):
    assert as_number(text) == number


def test_a_hole_between_measured_points_is_found_and_missing_ends_are_not(tmp_path):
    op = Op.from_spec(load_spec(SPECS / "new_op.yaml").spec)
    source = (SPECS / "data" / "new_op_context_perf.csv").read_text().splitlines()
    middle = next(n for n, line in enumerate(source) if ",8,512," in line)
    path = tmp_path / "new_op_context_perf.csv"
    path.write_text("\n".join(source[:middle] + source[middle + 1 :]) + "\n")
    assert "hole" in codes(path, op=op)
    last = max(n for n, line in enumerate(source) if ",256,32768," in line)
    path.write_text("\n".join(source[:last] + source[last + 1 :]) + "\n")
    assert "hole" not in codes(path, op=op)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "lfs-pointer"),
        (b"\xef\xbb\xbf" + TABLE.read_bytes(), "encoding"),
        (TABLE.read_text().encode("utf-16"), "encoding"),
        (TABLE.read_bytes().replace(b"synthetic", b"synth\xe9tic", 1), "encoding"),
        (TABLE.read_bytes().replace(b"synthetic", b"synth\0etic", 1), "encoding"),
        (TABLE.read_bytes().replace(b",", b";"), "separator"),
        (b"", "empty"),
        (TABLE.read_bytes().split(b"\n", 1)[0] + b"\n", "empty"),
        (b"PAR1 but no more", "parquet"),
    ],
)
def test_files_that_are_no_table(tmp_path, data, code):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert codes(path)[code][0] == "error"


def test_parquet_is_the_same_table(tmp_path):
    pq = pytest.importorskip("pyarrow.parquet")
    from pyarrow import csv as arrow_csv

    path = tmp_path / "t.parquet"
    pq.write_table(arrow_csv.read_csv(TABLE), path)
    checked = check(OP, OP.tables[0], read(path), [H200])
    assert not checked.findings and checked.points == checked.rows == 96


def test_exit_codes_and_json(tmp_path):
    def run(*args):
        return CliRunner().invoke(
            cli, ["data", "check", *map(str, args), "--spec", str(SPECS / "latent_attention.yaml")]
        )

    sound = run(TABLE, "--system", "h200_sxm")
    assert sound.exit_code == 0 and "0 errors, 0 warnings" in sound.stdout
    bad = changed(tmp_path / "a_context_perf.csv", put(3, "isl", "many"))
    assert run(bad).exit_code == 1
    answer = json.loads(run(bad, "--json").stdout)
    jsonschema.validate(answer, json.loads((schemas_dir() / "data-check-1.schema.json").read_text()))
    assert answer["schema"] == "newop-gen/data-check/1" and answer["exit_code"] == 1
    assert [(f["code"], f["lines"]) for f in answer["findings"] if f["severity"] == "error"] == [("not-int", [4])]
    assert run(tmp_path / "none_context.csv").exit_code == 2
    assert run(changed(tmp_path / "nameless.csv", lambda rows: None)).exit_code == 2  # which phase can't be told
    assert run(tmp_path / "nameless.csv", "--phase", "context", "--system", "h200_sxm").exit_code == 0


def test_batches_that_end_before_the_search_does_are_noted(tmp_path):
    path, table = SPECS / "data" / "latent_attention_generation_perf.csv", OP.tables[1]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    largest = max(int(row["batch_size"]) for row in rows)

    def notes(end):
        edited = tmp_path / f"{table.stem}.csv"
        with edited.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            for row in rows:
                batch = end if int(row["batch_size"]) == largest else row["batch_size"]
                writer.writerow({**row, "batch_size": batch})
        return [note for note in check(OP, table, read(edited), [H200]).notes if note.startswith("generation: batches")]

    (note,) = notes(256)
    assert "up to 256; aiconfigurator's search asks for up to 512: beyond it the search drops the candidate" in note
    assert notes(512) == notes(1024) == []


def test_ragged_grids_are_noted_with_what_a_query_gets_there(tmp_path):
    def stairs(rows):
        at = [rows[0].index(name) for name in ("batch_size", "isl")]
        rows[1:] = [row for row in rows[1:] if int(row[at[0]]) * int(row[at[1]]) <= 16384]

    path = changed(tmp_path / "t.csv", stairs)
    checked = check(OP, OP.tables[0], read(path), [H200])
    assert not checked.findings
    first, end = checked.notes
    assert first.startswith("ragged: 4 of 4 grids lack 16 places, all at the ends: 20 of 24 places are filled at fmha=")
    assert first.endswith("and 1 more")
    assert end.startswith("at a ragged end: a query raises") and "0.11" in end

    def holed(rows):
        stairs(rows)
        del rows[6]

    notes = check(OP, OP.tables[0], read(changed(tmp_path / "t.csv", holed)), [H200]).notes
    assert "lack 17 places, 1 between measured ones, 16 at the ends: 19 of 24 places" in notes[0]
    assert any(note.startswith("at a hole: ") for note in notes)
    # Negative control: the whole grid has none of it.
    assert not check(OP, OP.tables[0], read(TABLE), [H200]).notes


@given(st.sets(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1))
def test_holes_are_the_places_with_points_on_both_sides(points):
    grid = grid_of(points)
    if grid.scattered:
        return
    places = [(b, s) for b in grid.values[0] for s in grid.values[1]]
    expected = {
        p
        for p in places
        if p not in points
        and any(q[0] >= p[0] and q[1] >= p[1] for q in points)
        and any(q[0] <= p[0] and q[1] <= p[1] for q in points)
    }
    assert set(grid.holes) == expected


def messages(path: Path, *, op: Op = OP) -> list[str]:
    return [str(finding.problem) for finding in check(op, op.tables[0], read(path), [H200]).findings]


def with_power(rows):
    for row in rows:
        row.append("power" if row is rows[0] else "400")


@pytest.mark.parametrize("column", ["latency", "power", "isl"])
def test_one_cell_is_one_message_at_its_place(tmp_path, column):
    def edit(rows):
        with_power(rows)
        put(53, column, "n/a")(rows)

    path = changed(tmp_path / "t.csv", edit)
    (told,) = messages(path)
    at = path.read_text(encoding="utf-8").splitlines()[53].index("n/a") + 1
    assert told.startswith(f"{path}:54:{at}: {column} is 'n/a'; expected a ")
    assert any("can't be read" in note for note in check(OP, OP.tables[0], read(path), [H200]).notes)


def test_a_header_with_spaces_names_each_column_once(tmp_path):
    path = changed(tmp_path / "t.csv", lambda rows: rows.__setitem__(0, [f" {name}" for name in rows[0]]))
    told = messages(path)
    assert len(told) == len(set(told)) == len(path.read_text(encoding="utf-8").splitlines()[0].split(","))
    # A column that nothing reads keeps nothing from being looked at.
    path = changed(tmp_path / "u.csv", lambda rows: (put(0, "device", "device ")(rows), put(5, "latency", "")(rows)))
    assert {"header", "not-number"} <= set(codes(path))


def test_swapped_axis_columns_are_asked_about(tmp_path):
    text = (SPECS / "latent_attention.yaml").read_text(encoding="utf-8")
    swapped = text.replace("axis: s, column: isl}", "axis: s, column: batch_size}", 1)
    swapped = swapped.replace("axis: b, column: batch_size}", "axis: b, column: isl}", 1)
    spec = tmp_path / "swapped.yaml"
    spec.write_text(swapped, encoding="utf-8")
    loaded = load_spec(spec)
    assert [w.found for w in loaded.warnings] == [
        "axis s reads batch_size, which is called like axis b",
        "axis b reads isl, which is called like axis s",
    ]
    asked = [told for told in messages(TABLE, op=Op.from_spec(loaded.spec)) if "is called like axis" in told]
    assert len(asked) == 2 and f"{TABLE}:1:88: axis s reads batch_size" in asked[0]
    assert not any("is called like" in told for told in messages(TABLE))
