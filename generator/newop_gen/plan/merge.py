"""Edits to file contents: all edits of a plan, against the original bytes, merged file by file."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, Union

from ..problems import Conflict, Place, Problem
from .model import Creation, FileChange, Insertion, Replacement, Span

if TYPE_CHECKING:
    from .whole import Plan


class Placed(NamedTuple):
    """An edit inside a file, sortable into its place: fields are compared from left to right, `rank` is unique."""

    at: int
    replaces: bool  # what is put in at the start of a replaced range stands before it
    after_stack: bool  # stacking insertions first: `after: op` means right after it
    sort: str
    rank: int  # order of planning; turned round for stacking insertions
    step: int  # index of its step in the plan
    edit: Union[Insertion, Replacement]


class FileEdits(NamedTuple):
    """All pending edits of one file: a creation and its step, or edits in their places."""

    creation: tuple[Creation, int] | None
    placed: list[Placed]


def edits_by_file(plan: Plan) -> dict[str, FileEdits]:
    """The plan's pending edits by path, in the order in which the plan first touches each file.

    Raises `Conflict` when two edits of the run want the same bytes or the same new file.
    """
    files: dict[str, FileEdits] = {}
    number = 0
    for index, step in enumerate(plan.steps):
        for edit in step.edits:
            number += 1
            if edit.done:
                continue
            file = files.setdefault(edit.path, FileEdits((edit, index) if isinstance(edit, Creation) else None, []))
            if isinstance(edit, Creation):
                if file.creation is None or file.creation[0] != edit:
                    raise _clash(plan, edit.path, file.creation[1] if file.creation else file.placed[0].step, index)
            elif file.creation is not None:
                raise _clash(plan, edit.path, file.creation[1], index)
            elif isinstance(edit, Insertion):
                if edit.once and any(placed.edit == edit for placed in file.placed):
                    continue
                rank = -number if edit.stacks else number
                file.placed.append(Placed(edit.offset, False, not edit.stacks, edit.sort, rank, index, edit))
            else:
                file.placed.append(Placed(edit.start, True, True, "", number, index, edit))
    for path, file in files.items():
        file.placed.sort()
        end = 0
        for previous, placed in itertools.pairwise(file.placed):
            end = max(end, previous.edit.end if isinstance(previous.edit, Replacement) else 0)
            if placed.at < end:
                raise _clash(plan, path, previous.step, placed.step)
    return files


def merge(plan: Plan) -> list[FileChange]:
    """The plan's file changes, in the order in which the plan first touches each file. Done edits are left out.

    Raises `Conflict` when two edits of the run want the same bytes or the same new file.
    """
    changes = []
    for path, (creation, placed) in edits_by_file(plan).items():
        if creation is None:
            changes.append(_splice(plan, path, placed))
        else:
            made, step = creation
            span = Span(0, len(made.content), label(plan, step), b"")
            changes.append(FileChange(path, None, made.content, made.mode, made.data, (span,)))
    return changes


def label(plan: Plan, step: int) -> str:
    """ "op:key" of a step, as recorded with each span."""
    return f"{plan.steps[step].op}:{plan.steps[step].key}"


def _splice(plan: Plan, path: str, edits: list[Placed]) -> FileChange:
    before = plan.sources[path]
    out = bytearray()
    spans: list[Span] = []
    cursor = 0
    for placed in edits:
        edit = placed.edit
        out += before[cursor : placed.at]
        start = len(out)
        out += edit.text
        old = b""
        cursor = placed.at
        if isinstance(edit, Replacement):
            old = before[edit.start : edit.end]
            if old != edit.old:
                raise AssertionError(f"stale replacement in {path} at byte {edit.start}")
            cursor = edit.end
        spans.append(Span(start, len(out), label(plan, placed.step), old))
    out += before[cursor:]
    return FileChange(path, before, bytes(out), spans=tuple(spans))


def _clash(plan: Plan, path: str, one: int, other: int) -> Conflict:
    return Conflict(
        Problem(
            Place(path),
            f"{label(plan, one)} and {label(plan, other)} both change the same part of this file",
            "edits that don't overlap",
            "apply the specs one at a time",
            "overlap",
        )
    )


def without_spans(change: FileChange) -> bytes:
    """`after` with every recorded insertion taken out and every replacement undone: must equal `before`."""
    out = bytearray()
    cursor = 0
    for start, end, _, old in change.spans:
        out += change.after[cursor:start] + old
        cursor = end
    out += change.after[cursor:]
    return bytes(out)
