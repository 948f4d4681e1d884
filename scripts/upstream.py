"""States of upstream's code, read from a clone's object store: nothing is checked out, the clone is not touched.

Only what layouts look at is read: the SDK, the test files that a new op is entered in, and the names of data
directories.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from newop_gen.checkout.places import AICONFIGURATOR, Places
from newop_gen.checkout.python import PythonSource
from newop_gen.checkout.tree import Tree
from newop_gen.problems import CheckoutRefused, IoFault, Place, Problem
from newop_gen.sandbox.clone import git_directory
from newop_gen.sandbox.git import git_command, git_environment, run_git

PACKAGE = f"{AICONFIGURATOR.folder}/{AICONFIGURATOR.name}"
CORE = f"{AICONFIGURATOR.core_folder}/{AICONFIGURATOR.core}"
# What is laid out of a state.
CODE = (
    f"{PACKAGE}/__init__.py",
    f"{PACKAGE}/sdk",
    f"{CORE}/__init__.py",
    f"{CORE}/sdk",
    "tests/unit/sdk/database/conftest.py",
    "tests/sdk/database/conftest.py",
    "tests/unit/sdk/test_opspec_coverage.py",
    "tests/cross_package/test_import_contract.py",
)
# What layouts read of it: two states that agree in these are one. `check_read` holds the layouts to it.
_READ = re.compile(
    r"tests/.*\.py|.*/sdk/(?:(?:operations|models)/.*|perf_interp/__init__|operations|models|common|perf_database"
    r"|interpolation|performance_result|errors|rust_engine_step|afd_partition|_compat)\.py"
)
SYSTEM = "h200_sxm"  # where the example specs put their tables


@dataclass(frozen=True)
class State:
    """A commit, and the blobs of its code by path."""

    commit: str
    date: str
    subject: str
    files: Mapping[str, str] = field(repr=False)

    @property
    def read(self) -> frozenset[tuple[str, str]]:
        """What layouts read of it: equal for states that are the same to them."""
        return frozenset((p, b) for p, b in self.files.items() if _READ.fullmatch(p))

    def __str__(self) -> str:
        return f"{self.commit[:9]} {self.date} {self.subject}"


def check_read(paths: Iterable[str]) -> list[str]:
    """Those of `paths`, read by a layout, that don't count when states are compared (empty when all is well)."""
    return [p for p in paths if not _READ.fullmatch(p) and p.endswith(".py")]


class Clone:
    """A clone, bare or not. Raises `CheckoutRefused` when `directory` is none."""

    def __init__(self, directory: Path) -> None:
        self.directory = git_directory(directory)
        self._environment = {"GIT_DIR": str(self.directory)}
        self._reader: subprocess.Popen[bytes] | None = None

    def git(self, *arguments: str) -> str:
        """What git prints; raises `IoFault` with its words when it fails."""
        done = run_git(self.directory, *arguments, environment=self._environment)
        return done.decode("utf-8", "surrogateescape")

    def history(self, first: str, last: str) -> Iterator[State]:
        """The state at `first`, then one per commit up to `last` (first parents only) that changes any of the code."""
        files = self.files(first)
        yield self._state(first, dict(files))
        log = self.git(
            "log", "--first-parent", "--diff-merges=first-parent", "--reverse", "--raw", "--no-renames", "--no-abbrev",
            "--format=commit %H", f"{first}..{last}", "--", *CODE,
        )  # fmt: skip
        for block in log.split("commit ")[1:]:
            commit, *changes = [line for line in block.split("\n") if line]
            for change in changes:
                described, path = change.split("\t", 1)
                _, mode, _, blob, _ = described.split()
                if mode.startswith("100"):
                    files[path] = blob
                else:  # deleted, or a link now
                    files.pop(path, None)
            yield self._state(commit, dict(files))

    def files(self, commit: str) -> dict[str, str]:
        """Blob by path of the code at a commit."""
        found = {}
        for record in self.git("ls-tree", "-r", "-z", commit, "--", *CODE).split("\0")[:-1]:
            described, path = record.split("\t", 1)
            mode, _, blob = described.split()
            if mode.startswith("100"):
                found[path] = blob
        return found

    def _state(self, commit: str, files: dict[str, str]) -> State:
        full, date, subject = self.git("log", "-1", "--date=short", "--format=%H%n%ad%n%s", commit).split("\n")[:3]
        return State(full, date, subject, files)

    def read(self, blob: str) -> bytes:
        """A blob's bytes. Raises `IoFault` when the clone lacks it."""
        if self._reader is None:
            self._reader = subprocess.Popen(
                git_command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=git_environment(self._environment),
            )
        assert self._reader.stdin is not None and self._reader.stdout is not None
        self._reader.stdin.write(blob.encode() + b"\n")
        self._reader.stdin.flush()
        header = self._reader.stdout.readline().split()
        if len(header) != 3:
            raise IoFault(Problem(Place(str(self.directory)), f"object {blob} is not in the clone"))
        data = self._reader.stdout.read(int(header[2]) + 1)
        return data[:-1]

    def close(self) -> None:
        if self._reader is not None:
            self._reader.communicate()
            self._reader = None

    def lay_out(self, state: State, directory: Path) -> None:
        """The state's code in `directory`, with the data directories (empty) of one system for tables to go into."""
        for path, blob in state.files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_bytes(self.read(blob))
        for package in (CORE, PACKAGE):
            described = f"{package}/systems/{SYSTEM}.yaml"
            if f"{package}/__init__.py" in state.files and self._has(state.commit, described):
                (directory / package / "systems").mkdir(exist_ok=True)
                (directory / described).write_bytes(self.read(f"{state.commit}:{described}"))
                for folder in self._folders(state.commit, f"{package}/systems/data/{SYSTEM}"):
                    (directory / folder).mkdir(parents=True)

    def _has(self, commit: str, path: str) -> bool:
        return bool(self.git("ls-tree", commit, "--", path))

    def _folders(self, commit: str, path: str) -> list[str]:
        """Directories that hold files, without those above another one."""
        names = self.git("ls-tree", "-r", "--name-only", "-z", commit, "--", f"{path}/").split("\0")[:-1]
        return sorted({name.rpartition("/")[0] for name in names})


class CloneTree(Tree):
    """A state as a `Tree`: only Python files are there. Files that stay the same are parsed once for all states."""

    def __init__(self, clone: Clone, state: State, before: CloneTree | None = None) -> None:
        self._clone, self._files = clone, state.files
        self._folders = {above for path in state.files for above in _above(path)}
        places = Places.among("", self._folders.__contains__, self._files.__contains__)
        if places is None:
            raise CheckoutRefused(Problem(Place(state.commit), "no aiconfigurator package here", code="no-package"))
        super().__init__(clone.directory, places)
        for path, source in before._sources.items() if before is not None else ():
            if source is not None and before is not None and state.files.get(path) == before._files.get(path):
                self._sources[path] = source

    def exists(self, path: str) -> bool:
        return path in self._files or path in self._folders

    def is_dir(self, path: str) -> bool:
        return path in self._folders

    def listdir(self, path: str) -> list[str]:
        start = f"{path}/" if path else ""
        return sorted({p.removeprefix(start).partition("/")[0] for p in self._files if p.startswith(start)})

    def content(self, path: str) -> bytes | None:
        return self._clone.read(self._files[path]) if path in self._files else None

    def _read(self, path: str) -> PythonSource | None:
        data = self.content(path)
        return None if data is None else PythonSource(path, data)


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


if __name__ == "__main__":
    sys.exit("this is a module of history.py")
