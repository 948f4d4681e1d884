"""What the measurements say about the decisions: grids, growth along the axes, and whether tokens alone count."""

from __future__ import annotations

import math
import statistics
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..model.op import Op, Table
from ..spec.model import PhaseName
from ..tables.filed import FiledTable
from ..tables.grid import grid_of
from .draft import growth

ALIKE = 1.1
"""Points with the same number of tokens cost the same when their latencies are within this ratio."""
LEAST = 4
"""Fewer comparisons than this say nothing."""


class Measurements:
    """What one table says, a part of it at a time."""

    def __init__(self, op: Op, table: Table, query: str) -> None:
        # Phases that share a table without a phase column share its points.
        self.phases = table.phases if table.phase_column else table.phases[:1]
        self._told = {phase: _OfPhase(op, phase, query) for phase in table.phases}
        self.bad = 0
        self.first_bad: tuple[int, str] | None = None

    def add(self, filed: FiledTable) -> None:
        self.bad += len(filed.bad)
        for row, why in filed.bad[:1]:
            self.first_bad = min(self.first_bad or (row.line, why), (row.line, why))
        for phase, told in self._told.items():
            told.add(filed.points(phase).values())

    def remarks(self, phase: PhaseName) -> list[str]:
        return self._told[phase].remarks()

    def grids(self, phase: PhaseName) -> Iterator[str]:
        return self._told[phase].grids()


def remarks(tables: Sequence[Measurements]) -> list[str]:
    """Sentences for the axis decision, for people and for the spec's comments."""
    said = []
    for table in tables:
        for phase in table.phases:
            prefix = f"{phase}: " if len(tables) > 1 or len(table.phases) > 1 else ""
            said += [prefix + text for text in table.remarks(phase)]
    return list(dict.fromkeys(said))


class _OfPhase:
    def __init__(self, op: Op, phase: PhaseName, query: str) -> None:
        self._names = [axis.axis for axis in op.nesting(phase).axes]
        self._tokens = phase == "context" and query == "b,s" and set(self._names) == {"b", "s"}
        self._slopes = [array("d") for _ in self._names]
        self._spreads = array("d")
        self._found = self._places = self._points = self._scattered = self._holes = 0
        self._single = [0] * len(self._names)

    def add(self, points: Iterable[Mapping[tuple[int, ...], float]]) -> None:
        """The latencies (ms) of each combination of exact keys, by their place on the axes."""
        for some in points:
            grid = grid_of(some)
            self._found += 1
            self._places, self._points = self._places + grid.places, self._points + grid.points
            self._scattered, self._holes = self._scattered + grid.scattered, self._holes + len(grid.holes)
            for n, slopes in enumerate(self._slopes):
                self._single[n] += len(grid.values[n]) == 1
                if (slope := growth(some, n)) is not None:
                    slopes.append(slope)
            if self._tokens:
                self._spreads.extend(_spreads(some))

    def grids(self) -> Iterator[str]:
        """How full the grids are."""
        if not self._found:
            return
        yield f"{self._points} points in {self._found} combinations of exact keys"
        if self._scattered:
            yield f"{self._scattered} of them are scattered, no grid: measured at sizes of their own"
        elif self._points < self._places:
            holes = self._holes
            inner = f"{holes} of them between measured ones" if holes else "all at the ends, as where memory runs out"
            missing = self._places - self._points
            yield f"ragged: {missing} of {self._places} places of the full grid are missing, {inner}"
        for name, single in zip(self._names, self._single):
            if single:
                yield f"{name} has one value in {single} of {self._found}: other values can't be interpolated there"

    def remarks(self) -> list[str]:
        said = [
            f"at its upper end latency grows as {name}^{statistics.median(slopes):.1f}"
            for name, slopes in zip(self._names, self._slopes)
            if slopes
        ]
        if len(self._spreads) >= LEAST:
            middle = statistics.median(self._spreads)
            if middle <= ALIKE:
                said.append(f"points with the same b * s differ by {middle - 1:.0%} (median): query: x may be enough")
            else:
                said.append(
                    f"points with the same b * s differ by a factor of {middle:.2g} (median): not token-equivalent"
                )
        return said


def _spreads(points: Mapping[tuple[int, ...], float]) -> Iterator[float]:
    """How far points with the same number of tokens are apart, which cost the same where an op is token-equivalent."""
    same: dict[int, list[float]] = {}
    for point, latency in points.items():
        if latency > 0:
            same.setdefault(math.prod(point), []).append(latency)
    return (max(values) / min(values) for values in same.values() if len(values) > 1)
