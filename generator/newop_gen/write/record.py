"""From a plan and its changes to receipts: for each op, all that it has in the checkout once they are made."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..checkout.opened import source_of
from ..plan import Creation, FileChange, Insertion, Plan, Prepared, Replacement, StepKey
from . import paths, receipts
from .locate import Region, find_all
from .receipts import CreatedFile, EditedFile, OpReceipt, Piece
from .state import Home


@dataclass(frozen=True)
class SpecRef:
    """Which spec an op came from: its path as given and the SHA-256 of its bytes."""

    path: str
    digest: str


def record(
    home: Home,
    prepared: Prepared,
    known: Mapping[str, OpReceipt],
    specs: Mapping[str, SpecRef],
    made: Sequence[str],
) -> dict[str, OpReceipt]:
    """The receipt of each op of a plan. `known` are the receipts so far, `made` the directories that will be made.

    A pending edit is recorded as it will stand. One that was found done is taken over from the op's receipt so far;
    without one, as it was recognised.
    """
    from .. import __version__

    plan = prepared.plan
    by_path = {change.path: change for change in prepared.changes}
    made_new = {}
    for op in plan.ops:
        old = known.get(op)
        created = dict(_created(home, plan, op))
        # A table that `data add` put in is in no plan of the spec; it still goes when the op does.
        created.update(
            (f.path, f) for f in (old.created if old else ()) if f.step == StepKey.DATA and f.path not in created
        )
        edited = []
        others = [receipt for name, receipt in known.items() if name not in plan.ops]
        for path, pieces in _pieces(home, plan, op, by_path, old).items():
            after = by_path[path].after if path in by_path else plan.sources[path]
            real = paths.canonical(home.base, home.below(path))
            # What is for all may be known both from the plan, as done, and from the op that put it in.
            known_at = {(p.offset, p.text): p for p in [*pieces, *_adopted(real, after, pieces, others)]}
            pieces = [known_at[key] for key in sorted(known_at)]
            edited.append(EditedFile(real, tuple(pieces), after))
        # Directories that an earlier op had made go with the last op that has a file in them.
        every = {*made, *(d for receipt in known.values() for d in receipt.made)}
        if old is None:
            every |= _holding_only(home, created)
        mine = {d for d in every if any(path.startswith(f"{d}/") for path in created)}
        ref = specs.get(op, SpecRef("", ""))
        made_new[op] = OpReceipt(
            op,
            os.path.abspath(ref.path) if ref.path else "",
            ref.digest,
            __version__,
            plan.layout,
            tuple(edited),
            tuple(created.values()),
            tuple(sorted(mine)),
        )
    return made_new


def _holding_only(home: Home, files: Collection[str]) -> set[str]:
    """Directories with some of these files in them and nothing else: without a receipt, they count as made for them."""
    found: set[str] = set()
    above = {"/".join(parts[:n]) for parts in (f.split("/") for f in files) for n in range(1, len(parts))}
    for directory in sorted(above, key=len, reverse=True):
        try:
            inside = {f"{directory}/{name}" for name in os.listdir(home.base / directory)}
        except OSError:  # still to be made
            continue
        if inside and inside <= found.union(files):
            found.add(directory)
    return found


def _created(home: Home, plan: Plan, op: str) -> Iterable[tuple[str, CreatedFile]]:
    for step in plan.steps:
        for edit in step.edits:
            if step.op == op and isinstance(edit, Creation):
                path = paths.canonical(home.base, home.below(edit.path))
                yield path, CreatedFile(path, step.key, receipts.sha256(edit.content), len(edit.content))


def _pieces(
    home: Home, plan: Plan, op: str, by_path: Mapping[str, FileChange], old: OpReceipt | None
) -> dict[str, list[Piece]]:
    """What `op` puts into each file that exists, by plan path."""
    found: dict[str, list[Piece]] = {}
    done: dict[str, list[tuple[str, Insertion | Replacement]]] = {}
    spans = {path: _Spans(change) for path, change in by_path.items()}
    for step in plan.steps:
        for edit in step.edits:
            if step.op != op or isinstance(edit, Creation):
                continue
            if edit.done:
                done.setdefault(edit.path, []).append((step.key, edit))
            else:
                found.setdefault(edit.path, []).append(spans[edit.path].piece(step.key, edit))
    for path, edits in done.items():
        before = plan.sources[path]
        for step_key, region, piece in _standing(home, path, before, edits, old):
            offset = spans[path].moved(region.start) if path in spans else region.start
            found.setdefault(path, []).append(replace(piece, step=step_key, offset=offset))
    return found


def _standing(
    home: Home, path: str, data: bytes, edits: Sequence[tuple[str, Insertion | Replacement]], old: OpReceipt | None
) -> Iterable[tuple[str, Region, Piece]]:
    """The pieces behind edits that were found done: those of the receipt so far where there is one."""
    real = paths.canonical(home.base, home.below(path))
    recorded = next((f for f in old.edited if f.path == real), None) if old else None
    if recorded is not None:
        for piece, region in zip(recorded.pieces, find_all(data, recorded), strict=True):
            if region is not None:
                yield piece.step, region, piece
        return
    for key, edit in edits:
        start = edit.offset if isinstance(edit, Insertion) else edit.start
        region = whole_lines(data, Region(start, start + len(edit.text)))
        replaced = edit.old if isinstance(edit, Replacement) else b""
        if replaced != edit.text:  # else what it replaced is not known, and nothing can be promised
            once = isinstance(edit, Insertion) and edit.once
            yield key, region, Piece(key, region.start, data[region.start : region.end], replaced, once)


def whole_lines(data: bytes, region: Region) -> Region:
    """The region, with its indentation, its comma and its newline where it has its lines for itself."""
    start = data.rfind(b"\n", 0, region.start) + 1
    end = region.end
    if data[end - 1 : end] == b"\n":
        return region
    if data[end : end + 1] == b",":
        end += 1
    for newline in (b"\n", b"\r\n"):
        if data.startswith(newline, end) and not data[start : region.start].strip(b" \t"):
            return Region(start, end + len(newline))
    return region


class _Spans:
    """Where the edits of one changed file end up."""

    def __init__(self, change: FileChange) -> None:
        self.change = change
        self._at: dict[tuple[int, bytes, bytes], list[Region]] = {}
        self._shifts: list[tuple[int, int]] = []
        shift = 0
        for span in change.spans:
            start = span.start - shift
            text = change.after[span.start : span.end]
            self._at.setdefault((start, text, span.old), []).append(Region(span.start, span.end))
            shift += span.end - span.start - len(span.old)
            self._shifts.append((start, shift))

    def piece(self, step: str, edit: Insertion | Replacement) -> Piece:
        """The piece of a pending edit."""
        once = isinstance(edit, Insertion) and edit.once
        key = (edit.offset, edit.text, b"") if isinstance(edit, Insertion) else (edit.start, edit.text, edit.old)
        regions = self._at[key]
        # Equal insertions at one place by two steps are two spans, unless they are made once for all.
        region = regions[0] if once or len(regions) == 1 else regions.pop(0)
        return Piece(step, region.start, edit.text, key[2], once)

    def moved(self, offset: int) -> int:
        """Where a byte of the file as it was stands afterwards."""
        shift = 0
        for at, total in self._shifts:
            if at <= offset:
                shift = total
        return offset + shift


def _adopted(path: str, after: bytes, pieces: Sequence[Piece], others: Sequence[OpReceipt]) -> list[Piece]:
    """Pieces of an earlier op that are for all (`once`), where this op has something too: they go with the last."""
    files = [f for r in others for f in r.edited if f.path == path and any(p.once for p in f.pieces)]
    if not files:
        return []
    ranges = sorted((Region(*ends) for ends in source_of(path, after).shared()), key=lambda r: r.end - r.start)
    mine = {r for p in pieces if (r := _around(ranges, Region(p.offset, p.offset + len(p.text)))) is not None}
    found = []
    for file in files:
        for piece, region in zip(file.pieces, find_all(after, file), strict=True):
            if piece.once and region is not None and (_around(ranges, region) in mine or _bounds(region, mine)):
                found.append(replace(piece, offset=region.start))
    return found


def _bounds(region: Region, ranges: Collection[Region]) -> bool:
    """Whether the first or the last byte of a range is in a region: who has something in that range stands on it."""
    return any(region.start <= end < region.end for r in ranges for end in (r.start, r.end - 1))


def _around(ranges: Sequence[Region], region: Region) -> Region | None:
    """The smallest of the ranges that a region is in."""
    return next((r for r in ranges if r.start <= region.start and region.end <= r.end), None)
