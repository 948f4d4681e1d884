"""How a checkout stands to what was put into it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from . import receipts
from .inspect import CreatedFound, FileFound, Found, inspect
from .journal import pending
from .receipts import OpReceipt
from .record import SpecRef
from .state import Home

State = Literal["as applied", "drifted", "partial", "gone"]


@dataclass(frozen=True)
class FileStatus:
    """One file of one op. `intact` of `total` pieces stand as they were put in; the others were edited or are gone."""

    path: str
    state: State
    intact: int
    total: int


@dataclass(frozen=True)
class OpStatus:
    """One op. `spec_newer`: the spec's bytes are not those that were applied (None: the spec can't be read)."""

    op: str
    state: State
    layout: str
    spec: str
    spec_newer: bool | None
    files: tuple[FileStatus, ...]

    @property
    def good(self) -> bool:
        return self.state == "as applied" and not self.spec_newer


@dataclass(frozen=True)
class Status:
    """All ops with a receipt. `interrupted`: a run was interrupted, recover first."""

    ops: tuple[OpStatus, ...]
    interrupted: bool

    @property
    def good(self) -> bool:
        """Whether there is nothing to tell anybody about."""
        return not self.interrupted and all(op.good for op in self.ops)


def status(root: str | os.PathLike[str], *, read_spec: Callable[[OpReceipt], SpecRef | None] | None = None) -> Status:
    """How the checkout at `root` stands. Changes nothing and takes no lock.

    `read_spec` gives the spec that a receipt names as it is now, None when it can't be read. Raises `CheckoutRefused`
    and, for a receipt that can't be believed, `Interrupted`.
    """
    home = Home.of(root)
    known = receipts.read_all(home)
    with home.open_base() as base:
        found = {op: inspect(home, base, receipt) for op, receipt in known.items()}
    ops = []
    for op, receipt in known.items():
        spec = read_spec(receipt) if read_spec and receipt.spec_digest else None
        newer = None if spec is None else spec.digest != receipt.spec_digest
        files = tuple(_files(home, found[op]))
        ops.append(OpStatus(op, _whole({f.path: f.state for f in files}), receipt.layout, receipt.spec, newer, files))
    return Status(tuple(ops), pending(home))


def _files(home: Home, found: Found) -> list[FileStatus]:
    every = [_edited(home, f) for f in found.files.values()] + [_created(home, c) for c in found.created.values()]
    return sorted(every, key=lambda f: f.path)


def _edited(home: Home, file: FileFound) -> FileStatus:
    intact, total = len(file.intact), len(file.intact) + len(file.edited) + len(file.gone)
    state: State = "as applied"
    if file.edited:
        state = "drifted"
    elif file.gone:
        state = "partial" if intact else "gone"
    return FileStatus(home.shown(file.path), state, intact, total)


def _created(home: Home, file: CreatedFound) -> FileStatus:
    state: State = "gone" if file.data is None else "as applied" if file.intact else "drifted"
    return FileStatus(home.shown(file.path), state, int(file.intact), 1)


def _whole(files: Mapping[str, State]) -> State:
    states = set(files.values())
    if "drifted" in states:
        return "drifted"
    if states <= {"as applied"}:
        return "as applied"
    return "gone" if states == {"gone"} else "partial"
