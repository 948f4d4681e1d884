"""A table against its spec: what would not load, what would be lost, and what looks measured badly."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..explain.measured import is_placeholder
from ..explain.systems import System
from ..model.columns import row_holds
from ..model.op import Op, Table
from ..tables.filed import FiledTable, file_parts
from ..tables.findings import MOST_DETAILS, Finding, warning
from ..tables.raw import RawTable, Reading
from ..text import counted
from .cells import read_columns
from .loading import file_rows
from .outliers import AgainstSol, ByItself
from .places import Batches, PhasePlaces


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
    findings, loading = file_rows(op, table, reading, raw)
    if loading is None:
        return Checked(tuple(findings), len(raw.rows))
    repeats = _Repeats(op, table, raw)
    phases = table.phases if table.phase_column else table.phases[:1]
    places = [PhasePlaces(op, table, raw, phase) for phase in phases]
    batches = Batches(op, table)
    held = not is_placeholder(op) and bool(systems)
    judges = [AgainstSol(op, table, raw, system) for system in systems] if held else [ByItself(op, table, raw)]
    points = left_out = 0
    for filed in file_parts(op, table, raw):
        points, left_out = points + len(filed.leaves), left_out + filed.left_out
        for part in (loading, repeats, *places, batches, *judges):
            part.add(filed)
    findings += loading.findings()
    findings += _phases(op, table, raw)
    findings += repeats.findings()
    notes: list[str] = []
    if loading.bad:  # each would leave a hole, or an axis with one value
        left = counted(loading.bad, "row")
        notes.append(f"{left} can't be read: holes and axes with one value were not looked for, mend the cells first")
    else:
        for phase in places:
            findings += phase.findings()
            notes += phase.notes()
        notes += batches.notes()
    if not held:
        why = "no system is known: points were not held against SOL (--system NAME)"
        if is_placeholder(op):
            why = "the spec's SOL is a placeholder: points were not held against it"
        notes.append(why)
    for judge in judges:
        findings += judge.findings()
    found = tuple(dict.fromkeys(findings))
    return Checked(found, len(raw.rows), points, repeats.count, left_out, tuple(notes))


def _phases(op: Op, table: Table, raw: RawTable) -> Iterator[Finding]:
    """Rows of no phase that the op uses, unless a condition of the spec leaves them out, and phases without a row."""
    column, file = table.phase_column, str(raw.path)
    if not column:
        return
    conditions = [op.nesting(phase).rows for phase in table.phases]
    known = {op.phase_value(phase) for phase in table.phases}
    lost = raw.rows.where(column, lambda text: text not in known)
    said = [text for text in conditions if text]
    if len(said) == len(conditions):
        lost = lost.holding(lambda cells: any(row_holds(text, cells) for text in said))
    if lost:
        values = ", ".join(f"{v[:30]!a}" for v in list(dict.fromkeys(lost.distinct(column)))[:5])
        wanted = " or ".join(op.phase_value(p) for p in table.phases)
        found = f"{len(lost)} rows have {values} in {column}"
        yield warning(file, lost.lines(), found, wanted, "they are left out", "phase")
    there = set(raw.rows.distinct(column))
    for phase in table.phases:
        if op.phase_value(phase) not in there:
            expected = f"rows with {op.phase_value(phase)!a} in {column}"
            yield warning(file, 0, f"no row of the {phase} phase", expected, "", "phase")


class _Repeats:
    """Rows whose point an earlier row has, and the columns that would tell them apart."""

    def __init__(self, op: Op, table: Table, raw: RawTable) -> None:
        self._raw = raw
        self._unread = [name for name in raw.columns if name not in read_columns(op, table)]
        self._differing: dict[str, int] = {}
        self._lines = array("I")
        self._details: list[tuple[int, str]] = []
        self._other, self._worst = 0, 1.0

    @property
    def count(self) -> int:
        return len(self._lines)

    def add(self, filed: FiledTable) -> None:
        for row, path, leaf in filed.repeats:
            first, kept = filed.rows[path], filed.leaves[path]
            for name in self._unread:
                if row.cells[name] != first.cells[name]:
                    self._differing[name] = self._differing.get(name, 0) + 1
            self._other += leaf.latency != kept.latency
            if leaf.latency > 0 and kept.latency > 0:
                self._worst = max(self._worst, leaf.latency / kept.latency, kept.latency / leaf.latency)
            self._lines.append(row.line)
            if len(self._details) < MOST_DETAILS:
                what = f"{leaf.latency:g} ms, {kept.latency:g} ms is kept"
                where = f"{self._raw.where(row.line)} repeats {self._raw.where(first.line)}: {what}"
                self._details.append((row.line, where))

    def findings(self) -> Iterator[Finding]:
        if not self._lines:
            return
        found = f"{len(self._lines)} rows repeat an earlier point"
        found += f", {self._other} with another latency, up to {self._worst:.3g}-fold" if self._other else ""
        most = sorted(self._differing.items(), key=lambda item: -item[1])[:3]
        columns = ", ".join(f"{name} in {count}" for name, count in most)
        hint = f"they differ in columns that the spec does not read: {columns}" if columns else "the first one is kept"
        details = [text for _, text in sorted(self._details)]
        yield warning(str(self._raw.path), sorted(self._lines), found, "each point once", hint, "repeated", details)
