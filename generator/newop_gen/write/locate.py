"""Finding recorded insertions again in a file that may have been edited elsewhere since.

The file as it was written and the file as it is are aligned line by line; that tells where to look. There the text must
stand byte for byte. A short text (a comma that a list needed) says little by itself, so what stands next to it counts.
Two places that fit equally well are the same to us when taking out either leaves the same file; otherwise nothing is
taken out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from .align import Block, align
from .receipts import EditedFile, Piece

# A text with so many bytes besides white space around it is its own evidence, where the alignment says to look.
_TELLING = 8
# Otherwise so many bytes next to it must be as they were (or all, at the edge of a file).
_NEAR = 8
_CONTEXT = 240


@dataclass(frozen=True)
class Region:
    """Where something stands in a file: bytes `start:end`."""

    start: int
    end: int


class Search:
    """One recorded file, and the bytes that it has now."""

    def __init__(self, recorded: EditedFile, data: bytes) -> None:
        self.recorded = recorded
        self.data = data

    @cached_property
    def _blocks(self) -> list[Block]:
        return align(self.recorded.image, self.data)

    def find_all(self) -> list[Region | None]:
        """The place of each piece; None where its text is not there, or not certainly the recorded one."""
        found = [self._find(piece) for piece in self.recorded.pieces]
        for i, one in enumerate(found):
            for j in range(i):
                other = found[j]
                if one and other and one.start < other.end and other.start < one.end:
                    found[i] = found[j] = None  # of two that overlap, neither is certain
        return found

    def whereabouts(self, piece: Piece) -> Region:
        """Where a piece that is not found would be: between what stood next to it, as far as that is there."""
        start, end = piece.offset, piece.offset + len(piece.text)
        lo = max((b.new + min(start - b.old, b.size) for b in self._blocks if b.old < start), default=0)
        hi = min((b.new + max(end - b.old, 0) for b in self._blocks if b.old + b.size > end), default=len(self.data))
        return Region(lo, max(lo, hi))

    def is_gone(self, piece: Piece) -> bool:
        """Whether a piece that is not found was taken out cleanly: what stood on either side of it has met."""
        start, end = piece.offset, piece.offset + len(piece.text)
        image = self.recorded.image
        before = start == 0 or any(b.old < start <= b.old + b.size for b in self._blocks)
        after = end == len(image) or any(b.old <= end < b.old + b.size for b in self._blocks)
        region = self.whereabouts(piece)
        return before and after and self.data[region.start : region.end] == piece.old

    def is_restored(self) -> bool:
        """Whether the file is as it was before the op, byte for byte: brought back by other means (`git checkout`)."""
        regions = [(Region(p.offset, p.offset + len(p.text)), p) for p in self.recorded.pieces]
        try:
            return cut(self.recorded.image, regions) == self.data
        except AssertionError:  # pieces that overlap: nothing can be said
            return False

    def _find(self, piece: Piece) -> Region | None:
        start, size = piece.offset, len(piece.text)
        for block in self._blocks:
            if block.old <= start and start + size <= block.old + block.size and size:
                return Region(block.new + start - block.old, block.new + start - block.old + size)
        around = self.whereabouts(piece)
        if not size:
            return around if around.start == around.end else None
        # It may reach into lines that are something else's now (the next line's indentation), but not be one of them.
        near = _occurrences(self.data, piece.text, max(0, around.start - size), around.end + size)
        places = [at for at in near if at < around.end and at + size > around.start]
        best = self._best(piece, places)
        if best is None and not places and len(piece.text.strip()) >= _TELLING:
            # It may have been moved, or a blank line misled the alignment: any place that is nothing else's will do.
            places = [at for at in _occurrences(self.data, piece.text, 0, len(self.data)) if self._new(at, at + size)]
            best = places[0] if len(places) == 1 else None
        return None if best is None else Region(best, best + size)

    def _new(self, start: int, end: int) -> bool:
        """Whether these bytes of the present file are not wholly in lines that the recorded file had, too."""
        return not any(b.new <= start and end <= b.new + b.size for b in self._blocks)

    def _best(self, piece: Piece, places: Sequence[int]) -> int | None:
        if not places:
            return None
        data, size = self.data, len(piece.text)
        scores = {at: self._score(piece, at) for at in places}
        best = max(scores.values())
        top = [at for at in places if scores[at] == best]
        if len({data[:at] + piece.old + data[at + size :] for at in top}) > 1:
            return None
        telling = len(places) == 1 and len(piece.text.strip()) >= _TELLING
        enough = min(_NEAR, len(self.recorded.image) - size)  # a file may hold hardly anything else
        return top[0] if telling or best >= enough else None

    def _score(self, piece: Piece, at: int) -> int:
        """How many bytes around the text are as they were, counted outwards until the first difference."""
        image, data = self.recorded.image, self.data
        start, end, size = piece.offset, piece.offset + len(piece.text), len(piece.text)
        left, right = image[max(0, start - _CONTEXT) : start], image[end : end + _CONTEXT]
        score = 0
        for mine, theirs in zip(reversed(data[max(0, at - _CONTEXT) : at]), reversed(left), strict=False):
            if mine != theirs:
                break
            score += 1
        for mine, theirs in zip(data[at + size : at + size + _CONTEXT], right, strict=False):
            if mine != theirs:
                break
            score += 1
        return score


def find_all(data: bytes, recorded: EditedFile) -> list[Region | None]:
    """`Search.find_all`, when only the places matter."""
    return Search(recorded, data).find_all()


def strip(data: bytes, recorded: EditedFile) -> bytes:
    """`data` without every piece that is found in it."""
    regions = [(r, p) for r, p in zip(find_all(data, recorded), recorded.pieces, strict=True) if r is not None]
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


def _occurrences(data: bytes, text: bytes, lo: int, hi: int) -> list[int]:
    found = []
    at = data.find(text, lo, hi)
    while at >= 0:
        found.append(at)
        at = data.find(text, at + 1, hi)
    return found
