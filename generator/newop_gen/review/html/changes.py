"""The plan file by file: what a reviewer reads as a diff, with the steps that each hunk belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...plan import Creation
from ...plan.merge import edits_by_file
from ..diff import is_binary
from ..hunks import FileState, Hunk, Line, split

if TYPE_CHECKING:
    from ...plan import FileChange, Plan

# Lines of a perf table that the page shows: its columns and a few rows.
DATA_LINES = 8
# Longer diffs are folded at first. New files are tests for the most part, and would push what changes in files that
# were there out of sight.
OPEN_LINES = 1500
OPEN_NEW_LINES = 150


@dataclass(frozen=True)
class LineView:
    """A line of a diff: its sign (" ", "-", "+"), its numbers before and after (0: not there), its text."""

    sign: str
    old: int
    new: int
    text: str


@dataclass(frozen=True)
class HunkView:
    """A hunk against the whole file as it was. `steps` are numbers of steps, from 1."""

    header: str
    steps: tuple[int, ...]
    lines: tuple[LineView, ...]


@dataclass(frozen=True)
class FileView:
    """A file that changes. `hidden` counts lines that are left out, `size` bytes of the file after."""

    path: str
    created: bool
    data: bool
    binary: bool
    size: int
    added: int
    removed: int
    hunks: tuple[HunkView, ...]
    steps: tuple[int, ...]
    hidden: int = 0

    @property
    def open(self) -> bool:
        """Whether the page shows the diff at once."""
        return not self.data and self.added + self.removed <= (OPEN_NEW_LINES if self.created else OPEN_LINES)


def file_views(plan: Plan, changes: Sequence[FileChange]) -> list[FileView]:
    """Every file that the plan changes, in the order in which its steps first touch it."""
    return [_view(plan, change) for change in changes]


def _view(plan: Plan, change: FileChange) -> FileView:
    creation, placed = edits_by_file(plan)[change.path]
    if creation is not None:
        return _created(creation[0], creation[1] + 1)
    # The merge recorded the spans of a file in the order of its edits, so each span has its step.
    owners = list(zip((p.step + 1 for p in placed), change.spans, strict=True))
    lines_of = [
        (step, _line(change.after, span.start), _line(change.after, max(span.start, span.end - 1)))
        for step, span in owners
    ]
    hunks = []
    for hunk in FileState(plan.sources[change.path]).take(placed):
        last = hunk.new + sum(line.sign != "-" for line in hunk.lines) - 1
        steps = sorted({step for step, start, end in lines_of if start <= last and end >= hunk.new})
        hunks.append(HunkView(hunk.header, tuple(steps), tuple(_lines(hunk))))
    signs = [line.sign for hunk in hunks for line in hunk.lines]
    return FileView(
        change.path, False, change.data, False, len(change.after), signs.count("+"), signs.count("-"),
        tuple(hunks), tuple(sorted({step for step, _ in owners})),
    )  # fmt: skip


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, offset) + 1


def _created(creation: Creation, step: int) -> FileView:
    content = creation.content
    binary = is_binary(content)
    lines = [] if binary else [Line("+", line) for line in split(content)]
    shown = lines[:DATA_LINES] if creation.data else lines
    hunk = Hunk(1, 1, lines)
    hunks = (HunkView(hunk.header, (step,), tuple(_lines(Hunk(1, 1, shown)))),) if lines else ()
    return FileView(
        creation.path, True, creation.data, binary, len(content), len(lines), 0, hunks, (step,),
        len(lines) - len(shown),
    )  # fmt: skip


def _lines(hunk: Hunk) -> Iterator[LineView]:
    old, new = hunk.old, hunk.new
    for sign, data in hunk.lines:
        text = data.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        yield LineView(sign, 0 if sign == "+" else old, 0 if sign == "-" else new, text)
        old += sign != "+"
        new += sign != "-"
