"""Tables in the form that a release keeps: CSV as parquet, parquet as CSV, and whether two hold the same."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from ..problems import SpecError
from .arrow import BATCH_ROWS, ParquetTable, Unreadable, write_parquet
from .raw import RawTable
from .read import is_parquet, read, read_bytes


def in_form(source: Path, *, parquet: bool) -> bytes:
    """The table in a file as parquet or as CSV: as it is where it is that already, whatever it is called. Raises
    `SpecError` for what can't be read, `IoFault` where pyarrow can't be imported."""
    with source.open("rb") as opened:
        as_it_is = is_parquet(opened.read(4)) == parquet
    if as_it_is:
        return source.read_bytes()
    return to_parquet(source) if parquet else to_csv(source)


def to_parquet(source: Path | bytes, path: Path = Path("table")) -> bytes:
    """The bytes of a parquet file with the rows of a table; `path` is what content is called in messages.

    A column is of integers when all its values are, else of floats when all are numbers, else of text; an empty cell
    is null. Raises as `in_form`.
    """
    table = _sound(source, path)
    kinds = [_kind(table.rows.distinct(name)) for name in table.columns]
    out = io.BytesIO()
    write_parquet(out, table.columns, kinds, _typed(table, kinds))
    return out.getvalue()


def to_csv(source: Path | bytes, path: Path = Path("table")) -> bytes:
    """The bytes of a CSV with the rows of a table, for releases that keep them as text; null is an empty cell. Raises
    as `in_form`."""
    table = _sound(source, path)
    out = io.BytesIO()
    text = io.TextIOWrapper(out, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*map(table.rows.column, table.columns)))
    text.flush()
    return out.getvalue()


def same_table(one: bytes, other: bytes) -> bool:
    """Whether two parquet files hold the same table: versions of pyarrow write it with other bytes."""
    try:
        schemas = [ParquetTable(content).schema for content in (one, other)]
    except Unreadable:
        return False
    left, right = (read_bytes(content, Path("table")).table for content in (one, other))
    if not schemas[0].equals(schemas[1]) or left is None or right is None or len(left.rows) != len(right.rows):
        return False
    return all(
        a == b for name in left.columns for a, b in zip(left.rows.column(name), right.rows.column(name), strict=True)
    )


def _sound(source: Path | bytes, path: Path) -> RawTable:
    reading = read(source) if isinstance(source, Path) else read_bytes(source, path)
    wrong = [f.problem for f in reading.findings if f.severity == "error" and f.problem.code != "empty"]
    if wrong or reading.table is None:
        raise SpecError(wrong or [finding.problem for finding in reading.findings])
    return reading.table


def _kind(texts: Iterable[str]) -> type:
    """`int`, `float` or `str`: what all the texts of a column are."""
    kind: type = int
    for text in texts:
        while text and kind is not str and not _is(kind, text):
            kind = float if kind is int else str
    return kind


def _is(kind: Callable[[str], float], text: str) -> bool:
    try:
        value = kind(text)
    except ValueError:
        return False
    return kind is not int or -(2**63) <= value < 2**63


def _typed(table: RawTable, kinds: Iterable[type]) -> Iterator[list[list[object]]]:
    """The columns as values of their kinds, some rows at a time."""
    columns = [map(_reader(kind), table.rows.column(name)) for name, kind in zip(table.columns, kinds)]
    for _ in range(0, len(table.rows), BATCH_ROWS):
        yield [list(itertools.islice(column, BATCH_ROWS)) for column in columns]


def _reader(kind: type) -> Callable[[str], object]:
    return lambda text: kind(text) if text else None
