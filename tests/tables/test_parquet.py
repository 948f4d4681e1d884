"""Parquet: every type of cell has a text or is named, nothing is decoded that is too large, and no thread is left."""

from __future__ import annotations

import datetime
import decimal
import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.cli import cli
from newop_gen.problems import IoFault
from newop_gen.tables import arrow, limits
from newop_gen.tables.cell_texts import cell_texts
from newop_gen.tables.read import read, read_head

FAR = 2**62
NO_UTF8 = pa.array([b"ab", b"\xff\xfe", None])


def large(kind: pa.DataType) -> pa.Array:
    """A small value, none, and one that no calendar has."""
    if kind.bit_width == 32:
        return pa.array([1, None, 2**31 - 1], pa.int32()).view(kind)
    return pa.array([1, None, FAR], pa.int64()).view(kind)


def arrays() -> dict[str, pa.Array]:
    """One array or more of every type that Arrow has."""
    found: dict[str, pa.Array] = {
        "null": pa.nulls(3),
        "bool": pa.array([True, None, False]),
        "float16": pa.array([1.5, None, 2.5], pa.float64()).cast(pa.float16()),
        "string": NO_UTF8.view(pa.string()),
        "large_string": NO_UTF8.cast(pa.large_binary()).view(pa.large_string()),
        "string_view": pa.array(["a", None, "b"], pa.string_view()),
        "binary": NO_UTF8,
        "large_binary": NO_UTF8.cast(pa.large_binary()),
        "fixed_size_binary": pa.array([b"ab", b"\xff\xfe", None], pa.binary(2)),
        "binary_view": pa.array([b"a", None, b"\xff"], pa.binary_view()),
        "dictionary": NO_UTF8.view(pa.string()).dictionary_encode(),
        "dictionary of numbers": pa.array([1, None, 2]).dictionary_encode(),
        "list": pa.array([[1], None, []], pa.list_(pa.int8())),
        "large_list": pa.array([[1], None, []], pa.large_list(pa.int8())),
        "fixed_size_list": pa.array([[1, 2], None, [3, 4]], pa.list_(pa.int8(), 2)),
        "large_list_view": pa.array([[1], None, []], pa.large_list_view(pa.int8())),
        "list_view": pa.array([[1], None, []], pa.list_view(pa.int8())),
        "list of times that no calendar has": pa.array([[FAR], None, []], pa.list_(pa.int64())).cast(
            pa.list_(pa.timestamp("s"))
        ),
        "struct": pa.array([{"a": 1}, None, {"a": 2}]),
        "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int8())),
        "interval": pa.array([(1, 2, 3), None, (0, 0, 0)], pa.month_day_nano_interval()),
        "run_end_encoded": pyarrow.compute.run_end_encode(pa.array([1, 1, 2])),
        "union": pa.UnionArray.from_dense(
            pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["x"])]
        ),
        "uuid": pa.ExtensionArray.from_storage(
            pa.uuid(), pa.array([b"0123456789abcdef", None, b"\xff" * 16], pa.binary(16))
        ),
    }
    for bits in (8, 16, 32, 64):
        for sign in ("", "u"):
            found[f"{sign}int{bits}"] = pa.array([1, None, 2]).cast(getattr(pa, f"{sign}int{bits}")())
    for bits in (32, 64):
        found[f"float{bits}"] = pa.array([0.5, None, 1.25], getattr(pa, f"float{bits}")())
        found[f"date{bits}"] = large(getattr(pa, f"date{bits}")())
    for bits in (32, 64, 128, 256):
        made = getattr(pa, f"decimal{bits}", None)
        if made is not None:
            found[f"decimal{bits}"] = pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("2")], made(5, 2))
    for unit in ("s", "ms", "us", "ns"):
        found[f"timestamp[{unit}]"] = large(pa.timestamp(unit))
        found[f"timestamp[{unit}, zone]"] = large(pa.timestamp(unit, "Mars/Nowhere"))
        found[f"duration[{unit}]"] = large(pa.duration(unit))
        found[f"time[{unit}]"] = large(pa.time32(unit) if unit in ("s", "ms") else pa.time64(unit))
    return found


ARRAYS = arrays()


def in_parquet(array: pa.Array) -> bool:
    """Whether parquet has a type for it."""
    try:
        pq.write_table(pa.table({"a": array}), io.BytesIO())
    except (pa.ArrowException, NotImplementedError):
        return False
    return True


@pytest.mark.parametrize("name", ARRAYS)
def test_every_type_has_a_text_or_says_which_cell_has_none(name) -> None:
    array, bad = ARRAYS[name], []
    texts = cell_texts(array, lambda number, why: bad.append(number))
    assert len(texts) == len(array) and all(isinstance(text, str) for text in texts)
    for number, text in enumerate(texts):
        assert text or number in bad or not array[number].is_valid


def test_the_types_that_were_tried_are_all_that_there_are() -> None:
    """The control: of the types that pyarrow can tell, none was left out."""
    told = {name[3:] for name in dir(pa.types) if name.startswith("is_")}
    groups = {
        "primitive", "nested", "temporal", "floating", "decimal", "integer", "signed_integer", "unsigned_integer",
        "date", "time", "interval", "unicode", "large_unicode", "boolean", "integer_value", "float_value", "boolean_value",
    }  # fmt: skip
    tried = {kind for array in ARRAYS.values() for kind in told if getattr(pa.types, f"is_{kind}")(array.type)}
    assert told - tried - groups == set()


def test_texts_are_the_digits_that_tell_a_value_apart() -> None:
    def texts(array: pa.Array) -> list[str]:
        return cell_texts(array, lambda number, why: None)

    assert texts(pa.array([0.1, 1e-7, 3.0])) == ["0.1", "1e-07", "3.0"]
    assert texts(pa.array([datetime.datetime(2026, 1, 2, 3, 4, 5)], pa.timestamp("s"))) == ["2026-01-02 03:04:05"]
    assert texts(pa.array([1500], pa.duration("us"))) == ["1500"]
    assert texts(ARRAYS["dictionary"]) == ["ab", "\ufffd\ufffd", ""]


@pytest.mark.parametrize("name", [name for name, array in ARRAYS.items() if in_parquet(array)])
@pytest.mark.parametrize("column", ["gemm_dtype", "num_tokens", "latency", "note"])
def test_no_command_ends_in_an_internal_error(name, column, tmp_path) -> None:
    """A cell of any type, in a column that is read as a mode, a size or a time, and in one that nobody reads."""
    path = tmp_path / "new_op_tokens_perf.parquet"
    table = {"gemm_dtype": ["float16"] * 3, "num_tokens": [1, 2, 4], "param1": [8, 8, 8], "param2": [9, 9, 9],
             "latency": [0.1, 0.2, 0.3], "note": ["", "", ""], column: ARRAYS[name]}  # fmt: skip
    pq.write_table(pa.table(table), path)
    spec = str(SPECS / "new_op_tokens.yaml")
    for words in (
        ["data", "check", str(path), "--spec", spec],
        ["init", str(tmp_path / "s.yaml"), "--from-csv", str(path)],
    ):
        done = CliRunner().invoke(cli, words)
        assert done.exit_code in (0, 1, 2), (words, done.exit_code, done.output, done.exception)


def test_a_text_that_is_no_utf8_is_named_with_its_row(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": pa.array([b"x", b"\xff", b"\xff"]).view(pa.string())}), path)
    (finding,) = read(path).findings
    assert finding.lines == (2, 3) and "a: byte 0xff is not UTF-8, and 1 rows like it" in finding.problem.found


# limits


def test_limits_are_told_before_anything_is_decoded(tmp_path, monkeypatch) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({name: [1] * 50 for name in "abcd"}), path)
    monkeypatch.setattr(arrow.ParquetTable, "batches", None)  # nobody gets as far as that
    for name, value in (("MAX_ROWS", 49), ("MAX_COLUMNS", 3), ("MAX_BYTES", 10), ("MAX_CELLS", 199)):
        with monkeypatch.context() as patch:
            patch.setattr(limits, name, value)
            assert [f.problem.code for f in read(path).findings] == ["size"], name
    with pytest.raises(TypeError):  # the control: without a limit the rows are asked for
        read(path)


@pytest.mark.parametrize("columns", [20_000, 200_000])
def test_a_header_of_very_many_columns_is_refused(columns, tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(",".join(f"c{n}" for n in range(columns)) + "\n" + ",".join("1" * columns) + "\n")
    for reading in (read(path), read_head(path)):
        assert reading.table is None
        assert reading.findings[-1].problem.found in (
            f"the table has {columns:,} columns",
            "a line of more than 1,048,576 characters",
        )


def test_text_stops_at_the_row_that_is_too_many(tmp_path, monkeypatch) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + "1,2\n" * 10_000)
    assert len(read(path).usable().rows) == 10_000
    monkeypatch.setattr(limits, "MAX_ROWS", 4_000)
    assert [f.problem.code for f in read(path).findings] == ["size"]


def test_only_the_wanted_columns_are_decoded(tmp_path, monkeypatch) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", "y"], "c": NO_UTF8.view(pa.string())[:2]}), path)
    table = read(path, {"b"}).usable()
    assert table.columns == ("a", "b", "c") and [dict(row.cells) for row in table.rows] == [{"b": "x"}, {"b": "y"}]
    assert not read(path, {"b"}).findings and read(path).findings


# threads

COUNT = """
import os, sys
from newop_gen.tables.arrow import ParquetTable, arrow, write_parquet
from newop_gen.tables.read import read
from pathlib import Path
arrow()
before = len(os.listdir("/proc/self/task"))
{}
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_and_writing_leave_no_thread(tmp_path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": list(range(100_000)), "b": ["x"] * 100_000}), path, row_group_size=10_000)

    def left(code: str) -> int:
        done = subprocess.run([sys.executable, "-c", COUNT.format(code)], capture_output=True, text=True, check=True)
        return int(done.stdout)

    ours = f"from newop_gen.tables.convert import *\np = Path({str(path)!r})\nread(p)\nto_parquet(to_csv(p))\nsame_table(p.read_bytes(), p.read_bytes())"
    assert left(ours) == 0
    assert left(f"arrow().parquet.read_table({str(path)!r}, use_threads=False)") > 0  # the control


def test_a_pyarrow_that_can_not_be_imported_is_one_sentence(monkeypatch, tmp_path) -> None:
    def refuses(name: str) -> None:
        raise ImportError("pyarrow requires NumPy 2.0 or newer\nand more lines")

    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    arrow.arrow.cache_clear()
    monkeypatch.setattr(arrow.importlib, "import_module", refuses)
    with pytest.raises(IoFault) as fault:
        read(path)
    monkeypatch.undo()
    arrow.arrow.cache_clear()
    (problem,) = fault.value.problems
    assert fault.value.exit_code == 5 and problem.code == "pyarrow-missing"
    assert f"pyarrow {pa.__version__}" in problem.found and "more lines" not in problem.found
    assert "<26" in problem.suggestion


# content, not names


def test_a_table_is_what_is_in_it(tmp_path) -> None:
    rows = pa.table({"a": [1], "b": ["x"]})
    out = io.BytesIO()
    pq.write_table(rows, out)
    (tmp_path / "t.csv").write_bytes(out.getvalue())
    (tmp_path / "t.parquet").write_bytes(b"a,b\n1,x\n")
    for name in ("t.csv", "t.parquet"):
        table = read(tmp_path / name).usable()
        assert [dict(row.cells) for row in table.rows] == [{"a": "1", "b": "x"}]
