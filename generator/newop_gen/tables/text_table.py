"""Tables that are text: CSV with one header line, read line by line."""

from __future__ import annotations

import csv
import io
import itertools
import re
from array import array
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

from .column import Cells
from .findings import MOST_DETAILS, Finding, error
from .limits import MAX_LINE, too_large
from .progress import advanced
from .raw import RawTable, Reading, Rows

_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_OTHER_SEPARATORS = {";": "a semicolon", "\t": "a tab", "|": "a bar"}
_MARK = b"\xef\xbb\xbf"
_AT_ONCE = 1 << 12
"""Rows that are put into the columns together."""


class _NoText(Exception):
    """What is wrong with a line, and what was expected."""


def read_text(path: Path, opened: IO[bytes], wanted: Collection[str] | None, *, head: bool = False) -> Reading:
    """The table in a file that is open at its beginning; with `head` its header only, and no row."""
    file = str(path)
    first = opened.read(len(_MARK))
    for mark, name in _OTHER_ENCODINGS.items():
        if first.startswith(mark):
            return Reading(None, (error(file, 1, f"the table is in {name}", "UTF-8", "", "encoding"),))
    findings = []
    if first == _MARK:
        findings.append(
            error(file, 1, "a byte order mark, which loaders take for a part of the first name", "UTF-8 without one",
                  "save it without the mark", "encoding")
        )  # fmt: skip
    opened.seek(len(_MARK) if first == _MARK else 0)
    reader = csv.reader(_lines(opened), strict=True)
    try:
        return _parsed(path, reader, findings, wanted, head)
    except UnicodeDecodeError:
        opened.seek(0)
        return Reading(None, (*findings, _undecodable(file, opened)))
    except _NoText as fault:
        found, expected = fault.args
        return Reading(None, (*findings, error(file, reader.line_num + 1, found, expected, "", "encoding")))
    except csv.Error as fault:
        return Reading(None, (*findings, error(file, reader.line_num, f"not CSV: {fault}", "CSV", "", "csv")))


def _lines(opened: IO[bytes]) -> Iterator[str]:
    text = io.TextIOWrapper(opened, "utf-8", newline="")
    try:
        while line := text.readline(MAX_LINE + 1):
            if "\0" in line:
                raise _NoText("a NUL character", "text")
            if len(line) > MAX_LINE:
                raise _NoText(f"a line of more than {MAX_LINE:,} characters", "a row")
            yield line
    finally:
        text.detach()


def _undecodable(file: str, opened: IO[bytes]) -> Finding:
    for number, line in enumerate(opened, start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError as fault:
            return error(file, number, f"byte 0x{line[fault.start]:02x} is not UTF-8", "UTF-8", "", "encoding")
    return error(file, 0, "the table is not UTF-8", "UTF-8", "", "encoding")


def _parsed(
    path: Path, reader: Iterator[list[str]], findings: list[Finding], wanted: Collection[str] | None, head: bool
) -> Reading:
    file = str(path)
    header = next((cells for cells in reader if cells), None)
    if header is None:
        return Reading(None, (*findings, error(file, 0, "the table is empty", "a header and rows", "", "empty")))
    number: int = reader.line_num  # type: ignore[attr-defined]
    findings += header_findings(file, number, header)
    if large := too_large(file, columns=len(header)):
        return Reading(None, (*findings, *large))
    if any(f.problem.code in ("separator", "columns-twice") for f in findings):
        return Reading(None, tuple(findings))
    columns = {name: Cells() for name in header if wanted is None or name in wanted}
    lines = array("I")
    if not head:
        large = _fill(file, reader, header, columns, lines, findings)
        if large:
            return Reading(None, (*findings, *large))
    whole = bool(lines) and lines[-1] - lines[0] + 1 == len(lines)
    places: Sequence[int] = range(lines[0], lines[-1] + 1) if whole else lines
    return Reading(RawTable(path, tuple(header), Rows(columns, places)), tuple(findings))


def _fill(
    file: str, reader: Iterator[list[str]], header: Sequence[str], columns: dict[str, Cells], lines: array[int],
    findings: list[Finding],
) -> list[Finding]:  # fmt: skip
    """Put the rows into the columns; findings about rows, and what is returned where there are too many."""
    at = [n for n, name in enumerate(header) if name in columns]
    ragged = _Ragged(file, len(header))
    some: list[list[str]] = []
    number = 0

    def put() -> None:
        by_column = list(zip(*some))
        for cells, n in zip(columns.values(), at):
            cells.extend(by_column[n])
        some.clear()

    for cells in reader:
        if len(cells) != len(header):
            if cells:
                ragged.add(reader.line_num, cells)  # type: ignore[attr-defined]
            continue
        some.append(cells)
        lines.append(reader.line_num)  # type: ignore[attr-defined]
        if len(some) == _AT_ONCE:
            put()
            number += _AT_ONCE
            advanced(file, number)
            size = sum(column.size for column in columns.values())
            if large := too_large(file, rows=number, columns=len(header), size=size):
                return large
    if some:
        put()
    findings += ragged.findings()
    if not lines:
        found = "no row can be read" if ragged.count else "the table has a header and no rows"
        findings.append(error(file, 0, found, "a row for each measured point", "", "empty"))
    return []


class _Ragged:
    """Rows of more or fewer cells than the header: a finding each, of very many one for the rest."""

    def __init__(self, file: str, columns: int) -> None:
        self.file, self.columns = file, columns
        self._first: list[Finding] = []
        self._rest = array("I")

    @property
    def count(self) -> int:
        return len(self._first) + len(self._rest)

    def add(self, line: int, cells: list[str]) -> None:
        if len(self._first) == MOST_DETAILS:
            self._rest.append(line)
            return
        found = f"{len(cells)} cells, the header has {self.columns}"
        at, hint = _split(cells) if len(cells) > self.columns else (1, "")
        self._first.append(error(self.file, line, found, "a cell for each column", hint, "ragged-row", column=at))

    def findings(self) -> list[Finding]:
        if not self._rest:
            return self._first
        found = f"{len(self._rest)} more rows have another number of cells than the header"
        return [*self._first, error(self.file, self._rest, found, "a cell for each column", "", "ragged-row")]


def _split(cells: list[str]) -> tuple[int, str]:
    """Where a number stands that was written as 1,024, in a row of more cells than columns, and what to do about it."""
    at = 1
    for first, second in itertools.pairwise(cells):
        if re.fullmatch(r"[1-9]\d{0,2}", first) and re.fullmatch(r"\d{3}", second):
            return at, f"is {first},{second} one number? write {first}{second}"
        at += len(first) + 1
    return 1, ""


def header_findings(file: str, line: int, header: Sequence[str]) -> list[Finding]:
    """What is wrong with the names of columns."""
    found = []
    for mark, name in _OTHER_SEPARATORS.items():
        if len(header) == 1 and mark in header[0]:
            found.append(error(file, line, f"columns are separated by {name}", "commas", "", "separator"))
    seen: set[str] = set()
    twice = dict.fromkeys(name for name in header if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    for name in twice:
        found.append(error(file, line, f"two columns {name!a}", "distinct names", "", "columns-twice"))
    for name in header:
        if name != name.strip():
            found.append(error(file, line, f"space around the column name {name!a}", repr(name.strip()), "", "header"))
    return found
