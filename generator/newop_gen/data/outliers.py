"""Measured points against the formula: faster than possible, or far behind a smaller neighbour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..explain.analysis import explain_at
from ..explain.measured import Measured, MeasuredPoint, row_values
from ..explain.points import describe
from ..explain.systems import System
from ..explain.unit import Doubt, by_itself, by_roofline
from ..model.columns import column_names
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from ..tables.filed import FiledTable
from ..tables.findings import MOST_DETAILS, Finding, warning
from ..tables.raw import RawTable
from .cell_places import CellPlaces


def check_against_sol(filed: FiledTable, raw: RawTable, system: System) -> Iterator[Finding]:
    """A latency that is likely in another unit, else the outliers of `explain` (see `explain.measured`), on one GPU."""
    points = {phase: _points(filed, phase, system) for phase in filed.table.phases}
    doubts = list(_unit(filed, raw, points, system))
    yield from doubts
    if doubts:
        return  # each point would be named for the same reason
    for phase, some in points.items():
        yield from _outliers(filed, raw, phase, some, system)


def check_by_itself(filed: FiledTable, raw: RawTable, option: str = "") -> Iterator[Finding]:
    """A latency that is likely in another unit, where there is no formula or no GPU to hold it against. `option` as in
    `Doubt.problem`."""
    latencies: dict[tuple[str, str], list[float]] = {}
    phases = filed.table.phases if filed.table.phase_column else filed.table.phases[:1]
    for phase in phases:
        read = filed.op.nesting(phase).latency
        latencies.setdefault((read.column, read.unit), []).extend(
            latency for points in filed.points(phase).values() for latency in points.values()
        )
    for (column, unit), some in latencies.items():
        if doubt := by_itself(some, unit):
            yield _doubted(doubt, column, raw, option)


def _unit(
    filed: FiledTable, raw: RawTable, points: Mapping[PhaseName, Sequence[MeasuredPoint]], system: System
) -> Iterator[Finding]:
    reached: dict[tuple[str, str], list[float]] = {}
    for phase, some in points.items():
        read = filed.op.nesting(phase).latency
        reached.setdefault((read.column, read.unit), []).extend(p.utilisation for p in some)
    for (column, unit), utilisations in reached.items():
        if doubt := by_roofline(utilisations, unit, system.name):
            yield _doubted(doubt, column, raw)


def _doubted(doubt: Doubt, column: str, raw: RawTable, option: str = "") -> Finding:
    problem = doubt.problem(column, CellPlaces(raw).header(next(iter(column_names(column)), column)), option)
    return Finding("warning", problem, (problem.place.line,) if problem.place.line else ())


def _outliers(
    filed: FiledTable, raw: RawTable, phase: PhaseName, points: tuple[MeasuredPoint, ...], system: System
) -> Iterator[Finding]:
    odd = Measured(phase, str(raw.path), points, 0, len(filed.op.nesting(phase).axes)).outliers if points else []
    of_all = f"of {len(points)} {phase} points"
    fast = [p for p in odd if p.utilisation > 1]
    if fast:
        yield warning(
            str(raw.path),
            [p.line for p in fast],
            f"{len(fast)} {of_all} are faster than their SOL on {system.name}",
            "at most the whole roofline",
            "the formula counts too much, or the unit of the latency is another",
            "faster-than-sol",
            _details(raw, fast),
        )
    slow = [p for p in odd if p.utilisation <= 1]
    if slow:
        yield warning(
            str(raw.path),
            [p.line for p in slow],
            f"{len(slow)} {of_all} reach less than half of what a smaller neighbour does on {system.name}",
            "a larger problem to reach as much of the roofline",
            "measured badly, or the formula leaves something out from there on",
            "outlier",
            _details(raw, slow),
        )


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


def _details(raw: RawTable, points: Sequence[MeasuredPoint]) -> list[str]:
    return [
        f"{raw.where(p.line)}: {p.utilisation:.0%} of the roofline at {describe(p.explained.values)}"
        for p in points[:MOST_DETAILS]
    ]
