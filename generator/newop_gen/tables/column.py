"""The cells of one column of a table, held small: a real table has millions of rows, and few different cells."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

MOST_DISTINCT = 1 << 16
"""Different cells, up to which each is held once. A measured column has more."""
HASHED_AT_ONCE = 1 << 18


class _Numbers(dict[str, int]):
    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


class Cells(Sequence[str]):
    """The texts of a column, by row. They are held in one of three ways: the number of each among the different ones;
    of many different ones the number that each is, as long as all are written as Python writes it; else one after the
    other."""

    def __init__(self) -> None:
        self._numbers = _Numbers()
        self._texts: list[str] = []
        self._codes = array("B")
        self._floats: array[float] | None = None
        self._packed: bytearray | None = None
        self._ends = array("Q")

    def extend(self, texts: Sequence[str]) -> None:
        """Add the cells of more rows."""
        if self._packed is None and self._floats is None:
            self._code(texts)
        elif self._floats is not None and (floats := _floats(texts)) is not None:
            self._floats.extend(floats)
        else:
            self._pack(texts)

    def _code(self, texts: Sequence[str]) -> None:
        numbers = self._numbers
        codes = [numbers[text] for text in texts]
        self._texts += itertools.islice(numbers, len(self._texts), None)
        if len(numbers) > MOST_DISTINCT:
            floats = _floats(self._texts)
            if floats is None:
                self._pack(texts)
            else:
                self._floats = array("d", map(floats.__getitem__, self._codes))
                self._floats.extend(map(floats.__getitem__, codes))
                self._drop_codes()
            return
        if len(numbers) > 1 << 8 and self._codes.typecode == "B":
            self._codes = array("H", self._codes)
        self._codes.extend(codes)

    def _pack(self, texts: Iterable[str]) -> None:
        if self._packed is None:
            before = iter(self)
            self._packed = bytearray()
            self._append(before)
            self._floats = None
            self._drop_codes()
        self._append(texts)

    def _append(self, texts: Iterable[str]) -> None:
        assert self._packed is not None
        for text in texts:
            self._packed += text.encode("utf-8", "surrogatepass")
            self._ends.append(len(self._packed))

    def _drop_codes(self) -> None:
        self._numbers, self._texts, self._codes = _Numbers(), [], array("B")

    @property
    def size(self) -> int:
        """The bytes that they take."""
        floats = 8 * len(self._floats or ())
        return len(self._packed or b"") + 8 * len(self._ends) + floats + self._codes.itemsize * len(self._codes)

    @property
    def _coded(self) -> bool:
        return self._packed is None and self._floats is None

    def distinct(self) -> Iterator[str]:
        """Each text once, in the order of the rows, where that is held; else all of them."""
        return iter(self._texts) if self._coded else iter(self)

    def distinct_at(self, at: Iterable[int]) -> Iterator[str]:
        """As `distinct`, of some rows."""
        if not self._coded:
            return map(self.__getitem__, at)
        return map(self._texts.__getitem__, dict.fromkeys(map(self._codes.__getitem__, at)))

    def __len__(self) -> int:
        if self._packed is not None:
            return len(self._ends)
        return len(self._codes if self._floats is None else self._floats)

    def __iter__(self) -> Iterator[str]:
        if self._packed is not None:
            return map(self._unpacked, range(len(self._ends)))
        if self._floats is not None:
            return map(repr, self._floats)
        return map(self._texts.__getitem__, self._codes)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> list[str]: ...
    def __getitem__(self, row: int | slice) -> str | list[str]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        if self._packed is not None:
            return self._unpacked(row if row >= 0 else row + len(self._ends))
        return self._texts[self._codes[row]] if self._floats is None else repr(self._floats[row])

    def _unpacked(self, row: int) -> str:
        assert self._packed is not None
        start = self._ends[row - 1] if row else 0
        return self._packed[start : self._ends[row]].decode("utf-8", "surrogatepass")


def _floats(texts: Iterable[str]) -> list[float] | None:
    """The numbers that texts are, if each is written so."""
    try:
        floats = list(map(float, texts))
    except ValueError:
        return None
    return floats if all(map(str.__eq__, map(repr, floats), texts)) else None


def count_distinct(texts: Iterable[str]) -> int:
    """How many different texts there are, in little memory: of texts that share part of a hash at a time."""
    hashes = array("q", map(hash, texts))
    parts = 1 + len(hashes) // HASHED_AT_ONCE
    return sum(len({h for h in hashes if h % parts == part}) for part in range(parts))
