"""After a crash: the next command brings the tree to all-old or all-new."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Literal

from ..problems import Interrupted
from . import fs, journal, undo
from .errors import interrupted, io_fault, reported
from .sealed import Broken
from .state import Home
from .transaction import finish

Outcome = Literal["nothing", "put back", "completed"]


@dataclass(frozen=True)
class RecoveryReport:
    """What recovery found and did: `nothing` to do; an interrupted `command` was `put back` (all files are as before
    it) or `completed` (all files are as after it). `files` are its targets, `notes` are for the user."""

    outcome: Outcome = "nothing"
    command: str = ""
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def recover(root: str | os.PathLike[str], *, keep_edits: bool = False, wait: float = 10.0) -> RecoveryReport:
    """Bring the checkout at `root` to all-old or all-new after an interrupted run; without one it changes nothing.

    Safe to be killed and run again. `keep_edits`: files that somebody edited after the interruption stay as they are,
    the others are put back. Raises `Interrupted` when such an edit, or a journal that can't be believed, needs a
    decision; `CheckoutRefused` when another run holds the lock for `wait` seconds; `IoFault`.
    """
    home = Home.of(root)
    # A journal is what tells of an interrupted run; the lock's file, which holds nothing, may be gone.
    with reported("recover"), home.lock(wait=wait, create=journal.pending(home)) as held:
        return recover_held(home, keep_edits=keep_edits) if held else RecoveryReport()


def recover_held(home: Home, *, keep_edits: bool = False) -> RecoveryReport:
    """`recover` for a caller that holds the lock."""
    with home.open_state() as state:
        if state is None:
            return RecoveryReport()
        try:
            found = journal.find(state)
        except Broken as error:
            raise _unusable(home, error) from None
        try:
            report = _act(home, *found, keep_edits) if found else RecoveryReport()
            # Images and a journal that a run was killed over before it had a journal at all.
            for name in journal.remains(state):
                if name.startswith(journal.IMAGES):
                    undo.drop_images(home, name)
                else:
                    fs.unlink(state, name)
        except OSError as error:
            raise interrupted(
                str(home.base),
                f"recovering an interrupted run failed ({error.strerror or error})",
                "once the cause is gone, run `newop-gen recover`",
                "recovery-failed",
            ) from io_fault(error, "recovering")
        return report


def _act(home: Home, phase: journal.Phase, log: journal.Journal, keep_edits: bool) -> RecoveryReport:
    notes: list[str] = []
    with home.open_base() as base:
        if phase == "committed":
            finish(home, base, log, notes)
        else:
            notes += undo.undo(home, base, log, phase, keep_edits=keep_edits)
    files = tuple(home.shown(entry.path) for entry in log.entries)
    return RecoveryReport("completed" if phase == "committed" else "put back", log.command, files, tuple(notes))


def _unusable(home: Home, error: Broken) -> Interrupted:
    return interrupted(
        str(home.state),
        f"an interrupted run left a journal that can't be used: {error}",
        "nothing was changed; compare the checkout with git, the pre-images are in the transaction-* directory there; "
        "when the files are right, remove journal.* and transaction-* from that directory",
        "journal",
    )
