"""What keeps a table from being loaded: the part of a check that every command makes that takes a table in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.columns import column_names
from ..model.op import Op, Table
from ..tables.filed import FiledTable, file_table
from ..tables.findings import MOST_DETAILS, Finding, error, warning
from ..tables.raw import RawTable, Reading
from ..text import counted
from .cell_places import CellPlaces
from .cells import absent_columns, axes_swapped, check_cells, check_modes, check_power, missing_columns


def errors(op: Op, table: Table, reading: Reading) -> list[Finding]:
    """What keeps a file from being loaded as `table`, or makes a query answer something that can't be: the errors of
    `check`, without the rest of its work."""
    findings = list(reading.findings) if reading.table is None else file_rows(op, table, reading, reading.table)[0]
    return [finding for finding in findings if finding.severity == "error"]


def file_rows(op: Op, table: Table, reading: Reading, raw: RawTable) -> tuple[list[Finding], FiledTable | None]:
    """Findings about single rows, and the rows filed; None where columns are missing."""
    findings = [*reading.findings, *missing_columns(op, table, raw)]
    if absent_columns(op, table, raw):
        return findings, None
    findings += dict.fromkeys(axes_swapped(op, table, raw))
    filed = file_table(op, table, raw)
    findings += check_cells(op, table, raw)
    findings += check_power(raw)
    findings += _unreadable(filed, raw, findings)
    findings += check_modes(op, table, raw)
    findings += _latencies(filed, raw)
    return findings, filed


def _unreadable(filed: FiledTable, raw: RawTable, known: Sequence[Finding]) -> Iterator[Finding]:
    """Rows that can't be filed for another reason than a cell that was named already."""
    told = {line for finding in known for line in finding.lines}
    rest = [(row, why) for row, why in filed.bad if row.line not in told]
    if rest:
        found = f"{counted(len(rest), 'row')} can't be read: {rest[0][1]}"
        yield error(str(raw.path), [row.line for row, _ in rest], found,
                    "rows that the spec's expressions have a value for", "", "row",
                    [f"{raw.where(row.line)}: {why}" for row, why in rest[:MOST_DETAILS]])  # fmt: skip


def _latencies(filed: FiledTable, raw: RawTable) -> Iterator[Finding]:
    every = [(filed.rows[path], leaf) for path, leaf in filed.leaves.items()]
    every += [(row, leaf) for row, _, leaf in filed.repeats]
    negative = sorted(row.line for row, leaf in every if leaf.latency < 0)
    zero = sorted(row.line for row, leaf in every if leaf.latency == 0)
    file = str(raw.path)
    measured = next(iter(column_names(filed.op.nesting(filed.table.phases[0]).latency.column)), "")
    places = CellPlaces(raw)
    if negative:
        found, at = f"the latency is negative in {counted(len(negative), 'row')}", places(negative[0], measured).column
        yield error(file, negative, found, "a time", "", "latency", column=at)
    if zero:
        found, at = f"the latency is 0 in {counted(len(zero), 'row')}", places(zero[0], measured).column
        hint = "a query there answers 0 ms"
        yield warning(file, zero, found, "a measured time", hint, "latency-zero", column=at)
