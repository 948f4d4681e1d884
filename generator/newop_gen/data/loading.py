"""What keeps a table from being loaded: the part of a check that every command makes that takes a table in."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Collection, Iterator

from ..model.columns import column_names
from ..model.op import Op, Table
from ..tables.filed import FiledTable, file_parts
from ..tables.findings import MOST_DETAILS, Finding, error, warning
from ..tables.raw import RawTable, Reading
from ..text import counted
from .cell_places import CellPlaces
from .cells import absent_columns, axes_swapped, check_cells, check_modes, check_power, missing_columns


def errors(op: Op, table: Table, reading: Reading) -> list[Finding]:
    """What keeps a file from being loaded as `table`, or makes a query answer something that can't be: the errors of
    `check`, without the rest of its work."""
    raw = reading.table
    findings, loading = (list(reading.findings), None) if raw is None else file_rows(op, table, reading, raw)
    if raw is not None and loading is not None:
        for filed in file_parts(op, table, raw):
            loading.add(filed)
        findings += loading.findings()
    return [finding for finding in findings if finding.severity == "error"]


def file_rows(op: Op, table: Table, reading: Reading, raw: RawTable) -> tuple[list[Finding], Loading | None]:
    """Findings about columns and cells, and what finds more when it is given the filed rows; None where columns are
    missing."""
    findings = [*reading.findings, *missing_columns(op, table, raw)]
    if absent_columns(op, table, raw):
        return findings, None
    findings += dict.fromkeys(axes_swapped(op, table, raw))
    findings += check_cells(op, table, raw)
    findings += check_power(raw)
    told = {line for finding in findings for line in finding.lines}
    findings += check_modes(op, table, raw)
    return findings, Loading(op, table, raw, told)


class Loading:
    """What filed rows say about loading them, a part of the table at a time."""

    def __init__(self, op: Op, table: Table, raw: RawTable, told: Collection[int]) -> None:
        self._raw, self._told = raw, told
        self._latency = next(iter(column_names(op.nesting(table.phases[0]).latency.column)), "")
        self._unreadable = array("I")
        self._why: list[tuple[int, str]] = []
        self._negative, self._zero = array("I"), array("I")
        self.bad = 0

    def add(self, filed: FiledTable) -> None:
        self.bad += len(filed.bad)
        for row, why in filed.bad:
            if row.line not in self._told:
                self._unreadable.append(row.line)
                if len(self._why) < MOST_DETAILS:
                    self._why.append((row.line, why))
        every = itertools.chain(
            ((filed.rows[path], leaf) for path, leaf in filed.leaves.items()),
            ((row, leaf) for row, _, leaf in filed.repeats),
        )
        for row, leaf in every:
            if leaf.latency <= 0:
                (self._negative if leaf.latency < 0 else self._zero).append(row.line)

    def findings(self) -> Iterator[Finding]:
        """Rows that can't be filed for another reason than a cell that was named already, and latencies that can't
        be."""
        file, places = str(self._raw.path), CellPlaces(self._raw)
        if self._unreadable:
            found = f"{counted(len(self._unreadable), 'row')} can't be read: {min(self._why)[1]}"
            yield error(file, sorted(self._unreadable), found,
                        "rows that the spec's expressions have a value for", "", "row",
                        [f"{self._raw.where(line)}: {why}" for line, why in sorted(self._why)])  # fmt: skip
        if self._negative:
            lines = sorted(self._negative)
            found, at = (
                f"the latency is negative in {counted(len(lines), 'row')}",
                places(lines[0], self._latency).column,
            )
            yield error(file, lines, found, "a time", "", "latency", column=at)
        if self._zero:
            lines = sorted(self._zero)
            found, at = f"the latency is 0 in {counted(len(lines), 'row')}", places(lines[0], self._latency).column
            hint = "a query there answers 0 ms"
            yield warning(file, lines, found, "a time", hint, "latency-zero", column=at)
