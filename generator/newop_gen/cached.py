"""What is in the cache, and taking it out again: all of it can be had once more, by a download or a build."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .sandbox.cache import cache_dir, cache_fault
from .verify.compiled.builds import Build, remove, size_of

Kind = Literal["builds", "releases", "wheels", "crates", "runtimes", "tools", "other"]

FOLDERS: Mapping[str, Kind] = {
    "builds": "builds",
    "trees": "releases",
    "wheels": "wheels",
    "crates": "crates",
    "runtime": "runtimes",
    "wheelhouse": "tools",
    "standing": "releases",
}
"""By a directory of the cache, what is in it. Anything else there is `other`."""

ABOUT: Mapping[Kind, str] = {
    "builds": "compiled checkouts (verify)",
    "releases": "released trees, unpacked",
    "wheels": "released wheels (sandbox)",
    "crates": "released crates (sandbox)",
    "runtimes": "environments in which releases run",
    "tools": "development tools (make setup)",
    "other": "anything else",
}

LOCKS: Mapping[Kind, tuple[str, ...]] = {
    "releases": ("wheel-", "crate-"),
    "wheels": ("wheel-",),
    "crates": ("crate-",),
    "runtimes": ("runtime",),
}
"""What the names of locks begin with that are held while something of a kind is made."""


@dataclass(frozen=True)
class Kept:
    """One thing in the cache: `size` in bytes; `of`, for a build, is the directory of the crate that was built; `used`
    is when, in seconds since the epoch, for a build it was used last, for anything else it was made."""

    kind: Kind
    name: str
    path: Path
    size: int
    used: float
    of: str = ""


def kept() -> list[Kept]:
    """All that is in the cache, by kind, the least recently used first. Raises `IoFault` where it can't be read."""
    root = cache_dir()
    try:
        found = [one for folder in _folders(root) for one in _in(folder)]
    except OSError as error:
        raise cache_fault(root, error) from None
    order = list(ABOUT)
    return sorted(found, key=lambda one: (order.index(one.kind), one.used, one.name))


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.name != "locks")


def _in(folder: Path) -> Iterator[Kept]:
    kind = FOLDERS.get(folder.name, "other")
    entries = [folder] if kind == "other" or not folder.is_dir() else sorted(folder.iterdir())
    for path in entries:
        if kind == "builds":
            build = Build(path)
            yield Kept(kind, path.name, path, build.size, build.used, build.crate)
        else:
            found = path.lstat()
            size = size_of(path) if path.is_dir() and not path.is_symlink() else found.st_size
            yield Kept(kind, path.name, path, size, found.st_mtime)


def clear(these: Sequence[Kept]) -> list[Kept]:
    """Takes things out of the cache. What is in use, or can't be removed, stays and is given back."""
    stay = []
    for kind in dict.fromkeys(one.kind for one in these):
        chosen = [one for one in these if one.kind == kind]
        if kind == "builds":
            stay += [one for one in chosen if not remove(Build(one.path))]
            continue
        with _nobody_makes(kind) as free:
            stay += [one for one in chosen if not (free and _removed(one.path))]
    return stay


@contextlib.contextmanager
def _nobody_makes(kind: Kind) -> Iterator[bool]:
    """Holds the locks of those who make something of a kind; False when one of them is at it."""
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as held:
        free = True
        for path in sorted((cache_dir() / "locks").glob("*.lock")):
            if path.name.startswith(LOCKS.get(kind, ())):
                try:
                    held.enter_context(FileLock(path, timeout=0))
                except (Timeout, OSError):
                    free = False
        yield free


def _removed(path: Path) -> bool:
    try:
        if path.is_dir() and not path.is_symlink():
            # Renamed first: what is half gone is not taken for the whole.
            gone = path.with_name(f".{path.name}.{os.getpid()}.gone")
            os.replace(path, gone)
            shutil.rmtree(gone)
        else:
            path.unlink()
    except OSError:
        return False
    return True
