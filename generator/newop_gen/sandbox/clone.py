"""A release out of a clone of aiconfigurator's repository: read from the object store, nothing is checked out.

No filter runs, so Git LFS pointers stay pointers. The clone may be bare, shallow or partial: an object that it lacks
is left out and reported when the release works without it.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..problems import CheckoutRefused, IoFault, Place, Problem
from .contents import Entry
from .git import git_command, git_environment, no_git, run_git

_REGULAR, _EXECUTABLE, _SYMLINK = "100644", "100755", "120000"


class CloneContents:
    """The files of the tag `v<version>` in `clone`. Raises `CheckoutRefused` when there is no clone or no such tag."""

    def __init__(self, version: str, clone: Path) -> None:
        self.version = version
        self._clone = clone
        self._git_dir = git_directory(clone)
        self._commit = self._find(version)
        self.origin = f"tag v{version} of a clone (commit {self._commit[:12]})"
        self.date = int(self._git("log", "-1", "--format=%ct", self._commit).decode())

    def entries(self) -> list[Entry]:
        listing = self._git("ls-tree", "-r", "-z", "--full-tree", self._commit).decode("utf-8", "surrogateescape")
        found = []
        for record in listing.split("\0")[:-1]:
            described, _, path = record.partition("\t")
            mode, _, oid = described.split()
            if mode in (_REGULAR, _EXECUTABLE, _SYMLINK):
                found.append(Entry(path, oid, executable=mode == _EXECUTABLE, symlink=mode == _SYMLINK))
        paths = {entry.path for entry in found}
        for entry in found:
            if not _is_safe(entry.path) or any(parent in paths for parent in _parents(entry.path)):
                raise CheckoutRefused(
                    Problem(Place(str(self._clone)), f"the tag holds a path that can't be written: {entry.path!r}")
                )
        return found

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        try:
            reader = subprocess.Popen(
                git_command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environment,
            )
        except FileNotFoundError:
            raise no_git() from None
        assert reader.stdin is not None and reader.stdout is not None
        try:
            for entry in entries:
                reader.stdin.write(entry.key.encode() + b"\n")
                reader.stdin.flush()
                header = reader.stdout.readline().split()
                if header[1:] == [b"missing"]:
                    yield entry, None
                    continue
                if len(header) != 3:
                    raise self._broken(entry)
                size = int(header[2])
                data = reader.stdout.read(size)
                if len(data) != size or reader.stdout.read(1) != b"\n":
                    raise self._broken(entry)
                yield entry, data
        except BrokenPipeError:
            raise IoFault(Problem(Place(str(self._clone)), "git cat-file ended early")) from None
        finally:
            reader.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                reader.stdin.close()
            reader.wait()

    def _broken(self, entry: Entry) -> IoFault:
        return IoFault(
            Problem(Place(str(self._clone)), f"object {entry.key} ({entry.path}) can't be read", "", "run git fsck")
        )

    @property
    def _environment(self) -> dict[str, str]:
        # Named outright, the directory is not subject to git's ownership check, whose exceptions the user may have
        # in a configuration that is not read here.
        return git_environment({"GIT_DIR": str(self._git_dir)})

    def _git(self, *arguments: str) -> bytes:
        return run_git(self._git_dir, *arguments, environment={"GIT_DIR": str(self._git_dir)})

    def _find(self, version: str) -> str:
        tags = self._git("tag", "--list").decode("utf-8", "replace").split()
        for tag in (f"v{version}", version):
            if tag in tags:
                return self._git("rev-parse", "--verify", f"refs/tags/{tag}^{{commit}}").decode().strip()
        releases = [tag.removeprefix("v") for tag in tags if re.fullmatch(r"v?\d+(\.\d+)+\S*", tag)]
        raise CheckoutRefused(
            Problem(
                Place(str(self._clone)),
                f"the clone has no tag v{version}",
                f"one of {', '.join(sorted(releases, key=_version_key))}" if releases else "tags of releases",
                "fetch its tags (git fetch --tags)" if not releases else "",
                "no-tag",
            )
        )


def git_directory(clone: Path) -> Path:
    """The git directory of a clone with a work tree, of a linked worktree, or of a bare clone."""
    inner = clone / ".git"
    if inner.is_file():
        text = inner.read_text(encoding="utf-8", errors="replace").strip()
        if text.startswith("gitdir:"):
            inner = (clone / text.removeprefix("gitdir:").strip()).resolve()
    for candidate in (inner, clone):
        if (candidate / "HEAD").is_file():
            return candidate.resolve()
    raise CheckoutRefused(
        Problem(
            Place(str(clone)),
            "this is not a git repository",
            "a clone of aiconfigurator's repository, bare or not",
            "name its top directory",
            "no-clone",
        )
    )


def _version_key(version: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in version.split(".")]


def _parents(path: str) -> list[str]:
    """The directories above a path. A well-formed tree names none of them as a file or link as well."""
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts))]


def _is_safe(path: str) -> bool:
    """Whether a path from a tree object stays inside the directory that it is written to, and out of its `.git`."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") or part.lower() == ".git" or "\\" in part for part in parts)
