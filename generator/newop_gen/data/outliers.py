"""Measured points against the formula: faster than possible, or far behind a smaller neighbour."""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterator

from ..explain.analysis import explain_at
from ..explain.measured import Measured, MeasuredPoint, row_values
from ..explain.points import describe
from ..explain.systems import System
from ..explain.unit import Doubt, by_itself, by_roofline
from ..model.columns import column_names
from ..model.op import Op, Table
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from ..tables.filed import FiledTable
from ..tables.findings import MOST_DETAILS, Finding, warning
from ..tables.raw import RawTable
from .cell_places import CellPlaces


class AgainstSol:
    """A latency that is likely in another unit, else the outliers of `explain` (see `explain.measured`), on one GPU.
    Given a part of the table at a time."""

    def __init__(self, op: Op, table: Table, raw: RawTable, system: System) -> None:
        self._op, self._table, self._raw, self._system = op, table, raw, system
        self._reached: dict[tuple[str, str], array[float]] = {}
        self._outliers = {phase: _Outliers(raw, phase, system) for phase in table.phases}

    def add(self, filed: FiledTable) -> None:
        for phase in self._table.phases:
            points = _points(filed, phase, self._system)
            read = self._op.nesting(phase).latency
            reached = self._reached.setdefault((read.column, read.unit), array("d"))
            reached.extend(point.utilisation for point in points)
            self._outliers[phase].add(filed, points)

    def findings(self) -> Iterator[Finding]:
        doubted = False
        for (column, unit), utilisations in self._reached.items():
            if doubt := by_roofline(utilisations, unit, self._system.name):
                doubted = True
                yield _doubted(doubt, column, self._raw)
        for outliers in () if doubted else self._outliers.values():  # each would be named for the same reason
            yield from outliers.findings()


class ByItself:
    """A latency that is likely in another unit, where there is no formula or no GPU to hold it against. `option` as in
    `Doubt.problem`. Given a part of the table at a time."""

    def __init__(self, op: Op, table: Table, raw: RawTable, option: str = "") -> None:
        self._op, self._table, self._raw, self._option = op, table, raw, option
        self._latencies: dict[tuple[str, str], array[float]] = {}

    def add(self, filed: FiledTable) -> None:
        for phase in self._table.phases if self._table.phase_column else self._table.phases[:1]:
            read = self._op.nesting(phase).latency
            some = self._latencies.setdefault((read.column, read.unit), array("d"))
            for points in filed.points(phase).values():
                some.extend(points.values())

    def findings(self) -> Iterator[Finding]:
        for (column, unit), some in self._latencies.items():
            if doubt := by_itself(some, unit):
                yield _doubted(doubt, column, self._raw, self._option)


def _doubted(doubt: Doubt, column: str, raw: RawTable, option: str = "") -> Finding:
    problem = doubt.problem(column, CellPlaces(raw).header(next(iter(column_names(column)), column)), option)
    return Finding("warning", problem, (problem.place.line,) if problem.place.line else ())


class _Outliers:
    """Points of one phase that are faster than their SOL, or fall behind a smaller neighbour."""

    def __init__(self, raw: RawTable, phase: PhaseName, system: System) -> None:
        self._raw, self._phase, self._system = raw, phase, system
        self._count = 0
        self._lines = {fast: array("I") for fast in (True, False)}
        self._worst: dict[bool, list[tuple[float, int, str]]] = {True: [], False: []}

    def add(self, filed: FiledTable, points: tuple[MeasuredPoint, ...]) -> None:
        self._count += len(points)
        axes = len(filed.op.nesting(self._phase).axes)
        odd = Measured(self._phase, str(self._raw.path), points, 0, axes).outliers if points else []
        for point in odd:
            fast = point.utilisation > 1
            self._lines[fast].append(point.line)
            told = f"{point.utilisation:.0%} of the roofline at {describe(point.explained.values)}"
            said = f"{self._raw.where(point.line)}: {told}"
            worst = self._worst[fast]
            worst.append((-point.utilisation if fast else point.utilisation, point.line, said))
            if len(worst) > 2 * MOST_DETAILS:
                self._worst[fast] = heapq.nsmallest(MOST_DETAILS, worst)

    def findings(self) -> Iterator[Finding]:
        of_all = f"of {self._count} {self._phase} points"
        if fast := self._lines[True]:
            yield warning(
                str(self._raw.path),
                self._by_size(True, fast),
                f"{len(fast)} {of_all} are faster than their SOL on {self._system.name}",
                "at most the whole roofline",
                "the formula counts too much, or the unit of the latency is another",
                "faster-than-sol",
                self._details(True),
            )
        if slow := self._lines[False]:
            yield warning(
                str(self._raw.path),
                self._by_size(False, slow),
                f"{len(slow)} {of_all} reach less than half of what a smaller neighbour does on {self._system.name}",
                "a larger problem to reach as much of the roofline",
                "measured badly, or the formula leaves something out from there on",
                "outlier",
                self._details(False),
            )

    def _by_size(self, fast: bool, lines: array[int]) -> list[int]:
        """The lines, those of the worst points first."""
        first = [line for _, line, _ in sorted(self._worst[fast])]
        known = set(first)
        return first + [line for line in lines if line not in known]

    def _details(self, fast: bool) -> list[str]:
        return [said for _, _, said in sorted(self._worst[fast])[:MOST_DETAILS]]


def _points(filed: FiledTable, phase: PhaseName, system: System) -> tuple[MeasuredPoint, ...]:
    """Points that the formula has a value for."""
    points = []
    for path, leaf in filed.leaves.items():
        if filed.table.phase_column and path[0] != phase:
            continue
        values = row_values(filed.op, filed.table, phase, path)
        if values is None or any(values[name] not in system.modes for name in filed.op.quant_params):
            continue  # a mode that there is none of has been named already
        try:
            explained = explain_at(filed.op, phase, values, system)
        except SolValueError:
            continue
        points.append(MeasuredPoint(filed.rows[path].line, leaf.latency, explained, path))
    return tuple(points)
