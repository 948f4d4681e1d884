"""Several files from one state to another, recoverable to all-old or all-new at every moment.

The order: pre-images and journal are on disk before the first new file; every new file is on disk before the first
target is exchanged; every exchange is on disk before the journal says "committed"; receipts follow. A target's old
file is swapped out in one step, not overwritten, and looked at afterwards: had somebody saved it in that moment, the
swap is turned round and their bytes stand.

The caller holds the checkout's lock and has recovered what an earlier run left (`recover`).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..plan import Target
from ..problems import Interrupted, NewopError
from . import fs, journal, paths, receipts, undo
from .errors import changed_meanwhile, interrupted, io_fault, refused
from .journal import Entry, Journal, Phase
from .signals import Signals
from .state import Home

OnEvent = Callable[[str, str], None]


@dataclass
class Transaction:
    """One run. `receipts` maps an op to the receipt it gets (None: its receipt goes); `dropped` are directories to be
    removed when they are empty afterwards, innermost first."""

    home: Home
    command: str
    targets: Sequence[Target]
    receipts: Mapping[str, bytes | None] = field(default_factory=dict)
    dropped: Sequence[str] = ()
    on_event: OnEvent | None = None
    notes: list[str] = field(default_factory=list)

    def run(self, signals: Signals) -> list[str]:
        """Do it. Returns notes for the user.

        Raises `CheckoutRefused` (nothing was written), `IoFault` or `Stopped` (everything was put back), `Interrupted`
        (it could not be put back, or not be cleaned up: the next command does that).
        """
        with self.home.open_base() as base:
            statuses = [self._check(base, target) for target in self.targets]
            made = dict.fromkeys(
                d for t in self.targets if t.before is None for d in paths.missing_parents(base, t.path)
            )
            entries = tuple(_entry(t) for t in self.targets)
            texts = {op: None if data is None else data.decode("ascii") for op, data in self.receipts.items()}
            log = Journal(secrets.token_hex(8), self.command, entries, tuple(made), tuple(self.dropped), texts)
            run = _Run(self, base, log, statuses, signals)
            run.to_commit()
            try:
                finish(self.home, base, log, self.notes)
            except OSError as error:
                raise _unfinished(self.home, error) from None
        signals.check(undone=False)
        return self.notes

    def event(self, what: str, path: str) -> None:
        if self.on_event is not None:
            self.on_event(what, self.home.shown(path))

    def _check(self, base: int, target: Target) -> os.stat_result | None:
        shown = self.home.shown(target.path)
        found = paths.read(base, target.path)
        if target.before is None:
            if found is not None:
                raise refused(
                    shown, "this file exists already", "no file here", "move it away, then run again", "exists"
                )
            paths.check_writable(base, target.path, None)
            return None
        if found is None or found[0] != target.before:
            raise changed_meanwhile(shown)
        status = found[1]
        paths.check_writable(base, target.path, status)
        if status.st_nlink > 1 and target.after is not None:
            self.notes.append(
                f"{shown}: this file had {status.st_nlink} names (hard links); the other names keep the old contents"
            )
        return status


def _unfinished(home: Home, error: OSError) -> NewopError:
    return interrupted(
        str(home.base),
        f"the edit is complete, but cleaning up failed ({error.strerror})",
        "the next newop-gen command, or `newop-gen recover`, finishes it",
        "cleanup-failed",
    )


@dataclass
class _Run:
    """The part up to the commit, after which nothing is undone any more."""

    of: Transaction
    base: int
    log: Journal
    statuses: list[os.stat_result | None]
    signals: Signals
    phase: Phase = "prepared"
    reached: set[int] = field(default_factory=set)  # targets whose name may have changed hands

    def to_commit(self) -> None:
        home, log = self.of.home, self.log
        try:
            with home.open_state(create=True) as state:
                assert state is not None
                try:
                    self._prepare(state)
                    self._stage()
                    self._advance(state, "staged")
                    self._exchange()
                    self._advance(state, "committed")
                except OSError as error:
                    # The rename may have happened although it, or bringing it to disk, failed: the disk knows better.
                    if fs.exists(state, journal.name_of("committed")):
                        raise _unfinished(home, error) from None
                    raise
        except BaseException as error:
            if isinstance(error, Interrupted):
                raise
            self._back(error)
            if isinstance(error, OSError):
                raise io_fault(error, f"writing ({log.command})") from None
            raise

    def _prepare(self, state: int) -> None:
        fs.mkdir(state, self.log.images, 0o700)
        with self.of.home.open_state(self.log.images) as images:
            assert images is not None
            for number, target in enumerate(self.of.targets):
                if target.before is not None:
                    self.signals.check()
                    fs.create(images, str(number), target.before, 0o600)
            fs.sync(images, self.log.images)
        fs.create(state, "journal.new", self.log.dump(), 0o600)
        fs.rename(state, "journal.new", journal.name_of("prepared"))
        fs.sync(state, str(self.of.home.state))

    def _advance(self, state: int, phase: Phase) -> None:
        self.signals.check()
        fs.rename(state, journal.name_of(self.phase), journal.name_of(phase))
        self.phase = phase
        fs.sync(state, str(self.of.home.state))

    def _stage(self) -> None:
        for path in self.log.made:
            with paths.parent(self.base, path) as (fd, name):
                fs.mkdir(fd, name)
                fs.sync(fd, path)
        mask = os.umask(0o077)
        os.umask(mask)
        for number, (target, status) in enumerate(zip(self.of.targets, self.statuses, strict=True)):
            self.signals.check()
            if target.after is None:
                continue
            self.of.event("stage", target.path)
            mode = target.mode & ~mask if status is None else status.st_mode & 0o7777
            with paths.parent(self.base, target.path) as (fd, name):
                source = (
                    -1
                    if status is None
                    else os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=fd)
                )
                try:
                    fs.create(fd, self.log.stage(number), target.after, mode, status, source)
                finally:
                    if source >= 0:
                        os.close(source)
        self._sync()

    def _exchange(self) -> None:
        for number, target in enumerate(self.of.targets):
            self.signals.check()
            self.of.event("write", target.path)
            with paths.parent(self.base, target.path) as (fd, name):
                self._one(number, target, fd, name)
        self._sync()

    def _one(self, number: int, target: Target, fd: int, name: str) -> None:
        stage = self.log.stage(number)
        if target.before is None:
            try:
                self.reached.add(number)
                undo.put_new(fd, stage, name)
            except FileExistsError:
                self.reached.discard(number)
                raise refused(
                    self.of.home.shown(target.path), "a file has come here meanwhile", "no file here", "", "exists"
                ) from None
            return
        # The last look before; the one after the swap is what counts where swapping works.
        if not _holds(fd, name, target.before):
            raise changed_meanwhile(self.of.home.shown(target.path))
        self.reached.add(number)
        if target.after is None:
            if not fs.rename_new(fd, name, stage):
                fs.rename(fd, name, stage)
            if not _holds(fd, stage, target.before):
                undo.put_new(fd, stage, name)
                self.reached.discard(number)
                raise changed_meanwhile(self.of.home.shown(target.path))
        elif not fs.exchange(fd, stage, name):
            fs.rename(fd, stage, name)
        elif not _holds(fd, stage, target.before):
            fs.exchange(fd, stage, name)
            self.reached.discard(number)
            raise changed_meanwhile(self.of.home.shown(target.path))

    def _sync(self) -> None:
        for above in sorted({t.path.rpartition("/")[0] for t in self.of.targets}):
            with paths.directory(self.base, above) as fd:
                fs.sync(fd, above)

    def _back(self, cause: BaseException) -> None:
        """Put everything back; `Interrupted` when that fails, too."""
        untouched = set(range(len(self.log.entries))) - self.reached
        try:
            undo.undo(self.of.home, self.base, self.log, self.phase, untouched=untouched)
            with self.of.home.open_state() as state:
                if state is not None and fs.exists(state, "journal.new"):
                    fs.unlink(state, "journal.new")
        except (OSError, Interrupted) as error:
            first = cause.strerror if isinstance(cause, OSError) else str(cause)
            raise interrupted(
                str(self.of.home.base),
                f"{self.log.command} was interrupted ({first}) and putting the files back failed, too ({error})",
                "once the cause is gone, the next newop-gen command, or `newop-gen recover`, puts them back",
                "not-rolled-back",
            ) from None


def finish(home: Home, base: int, log: Journal, notes: list[str]) -> None:
    """What follows a commit: receipts, then clean-up. Safe to repeat; recovery runs it, too."""
    receipts.install(home, log.receipts)
    _rescue(home, base, log, notes)
    undo.clear(home, base, log, log.dropped)


def _rescue(home: Home, base: int, log: Journal, notes: list[str]) -> None:
    """Keep what an editor wrote into an old file after it had been swapped out."""
    for number, entry in enumerate(log.entries):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), paths.parent(base, entry.path) as (fd, _):
            found = fs.read(fd, log.stage(number))
            if found is not None and undo.digest(found[0]) not in (entry.before, entry.after):
                where = undo.save(home, f"{log.id}-{number}-late-{os.path.basename(entry.path)}", found[0])
                notes.append(
                    f"{home.shown(entry.path)}: an editor wrote to the old file while it was being exchanged; "
                    f"that is kept as {where}"
                )


def _holds(fd: int, name: str, data: bytes) -> bool:
    found = fs.read(fd, name)
    return found is not None and found[0] == data


def _entry(target: Target) -> Entry:
    before = None if target.before is None else undo.digest(target.before)
    after = None if target.after is None else undo.digest(target.after)
    return Entry(target.path, "create" if before is None else "delete" if after is None else "modify", before, after)
