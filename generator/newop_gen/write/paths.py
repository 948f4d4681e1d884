"""Which files may be written: contained, canonical paths, and the way to them without following a link.

A path of a plan, a journal or a receipt is relative to the *base* (the git work tree's top, or the checkout's root
without git). It is walked from the base's descriptor, one name at a time, with O_NOFOLLOW, so that a directory that is
swapped for a link between check and write stops the walk.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import fs
from .errors import refused

# Names that are git's own on a file system that ignores case, or in NTFS' short form.
_GIT_NAMES = frozenset({".git", "git~1"})


def contained(path: str) -> bool:
    """Whether `path` is a plain relative path: no absolute path, `..`, empty part, NUL, backslash or `.git` in it."""
    if not path or "\0" in path or "\\" in path or len(path) > 4096 or not _nameable(path):
        return False
    return all(part not in ("", ".", "..") and part.casefold() not in _GIT_NAMES for part in path.split("/"))


def _nameable(path: str) -> bool:
    """Whether a file can have the name: text in a document may hold what no bytes of a name decode to."""
    try:
        os.fsencode(path)
    except UnicodeError:
        return False
    return True


def canonical(base: Path, path: str) -> str:
    """`path` with links in its parent directories resolved, relative to `base`.

    Upstream has directories that are links to another place in the repository, so a link is followed here, once, and
    what it leads to must be inside `base` and outside any git directory. Raises `CheckoutRefused` for a link that
    leads elsewhere or nowhere, and for a target that is itself a link.
    """
    if not contained(path):
        raise refused(path, "this path leaves the checkout", "a path inside it", "", "path")
    parent, _, name = path.rpartition("/")
    try:
        real = Path(os.path.realpath(base / parent))
        if not real.is_relative_to(base):
            raise refused(
                path,
                f"a directory above it is a symbolic link that leads to {real}",
                "a file inside the checkout",
                "",
                "symlink",
            )
        inside = real.relative_to(base).as_posix()
        found = f"{inside}/{name}" if inside != "." else name
        if not contained(found):
            raise refused(
                path, "a directory above it leads into a git directory", "a file of the work tree", "", "symlink"
            )
        if (base / found).is_symlink():
            raise refused(
                path,
                "the file is a symbolic link",
                "a regular file",
                "replace the link by the file, then run again",
                "symlink",
            )
    except OSError as error:
        raise refused(
            path, f"the path can't be followed ({error.strerror})", "a path inside the checkout", "", "path"
        ) from None
    return found


@contextmanager
def directory(base: int, path: str) -> Iterator[int]:
    """The descriptor of the directory at `path` ("" is the base), walked without following links."""
    fd = os.dup(base)
    try:
        for part in path.split("/") if path else ():
            inner = fs.open_dir(part, fd)
            os.close(fd)
            fd = inner
        yield fd
    finally:
        os.close(fd)


@contextmanager
def parent(base: int, path: str) -> Iterator[tuple[int, str]]:
    """The descriptor of a file's directory, and the file's name in it."""
    above, _, name = path.rpartition("/")
    with directory(base, above) as fd:
        yield fd, name


def missing_parents(base: int, path: str) -> list[str]:
    """Directories above `path` that don't exist yet, the outermost first."""
    parts = path.split("/")[:-1]
    fd = os.dup(base)
    try:
        for number, part in enumerate(parts):
            try:
                inner = fs.open_dir(part, fd)
            except FileNotFoundError:
                return ["/".join(parts[: n + 1]) for n in range(number, len(parts))]
            except OSError as error:
                raise refused(
                    path, f"{part} in this path is not a directory ({error.strerror})", "a directory", "", "path"
                ) from None
            os.close(fd)
            fd = inner
        return []
    finally:
        os.close(fd)


def read(base: int, path: str) -> tuple[bytes, os.stat_result] | None:
    """A file's bytes and status; None when it, or a directory above it, does not exist.

    Raises `CheckoutRefused` for a link, a special file, or one that can't be read.
    """
    try:
        with parent(base, path) as (fd, name):
            return fs.read(fd, name)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise refused(
                path, "the file, or a directory above it, is a symbolic link", "a regular file", "", "symlink"
            ) from None
        if error.errno in (errno.EINVAL, errno.ENXIO, errno.EISDIR):
            raise refused(path, "this is not a regular file", "a regular file", "", "not-regular") from None
        raise refused(path, f"the file can't be read ({error.strerror})", "a readable file", "", "unreadable") from None


def check_writable(base: int, path: str, status: os.stat_result | None) -> None:
    """Refuse a read-only file or directory up front: a rename would ignore the file's own permission.

    Raises `CheckoutRefused`. `status` is None for a file that does not exist yet.
    """
    if status is not None and not (status.st_mode & 0o222 and _allowed(base, path, os.W_OK)):
        raise refused(
            path, "the file is read-only", "a writable file", f"chmod u+w {path}, then run again", "read-only"
        )
    above = path.rpartition("/")[0]
    gone = missing_parents(base, path)
    if gone:
        above = gone[0].rpartition("/")[0]
    with directory(base, above) as fd:
        mode = os.fstat(fd).st_mode
        if not (mode & 0o222 and os.access(".", os.W_OK | os.X_OK, dir_fd=fd)):
            raise refused(path, f"the directory {above or '.'} is read-only", "a writable directory", "", "read-only")


def _allowed(base: int, path: str, mode: int) -> bool:
    with parent(base, path) as (fd, name):
        return os.access(name, mode, dir_fd=fd)
