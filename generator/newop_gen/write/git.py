"""Asking git, without letting it do anything.

Only plumbing that reads is run: no index refresh, no filter, hook, fsmonitor, pager, alias or lazy fetch. What a file
holds is never asked of git (`git status` runs clean filters): its bytes are hashed here and compared with the ids that
git has.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import refused

_SAFE = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
)

# What is asked reads some files: minutes mean that one of them never ends.
SECONDS = 120

_PR_SET_PDEATHSIG = 1

# Files and directories in the git directory that mean an operation is under way.
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "sequencer": "a sequence of picks",
    "BISECT_LOG": "a bisection",
}


@dataclass(frozen=True)
class Entry:
    """What git has for a path: blob ids in HEAD and in the index (None where it has none)."""

    head: str | None
    index: str | None


def environment() -> dict[str, str]:
    """The environment without anything that could point git elsewhere."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    clean.update(GIT_OPTIONAL_LOCKS="0", GIT_NO_LAZY_FETCH="1", GIT_TERMINAL_PROMPT="0", LC_ALL="C")
    return clean


def _run(directory: Path, *arguments: str, check: bool = True) -> bytes | None:
    try:
        done = subprocess.run(
            ["git", *_SAFE, "-C", os.fspath(directory), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment(),
            check=False,
            timeout=SECONDS,
            preexec_fn=functools.partial(_die_with, os.getpid()),
        )
    except subprocess.TimeoutExpired:
        raise refused(
            str(directory),
            f"git {arguments[0]} did not answer within {SECONDS} seconds",
            "a repository",
            "",
            "git-slow",
        ) from None
    except OSError as error:
        raise refused(
            str(directory),
            f"git can't be run ({error.strerror})",
            "git on the PATH, as this is a git checkout",
            "",
            "git-missing",
        ) from None
    if done.returncode == 0:
        return done.stdout
    if not check:
        return None
    said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
    raise refused(str(directory), f"git {arguments[0]} failed ({said[0]})", "", "", "git-failed")


def _die_with(parent: int) -> None:
    """In a child of the process `parent`: it ends when that one does, however that is. Linux alone can say so; on
    others the child outlives a killed newop-gen until it has read what it was asked."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before this was said
            os._exit(1)


def _libc_prctl() -> Any:
    try:
        return ctypes.CDLL(None).prctl
    except (OSError, AttributeError):
        return None


_prctl = _libc_prctl()  # looked up here: between fork and exec nothing may be imported


class Repository:
    """The repository that a directory is a work tree of; made by `find`."""

    def __init__(self, top: Path, git_dir: Path) -> None:
        self.top = top
        self.git_dir = git_dir

    @classmethod
    def find(cls, root: Path) -> Repository | None:
        """The repository around `root`, None when there is none.

        Raises `CheckoutRefused` when there is one that git can't or won't read (`safe.directory`, git missing), or when
        `root` is inside a git directory.
        """
        if not any(os.path.lexists(d / ".git") or _is_bare(d) for d in (root, *root.parents)):
            return None
        for place in (root, *root.parents):
            _refuse_endless(place / ".git")
        said = _run(
            root, "rev-parse", "--is-inside-git-dir", "--is-inside-work-tree", "--absolute-git-dir", check=False
        )
        if said is None:
            # Ask again for the reason: anything but "there is no repository" is the user's to know.
            try:
                _run(root, "rev-parse", "--absolute-git-dir")
            except Exception as error:
                if "not a git repository (or any" not in str(error):
                    raise
            broken = [d / ".git" for d in (root, *root.parents) if _claims(d / ".git")]
            if not broken:
                return None
            # Git passes over what it can't read or make sense of, as if this were no repository.
            raise refused(str(root), f"git can't read {broken[0]}", "a repository, or none", "", "git-failed")
        inside_git, inside_tree, git_dir = os.fsdecode(said or b"").removesuffix("\n").split("\n", 2)
        if inside_git == "true":
            raise refused(str(root), "this directory is inside a git directory", "a work tree", "", "git-dir")
        if inside_tree != "true":
            return None
        top = _run(root, "rev-parse", "--show-toplevel") or b""
        base = Path(os.fsdecode(top[:-1]))
        if not root.is_relative_to(base):
            raise refused(
                str(root), f"git says that the work tree is {base}", "a work tree around this directory", "", "git-top"
            )
        return cls(base, Path(git_dir))

    def under_way(self) -> str | None:
        """The operation that git is in the middle of, None when there is none."""
        for name, what in _UNDER_WAY.items():
            if os.path.lexists(self.git_dir / name):
                return what
        return "an unmerged index" if _run(self.top, "ls-files", "--unmerged", "-z") else None

    def entries(self, paths: list[str]) -> dict[str, Entry]:
        """What HEAD and the index have for each path (relative to the top)."""
        if not paths:
            return {}
        index: dict[str, str] = {}
        for record in _split(_run(self.top, "ls-files", "--stage", "-z", "--", *paths)):
            fields, _, path = record.partition("\t")
            index[path] = fields.split()[1]
        head: dict[str, str] = {}
        if self.has_commits():
            for record in _split(_run(self.top, "ls-tree", "-z", "--full-tree", "HEAD", "--", *paths)):
                fields, _, path = record.partition("\t")
                head[path] = fields.split()[2]
        return {path: Entry(head.get(path), index.get(path)) for path in paths}

    def has_commits(self) -> bool:
        """Whether HEAD is a commit (it is none on a branch that is yet to be born).

        Raises `CheckoutRefused` when it should be one, but can't be read.
        """
        if _run(self.top, "rev-parse", "--verify", "--quiet", "HEAD", check=False) is None:
            return False
        return _run(self.top, "rev-parse", "--verify", "HEAD^{commit}") is not None

    def blob(self, oid: str) -> bytes:
        """A blob as it is stored: no filter, no conversion."""
        return _run(self.top, "cat-file", "blob", oid) or b""

    def versions(self, path: str, limit: int = 200) -> Iterator[bytes]:
        """The committed versions of a file, the newest first, each once. Lazy."""
        seen = set()
        commits = _split(_run(self.top, "rev-list", f"--max-count={limit}", "HEAD", "--", path), b"\n")
        # The versions before the oldest change that is looked at are its parents'.
        for commit in [c for one in commits for c in (one, f"{one}^@")]:
            names = [commit]
            if commit.endswith("^@"):
                names = _split(_run(self.top, "rev-parse", commit), b"\n")
            for name in names:
                record = _split(_run(self.top, "ls-tree", "-z", "--full-tree", name, "--", path))
                oid = record[0].partition("\t")[0].split()[2] if record else ""
                if oid and oid not in seen:
                    seen.add(oid)
                    yield self.blob(oid)

    def filters(self, paths: list[str]) -> dict[str, str]:
        """Paths whose stored bytes differ from their file's by more than line ends, with the attribute that says so."""
        wanted = ("filter", "working-tree-encoding", "ident")
        found: dict[str, str] = {}
        if not paths:
            return found
        fields = _split(_run(self.top, "check-attr", "-z", *wanted, "--", *paths))
        for path, attribute, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=True):
            if value not in ("unspecified", "unset"):
                found[path] = f"{attribute}={value}" if attribute != "ident" else "ident"
        return found


def _split(output: bytes | None, at: bytes = b"\0") -> list[str]:
    return [os.fsdecode(part) for part in (output or b"").split(at) if part]


def _claims(path: Path) -> bool:
    """Whether something is there that can't be looked into, or that has any of what a git directory has."""
    if not os.path.lexists(path):
        return False
    if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)):
        return True
    return any(os.path.lexists(path / name) for name in ("HEAD", "objects", "refs", "config", "index"))


def _refuse_endless(git_dir: Path) -> None:
    """Refuse a git directory in which a file is a pipe or a device: git would wait for its end. Raises
    `CheckoutRefused`. What a linked one (`.git` is a file) holds meets git's time limit."""
    try:
        names = os.listdir(git_dir)
    except OSError:
        names = []
    for path in (git_dir, *(git_dir / name for name in sorted(names))):
        try:
            mode = path.stat().st_mode
        except OSError:
            continue
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise refused(str(path), "this is a pipe or a device", "a file of git's", "", "git-failed")


def _is_bare(directory: Path) -> bool:
    return (directory / "HEAD").is_file() and (directory / "objects").is_dir() and (directory / "refs").is_dir()


def blob_id(data: bytes, like: str) -> str:
    """The id that git gives to `data`; `like`, an id of the same repository, says which hash it uses."""
    algorithm = hashlib.sha256 if len(like) == 64 else hashlib.sha1
    return algorithm(b"blob %d\0" % len(data) + data).hexdigest()


def lfs_pointer(data: bytes) -> bytes:
    """The pointer file that Git LFS stores for `data`."""
    digest = hashlib.sha256(data).hexdigest()
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (digest.encode(), len(data))


def stored_forms(data: bytes, filtered: str | None) -> list[bytes]:
    """The bytes that git may have stored for a file that holds `data`: as it is, with LF (autocrlf), as LFS does."""
    forms = [data]
    if b"\r\n" in data:
        forms.append(data.replace(b"\r\n", b"\n"))
    if filtered == "filter=lfs":
        forms.append(lfs_pointer(data))
    return forms
