"""Where builds are kept: one directory in the cache for each crate, by its path.

Dependencies are compiled once for a path, and so is what changes little. Builds that nobody used for `KEPT_DAYS` go,
and the least recently used ones until `KEPT_BYTES` are left; one that is in use stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...problems import IoFault, Place, Problem
from ...sandbox.cache import LOCK_SECONDS, cache_dir, cache_fault

KEPT_DAYS = 14
KEPT_BYTES = 10 * 10**9
DAY = 86400.0


@dataclass(frozen=True)
class Build:
    """The build directory of one crate: `target` is cargo's, records of what was built lie beside it."""

    directory: Path

    @property
    def target(self) -> Path:
        return self.directory / "target"

    @property
    def crate(self) -> str:
        """The directory of the crate that this is a build of; "" where nothing says so."""
        try:
            return str(json.loads((self.directory / "crate.json").read_text(encoding="utf-8"))["crate"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    @property
    def used(self) -> float:
        """When it was used last, in seconds since the epoch."""
        try:
            return (self.directory / "crate.json").stat().st_mtime
        except OSError:
            return 0.0

    @property
    def size(self) -> int:
        return size_of(self.directory)

    def record(self, kind: str) -> dict[str, Any] | None:
        """What is known of the last build of a kind; None for nothing that can be read."""
        try:
            found = json.loads((self.directory / f"{kind}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def keep(self, kind: str, record: dict[str, Any] | None) -> None:
        """Writes a record, whole or not at all; None takes it away."""
        path = self.directory / f"{kind}.json"
        try:
            if record is None:
                path.unlink(missing_ok=True)
                return
            fresh = path.with_suffix(f".{os.getpid()}.new")
            fresh.write_text(json.dumps(record), encoding="utf-8")
            os.replace(fresh, path)
        except OSError as error:
            raise cache_fault(path, error) from None


def builds_dir() -> Path:
    return cache_dir() / "builds"


def build_of(crate: Path) -> Build:
    """The build of the crate in a directory; the directory need not exist."""
    path = os.path.realpath(crate)
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Build(builds_dir() / f"{Path(path).name}-{digest}")


@contextlib.contextmanager
def using(crate: Path, report: Callable[[str], None]) -> Iterator[Build]:
    """The build of a crate, for this process alone until the end of the block. Others that are old or too large are
    taken away before.

    Raises `IoFault` when the cache can't be written, or another process uses this build for too long.
    """
    from filelock import Timeout

    build = build_of(crate)
    lock = _lock(build)
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            report("waiting for another newop-gen that builds this checkout")
            lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise IoFault(
            Problem(
                Place(str(build.directory)),
                f"another process has used the build of {crate} for {LOCK_SECONDS // 60} minutes",
                "",
                "end that process",
                "cache-locked",
            )
        ) from None
    except OSError as error:
        raise cache_fault(build.directory, error) from None
    try:
        try:
            build.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cache_fault(build.directory, error) from None
        build.keep("crate", {"crate": os.path.realpath(crate)})
        prune(keep=build)
        yield build
        build.keep("crate", {"crate": os.path.realpath(crate)})  # used until now
    finally:
        lock.release()


def _lock(build: Build) -> Any:
    """The lock of a build, not yet acquired. It lies beside the builds: a build's own directory may go."""
    from filelock import FileLock

    locks = cache_dir() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    return FileLock(locks / f"build-{build.directory.name}.lock")


def all_builds() -> list[Build]:
    """Every build in the cache, the least recently used one first."""
    try:
        found = [Build(Path(entry.path)) for entry in os.scandir(builds_dir()) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(found, key=lambda b: (b.used, b.directory.name))


def prune(keep: Build | None = None, now: float | None = None) -> list[Build]:
    """Takes away builds that were not used for `KEPT_DAYS`, then the least recently used ones until at most
    `KEPT_BYTES` are left in all. `keep`, and those in use, stay. What went is given back."""
    now = time.time() if now is None else now
    gone = []
    sizes = {build.directory: build.size for build in all_builds()}
    total = sum(sizes.values())
    for build in all_builds():
        old = now - build.used > KEPT_DAYS * DAY
        if build == keep or not (old or total > KEPT_BYTES):
            continue
        if remove(build):
            total -= sizes[build.directory]
            gone.append(build)
    return gone


def remove(build: Build) -> bool:
    """Takes a build away; False for one that is in use or can't be removed."""
    from filelock import Timeout

    try:
        lock = _lock(build)
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return False
    try:
        # Renamed first: a directory that is half gone is nobody's build.
        gone = build.directory.with_name(f".{build.directory.name}.{os.getpid()}.gone")
        os.replace(build.directory, gone)
        shutil.rmtree(gone, ignore_errors=True)
    except OSError:
        return False
    finally:
        lock.release()
    return True


def size_of(path: Path) -> int:
    """Bytes that the files below a path take; hard links, which cargo makes many of, count once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(folder, name))
                if (found.st_dev, found.st_ino) not in seen:
                    seen.add((found.st_dev, found.st_ino))
                    total += found.st_size
    return total
