"""The cells of one column of a table, held small: a real table has millions of rows, and few different cells."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

MOST_DISTINCT = 1 << 16
"""Different cells, up to which each is held once and a row has its number. A measured column has more: its texts are
held one after the other."""
HASHED_AT_ONCE = 1 << 18


class _Numbers(dict[str, int]):
    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class Cells(Sequence[str]):
    """The texts of a column, by row."""

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._texts: list[str] = []
        self._codes = array("B")
        self._packed = bytearray()
        self._ends = array("Q")
        self.packed = False

    def extend(self, texts: Sequence[str]) -> None:
        """Add the cells of more rows."""
        if self.packed:
            self._pack(texts)
            return
        codes = [self._numbers[text] for text in texts]
        distinct = len(self._numbers)
        self._texts += itertools.islice(self._numbers, len(self._texts), None)
        if distinct > MOST_DISTINCT:
            self._pack(map(self._texts.__getitem__, self._codes))
            self._pack(texts)
            self._numbers, self._texts, self._codes, self.packed = _Numbers(), [], array("B"), True
            return
        if distinct > 1 << 8 and self._codes.typecode == "B":
            self._codes = array("H", self._codes)
        self._codes.extend(codes)

    def _pack(self, texts: Iterable[str]) -> None:
        for text in texts:
            self._packed += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._packed))

    @property
    def size(self) -> int:
        """The bytes that they take."""
        return len(self._packed) + 8 * len(self._ends) + self._codes.itemsize * len(self._codes)

    def distinct(self) -> Iterator[str]:
        """Each text once, in the order of the rows, where that is held; else all of them."""
        return iter(self) if self.packed else iter(self._texts)

    def distinct_at(self, at: Iterable[int]) -> Iterator[str]:
        """As `distinct`, of some rows."""
        if self.packed:
            return map(self.__getitem__, at)
        return map(self._texts.__getitem__, dict.fromkeys(map(self._codes.__getitem__, at)))

    def __len__(self) -> int:
        return len(self._ends) if self.packed else len(self._codes)

    def __iter__(self) -> Iterator[str]:
        if not self.packed:
            return map(self._texts.__getitem__, self._codes)
        return map(self.__getitem__, range(len(self._ends)))

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        if not self.packed:
            return self._texts[self._codes[row]]
        row = row if row >= 0 else row + len(self._ends)
        start = self._ends[row - 1] if row else 0
        return self._packed[start : self._ends[row]].decode("utf-8", "surrogatepass")


def count_distinct(texts: Iterable[str]) -> int:
    """How many different texts there are, in little memory: of texts that share part of a hash at a time."""
    hashes = array("q", map(hash, texts))
    parts = 1 + len(hashes) // HASHED_AT_ONCE
    return sum(len({h for h in hashes if h % parts == part}) for part in range(parts))
