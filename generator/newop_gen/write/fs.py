"""Every call of this program that changes a file system, and nothing else.

The rest of `write` changes files only through these functions, so a test can stand in front of each call (`watch`),
count it, fail it or kill the process there. All of them take an open directory and a bare name: no path is walked
here, and no symbolic link is ever followed.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Watch = Callable[[str, str], None]

_watch: Watch | None = None

_NOREPLACE = 1
_EXCHANGE = 2
MAX_BYTES = 1 << 30
"""Of a file that is read whole; a perf table may be as large."""
# What a kernel or file system that lacks a call answers.
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EPERM})


@contextmanager
def watch(hook: Watch) -> Iterator[None]:
    """Call `hook(call, name)` before every mutating call; what it raises the call raises."""
    global _watch
    previous, _watch = _watch, hook
    try:
        yield
    finally:
        _watch = previous


def _gate(call: str, name: str) -> None:
    if _watch is not None:
        _watch(call, name)


def open_dir(name: str | os.PathLike[str], parent: int | None = None) -> int:
    """A directory's descriptor; a symbolic link is refused (`ELOOP` or `ENOTDIR`)."""
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def read(parent: int, name: str, most: int = MAX_BYTES) -> tuple[bytes, os.stat_result] | None:
    """A regular file's bytes and status, None when nothing has that name.

    Raises `OSError`: `ELOOP` for a symbolic link, `EINVAL` for anything else that is not a regular file, `EFBIG` for
    one of more than `most` bytes.
    """
    try:
        # O_NONBLOCK: opening a FIFO must not wait for a writer.
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", name)
        return _all(fd, name, most), status
    finally:
        os.close(fd)


def _all(fd: int, name: str, most: int) -> bytes:
    chunks = []
    # Asked before (a file with holes is larger than what it takes to make one), and counted: it may grow meanwhile.
    size, got = os.fstat(fd).st_size, 0
    while size <= most and (chunk := os.read(fd, 1 << 20)):
        chunks.append(chunk)
        got += len(chunk)
        size = max(size, got)
    if size > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MiB", name)
    return b"".join(chunks)


@contextmanager
def opened(directory: str | os.PathLike[str]) -> Iterator[int]:
    """A directory's descriptor for the length of a block; links on the way to it are followed."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def content(parent: int, path: str) -> bytes | None:
    """The bytes of a regular file at a path below a directory, None when there is none or it has more than `MAX_BYTES`.
    Links are followed: this is for comparing only."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    except (OSError, ValueError):
        return None
    try:
        return _all(fd, path, MAX_BYTES) if stat.S_ISREG(os.fstat(fd).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(fd)


def exists(parent: int, name: str) -> bool:
    """Whether anything has that name, a dangling link included."""
    try:
        os.lstat(name, dir_fd=parent)
    except FileNotFoundError:
        return False
    return True


def mkdir(parent: int, name: str, mode: int = 0o777) -> None:
    _gate("mkdir", name)
    os.mkdir(name, mode, dir_fd=parent)


def create(
    parent: int, name: str, data: bytes, mode: int, like: os.stat_result | None = None, source: int = -1
) -> None:
    """A new file with `data`, on disk before this returns. It fails when the name exists, whatever it is.

    With `like`, the status of the file that it will replace, owner and group are copied, and from `source`, that file's
    descriptor, its extended attributes (access lists among them).
    """
    _gate("create", name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(name, flags, 0o600, dir_fd=parent)
    try:
        view = memoryview(data)
        while view:
            _gate("write", name)
            view = view[os.write(fd, view[: 1 << 20]) :]  # a short write is no error: go on where it stopped
        if like is not None:
            _dress(fd, name, like, source)
        _gate("fchmod", name)
        os.fchmod(fd, mode)  # last: a change of owner clears set-id bits
        _gate("fsync", name)
        os.fsync(fd)
    finally:
        os.close(fd)


def _dress(fd: int, name: str, like: os.stat_result, source: int) -> None:
    mine = os.fstat(fd)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        _gate("fchown", name)
        os.fchown(fd, like.st_uid, like.st_gid)
    if source < 0 or not hasattr(os, "listxattr"):
        return
    try:
        names = os.listxattr(source)
    except OSError:  # a file system without extended attributes has none to keep
        return
    for key in names:
        if key.startswith(("user.", "system.posix_acl_")):
            value = os.getxattr(source, key)
            _gate("fsetxattr", name)
            os.setxattr(fd, key, value)


def rename(parent: int, old: str, new: str) -> None:
    """Rename within a directory, over what has the new name."""
    _gate("rename", new)
    os.rename(old, new, src_dir_fd=parent, dst_dir_fd=parent)


def link(parent: int, old: str, new: str) -> bool:
    """Give a file a second name; `FileExistsError` when it is taken. False where the file system has no hard links."""
    _gate("link", new)
    try:
        os.link(old, new, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno in _UNSUPPORTED | {errno.EMLINK}:
            return False
        raise
    return True


def exchange(parent: int, one: str, other: str) -> bool:
    """Swap two names in one step. False where the kernel or the file system can't."""
    _gate("exchange", other)
    return _renameat2(parent, one, other, _EXCHANGE)


def rename_new(parent: int, old: str, new: str) -> bool:
    """Rename to a name that is free; `FileExistsError` when it is taken. False where the system can't."""
    _gate("rename_new", new)
    return _renameat2(parent, old, new, _NOREPLACE)


def unlink(parent: int, name: str) -> None:
    _gate("unlink", name)
    os.unlink(name, dir_fd=parent)


def rmdir(parent: int, name: str) -> None:
    _gate("rmdir", name)
    os.rmdir(name, dir_fd=parent)


def sync(directory: int, name: str = ".") -> None:
    """Bring a directory's names to disk."""
    _gate("fsync", name)
    os.fsync(directory)


@functools.cache
def _libc_renameat2() -> Any:
    try:
        function = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    return function


def _renameat2(parent: int, old: str, new: str, flag: int) -> bool:
    function = _libc_renameat2()
    if function is None:
        return False
    if function(parent, os.fsencode(old), parent, os.fsencode(new), flag) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), new)
