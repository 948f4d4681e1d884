"""Which lines of a file are which lines of an earlier version of it."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import NamedTuple

# A stretch without a line that is unique on both sides is compared line by line up to this many pairs.
_PAIRS = 250_000
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Block(NamedTuple):
    """`size` bytes, whole lines, that both versions have: at `old` in the earlier, at `new` in the later one."""

    old: int
    new: int
    size: int


def align(old: bytes, new: bytes) -> list[Block]:
    """The blocks that both have, in order. Lines that occur once on both sides hold the rest in place ("patience")."""
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    pairs: list[tuple[int, int]] = []
    todo = [(0, len(a), 0, len(b))]
    while todo:
        alo, ahi, blo, bhi = todo.pop()
        while alo < ahi and blo < bhi and a[alo] == b[blo]:
            pairs.append((alo, blo))
            alo, blo = alo + 1, blo + 1
        while alo < ahi and blo < bhi and a[ahi - 1] == b[bhi - 1]:
            ahi, bhi = ahi - 1, bhi - 1
            pairs.append((ahi, bhi))
        if alo == ahi or blo == bhi:
            continue
        anchors = _anchors(a, b, alo, ahi, blo, bhi)
        if anchors:
            for i, j in anchors:
                pairs.append((i, j))
                todo.append((alo, i, blo, j))
                alo, blo = i + 1, j + 1
            todo.append((alo, ahi, blo, bhi))
        elif (ahi - alo) * (bhi - blo) <= _PAIRS:
            pairs += [(alo + i, blo + j) for i, j in _common(a[alo:ahi], b[blo:bhi])]
    return _blocks(a, b, sorted(pairs))


def _common(a: Sequence[bytes], b: Sequence[bytes]) -> list[tuple[int, int]]:
    """The heaviest common subsequence: a line weighs as much as there is in it, so that code goes before blanks."""
    best = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        row, below, line, weight = best[i], best[i + 1], a[i], 1 + _words(a[i])
        for j in range(len(b) - 1, -1, -1):
            row[j] = below[j + 1] + weight if line == b[j] else max(below[j], row[j + 1])
    found = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _words(line: bytes) -> int:
    return sum(map(_WORD.__contains__, line))


def _anchors(a: Sequence[bytes], b: Sequence[bytes], alo: int, ahi: int, blo: int, bhi: int) -> list[tuple[int, int]]:
    """Lines that occur once in either stretch, as many as stand in the same order."""
    once_a = _once(a, alo, ahi)
    once_b = _once(b, blo, bhi)
    pairs = [(i, once_b[line]) for line, i in once_a.items() if line in once_b]
    # The longest increasing run of the second index, by piles.
    tops: list[int] = []
    piles: list[tuple[int, int]] = []  # index of the pair before, index of the pair itself
    ends: list[int] = []
    for number, (_, j) in enumerate(sorted(pairs)):
        at = bisect.bisect_left(tops, j)
        tops[at : at + 1] = [j]
        ends[at : at + 1] = [number]
        piles.append((ends[at - 1] if at else -1, number))
    ordered = sorted(pairs)
    found: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        found.append(ordered[at])
        at = piles[at][0]
    return found[::-1]


def _once(lines: Sequence[bytes], lo: int, hi: int) -> dict[bytes, int]:
    seen: dict[bytes, int] = {}
    twice = set()
    for number in range(lo, hi):
        if seen.setdefault(lines[number], number) != number:
            twice.add(lines[number])
    # A blank line or a bracket is somewhere in every edit: it holds nothing in place.
    return {line: n for line, n in seen.items() if line not in twice and _words(line) >= 3}


def _blocks(a: Sequence[bytes], b: Sequence[bytes], pairs: Sequence[tuple[int, int]]) -> list[Block]:
    starts_a, starts_b = _starts(a), _starts(b)
    blocks: list[Block] = []
    for i, j in pairs:
        old, new, size = starts_a[i], starts_b[j], len(a[i])
        last = blocks[-1] if blocks else None
        if last and last.old + last.size == old and last.new + last.size == new:
            blocks[-1] = Block(last.old, last.new, last.size + size)
        else:
            blocks.append(Block(old, new, size))
    return blocks


def _starts(lines: Sequence[bytes]) -> list[int]:
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return starts
