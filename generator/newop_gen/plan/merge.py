"""Edits to file contents: all edits of a plan, against the original bytes, merged file by file."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .model import Creation, FileChange, Insertion, Replacement

if TYPE_CHECKING:
    from .model import Plan


def merge(plan: Plan) -> list[FileChange]:
    """The plan's file changes, in the order in which the plan first touches each file. Done edits are left out."""
    order: list[str] = []
    in_place: dict[str, list[tuple[int, int, int, str, Insertion | Replacement]]] = defaultdict(list)
    created: dict[str, tuple[Creation, str]] = {}
    for number, (step, edit) in enumerate(plan.step_edits()):
        if edit.done:
            continue
        label = f"{step.op}:{step.key}"
        if edit.path not in order:
            order.append(edit.path)
        if isinstance(edit, Creation):
            created[edit.path] = (edit, label)
            continue
        at = edit.offset if isinstance(edit, Insertion) else edit.start
        rank = -number if isinstance(edit, Insertion) and edit.stacks else number
        in_place[edit.path].append((at, isinstance(edit, Insertion) and edit.stacks, rank, label, edit))  # type: ignore[arg-type]
    changes = []
    for path in order:
        if path in created:
            edit, label = created[path]
            changes.append(FileChange(path, None, edit.content, ((0, len(edit.content), label, b""),)))
        else:
            changes.append(_splice(path, plan.sources[path], in_place[path]))
    return changes


def _splice(path: str, before: bytes, edits: list) -> FileChange:
    out = bytearray()
    spans = []
    cursor = 0
    # At one offset, stacking insertions come first: `after: op` means right after it.
    for at, stacks, rank, label, edit in sorted(edits, key=lambda e: (e[0], not e[1], e[2])):
        if at < cursor:
            raise AssertionError(f"overlapping edits in {path} at byte {at}")
        out += before[cursor:at]
        start = len(out)
        out += edit.text
        old = b""
        cursor = at
        if isinstance(edit, Replacement):
            old = before[edit.start : edit.end]
            if old != edit.old:
                raise AssertionError(f"stale replacement in {path} at byte {at}")
            cursor = edit.end
        spans.append((start, len(out), label, old))
    out += before[cursor:]
    return FileChange(path, before, bytes(out), tuple(spans))


def without_spans(change: FileChange) -> bytes:
    """`after` with every recorded insertion taken out and every replacement undone: must equal `before`."""
    out = bytearray()
    cursor = 0
    for start, end, _, old in change.spans:
        out += change.after[cursor:start] + old
        cursor = end
    out += change.after[cursor:]
    return bytes(out)
