"""Measured points against the formula: faster than possible, or far behind a smaller neighbour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..explain.analysis import explain_at
from ..explain.measured import Measured, MeasuredPoint, row_values
from ..explain.points import describe
from ..explain.systems import System
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from .filed import FiledTable
from .findings import MOST_DETAILS, Finding, warning
from .read import RawTable


def check_against_sol(filed: FiledTable, raw: RawTable, phase: PhaseName, system: System) -> Iterator[Finding]:
    """The outliers of `explain` (see `explain.measured`) among the points of `phase`, on one GPU."""
    points = _points(filed, phase, system)
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
