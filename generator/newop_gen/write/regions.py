"""Which lines of a checkout are an op's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..plan import Creation, Insertion, Plan
from . import receipts
from .inspect import inspect
from .state import Home


@dataclass(frozen=True)
class Lines:
    """Lines `first` to `last` of a file, from 1, that a step of an op put in. `path` is relative to the root."""

    path: str
    first: int
    last: int
    op: str
    step: str


def lines_of_ops(root: str | os.PathLike[str]) -> list[Lines]:
    """Where what was put into a checkout stands now, edited since or not. Raises as `status` does."""
    home = Home.of(root)
    known = receipts.read_all(home)
    with home.open_base() as base:
        return [lines for op, receipt in known.items() for lines in _lines(home, base, op, receipt)]


def lines_of_plan(plan: Plan) -> list[Lines]:
    """Where the edits of a plan stand that were found done."""
    found = []
    for step in plan.steps:
        for edit in step.edits:
            if not edit.done:
                continue
            if isinstance(edit, Creation):
                first, text = 1, edit.content
            else:
                start = edit.offset if isinstance(edit, Insertion) else edit.start
                first, text = plan.sources[edit.path].count(b"\n", 0, start) + 1, edit.text
            last = first + text.count(b"\n", 0, max(0, len(text) - 1))
            found.append(Lines(edit.path, first, last, step.op, step.key))
    return found


def _lines(home: Home, base: int, op: str, receipt: receipts.OpReceipt) -> Iterator[Lines]:
    found = inspect(home, base, receipt)
    for file in found.files.values():
        standing = [*((region, piece) for region, piece in file.intact), *((d.region, d.piece) for d in file.edited)]
        for region, piece in standing:
            data = file.data or b""
            first = data.count(b"\n", 0, region.start) + 1
            last = data.count(b"\n", 0, max(region.start, region.end - 1)) + 1
            yield Lines(home.shown(file.path), first, last, op, piece.step)
    for created in found.created.values():
        if created.data is not None:
            yield Lines(home.shown(created.path), 1, created.data.count(b"\n") + 1, op, created.step)
