"""A perf table as it is in its file: columns, and rows of text with their place.

Nothing is interpreted here but the form: CSV (`.csv`, `.txt`) or parquet, told by the first bytes, never by the name.
"""

from __future__ import annotations

import csv
import importlib
import io
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ..problems import Place, Problem, SpecError
from .findings import Finding, error

MAX_BYTES = 64 * 1024 * 1024
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
PARQUET = b"PAR1"
_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_OTHER_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a bar"}


class Row(NamedTuple):
    """`line` is where the row ends in a text file, or its number in a parquet file, from 1."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class RawTable:
    """Cells are text, as a loader gets them; a null of a parquet file is an empty text."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...] = field(repr=False)
    parquet: bool = False

    def where(self, line: int) -> str:
        return f"{'row' if self.parquet else 'line'} {line}"

    def values(self, column: str) -> list[str]:
        return [row.cells[column] for row in self.rows]


@dataclass(frozen=True)
class Reading:
    """A file that was read: `table` is None where nothing can be made of it. `findings` are about its form."""

    table: RawTable | None
    findings: tuple[Finding, ...] = ()

    def usable(self) -> RawTable:
        """The table. Raises `SpecError` with every finding when there is none."""
        if self.table is None:
            raise SpecError(finding.problem for finding in self.findings)
        return self.table


def read(path: Path) -> Reading:
    """Read the table in `path`. Raises `SpecError` when there is no such file, or parquet can't be read here."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if path.is_file() and size <= MAX_BYTES else b""
    except OSError as fault:
        raise _absent(path, fault.strerror or "it can't be opened") from None
    if not path.is_file():
        raise _absent(path, "it is no file")
    if size > MAX_BYTES:
        return Reading(None, (error(str(path), 0, "the table is larger than 64 MiB", "a smaller table", "", "size"),))
    if data.startswith(LFS_POINTER):
        found = "a Git LFS pointer, not the table itself"
        return Reading(None, (error(str(path), 0, found, "the table", "run `git lfs pull`", "lfs-pointer"),))
    return _parquet(path, data) if data.startswith(PARQUET) else _text(path, data)


def _absent(path: Path, why: str) -> SpecError:
    return SpecError(Problem(Place(str(path)), f"the table can't be read ({why})", "a CSV or parquet file", "", "file"))


def _text(path: Path, data: bytes) -> Reading:
    file = str(path)
    for mark, name in _OTHER_ENCODINGS.items():
        if data.startswith(mark):
            return Reading(None, (error(file, 1, f"the table is in {name}", "UTF-8", "", "encoding"),))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        found = f"byte 0x{data[fault.start]:02x} is not UTF-8"
        return Reading(None, (error(file, data.count(b"\n", 0, fault.start) + 1, found, "UTF-8", "", "encoding"),))
    findings = []
    if text.startswith("\ufeff"):
        text = text[1:]
        findings.append(
            error(file, 1, "a byte order mark, which loaders take for a part of the first name", "UTF-8 without one",
                  "save it without the mark", "encoding")
        )  # fmt: skip
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return Reading(None, (*findings, error(file, line, "a NUL character", "text", "", "encoding")))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except csv.Error as fault:
        return Reading(None, (*findings, error(file, reader.line_num, f"not CSV: {fault}", "CSV", "", "csv")))
    if not lines:
        return Reading(None, (*findings, error(file, 0, "the table is empty", "a header and rows", "", "empty")))
    (number, header), *body = lines
    findings += _header(file, number, header)
    if any(f.problem.code in ("separator", "columns-twice") for f in findings):
        return Reading(None, tuple(findings))
    rows = []
    for line, cells in body:
        if len(cells) != len(header):
            found = f"{len(cells)} cells, the header has {len(header)}"
            at, hint = _split(cells) if len(cells) > len(header) else (1, "")
            findings.append(error(file, line, found, "a cell for each column", hint, "ragged-row", column=at))
        else:
            rows.append(Row(line, dict(zip(header, cells))))
    if not rows:
        found = "no row can be read" if body else "the table has a header and no rows"
        findings.append(error(file, 0, found, "a row for each measured point", "", "empty"))
    return Reading(RawTable(path, tuple(header), tuple(rows)), tuple(findings))


def _split(cells: list[str]) -> tuple[int, str]:
    """Where a number stands that was written as 1,024, in a row of more cells than columns, and what to do about it."""
    at = 1
    for first, second in itertools.pairwise(cells):
        if re.fullmatch(r"[1-9]\d{0,2}", first) and re.fullmatch(r"\d{3}", second):
            return at, f"is {first},{second} one number? write {first}{second}"
        at += len(first) + 1
    return 1, ""


def _header(file: str, line: int, header: list[str]) -> list[Finding]:
    found = []
    for mark, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            found.append(error(file, line, f"columns are separated by {name}", "commas", "", "separator"))
    for name in dict.fromkeys(n for n in header if header.count(n) > 1):
        found.append(error(file, line, f"two columns {name!a}", "distinct names", "", "columns-twice"))
    for name in header:
        if name != name.strip():
            found.append(error(file, line, f"space around the column name {name!a}", repr(name.strip()), "", "header"))
    return found


def _parquet(path: Path, data: bytes) -> Reading:
    parquet = _arrow(path)
    try:
        table = parquet.read_table(io.BytesIO(data))
    except (OSError, ValueError) as fault:
        why = str(fault).splitlines()[0][:200]
        found = f"the parquet file can't be read ({why})"
        return Reading(None, (error(str(path), 0, found, "parquet", "", "parquet"),))
    names = [str(name) for name in table.column_names]
    if len(set(names)) < len(names):
        return Reading(None, tuple(_header(str(path), 1, names)))
    columns = [[_cell(value) for value in table.column(i).to_pylist()] for i in range(len(names))]
    rows = tuple(Row(number, dict(zip(names, cells))) for number, cells in enumerate(zip(*columns), start=1))
    findings = () if rows else (error(str(path), 0, "the table has no rows", "a row for each point", "", "empty"),)
    return Reading(RawTable(path, tuple(names), rows, parquet=True), findings)


def _arrow(path: Path) -> Any:
    try:
        return importlib.import_module("pyarrow.parquet")
    except ImportError as fault:
        raise SpecError(
            Problem(
                Place(str(path)),
                f"a parquet file, and pyarrow can't be imported ({fault})",
                "pyarrow in the environment that newop-gen runs in",
                "install newop-gen[parquet], or give the table as CSV",
                "pyarrow-missing",
            )
        ) from None


def _cell(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)
