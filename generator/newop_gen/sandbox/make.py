"""Making a sandbox: a release as a source checkout under git, complete or not at all."""

from __future__ import annotations

import difflib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..checkout.places import AICONFIGURATOR
from ..problems import CheckoutRefused, IoFault, Place, Problem, SpecError
from .clone import CloneContents
from .contents import METADATA_DIRECTORY, Contents, CrateContents, Entry, JoinedContents, WheelContents
from .crates import fetch_crate
from .git import run_git
from .project import engine_files, generated_files, minimal_metadata
from .releases import ENGINES, unknown_version
from .wheels import WHEELS, fetch_wheel, get_wheel

# The sandbox's own repository stores bytes as they are, whatever the release's .gitattributes says (Git LFS, eol).
_ATTRIBUTES = "* -filter -text -ident -working-tree-encoding -eol\n"
_IDENTITY = "newop-gen sandbox"
_ADDRESS = "newop-gen@localhost"


def make_sandbox(
    version: str,
    directory: str | os.PathLike[str],
    repo: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] = print,
    systems: Collection[str] | None = None,
) -> Path:
    """Lays out release `version` ("0.8.0") in `directory` as a source checkout with one commit, and returns its path.

    The release comes from its wheel (downloaded once, then cached), with the crate of its engine where its ops are
    compiled, or from the tag of the clone `repo`. `directory`
    must not exist or be empty; it appears complete or not at all. `systems` limits the measured tables to those of
    the systems named (`h200_sxm`); None takes all. The tables are files of the checkout but not of its commit: they
    are listed in `.git/info/exclude`, so that git need not store half a gigabyte, and a table that is added later
    shows up in `git status` all the same. `report` gets one line of progress at a time.

    Raises `SpecError` for an unknown version or system (with those that work), `CheckoutRefused` for a directory that
    is in use and a clone without the tag or without code that is needed, `IoFault` when downloading or writing fails.
    """
    version = version.strip().removeprefix("v")
    target = Path(directory).absolute()
    _check_target(target)
    title, contents, added = contents_of(version, None if repo is None else Path(repo), report)
    entries = select(contents.entries(), systems, title)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename.
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            report(f"Laying out {title} from {contents.origin}")
            laid_out = lay_out(contents, entries, scratch)
            for path, text in added.items():
                _write(scratch / path, text.encode("utf-8"))
            for line in laid_out.warnings():
                report(line)
            laid_out.tracked += [path for path in added if not Entry(path, "").made]
            message = f"{title}\n\nFrom {contents.origin}."
            commit_all(scratch, laid_out.tracked, laid_out.built + laid_out.tables, message, contents.date)
            umask = os.umask(0)
            os.umask(umask)
            scratch.chmod(0o777 & ~umask)
            os.rename(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise IoFault(
            Problem(Place(str(error.filename or target)), f"the sandbox can't be written ({error.strerror or error})")
        ) from None
    report(laid_out.summary())
    return target


def contents_of(
    version: str, repo: Path | None, report: Callable[[str], None]
) -> tuple[str, Contents, Mapping[str, str]]:
    """What a release is called, its files, and the text of every file that is added to them, by path."""
    title = f"aiconfigurator {version}"
    if repo is not None:
        return (
            title,
            CloneContents(version, repo),
            {f"{AICONFIGURATOR.folder}/{METADATA_DIRECTORY}/PKG-INFO": minimal_metadata(version)},
        )
    if version in WHEELS:
        wheel = WheelContents(version, get_wheel(version, report), WHEELS[version].sha256)
        return title, wheel, generated_files(version, wheel.metadata(), wheel.source_packages())
    if version not in ENGINES:
        raise unknown_version(version)
    engine = ENGINES[version]
    crate = CrateContents(fetch_crate(engine.crate, report), engine.crate.sha256, engine.crate_folder, engine.manifest)
    wheels = [WheelContents(one.version, fetch_wheel(one, report), one.sha256, engine.folders) for one in engine.wheels]
    for path in engine.stand_ins:
        report(f"{path} is a stand-in of newop-gen's own: no archive holds it, and the crate's tests read it")
    return (
        engine.title,
        JoinedContents(version, [crate, *wheels]),
        {**engine_files(engine, wheels[0].metadata()), **engine.stand_ins},
    )


def select(entries: list[Entry], systems: Collection[str] | None, title: str) -> list[Entry]:
    """The entries without the tables of systems that are not wanted; `SpecError` for a system that is not there."""
    if systems is None:
        return entries
    there = sorted({e.system for e in entries if e.system is not None})
    problems = []
    for name in systems:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            problems.append(
                Problem(
                    Place(title),
                    f"no measured tables of a system {name!r}",
                    f"one of {', '.join(there)}",
                    f"did you mean {near[0]}?" if near else "",
                    "unknown-system",
                )
            )
    if problems:
        raise SpecError(problems)
    return [e for e in entries if e.system is None or e.system in systems]


@dataclass
class LaidOut:
    """What was written: paths for the commit, what a build makes and tables beside it, files whose content could not be
    had."""

    tracked: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    pointers: int = 0
    missing: list[str] = field(default_factory=list)

    def warnings(self) -> list[str]:
        lines = [f"Left out, because the clone lacks its content: {path}" for path in self.missing]
        if self.pointers:
            lines.append(
                f"{self.pointers} of {len(self.tables)} measured tables are Git LFS pointers: the code can be edited, "
                "but the release can't load them"
            )
        return lines

    def summary(self) -> str:
        text = f"{len(self.tracked)} files in one commit"
        return f"{text}, {len(self.tables)} measured tables beside it" if self.tables else text


def lay_out(contents: Contents, entries: list[Entry], directory: Path) -> LaidOut:
    """Writes the entries below `directory`. Raises `CheckoutRefused` when code that is needed has no content."""
    laid_out = LaidOut()
    needed: list[str] = []
    # Symbolic links last: nothing is ever written through one.
    for entry, data in contents.read(sorted(entries, key=lambda e: e.symlink)):
        if data is None:
            (needed if entry.needed else laid_out.missing).append(entry.path)
            continue
        path = directory / entry.path
        if entry.symlink:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.symlink(data, os.fsencode(path))
        else:
            _write(path, data, entry.executable)
        if entry.system is not None:
            laid_out.tables.append(entry.path)
            laid_out.pointers += data.startswith(b"version https://git-lfs.github.com/spec/")
        else:
            (laid_out.built if entry.made else laid_out.tracked).append(entry.path)
    if needed:
        raise CheckoutRefused(
            [
                Problem(
                    Place(path),
                    "the clone lists this file and lacks its content",
                    "a clone with the release's code",
                    "fetch it whole (git fetch --refetch, or a new clone)",
                    "missing-object",
                )
                for path in needed
            ]
        )
    return laid_out


def _check_target(target: Path) -> None:
    if not os.path.lexists(target):
        return
    if target.is_symlink() or not target.is_dir():
        found = "this is not a directory"
    elif any(target.iterdir()):
        found = "the directory is not empty"
    else:
        return
    raise CheckoutRefused(
        Problem(Place(str(target)), found, "a directory that does not exist yet, or an empty one", "", "not-empty")
    )


def _write(path: Path, data: bytes, executable: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if executable:
        path.chmod(path.stat().st_mode | 0o111)


def commit_all(directory: Path, paths: list[str], excluded: list[str], message: str, date: int) -> None:
    """A repository in `directory` with one commit of `paths`; `excluded` are files that git is not to mention."""
    run_git(directory, "init", "--quiet", "--template=")
    run_git(directory, "symbolic-ref", "HEAD", "refs/heads/main")
    # A table that is added to a directory of excluded ones is shown by its own name.
    run_git(directory, "config", "status.showUntrackedFiles", "all")
    info = directory / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text(_ATTRIBUTES)
    lines = ["# Written by newop-gen sandbox: kept out of the commit.", "*.egg-info/"]
    lines += ["/" + _escape(path) for path in excluded]
    (info / "exclude").write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    listing = "".join(f"{path}\0" for path in paths).encode("utf-8", "surrogateescape")
    # By name, not `git add .`: a release may track files that its own .gitignore names.
    run_git(directory, "update-index", "--add", "-z", "--stdin", stdin=listing)
    stamp = f"{date} +0000"
    who = {
        "GIT_AUTHOR_NAME": _IDENTITY,
        "GIT_AUTHOR_EMAIL": _ADDRESS,
        "GIT_AUTHOR_DATE": stamp,
        "GIT_COMMITTER_NAME": _IDENTITY,
        "GIT_COMMITTER_EMAIL": _ADDRESS,
        "GIT_COMMITTER_DATE": stamp,
    }
    run_git(directory, "commit", "--quiet", "--no-verify", "--message", message, environment=who)


def _escape(path: str) -> str:
    """A path as a pattern of an ignore file."""
    return "".join("\\" + c if c in "\\*?[#! " else c for c in path)
