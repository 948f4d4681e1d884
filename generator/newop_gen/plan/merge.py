"""Edits to file contents: all edits of a plan, against the original bytes, merged file by file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, Union

from ..problems import Conflict, Place, Problem
from .model import Creation, FileChange, Insertion, Replacement, Span

if TYPE_CHECKING:
    from .model import Plan


class _Placed(NamedTuple):
    """An edit inside a file, sortable: fields are compared from left to right, `rank` is unique."""

    at: int
    replaces: bool  # what is put in at the start of a replaced range stands before it
    after_stack: bool  # stacking insertions first: `after: op` means right after it
    sort: str
    rank: int  # order of planning; turned round for stacking insertions
    label: str
    edit: Union[Insertion, Replacement]


def merge(plan: Plan) -> list[FileChange]:
    """The plan's file changes, in the order in which the plan first touches each file. Done edits are left out.

    Raises `Conflict` when two edits of the run want the same bytes or the same new file.
    """
    order: dict[str, None] = {}
    in_place: dict[str, list[_Placed]] = defaultdict(list)
    created: dict[str, tuple[Creation, str]] = {}
    for number, (step, edit) in enumerate(plan.step_edits()):
        if edit.done:
            continue
        label = f"{step.op}:{step.key}"
        order[edit.path] = None
        if isinstance(edit, Creation):
            other = created.setdefault(edit.path, (edit, label))
            if other[0].content != edit.content:
                raise _clash(edit.path, other[1], label)
        elif isinstance(edit, Insertion):
            rank = -number if edit.stacks else number
            in_place[edit.path].append(_Placed(edit.offset, False, not edit.stacks, edit.sort, rank, label, edit))
        else:
            in_place[edit.path].append(_Placed(edit.start, True, True, "", number, label, edit))
    changes = []
    for path in order:
        if path not in created:
            changes.append(_splice(path, plan.sources[path], sorted(in_place[path])))
            continue
        creation, label = created[path]
        if path in in_place:
            raise _clash(path, label, in_place[path][0].label)
        span = Span(0, len(creation.content), label, b"")
        changes.append(FileChange(path, None, creation.content, (span,), creation.mode, creation.data))
    return changes


def _splice(path: str, before: bytes, edits: list[_Placed]) -> FileChange:
    out = bytearray()
    spans: list[Span] = []
    cursor = 0
    for placed in edits:
        edit = placed.edit
        if placed.at < cursor:
            raise _clash(path, spans[-1].label, placed.label)
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
        spans.append(Span(start, len(out), placed.label, old))
    out += before[cursor:]
    return FileChange(path, before, bytes(out), tuple(spans))


def _clash(path: str, one: str, other: str) -> Conflict:
    return Conflict(
        Problem(
            Place(path),
            f"{one} and {other} both change the same part of this file",
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
