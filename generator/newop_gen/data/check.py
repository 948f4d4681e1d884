"""A table against its spec: what would not load, what would be lost, and what looks measured badly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..explain.measured import is_placeholder
from ..explain.systems import System
from ..model.columns import row_holds
from ..model.op import Op, Table
from ..tables.filed import FiledTable
from ..tables.findings import MOST_DETAILS, Finding, warning
from ..tables.raw import RawTable, Reading
from ..text import counted
from .cells import phase_of, read_columns
from .loading import file_rows
from .outliers import check_against_sol, check_by_itself
from .places import batch_notes, check_places, ragged_notes


@dataclass(frozen=True)
class Checked:
    """What a check found. `points` are the leaves that would be loaded, `left_out` rows that are not the op's.
    `notes` say what could not be checked."""

    findings: tuple[Finding, ...]
    rows: int = 0
    points: int = 0
    repeats: int = 0
    left_out: int = 0
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]


def check(op: Op, table: Table, reading: Reading, systems: Sequence[System] = ()) -> Checked:
    """Everything about a file that is to be `table` of `op`; measured points are held against SOL on each system."""
    raw = reading.table
    if raw is None:
        return Checked(reading.findings)
    findings, filed = file_rows(op, table, reading, raw)
    if filed is None:
        return Checked(tuple(findings), len(raw.rows))
    findings += _phases(op, table, raw)
    findings += _repeats(filed, raw)
    notes: list[str] = []
    if filed.bad:  # each would leave a hole, or an axis with one value
        left = counted(len(filed.bad), "row")
        notes.append(f"{left} can't be read: holes and axes with one value were not looked for, mend the cells first")
    for phase in () if filed.bad else table.phases if table.phase_column else table.phases[:1]:
        findings += check_places(filed, raw, phase)
        notes += ragged_notes(filed, phase)
    if not filed.bad:
        notes += batch_notes(filed)
    if is_placeholder(op) or not systems:
        why = "no system is known: points were not held against SOL (--system NAME)"
        if is_placeholder(op):
            why = "the spec's SOL is a placeholder: points were not held against it"
        notes.append(why)
        findings += check_by_itself(filed, raw)
    for system in () if is_placeholder(op) else systems:
        findings += check_against_sol(filed, raw, system)
    found = tuple(dict.fromkeys(findings))
    return Checked(found, len(raw.rows), len(filed.leaves), len(filed.repeats), filed.left_out, tuple(notes))


def _phases(op: Op, table: Table, raw: RawTable) -> Iterator[Finding]:
    """Rows of no phase that the op uses, unless a condition of the spec leaves them out, and phases without a row."""
    column, file = table.phase_column, str(raw.path)
    if not column:
        return
    conditions = [op.nesting(phase).rows for phase in table.phases]
    lost = [
        row
        for row in raw.rows
        if phase_of(op, table, row) is None and any(not text or row_holds(text, row.cells) for text in conditions)
    ]
    if lost:
        values = ", ".join(f"{v[:30]!a}" for v in list(dict.fromkeys(row.cells[column] for row in lost))[:5])
        known = " or ".join(op.phase_value(p) for p in table.phases)
        found = f"{len(lost)} rows have {values} in {column}"
        yield warning(file, [row.line for row in lost], found, known, "they are left out", "phase")
    for phase in table.phases:
        if not any(phase_of(op, table, row) == phase for row in raw.rows):
            expected = f"rows with {op.phase_value(phase)!a} in {column}"
            yield warning(file, 0, f"no row of the {phase} phase", expected, "", "phase")


def _repeats(filed: FiledTable, raw: RawTable) -> Iterator[Finding]:
    """Rows whose point an earlier row has, and the columns that would tell them apart."""
    if not filed.repeats:
        return
    read = read_columns(filed.op, filed.table)
    differing: dict[str, int] = {}
    details: list[str] = []
    other, worst = 0, 1.0
    for row, path, leaf in filed.repeats:
        first, kept = filed.rows[path], filed.leaves[path]
        for name in raw.columns:
            if name not in read and row.cells[name] != first.cells[name]:
                differing[name] = differing.get(name, 0) + 1
        other += leaf.latency != kept.latency
        if leaf.latency > 0 and kept.latency > 0:
            worst = max(worst, leaf.latency / kept.latency, kept.latency / leaf.latency)
        what = f"{leaf.latency:g} ms, {kept.latency:g} ms is kept"
        details.append(f"{raw.where(row.line)} repeats {raw.where(first.line)}: {what}")
    found = f"{len(filed.repeats)} rows repeat an earlier point"
    found += f", {other} with another latency, up to {worst:.3g}-fold" if other else ""
    columns = ", ".join(f"{n} in {count}" for n, count in sorted(differing.items(), key=lambda i: -i[1])[:3])
    hint = f"they differ in columns that the spec does not read: {columns}" if columns else "the first one is kept"
    lines = [row.line for row, _, _ in filed.repeats]
    yield warning(str(raw.path), lines, found, "each point once", hint, "repeated", details[:MOST_DETAILS])
