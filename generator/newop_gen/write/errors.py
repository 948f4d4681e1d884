"""What `write` raises beyond the common errors, and short ways to say what went wrong."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

from ..problems import CheckoutRefused, Conflict, Interrupted, IoFault, NewopError, Place, Problem


class Stopped(NewopError):
    """A signal asked the program to stop. The tree is as `problems` says; the exit code is 128 plus its number."""

    def __init__(self, signum: int, undone: bool) -> None:
        self.signum = signum
        self.exit_code = 128 + signum  # type: ignore[assignment]
        state = "everything is as it was" if undone else "the edit was complete by then and stands"
        super().__init__(
            Problem(Place("newop-gen"), f"stopped by {signal.Signals(signum).name}; {state}", code="stopped")
        )


def refused(path: str, found: str, expected: str = "", suggestion: str = "", code: str = "refused") -> CheckoutRefused:
    return CheckoutRefused(Problem(Place(path), found, expected, suggestion, code))


def conflict(path: str, found: str, expected: str = "", suggestion: str = "", code: str = "conflict") -> Conflict:
    return Conflict(Problem(Place(path), found, expected, suggestion, code))


def io_fault(error: OSError, doing: str) -> IoFault:
    """The fault of a run that has put everything back."""
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes)) else "newop-gen"
    why = error.strerror or str(error)
    return IoFault(Problem(Place(path), f"{doing} failed ({why}); everything is as it was", "", _cure(error), "io"))


@contextlib.contextmanager
def reported(doing: str) -> Iterator[None]:
    """Turn an `OSError` that nothing closer has dealt with into the fault of a run that changed nothing."""
    try:
        yield
    except OSError as error:
        raise io_fault(error, doing) from None


def interrupted(path: str, found: str, suggestion: str, code: str = "interrupted") -> Interrupted:
    return Interrupted(Problem(Place(path), found, "", suggestion, code))


def _cure(error: OSError) -> str:
    import errno

    cures = {
        errno.ENOSPC: "make room on the disk, then run again",
        errno.EDQUOT: "make room within the quota, then run again",
        errno.EROFS: "the file system is mounted read-only",
        errno.EACCES: "the directory must be writable",
        errno.EPERM: "the file or directory can't be changed by this user (immutable, or another owner)",
    }
    return cures.get(error.errno or 0, "")


def changed_meanwhile(path: str) -> NewopError:
    return refused(
        path,
        "this file was changed while newop-gen was at work",
        "a file that holds still",
        "run the command again",
        "changed-meanwhile",
    )
