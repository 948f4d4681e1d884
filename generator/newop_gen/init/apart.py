"""What a table would lose: rows that a spec takes for one point although their latencies differ.

A spec reads some columns of a table; rows that are alike in them are one point, and the first of them is what a query
gets. Where a later one has another latency, either it was measured again, and differs in nothing, or a column that the
spec does not read tells the two apart. The latter loses what the table says, and is never done without a word: counts
of such rows decide, no share of them and no size of their difference.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

ROWS_AT_ONCE = 1 << 18
"""Rows that are looked at together, so that what is held of them beside the table stays small."""
_MOST_POINTS = 1 << 63


@dataclass(frozen=True)
class Fold:
    """Rows that another row would stand in for. `rows` are their numbers in the table, from 0; `times` is how far the
    latency of one is from the one that would stand for it, at most (2 is twice, or half)."""

    rows: Sequence[int]
    times: float

    def __bool__(self) -> bool:
        return bool(self.rows)

    @property
    def told(self) -> str:
        """How far they are off, where that can be said."""
        return f", up to {self.times:.3g}-fold" if self.times > 1 else ""


class Points:
    """The rows of a table as points of a spec: alike in all that was added are one point.

    `latencies` has one value per row, in any unit. A point is a number, in which what was added has its own digits.
    """

    def __init__(self, latencies: Sequence[float]) -> None:
        self.latencies = latencies
        self._point = array("Q", bytes(8 * len(latencies)))
        self._digits = 1

    def add(self, cells: Iterable[Hashable]) -> None:
        """Let the spec read one more column, or what is made of several."""
        self._point, self._digits = self._with(cells)

    def _with(self, cells: Iterable[Hashable]) -> tuple[array[int], int]:
        codes, distinct = _numbered(cells)
        point, digits = self._point, self._digits
        if digits * distinct >= _MOST_POINTS:  # fewer digits say the same
            point, digits = self._renumbered()
        return array("Q", (p * distinct + code for p, code in zip(point, codes))), digits * distinct

    def _renumbered(self) -> tuple[array[int], int]:
        point, count = array("Q", self._point), 0
        for rows in _together(self._point):
            numbers: dict[int, int] = {}
            for row in rows:
                point[row] = numbers.setdefault(self._point[row], count + len(numbers))
            count += len(numbers)
        return point, max(count, 1)

    def fold(self, cells: Iterable[Hashable] | None = None) -> Fold:
        """The rows that another stands in for, with another latency. With `cells`, as if that was read, too."""
        found, times = array("I"), 1.0
        points = self._point if cells is None else self._with(cells)[0]
        latencies = self.latencies
        for rows in _together(points):
            first: dict[int, float] = {}
            for row in rows:
                latency = latencies[row]
                kept = first.setdefault(points[row], latency)
                if kept != latency:
                    found.append(row)
                    if kept > 0 and latency > 0:
                        times = max(times, latency / kept, kept / latency)
        return Fold(found, times)

    @property
    def repeats(self) -> int:
        """How many rows have a point that an earlier one has."""
        return len(self._point) - sum(len({self._point[row] for row in rows}) for rows in _together(self._point))

    def differing(self, cells: Sequence[Hashable]) -> Sequence[int]:
        """The rows with another latency than the first of their point that differ from it in `cells`, too."""
        found = array("I")
        for rows in _together(self._point):
            first: dict[int, int] = {}
            for row in rows:
                kept = first.setdefault(self._point[row], row)
                if self.latencies[kept] != self.latencies[row] and cells[kept] != cells[row]:
                    found.append(row)
        return found


def _together(points: Sequence[int]) -> Iterator[Sequence[int]]:
    """The numbers of rows, those of one point together and in their order: all, or of very many a part at a time."""
    parts = 1 + len(points) // ROWS_AT_ONCE
    if parts == 1:
        yield range(len(points))
        return
    for part in range(parts):
        # Digits of a point follow each other; a prime mixes them.
        yield array("I", (row for row, point in enumerate(points) if point * 1_000_003 % 2_147_483_647 % parts == part))


def _numbered(values: Iterable[Hashable]) -> tuple[array[int], int]:
    """Equal values by the number of the first of them, and how many there are."""
    numbers: dict[Hashable, int] = {}
    return array("I", (numbers.setdefault(value, len(numbers)) for value in values)), max(len(numbers), 1)
