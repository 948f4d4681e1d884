"""The hunks of a unified diff, made from recorded edits rather than by comparing files.

Which bytes each step puts in is known, so nothing has to be searched for: the time is in the size of the edits, and a
hunk never shows a line as changed that only looks alike. Files are taken step by step, each step's hunks against what
the steps before it leave behind, which is how `git apply` reads a patch that names a file more than once.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ..plan import Replacement

if TYPE_CHECKING:
    from ..plan.merge import Placed

CONTEXT = 3


class Line(NamedTuple):
    """A line of a hunk: " ", "-" or "+", and its bytes with newline (the last of a file may have none)."""

    sign: str
    data: bytes


@dataclass(frozen=True)
class Hunk:
    """`old` and `new` count lines from 1, as the header of a hunk does."""

    old: int
    new: int
    lines: Sequence[Line]

    @property
    def header(self) -> str:
        signs = [line.sign for line in self.lines]
        removed, added = len(signs) - signs.count("+"), len(signs) - signs.count("-")
        # A side without lines is given by the line before it.
        return f"@@ -{_range(self.old, removed)} +{_range(self.new, added)} @@"


def _range(start: int, count: int) -> str:
    return f"{start if count else start - 1}" + ("" if count == 1 else f",{count}")


class _Change(NamedTuple):
    """Bytes `start:end` of the state before a step give way to `text`."""

    start: int
    end: int
    text: bytes


@dataclass
class FileState:
    """A file on its way through the steps of a plan: `data` is what it holds after the steps taken so far."""

    data: bytes
    _applied: list[Placed] = field(default_factory=list)  # in their order in the file
    _growths: list[int] = field(default_factory=list)  # of each, in bytes

    def take(self, edits: Iterable[Placed]) -> list[Hunk]:
        """Apply the edits of one step and return what they change as hunks."""
        new = sorted(edits)
        changes = [self._here(placed) for placed in new]
        for placed in new:
            index = bisect.bisect(self._applied, placed)
            self._applied.insert(index, placed)
            self._growths.insert(index, _growth(placed))
        before, self.data = self.data, _spliced(self.data, changes)
        return _hunks(before, changes)

    def _here(self, placed: Placed) -> _Change:
        shift = sum(self._growths[: bisect.bisect_left(self._applied, placed)])
        size = placed.edit.end - placed.edit.start if isinstance(placed.edit, Replacement) else 0
        return _Change(placed.at + shift, placed.at + shift + size, placed.edit.text)


def _growth(placed: Placed) -> int:
    old = placed.edit.end - placed.edit.start if isinstance(placed.edit, Replacement) else 0
    return len(placed.edit.text) - old


def _spliced(data: bytes, changes: Iterable[_Change]) -> bytes:
    parts = []
    cursor = 0
    for change in changes:
        parts += [data[cursor : change.start], change.text]
        cursor = change.end
    return b"".join([*parts, data[cursor:]])


class _Block(NamedTuple):
    """Whole lines `start:end` (byte offsets) that become `text`."""

    start: int
    end: int
    text: bytes


def _hunks(before: bytes, changes: Iterable[_Change]) -> list[Hunk]:
    groups: list[list[_Block]] = []
    reach = -1  # where the context below the last block ends
    for block in _blocks(before, changes):
        if groups and _up(before, block.start, CONTEXT) <= reach:
            groups[-1].append(block)
        else:
            groups.append([block])
        reach = _down(before, block.end, CONTEXT)
    hunks = []
    drift = 0
    line = 1
    counted = 0
    for group in groups:
        top = _up(before, group[0].start, CONTEXT)
        line += before.count(b"\n", counted, top)
        counted = top
        lines = list(_lines(before, group, top))
        hunks.append(Hunk(line, line + drift, lines))
        drift += sum((entry.sign == "+") - (entry.sign == "-") for entry in lines)
    return hunks


def _blocks(before: bytes, changes: Iterable[_Change]) -> list[_Block]:
    """Changes grown to whole lines; those that share a line are one block."""
    blocks: list[_Block] = []
    for change in changes:
        start = before.rfind(b"\n", 0, change.start) + 1
        whole = start == change.start and change.text.endswith(b"\n") and _at_line_start(before, change.end)
        end = change.end if whole else _line_end(before, change.end)
        if blocks and start < blocks[-1].end:
            last = blocks.pop()
            # What the last block has after its change is the part of the line that this change is in.
            kept = last.text[: len(last.text) - (last.end - change.start)]
            end = max(end, last.end)
            blocks.append(_Block(last.start, end, kept + change.text + before[change.end : end]))
        elif blocks and start == blocks[-1].end and start == blocks[-1].start and not whole:
            # A whole-line insertion right above the line: one block, so that its lines come out in order.
            last = blocks.pop()
            text = last.text + before[start : change.start] + change.text + before[change.end : end]
            blocks.append(_Block(start, end, text))
        else:
            text = before[start : change.start] + change.text + before[change.end : end]
            blocks.append(_Block(start, end, text))
    return blocks


def _lines(before: bytes, group: Iterable[_Block], top: int) -> Iterable[Line]:
    cursor = top
    bottom = top
    for start, end, text in group:
        yield from (Line(" ", line) for line in split(before[cursor:start]))
        yield from _block_lines(split(before[start:end]), split(text))
        cursor = end
        bottom = _down(before, end, CONTEXT)
    yield from (Line(" ", line) for line in split(before[cursor:bottom]))


def _block_lines(old: list[bytes], new: list[bytes]) -> Iterable[Line]:
    """Removed, then added lines; lines that are the same at both ends are context."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    yield from (Line(" ", line) for line in old[:head])
    yield from (Line("-", line) for line in old[head : len(old) - tail])
    yield from (Line("+", line) for line in new[head : len(new) - tail])
    yield from (Line(" ", line) for line in old[len(old) - tail :])


def split(data: bytes) -> list[bytes]:
    """Lines with their newline; only LF ends a line here, as in git."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _at_line_start(data: bytes, offset: int) -> bool:
    return offset == 0 or data[offset - 1 : offset] == b"\n"


def _line_end(data: bytes, offset: int) -> int:
    at = data.find(b"\n", offset)
    return len(data) if at < 0 else at + 1


def _up(data: bytes, offset: int, lines: int) -> int:
    """The start of the line that is `lines` above the line start `offset`."""
    for _ in range(lines):
        if offset == 0:
            break
        offset = data.rfind(b"\n", 0, offset - 1) + 1
    return offset


def _down(data: bytes, offset: int, lines: int) -> int:
    for _ in range(lines):
        offset = _line_end(data, offset)
    return min(offset, len(data))
