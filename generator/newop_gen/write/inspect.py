"""Looking for what an op put into a checkout: what stands as it was put, what was edited, what is gone.

Two sources say what to look for: a receipt (bytes and their surroundings), and a plan made anew from the spec (edits
that it found done, at their places). Either is enough; together the plan says where and the receipt what was replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..plan import Creation, Insertion, Plan
from . import paths
from .locate import Region, drifted, find_all
from .receipts import CreatedFile, OpReceipt, Piece, sha256
from .state import Home


@dataclass(frozen=True)
class Drift:
    """A piece that is not there as it was put in. `region` is where it seems to stand, edited; None: nowhere."""

    path: str
    piece: Piece
    region: Region | None


@dataclass
class FileFound:
    """One edited file: its bytes, the pieces that stand as they were put, those edited since, those that are gone."""

    path: str
    data: bytes | None
    intact: list[tuple[Region, Piece]] = field(default_factory=list)
    edited: list[Drift] = field(default_factory=list)
    gone: list[Piece] = field(default_factory=list)


@dataclass
class CreatedFound:
    """One created file: its bytes now (None: it is gone), and whether they are the ones that were written."""

    path: str
    step: str
    data: bytes | None
    intact: bool


@dataclass
class Found:
    """All of one op. Paths are canonical, relative to the base. `made` are directories made for it."""

    op: str
    files: dict[str, FileFound] = field(default_factory=dict)
    created: dict[str, CreatedFound] = field(default_factory=dict)
    made: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether something of the op stands in the checkout, edited or not."""
        return any(f.intact or f.edited for f in self.files.values()) or any(
            c.data is not None for c in self.created.values()
        )


def inspect(home: Home, base: int, op: str, receipt: OpReceipt | None, plan: Plan | None) -> Found:
    """What stands of `op`. Raises `CheckoutRefused` for a target that is a link or not a regular file."""
    found = Found(op, made=receipt.made if receipt else ())
    placed = _placed(home, op, plan)
    recorded: dict[str, list[Piece]] = {f.path: list(f.pieces) for f in receipt.edited} if receipt else {}
    for path in dict.fromkeys([*recorded, *placed]):
        read = paths.read(base, path)
        file = found.files[path] = FileFound(path, read[0] if read else None)
        _fill(file, recorded.get(path, []), placed.get(path, []))
    created = {c.path: c for c in receipt.created} if receipt else {}
    created.update(_created(home, op, plan))
    for path, wanted in created.items():
        read = paths.read(base, path)
        data = read[0] if read else None
        found.created[path] = CreatedFound(path, wanted.step, data, data is not None and sha256(data) == wanted.digest)
    return found


def _fill(file: FileFound, recorded: list[Piece], placed: list[tuple[Region, Piece]]) -> None:
    if file.data is None:
        file.gone += recorded
        return
    rest = []
    for piece in recorded:
        # A plan knows the place from the syntax tree: better than any search.
        match = next((i for i, (_, p) in enumerate(placed) if (p.text, p.step) == (piece.text, piece.step)), None)
        if match is None:
            rest.append(piece)
        else:
            file.intact.append((placed.pop(match)[0], piece))
    file.intact += placed
    for piece, region in zip(rest, find_all(file.data, rest), strict=True):
        if region is not None:
            file.intact.append((region, piece))
            continue
        where = drifted(file.data, piece)
        if where is not None and file.data[where.start : where.end] == piece.old:
            file.gone.append(piece)  # taken out by hand, cleanly
        else:
            file.edited.append(Drift(file.path, piece, where))


def _placed(home: Home, op: str, plan: Plan | None) -> dict[str, list[tuple[Region, Piece]]]:
    """Where the plan's done edits of `op` stand."""
    found: dict[str, list[tuple[Region, Piece]]] = {}
    for step in plan.steps if plan else ():
        for edit in step.edits:
            if step.op != op or isinstance(edit, Creation) or not edit.done:
                continue
            start = edit.offset if isinstance(edit, Insertion) else edit.start
            old = b"" if isinstance(edit, Insertion) else edit.old
            path = paths.canonical(home.base, home.below(edit.path))
            piece = Piece(step.key, start, edit.text, old, b"", b"")
            found.setdefault(path, []).append((Region(start, start + len(edit.text)), piece))
    return found


def _created(home: Home, op: str, plan: Plan | None) -> Mapping[str, CreatedFile]:
    """Files that the plan found created for `op`."""
    found = {}
    for step in plan.steps if plan else ():
        for edit in step.edits:
            if step.op == op and isinstance(edit, Creation) and edit.done:
                path = paths.canonical(home.base, home.below(edit.path))
                found[path] = CreatedFile(path, step.key, sha256(edit.content), len(edit.content))
    return found


def shared_regions(home: Home, base: int, others: Iterable[OpReceipt]) -> dict[str, set[tuple[int, int]]]:
    """Regions that other ops' receipts claim: an insertion that two ops have in common goes with the last of them."""
    claimed: dict[str, set[tuple[int, int]]] = {}
    for receipt in others:
        for path, file in inspect(home, base, receipt.op, receipt, None).files.items():
            claimed.setdefault(path, set()).update((r.start, r.end) for r, _ in file.intact)
    return claimed
