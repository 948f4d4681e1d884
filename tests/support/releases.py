"""Released trees for tests: fresh copies that cost milliseconds, and a way to run code inside them.

The unpacked trees stay in the tool's cache. A copy's code is its own; its measured tables are hard links into the
cache, which `changed_tables` checks at the end of a session: a test that writes through one fails the run.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newop_gen.problems import NewopError
from newop_gen.sandbox.cache import cache_dir
from newop_gen.sandbox.contents import Contents, Entry
from newop_gen.sandbox.make import commit_all, contents_of, lay_out
from newop_gen.sandbox.releases import CLONE_ONLY, ENGINES
from newop_gen.sandbox.runtime import release_environment, runtime_python
from newop_gen.sandbox.wheels import WHEELS
from support import warm

# Releases that the package index has, oldest first; those whose ops are compiled; those with all ops in one module; and
# those that need a clone.
RELEASES = tuple(WHEELS)
ENGINE_RELEASES = tuple(ENGINES)
FLAT_RELEASES = ("0.6.0", "0.7.0", "0.8.0")
CLONE_RELEASES = tuple(CLONE_ONLY)

RUN_SECONDS = 300

_unavailable: dict[str, ReleaseUnavailable] = {}


class ReleaseUnavailable(Exception):
    """A release can't be had here: no network and nothing in the cache, or no clone was given."""


class RunFailed(AssertionError):
    """Code that ran inside a release failed; the text holds what it printed."""


@dataclass(frozen=True)
class Release:
    """A copy of a release as a source checkout, for one test to do with as it likes."""

    version: str
    root: Path

    @property
    def package(self) -> Path:
        return self.root / "src" / "aiconfigurator"

    @property
    def sdk(self) -> Path:
        return self.package / "sdk"

    @property
    def systems(self) -> Path:
        return self.package / "systems"

    def run(self, code: str, *arguments: object, timeout: float = RUN_SECONDS) -> Any:
        """`run_in` this tree."""
        return run_in(self.root, code, *arguments, timeout=timeout)


def copy_release(version: str, directory: Path, *, git: bool = False, systems: Collection[str] | None = ()) -> Release:
    """Release `version` as a fresh checkout in `directory`, which must not exist.

    `systems` names those whose measured tables come along (None: all, by default none). With `git`, it is a
    repository with one commit. Raises `ReleaseUnavailable` when the release can't be had.
    """
    base = _unpacked(version)
    shutil.copytree(base.code, directory, symlinks=True)
    tables: list[str] = []
    for system in base.systems() if systems is None else systems:
        tables += _link_tables(base.tables(system), directory)
    if git:
        built = [p for p in _files(directory) if Entry(p, "").made]
        paths = [p for p in _files(directory) if p not in {*tables, *built}]
        commit_all(directory, paths, built + tables, f"aiconfigurator {version}", 1_700_000_000)
    return Release(version, directory)


def run_in(tree: Path, code: str, *arguments: object, timeout: float = RUN_SECONDS) -> Any:
    """Runs Python code with the release in `tree` on its path, and returns what it left in `result`.

    The code finds `arguments` (JSON values) in `arguments`. `result` comes back through JSON, so tuples are lists and
    keys are strings; numpy scalars become floats. A failure raises `RunFailed` with everything that was printed.
    """
    with tempfile.TemporaryDirectory(prefix="newop-run-") as name:
        scratch = Path(name)
        (scratch / "code.py").write_text(code, encoding="utf-8")
        (scratch / "arguments.json").write_text(json.dumps(arguments, default=str), encoding="utf-8")
        environment = release_environment(tree)
        # Many tests import the same tree more than once; its bytecode goes beside it, never into it.
        del environment["PYTHONDONTWRITEBYTECODE"]
        environment["PYTHONPYCACHEPREFIX"] = str(tree.parent / f".{tree.name}.pycache")
        done = warm.run(release_python(), ["-c", _RUNNER, str(scratch)], env=environment, timeout=timeout)
        result = scratch / "result.json"
        if done.returncode or not result.is_file():
            raise RunFailed(f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}")
        return json.loads(result.read_text(encoding="utf-8"))


_RUNNER = """\
import json, pathlib, sys
scratch = pathlib.Path(sys.argv[1])
source = (scratch / "code.py").read_text(encoding="utf-8")
names = {"__name__": "__main__", "arguments": json.loads((scratch / "arguments.json").read_text(encoding="utf-8"))}
exec(compile(source, "code.py", "exec"), names)
if "result" not in names:
    raise SystemExit("the code left no `result`")
(scratch / "result.json").write_text(json.dumps(names["result"], default=float), encoding="utf-8")
"""


def changed_tables() -> list[str]:
    """Cached tables that are not what they were when they were unpacked (by size and time of change)."""
    changed = []
    for manifest in cache_dir().glob("trees/*/tables/*/manifest.json"):
        for path, stamp in json.loads(manifest.read_text()).items():
            try:
                stat = (manifest.parent / path).stat()
            except OSError:
                changed.append(f"{manifest.parent / path}: gone")
                continue
            if [stat.st_size, stat.st_mtime_ns] != stamp:
                changed.append(str(manifest.parent / path))
    return changed


@dataclass(frozen=True)
class _Unpacked:
    """A release in the cache: its code as a checkout, and tables system by system, unpacked when first wanted."""

    home: Path
    contents: Contents
    entries: tuple[Entry, ...]

    @property
    def code(self) -> Path:
        return self.home / "code"

    def systems(self) -> list[str]:
        return sorted({e.system for e in self.entries if e.system is not None})

    def tables(self, system: str) -> Path:
        """Directory with the measured tables of one system, at their places in a checkout."""
        wanted = [e for e in self.entries if e.system == system]
        if not wanted:
            raise KeyError(f"{self.contents.version} has no tables of {system!r}, only {self.systems()}")
        return _once(self.home / "tables" / system, lambda directory: self._unpack(wanted, directory))

    def _unpack(self, wanted: list[Entry], directory: Path) -> None:
        lay_out(self.contents, wanted, directory)
        stamps = {}
        for path in _files(directory):
            (directory / path).chmod(0o444)
            stat = (directory / path).stat()
            stamps[path] = [stat.st_size, stat.st_mtime_ns]
        (directory / "manifest.json").write_text(json.dumps(stamps))


@functools.cache
def _unpacked(version: str) -> _Unpacked:
    if version in _unavailable:  # pip takes its time to find out that there is no network
        raise _unavailable[version]
    try:
        contents, key, added = _contents(version)
    except NewopError as error:
        _unavailable[version] = ReleaseUnavailable(str(error))
        raise _unavailable[version] from None
    home = cache_dir() / "trees" / f"{version}-{key}"
    entries = tuple(contents.entries())

    def fill(directory: Path) -> None:
        lay_out(contents, [e for e in entries if e.system is None], directory)
        for path, text in added.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
        # A layout looks for the data directory; the tables themselves come when a test asks for them.
        for system in {e.system: e for e in entries if e.system is not None}.values():
            (directory / system.path).parent.parent.parent.mkdir(parents=True, exist_ok=True)

    _once(home / "code", fill)
    return _Unpacked(home, contents, entries)


def _contents(version: str) -> tuple[Contents, str, Mapping[str, str]]:
    clone = os.environ.get("REPO")
    if version in WHEELS or version in ENGINES:
        clone, archive = None, WHEELS[version].sha256 if version in WHEELS else ENGINES[version].crate.sha256
    elif not clone:
        raise ReleaseUnavailable(f"aiconfigurator {version} comes from a clone only: set REPO to one")
    _, contents, added = contents_of(version, Path(clone) if clone else None, _say)
    # The layout of a checkout is this project's own and may change: it is part of the key.
    digest = zlib.crc32("\0".join([*added, *added.values()]).encode())
    return contents, "clone" if clone else f"{archive[:8]}-{digest:08x}", added


def _once(directory: Path, fill: Callable[[Path], None]) -> Path:
    """`directory`, filled at the first call. Several processes may try at once: the first complete one stays."""
    if not directory.is_dir():
        directory.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="unpack-", dir=directory.parent.parent))
        try:
            fill(scratch)
            scratch.chmod(0o755)
            try:
                scratch.rename(directory)
            except OSError:
                if not directory.is_dir():
                    raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return directory


def _link_tables(source: Path, directory: Path) -> list[str]:
    paths = [p for p in _files(source) if p != "manifest.json"]
    for path in paths:
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source / path, target)
        except OSError:  # another file system, or one without hard links
            target.symlink_to(source / path)
    return paths


def _files(directory: Path) -> list[str]:
    found: list[str] = []
    for parent, directories, names in os.walk(directory):
        if ".git" in directories:
            directories.remove(".git")
        found += [os.path.relpath(os.path.join(parent, name), directory).replace(os.sep, "/") for name in names]
    return sorted(found)


@functools.cache
def release_python() -> Path:
    """The interpreter that releases run in. Raises `ReleaseUnavailable` when there is none."""
    try:
        return runtime_python(_say)
    except NewopError as error:
        raise ReleaseUnavailable(f"no interpreter for releases: {error}") from None


def _say(line: str) -> None:
    print(line, flush=True)


def prefetch(versions: Iterable[str] = RELEASES) -> list[str]:
    """Fills the cache with what the tests need; gives what could not be had, one line each."""
    missing = []
    for version in versions:
        try:
            _unpacked(version)
        except ReleaseUnavailable as error:
            missing.append(str(error))
    try:
        release_python()
    except ReleaseUnavailable as error:
        missing.append(str(error))
    return missing
