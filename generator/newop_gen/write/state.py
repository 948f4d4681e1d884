"""Where a checkout's journal, pre-images, receipts and lock are kept: never in its work tree.

With git that is `newop-gen/` in the git directory of the work tree (each worktree and submodule has its own); a clone
does not carry it, so nobody can commit a journal for others to "recover". Without git it is a directory below
`$XDG_STATE_HOME/newop-gen` (or `~/.local/state/newop-gen`), named after the checkout's path.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import fs
from .errors import refused
from .git import Repository

NAME = "newop-gen"
LOCK = "lock"


@dataclass
class Home:
    """A checkout's base directory, and where its state is.

    `prefix` is the way from the base to the root that the user named ("" or "src/..." with `/`); plan paths are below
    it, journal and receipt paths are relative to the base.
    """

    base: Path
    prefix: str
    state: Path
    repository: Repository | None

    @classmethod
    def of(cls, root: str | os.PathLike[str]) -> Home:
        """The home of the checkout at `root`. Nothing is created. Raises `CheckoutRefused`."""
        real = Path(os.path.realpath(root))
        if not real.is_dir():
            raise refused(str(root), "there is no such directory", "a checkout", "", "no-root")
        repository = Repository.find(real)
        if repository is not None:
            prefix = real.relative_to(repository.top).as_posix()
            return cls(repository.top, "" if prefix == "." else prefix, repository.git_dir / NAME, repository)
        states = os.environ.get("XDG_STATE_HOME", "")
        # The XDG rule: a relative path is to be ignored.
        above = Path(states) if os.path.isabs(states) else Path.home() / ".local" / "state"
        state = Path(os.path.realpath(above)) / NAME / hashlib.sha256(os.fsencode(real)).hexdigest()[:24]
        if state.is_relative_to(real):
            raise refused(
                str(root),
                f"the directory for recovery data, {state}, is inside the checkout",
                "one outside of it",
                "set XDG_STATE_HOME to a directory elsewhere",
                "state-inside",
            )
        return cls(real, "", state, None)

    def below(self, path: str) -> str:
        """A plan's path, relative to the base."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def shown(self, path: str) -> str:
        """A base-relative path as the user names it: relative to the root where it is below it."""
        start = f"{self.prefix}/"
        return path[len(start) :] if self.prefix and path.startswith(start) else path

    @contextmanager
    def open_base(self) -> Iterator[int]:
        fd = fs.open_dir(self.base)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def open_state(self, inner: str = "", *, create: bool = False) -> Iterator[int | None]:
        """The descriptor of the state directory or of a directory in it; None when it does not exist.

        With `create` it is made, readable by its owner only. Raises `CheckoutRefused` when something else has its name.
        """
        fd = self._walk_state(inner, create)
        try:
            yield fd
        finally:
            if fd is not None:
                os.close(fd)

    def _walk_state(self, inner: str, create: bool) -> int | None:
        anchor = self.state.parent
        while not anchor.is_dir():
            anchor = anchor.parent
        parts = [*self.state.relative_to(anchor).parts, *(inner.split("/") if inner else ())]
        fd = os.open(anchor, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts:
                try:
                    below = fs.open_dir(part, fd)
                except FileNotFoundError:
                    if not create:
                        os.close(fd)
                        return None
                    with contextlib.suppress(FileExistsError):  # another process was faster
                        fs.mkdir(fd, part, 0o700)
                        # What is in it is no safer than its own name.
                        fs.sync(fd, part)
                    below = fs.open_dir(part, fd)
                os.close(fd)
                fd = below
        except OSError as error:
            os.close(fd)
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise refused(
                    str(self.state), "this is not a directory", "newop-gen's own directory", "move it away", "state"
                ) from None
            raise
        return fd

    @contextmanager
    def lock(self, *, wait: float = 10.0, create: bool = True) -> Iterator[bool]:
        """Hold the checkout's lock, which dies with the process (`flock`): there is no stale lock to clear.

        Gives False, without the lock, when `create` is off and no run has ever made a lock file here: then there is
        nobody to wait for, and nothing is changed. Raises `CheckoutRefused` (code "busy") after `wait` seconds.
        """
        with self.open_state(create=create) as state:
            fd = -1
            if state is not None:
                try:
                    fd = self._open_lock(state, create)
                except OSError as error:
                    error.filename = str(self.state / LOCK)  # opened by its name alone
                    raise
            if fd < 0:
                yield False
                return
            try:
                self._flock(fd, wait)
                yield True
            finally:
                os.close(fd)

    @staticmethod
    def _open_lock(state: int, create: bool) -> int:
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC  # NFS locks only what is open for writing
        try:
            return os.open(LOCK, flags, dir_fd=state)
        except FileNotFoundError:
            if not create:
                return -1
        with contextlib.suppress(FileExistsError):
            fs.create(state, LOCK, b"", 0o600)
        return os.open(LOCK, flags, dir_fd=state)

    def _flock(self, fd: int, wait: float) -> None:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise refused(
                        str(self.base),
                        "another newop-gen is at work on this checkout",
                        "one at a time",
                        "wait for it to end",
                        "busy",
                    ) from None
                time.sleep(0.02)
