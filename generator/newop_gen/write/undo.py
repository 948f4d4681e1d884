"""Putting a tree back to what a journal says it was, from wherever the transaction stopped.

Used by a transaction that fails and by recovery after a crash; it may itself be killed at any point and run again.
Nothing that somebody else wrote is ever removed or overwritten: what stands in a target is looked at first, and looked
at again after each exchange.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import hashlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from . import fs
from .errors import interrupted
from .journal import Entry, Journal, Phase
from .paths import directory, parent
from .state import Home

KEPT = "kept"


class Need(enum.Enum):
    """What one target needs to be as it was."""

    CLEAN = "nothing, but for a file left beside it"
    EXCHANGE = "its old file, which stands beside it, in its place"
    RESTORE = "its old bytes from the pre-image"
    UNLINK = "to go, it is new"
    PUT_BACK = "its old file, which was moved aside"
    HUMAN = "a person to decide: somebody changed it meanwhile"


@dataclass(frozen=True)
class _Seen:
    digest: str
    inode: tuple[int, int]


_ODD = _Seen("not a regular file", (0, 0))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _look(fd: int, name: str) -> _Seen | None:
    try:
        found = fs.read(fd, name)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EINVAL, errno.ENXIO, errno.EISDIR):
            return _ODD
        raise
    if found is None:
        return None
    data, status = found
    return _Seen(digest(data), (status.st_dev, status.st_ino))


def need(base: int, journal: Journal, number: int, phase: Phase) -> Need:
    """What target `number` needs. Looks, changes nothing."""
    entry = journal.entries[number]
    if phase == "prepared":
        return Need.CLEAN
    try:
        with parent(base, entry.path) as (fd, name):
            now, stage = _look(fd, name), _look(fd, journal.stage(number))
    except (FileNotFoundError, NotADirectoryError):
        # Its directory is gone (or never came): for a new file that is the old state.
        return Need.CLEAN if entry.action == "create" else Need.HUMAN
    except OSError as error:
        if error.errno == errno.ELOOP:
            return Need.HUMAN
        raise
    return {"modify": _need_modified, "create": _need_created, "delete": _need_deleted}[entry.action](entry, now, stage)


def _need_modified(entry: Entry, now: _Seen | None, stage: _Seen | None) -> Need:
    if now is not None and now.digest == entry.before:
        return Need.CLEAN
    if now is not None and now.digest == entry.after:
        # The new bytes are in place; beside them is what stood there, whatever it held: that very file goes back.
        return Need.EXCHANGE if stage is not None else Need.RESTORE
    if stage is not None and stage.digest == entry.after:
        return Need.CLEAN  # never exchanged: the edit was made to the old file, and stays
    return Need.HUMAN


def _need_created(entry: Entry, now: _Seen | None, stage: _Seen | None) -> Need:
    if now is None:
        return Need.CLEAN
    ours = stage is None or stage.inode == now.inode
    return Need.UNLINK if ours and now.digest == entry.after else Need.HUMAN


def _need_deleted(entry: Entry, now: _Seen | None, stage: _Seen | None) -> Need:
    if now is None:
        return Need.PUT_BACK if stage is not None else Need.RESTORE
    if now.digest == entry.before or stage is None:
        return Need.CLEAN  # never moved; without a file aside, an edit was made to the old file, and stays
    return Need.HUMAN


def undo(
    home: Home, base: int, journal: Journal, phase: Phase, *, untouched: Collection[int] = (), keep_edits: bool = False
) -> list[str]:
    """Put every target back and clear everything away, the journal last. Returns notes for the user.

    `untouched` are targets that the running transaction knows it has not reached. Raises `Interrupted`, before anything
    is changed, when somebody edited a target that would have to be put back; with `keep_edits` such a file stays as it
    is and its pre-image goes to the `kept` directory.
    """
    needs = {n: Need.CLEAN if n in untouched else need(base, journal, n, phase) for n in range(len(journal.entries))}
    human = [n for n, what in needs.items() if what is Need.HUMAN]
    if human and not keep_edits:
        raise _ask(home, journal, human)
    notes = []
    for number in reversed(range(len(journal.entries))):
        entry = journal.entries[number]
        if needs[number] is Need.HUMAN:
            kept = keep(home, journal, number)
            notes.append(f"{home.shown(entry.path)}: left as it is; what stood there before: {kept or 'nothing'}")
        else:
            _put_back(home, base, journal, number, needs[number])
    clear(home, base, journal, reversed(journal.made))
    return notes


def _put_back(home: Home, base: int, journal: Journal, number: int, what: Need) -> None:
    entry = journal.entries[number]
    stage, back = journal.stage(number), journal.back(number)
    if what is Need.CLEAN:
        return  # the files beside it go with `clear`
    with parent(base, entry.path) as (fd, name):
        if what is Need.UNLINK:
            fs.unlink(fd, name)
        elif what is Need.PUT_BACK:
            put_new(fd, stage, name)
        elif what is Need.EXCHANGE:
            _exchange_back(home, journal, number, fd, stage, name)
        else:
            image = _image(home, journal, number)
            if fs.exists(fd, back):  # from a recovery that was killed
                fs.unlink(fd, back)
            found = fs.read(fd, name)
            mode = found[1].st_mode & 0o7777 if found else 0o644
            fs.create(fd, back, image, mode)
            if entry.action == "delete":
                put_new(fd, back, name)
            else:
                _exchange_back(home, journal, number, fd, back, name)


def _exchange_back(home: Home, journal: Journal, number: int, fd: int, aside: str, name: str) -> None:
    if not fs.exchange(fd, aside, name):
        fs.rename(fd, aside, name)
        return
    taken = _look(fd, aside)
    if taken is None or taken.digest != journal.entries[number].after:
        # Saved by somebody after it was looked at: theirs stays.
        fs.exchange(fd, aside, name)
        raise _ask(home, journal, [number])


def put_new(fd: int, aside: str, name: str) -> None:
    """Give the file `aside` the free name `name`. Raises `FileExistsError` when it is taken.

    It may keep its old name, too; `clear` takes that away.
    """
    if fs.link(fd, aside, name) or fs.rename_new(fd, aside, name):
        return
    if fs.exists(fd, name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), name)
    fs.rename(fd, aside, name)


def _image(home: Home, journal: Journal, number: int) -> bytes:
    with home.open_state(journal.images) as fd:
        found = fs.read(fd, str(number)) if fd is not None else None
    if found is None or digest(found[0]) != journal.entries[number].before:
        raise interrupted(
            journal.entries[number].path,
            f"its pre-image {home.state / journal.images / str(number)} is missing or altered",
            "restore the file from git or a backup, then run `newop-gen recover` again",
            "no-pre-image",
        )
    return found[0]


def keep(home: Home, journal: Journal, number: int) -> str | None:
    """Copy a target's pre-image to the `kept` directory; returns where, None for a file that did not exist before."""
    if journal.entries[number].before is None:
        return None
    name = os.path.basename(journal.entries[number].path)
    return save(home, f"{journal.id}-{number}-{name}", _image(home, journal, number))


def save(home: Home, name: str, data: bytes) -> str:
    """Save bytes that must not be lost under `name` in the `kept` directory; returns the path."""
    with home.open_state(KEPT, create=True) as fd:
        assert fd is not None
        found = fs.read(fd, name)
        if found is not None and found[0] != data:  # from a run that was killed while writing it
            fs.unlink(fd, name)
            found = None
        if found is None:
            fs.create(fd, name, data, 0o600)
            fs.sync(fd)
    return str(home.state / KEPT / name)


def clear(home: Home, base: int, journal: Journal, dropped: Iterable[str]) -> None:
    """Remove the files beside the targets, then `dropped` directories that are empty, pre-images, and last the
    journal."""
    above = {entry.path.rpartition("/")[0] for entry in journal.entries}
    for number, entry in enumerate(journal.entries):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), parent(base, entry.path) as (fd, _):
            for name in (journal.stage(number), journal.back(number)):
                if fs.exists(fd, name):
                    fs.unlink(fd, name)
    for path in dropped:
        drop_empty(base, path)
    for path in sorted(above):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), directory(base, path) as fd:
            fs.sync(fd, path)
    forget(home, journal)


def drop_empty(base: int, path: str) -> None:
    """Remove a directory when it is there and empty."""
    try:
        with parent(base, path) as (fd, name):
            if fs.exists(fd, name):
                with directory(fd, name) as inner:
                    empty = not os.listdir(inner)
                if empty:
                    fs.rmdir(fd, name)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise


def forget(home: Home, journal: Journal) -> None:
    """Remove pre-images, then the journal itself."""
    drop_images(home, journal.images)
    with home.open_state() as state:
        if state is None:
            return
        for phase in ("prepared", "staged", "committed"):
            if fs.exists(state, f"journal.{phase}.json"):
                fs.unlink(state, f"journal.{phase}.json")
        fs.sync(state, str(home.state))


def drop_images(home: Home, inner: str) -> None:
    """Remove a transaction's directory in the state directory."""
    with home.open_state(inner) as fd:
        if fd is None:
            return
        for name in sorted(os.listdir(fd)):
            fs.unlink(fd, name)
    with home.open_state() as state:
        assert state is not None
        fs.rmdir(state, inner)


def _ask(home: Home, journal: Journal, numbers: list[int]) -> Exception:
    problems = []
    for number in numbers:
        entry = journal.entries[number]
        old = (
            f"what stood there before is {home.state / journal.images / str(number)}"
            if entry.before
            else "it did not exist before"
        )
        problems += interrupted(
            home.shown(entry.path),
            f"this file was changed after newop-gen {journal.command} had been interrupted; "
            f"your version is in place, {old}",
            "`newop-gen recover --keep-edits` leaves this file as it is and puts the others back; "
            "or bring the file to its old state yourself and run `newop-gen recover`",
            "edited-since",
        ).problems
    from ..problems import Interrupted

    return Interrupted(problems)
