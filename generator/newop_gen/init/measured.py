"""What the measurements say about the decisions: grids, growth along the axes, and whether tokens alone count."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from ..spec.model import PhaseName
from ..tables.filed import FiledTable
from .draft import growth

ALIKE = 1.1
"""Points with the same number of tokens cost the same when their latencies are within this ratio."""
LEAST = 4
"""Fewer comparisons than this say nothing."""


def remarks(tables: Sequence[FiledTable], query: str) -> list[str]:
    """Sentences for the axis decision, for people and for the spec's comments."""
    said = []
    for table in tables:
        # Phases that share a table without a phase column share its points.
        phases = table.table.phases if table.table.phase_column else table.table.phases[:1]
        for phase in phases:
            prefix = f"{phase}: " if len(tables) > 1 or len(phases) > 1 else ""
            points = list(table.points(phase).values())
            names = [axis.axis for axis in table.op.nesting(phase).axes]
            said += [prefix + text for text in _growth(names, points)]
            if phase == "context" and query == "b,s" and set(names) == {"b", "s"}:
                said += [prefix + text for text in _tokens(points)]
    return list(dict.fromkeys(said))


def grids(table: FiledTable, phase: PhaseName) -> Iterator[str]:
    """How full the grids are."""
    found = table.grids(phase)
    if not found:
        return
    names = [axis.axis for axis in table.op.nesting(phase).axes]
    places = sum(grid.places for grid in found.values())
    points = sum(grid.points for grid in found.values())
    yield f"{points} points in {len(found)} combinations of exact keys"
    scattered = sum(grid.scattered for grid in found.values())
    holes = sum(len(grid.holes) for grid in found.values())
    if scattered:
        yield f"{scattered} of them are scattered, no grid: measured at sizes of their own"
    elif points < places:
        inner = f"{holes} of them between measured ones" if holes else "all at the ends, as where memory runs out"
        yield f"ragged: {places - points} of {places} places of the full grid are missing, {inner}"
    for n, name in enumerate(names):
        single = sum(len(grid.values[n]) == 1 for grid in found.values())
        if single:
            yield f"{name} has one value in {single} of {len(found)}: other values can't be interpolated there"


def _growth(names: Sequence[str], points: Sequence[Mapping[tuple[int, ...], float]]) -> Iterator[str]:
    for n, name in enumerate(names):
        slopes = [slope for p in points if (slope := growth(p, n)) is not None]
        if slopes:
            yield f"at its upper end latency grows as {name}^{statistics.median(slopes):.1f}"


def _tokens(points: Sequence[Mapping[tuple[int, ...], float]]) -> Iterator[str]:
    """Whether points with the same number of tokens cost the same, as they do where an op is token-equivalent."""
    spreads = []
    for some in points:
        same: dict[int, list[float]] = {}
        for point, latency in some.items():
            if latency > 0:
                same.setdefault(math.prod(point), []).append(latency)
        spreads += [max(values) / min(values) for values in same.values() if len(values) > 1]
    if len(spreads) < LEAST:
        return
    middle = statistics.median(spreads)
    if middle <= ALIKE:
        yield f"points with the same b * s differ by {middle - 1:.0%} (median): query: x may be enough"
    else:
        yield f"points with the same b * s differ by a factor of {middle:.2g} (median): not token-equivalent"
