"""Looking for what an op put into a checkout: what stands as it was put, what was edited, what is gone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from . import paths
from .locate import Region, Search
from .receipts import EditedFile, OpReceipt, Piece, sha256
from .state import Home


@dataclass(frozen=True)
class Drift:
    """A piece that is not there as it was put in. `region` is between what stood next to it: what became of it."""

    path: str
    piece: Piece
    region: Region


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


def inspect(home: Home, base: int, receipt: OpReceipt) -> Found:
    """What stands of an op. Raises `CheckoutRefused` for a target that is a link or not a regular file."""
    found = Found(receipt.op, made=receipt.made)
    for recorded in receipt.edited:
        read = paths.read(base, recorded.path)
        file = found.files[recorded.path] = FileFound(recorded.path, read[0] if read else None)
        _fill(file, recorded)
    for wanted in receipt.created:
        read = paths.read(base, wanted.path)
        data = read[0] if read else None
        intact = data is not None and sha256(data) == wanted.digest
        found.created[wanted.path] = CreatedFound(wanted.path, wanted.step, data, intact)
    if not any(f.intact for f in found.files.values()) and not any(c.data is not None for c in found.created.values()):
        # Nothing of it is left anywhere: the files were restored by other means (git), the receipt is all there is.
        for file in found.files.values():
            file.gone += [d.piece for d in file.edited]
            file.edited.clear()
    return found


def _fill(file: FileFound, recorded: EditedFile) -> None:
    if file.data is None:
        file.gone += recorded.pieces
        return
    search = Search(recorded, file.data)
    for piece, region in zip(recorded.pieces, search.find_all(), strict=True):
        if region is not None:
            file.intact.append((region, piece))
            continue
        if search.is_gone(piece):
            file.gone.append(piece)
        else:
            file.edited.append(Drift(file.path, piece, search.whereabouts(piece)))
    if file.edited and not file.intact and search.is_restored():
        file.gone += [drift.piece for drift in file.edited]
        file.edited.clear()


def shared_regions(home: Home, base: int, others: Iterable[OpReceipt]) -> dict[str, set[tuple[int, int]]]:
    """Regions that other ops' receipts claim: an insertion that two ops have in common goes with the last of them."""
    claimed: dict[str, set[tuple[int, int]]] = {}
    for receipt in others:
        for path, file in inspect(home, base, receipt).files.items():
            claimed.setdefault(path, set()).update((r.start, r.end) for r, _ in file.intact)
    return claimed
