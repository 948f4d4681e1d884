"""The journal: what one transaction is about to do, on disk before it does it.

It is one file in the state directory whose *name* is the phase, so that a phase changes by one rename:

- `journal.prepared.json`: new files may lie beside their targets; no target has been touched;
- `journal.staged.json`: every new file is complete; targets are being exchanged, one after the other;
- `journal.committed.json`: every target is in its new state; receipts and clean-up remain.

Recovery undoes the first two and completes the third. A journal is believed only as far as it can be checked: checksum,
version, contained paths, and names that follow from its own id.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from . import fs, sealed
from .paths import contained
from .sealed import Broken, seal, unseal

if TYPE_CHECKING:
    from .state import Home

KIND = "newop-gen journal"
VERSION = 1
PHASES = ("prepared", "staged", "committed")
IMAGES = "transaction-"

Action = Literal["modify", "create", "delete"]
Phase = Literal["prepared", "staged", "committed"]

_ID = re.compile(r"[0-9a-f]{16}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_OP = re.compile(r"[a-z][a-z0-9_]{1,47}")


@dataclass(frozen=True)
class Entry:
    """One target. Digests are SHA-256 of its bytes before and after; None stands for "no such file"."""

    path: str
    action: Action
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Journal:
    """`command` is for people ("apply", "remove", ...). `made` are directories to be made, outermost first, `dropped`
    those to be removed when they are empty, innermost first. `receipts` maps an op to its new receipt (None: it goes).
    """

    id: str
    command: str
    entries: tuple[Entry, ...]
    made: tuple[str, ...]
    dropped: tuple[str, ...]
    receipts: dict[str, str | None]

    def stage(self, number: int) -> str:
        """Name of the file beside target `number` that holds its new bytes, and after the exchange its old ones."""
        return f".newop-gen-{self.id}-{number}"

    def back(self, number: int) -> str:
        """Name of the file beside target `number` that a pre-image is put back through."""
        return f".newop-gen-{self.id}-{number}-back"

    @property
    def images(self) -> str:
        """Directory of the pre-images, in the state directory; each has its target's number as its name."""
        return f"{IMAGES}{self.id}"

    def dump(self) -> bytes:
        return seal(
            KIND,
            VERSION,
            {
                "id": self.id,
                "command": self.command,
                "entries": [
                    {"path": e.path, "action": e.action, "before": e.before, "after": e.after} for e in self.entries
                ],
                "made": list(self.made),
                "dropped": list(self.dropped),
                "receipts": self.receipts,
            },
        )


def name_of(phase: Phase) -> str:
    return f"journal.{phase}.json"


def find(state: int) -> tuple[Phase, Journal] | None:
    """The journal in a state directory, None when there is none. Raises `Broken` for one that can't be believed."""
    found: list[Phase] = [phase for phase in ("prepared", "staged", "committed") if fs.exists(state, name_of(phase))]
    if not found:
        return None
    if len(found) > 1:
        raise Broken("there is more than one journal")
    try:
        data = fs.read(state, name_of(found[0]), sealed.MAX_BYTES)
    except OSError as error:
        raise Broken(f"it can't be read ({error.strerror})") from None
    assert data is not None
    return found[0], load(data[0])


def load(data: bytes) -> Journal:
    """A journal from its bytes. Raises `Broken` unless every part of it is in order."""
    body = unseal(KIND, VERSION, data)
    try:
        journal = Journal(
            id=_text(body["id"], _ID),
            command=str(body["command"]),
            entries=tuple(_entry(e) for e in body["entries"]),
            made=tuple(_path(p) for p in body["made"]),
            dropped=tuple(_path(p) for p in body["dropped"]),
            receipts={_text(op, _OP): _optional(text) for op, text in body["receipts"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Broken(f"it lacks a part ({error})") from None
    if len({e.path for e in journal.entries}) != len(journal.entries):
        raise Broken("it names a file twice")
    return journal


def _entry(raw: Any) -> Entry:
    action = raw["action"]
    before, after = _digest(raw["before"]), _digest(raw["after"])
    if (before is not None, after is not None) != {
        "modify": (True, True),
        "create": (False, True),
        "delete": (True, False),
    }.get(action):
        raise Broken("an entry contradicts itself")
    return Entry(_path(raw["path"]), action, before, after)


def _path(raw: Any) -> str:
    if not isinstance(raw, str) or not contained(raw) or os.path.basename(raw).startswith(".newop-gen-"):
        raise Broken("it names a file outside the checkout")
    return raw


def _digest(raw: Any) -> str | None:
    return None if raw is None else _text(raw, _DIGEST)


def _text(raw: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(raw, str) or not pattern.fullmatch(raw):
        raise Broken("a part of it has the wrong form")
    return raw


def _optional(raw: Any) -> str | None:
    if raw is not None and not (isinstance(raw, str) and raw.isascii()):
        raise Broken("a receipt in it has the wrong form")
    return raw


def pending(home: Home) -> bool:
    """Whether an interrupted run is to be recovered. Looks, changes nothing."""
    with home.open_state() as state:
        return state is not None and bool(remains(state))


def remains(state: int) -> list[str]:
    """Names of what a run that was interrupted left in the state directory."""
    return sorted(n for n in os.listdir(state) if n.startswith((IMAGES, "journal.")))
