"""What a table would lose: rows that a spec takes for one point although their latencies differ.

A spec reads some columns of a table; rows that are alike in them are one point, and the first of them is what a query
gets. Where a later one has another latency, either it was measured again, and differs in nothing, or a column that the
spec does not read tells the two apart. The latter loses what the table says, and is never done without a word: counts
of such rows decide, no share of them and no size of their difference.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fold:
    """Rows that another row would stand in for. `rows` are their numbers in the table, from 0; `times` is how far the
    latency of one is from the one that would stand for it, at most (2 is twice, or half)."""

    rows: tuple[int, ...]
    times: float

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def told(self) -> str:
        """How far they are off, where that can be said."""
        return f", up to {self.times:.3g}-fold" if self.times > 1 else ""


class Points:
    """The rows of a table as points of a spec: alike in all that was added are one point.

    `latencies` has one value per row, in any unit.
    """

    def __init__(self, latencies: Sequence[float]) -> None:
        self.latencies = latencies
        self._point = [0] * len(latencies)

    def add(self, cells: Iterable[Hashable]) -> None:
        """Let the spec read one more column, or what is made of several."""
        self._point = _numbered(zip(self._point, cells))

    def fold(self, cells: Iterable[Hashable] | None = None) -> Fold:
        """The rows that another stands in for, with another latency. With `cells`, as if that was read, too."""
        first: dict[int, float] = {}
        rows, times = [], 1.0
        points = self._point if cells is None else _numbered(zip(self._point, cells))
        for row, (point, latency) in enumerate(zip(points, self.latencies)):
            kept = first.setdefault(point, latency)
            if kept != latency:
                rows.append(row)
                if kept > 0 and latency > 0:
                    times = max(times, latency / kept, kept / latency)
        return Fold(tuple(rows), times)

    @property
    def repeats(self) -> int:
        """How many rows have a point that an earlier one has."""
        return len(self._point) - len(set(self._point))

    def differing(self, cells: Sequence[Hashable]) -> tuple[int, ...]:
        """The rows with another latency than the first of their point that differ from it in `cells`, too."""
        first: dict[int, int] = {}
        found = []
        for row, point in enumerate(self._point):
            kept = first.setdefault(point, row)
            if self.latencies[kept] != self.latencies[row] and cells[kept] != cells[row]:
                found.append(row)
        return tuple(found)


def _numbered(values: Iterable[Hashable]) -> list[int]:
    """Equal values by the number of the first of them."""
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(value, len(numbers)) for value in values]
