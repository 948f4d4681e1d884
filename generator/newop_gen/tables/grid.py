"""Where the points of a table lie: values per axis, and what is missing between them.

A collector stops at the sizes that fit into memory, so a grid may end in stairs. A point that is missing although
smaller and larger ones were measured is a hole; a query there interpolates over its neighbours' neighbours.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

MOST_PLACES = 200_000
SCATTERED = 0.3
"""Below this share of filled places the points are no grid: each was measured at sizes of its own."""


@dataclass(frozen=True)
class Grid:
    """The points below one combination of exact keys. `values` rise on each axis; `places` is how many points a full
    grid would have, `holes` are the missing ones that have measured points on both sides."""

    values: tuple[tuple[int, ...], ...]
    points: int
    holes: tuple[tuple[int, ...], ...] = ()

    @property
    def places(self) -> int:
        return math.prod(len(axis) for axis in self.values)

    @property
    def scattered(self) -> bool:
        return len(self.values) > 1 and self.points < SCATTERED * self.places

    @property
    def ragged(self) -> bool:
        return self.points < self.places


def grid_of(points: Collection[Sequence[int]]) -> Grid:
    """The grid of distinct points, each with one value per axis. Holes of scattered points are not listed."""
    values = tuple(tuple(sorted(set(axis))) for axis in zip(*points))
    grid = Grid(values, len(points))
    if not grid.ragged or grid.scattered or grid.places > MOST_PLACES:
        return grid
    measured = {tuple(point) for point in points}
    above, below = _reach(values, measured, 1), _reach(values, measured, -1)
    holes = (p for p in itertools.product(*values) if p not in measured and p in above and p in below)
    return Grid(values, len(points), tuple(holes))


def _reach(values: Sequence[Sequence[int]], measured: set[tuple[int, ...]], step: int) -> set[tuple[int, ...]]:
    """Places with a measured point at or beyond them on every axis, upwards (`step` 1) or downwards (-1)."""
    order = [axis[::-1] if step > 0 else axis for axis in values]
    at = [{value: i for i, value in enumerate(axis)} for axis in order]
    reached: set[tuple[int, ...]] = set()
    for place in itertools.product(*order):
        before = (
            (*place[:n], order[n][at[n][value] - 1], *place[n + 1 :]) for n, value in enumerate(place) if at[n][value]
        )
        if place in measured or any(b in reached for b in before):
            reached.add(place)
    return reached
