"""Finding a recorded insertion again in a file that may have been edited elsewhere since.

The text must be there byte for byte; the bytes that stood around it say which occurrence it is. A short text (a comma
that a list needed) says nothing by itself, so it needs its surroundings. Two occurrences that fit equally well are the
same to us when taking out either leaves the same file; otherwise nothing is taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .receipts import Piece

# A text of this many bytes besides white space is its own evidence when it occurs once.
_TELLING = 24
# Otherwise so many bytes of its surroundings have to be as they were (or all, at the edge of a file).
_NEAR = 12


@dataclass(frozen=True)
class Region:
    """Where something stands in a file: bytes `start:end`."""

    start: int
    end: int


def find(data: bytes, piece: Piece) -> Region | None:
    """The place of a piece in `data`; None when its text is not there, or not certainly the recorded one."""
    if not piece.text:
        return _find_gap(data, piece)
    starts = list(_occurrences(data, piece.text))
    if not starts:
        return None
    size = len(piece.text)
    scores = {at: _score(data, at, at + size, piece) for at in starts}
    best = max(scores.values())
    places = [at for at in starts if scores[at] == best]
    if len(places) > 1 and len({data[:at] + piece.old + data[at + size :] for at in places}) > 1:
        return None
    telling = len(starts) == 1 and len(piece.text.strip()) >= _TELLING
    if not telling and best < min(_NEAR, len(piece.left) + len(piece.right)):
        return None
    return Region(places[0], places[0] + size)


def find_all(data: bytes, pieces: Sequence[Piece]) -> list[Region | None]:
    """The places of pieces of one file, by `find`; of two that would overlap, neither is certain."""
    found = [find(data, piece) for piece in pieces]
    for i, one in enumerate(found):
        for j in range(i):
            other = found[j]
            if one and other and (one == other or (one.start < other.end and other.start < one.end)):
                found[i] = found[j] = None
                break
    return found


def strip(data: bytes, pieces: Sequence[Piece]) -> bytes:
    """`data` without every piece that is found in it."""
    regions = [(r, p) for r, p in zip(find_all(data, pieces), pieces, strict=True) if r is not None]
    return cut(data, regions)


def cut(data: bytes, regions: Sequence[tuple[Region, Piece]]) -> bytes:
    """`data` with each region giving way to what its piece had replaced (nothing, for an insertion)."""
    out = bytearray()
    cursor = 0
    for region, piece in sorted(regions, key=lambda r: (r[0].start, r[0].end)):
        if region.start < cursor:
            raise AssertionError("regions overlap")
        out += data[cursor : region.start] + piece.old
        cursor = region.end
    return bytes(out + data[cursor:])


def drifted(data: bytes, piece: Piece) -> Region | None:
    """Where a piece that was edited stands now: between its old surroundings, as far as they are still there, once."""
    left = _anchor(data, piece.left, from_end=True)
    right = _anchor(data, piece.right, from_end=False)
    if left is None or right is None or right[0] < left[1]:
        return None
    return Region(left[1], right[0])


def _occurrences(data: bytes, text: bytes) -> list[int]:
    found = []
    at = data.find(text)
    while at >= 0:
        found.append(at)
        at = data.find(text, at + 1)
    return found


def _score(data: bytes, start: int, end: int, piece: Piece) -> int:
    """How many bytes around `start:end` are as they were, counted outwards until the first difference."""
    score = 0
    before = data[max(0, start - len(piece.left)) : start]
    for mine, theirs in zip(reversed(before), reversed(piece.left), strict=False):
        if mine != theirs:
            break
        score += 1
    for mine, theirs in zip(data[end : end + len(piece.right)], piece.right, strict=False):
        if mine != theirs:
            break
        score += 1
    return score


def _find_gap(data: bytes, piece: Piece) -> Region | None:
    """The place of a piece that put nothing in (it only took `old` away): between its surroundings, unchanged."""
    whole = piece.left[-60:] + piece.right[:60]
    places = _occurrences(data, whole)
    if len(places) != 1:
        return None
    at = places[0] + len(piece.left[-60:])
    return Region(at, at)


def _anchor(data: bytes, context: bytes, *, from_end: bool) -> tuple[int, int] | None:
    """The longest part of `context` next to the piece, in whole lines, that occurs exactly once in `data`."""
    if not context:
        return (0, 0) if from_end else (len(data), len(data))
    lines = context.splitlines(keepends=True)
    for count in range(len(lines), 0, -1):
        part = b"".join(lines[-count:] if from_end else lines[:count])
        if len(part.strip()) >= 3 and data.count(part) == 1:
            at = data.find(part)
            return at, at + len(part)
    return None
