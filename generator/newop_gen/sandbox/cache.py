"""The tool's cache: what was downloaded or built once and serves every later run without a network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..problems import IoFault, Place, Problem

# A first run may download 70 MB or build an environment of 600 MB while another process waits for the same thing.
LOCK_SECONDS = 1200


def cache_dir() -> Path:
    """`$NEWOP_GEN_CACHE`, else `newop-gen` under `$XDG_CACHE_HOME`, else `~/.cache/newop-gen`. Not created here."""
    own = os.environ.get("NEWOP_GEN_CACHE")
    if own:
        return Path(own).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "newop-gen"


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Holds the cache's lock `name` (between processes), and gives the cache directory, which exists then.

    Raises `IoFault` when the cache can't be written or the lock is held for longer than `LOCK_SECONDS`.
    """
    from filelock import FileLock, Timeout

    root = cache_dir()
    try:
        (root / "locks").mkdir(parents=True, exist_ok=True)
        lock = FileLock(root / "locks" / f"{name}.lock", timeout=LOCK_SECONDS)
        lock.acquire()
    except Timeout:
        raise IoFault(
            Problem(
                Place(str(root)),
                f"another process has held the cache's lock {name!r} for {LOCK_SECONDS // 60} minutes",
                "",
                "end that process, or set NEWOP_GEN_CACHE to another directory",
                "cache-locked",
            )
        ) from None
    except OSError as error:
        raise cache_fault(root, error) from None
    try:
        yield root
    finally:
        lock.release()


def cache_fault(path: Path, error: OSError) -> IoFault:
    """The error for a cache that can't be read or written."""
    return IoFault(
        Problem(
            Place(str(path)),
            f"the cache can't be used ({error.strerror or error})",
            "a directory that can be written",
            "set NEWOP_GEN_CACHE to one",
            "cache",
        )
    )


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
