"""What a release consists of, wherever it comes from: files with their places in a source checkout."""

from __future__ import annotations

import calendar
import re
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..checkout.places import AICONFIGURATOR
from ..problems import IoFault, Place, Problem

# Measured tables: systems/data/<system>/<backend>/<version>/<file>, in the package that holds the SDK.
_TABLE = re.compile(r"(?:^|/)systems/data/(?P<system>[^/]+)/.+")

# What setuptools writes beside the package in an editable install, and what aiconfigurator's own .gitignore names.
# It answers importlib.metadata.version("aiconfigurator"), which the package asks for when it is imported.
METADATA_DIRECTORY = f"{AICONFIGURATOR.name}.egg-info"
_METADATA = re.compile(r"(?:^|/)[A-Za-z0-9_]+\.egg-info/")


@dataclass(frozen=True)
class Entry:
    """One file: its path in the checkout, and `key`, by which its source finds the bytes."""

    path: str
    key: str
    executable: bool = False
    symlink: bool = False

    @property
    def system(self) -> str | None:
        """The system that this file holds measurements of; None when it is not a measured table."""
        match = _TABLE.search(self.path)
        return match["system"] if match else None

    @property
    def needed(self) -> bool:
        """Whether the release can't be edited or run without it: code and the project file."""
        code = self.path.endswith((".py", ".rs", ".toml"))
        return code and not self.path.startswith(("tests/", "tools/", "collector/"))

    @property
    def made(self) -> bool:
        """Whether a build or an installation makes it, so that a repository does not hold it."""
        return _METADATA.search(self.path) is not None or self.path.endswith((".so", ".pyd", ".dylib"))


class Contents(Protocol):
    """A release's files. `origin` is one line for humans, `date` a Unix time for the sandbox's commit."""

    version: str
    origin: str
    date: int

    def entries(self) -> list[Entry]: ...

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        """The bytes of each entry, in order; None for one that the source lists and does not have."""
        ...


class WheelContents:
    """A release out of its wheel, its packages under `src/`, or those of `folders` where it names them."""

    def __init__(self, version: str, path: Path, sha256: str, folders: Mapping[str, str] | None = None) -> None:
        self.version = version
        self.origin = f"{'its' if folders is None else 'the'} wheel {path.name} (sha256 {sha256})"
        self._folders = folders
        try:
            self._archive = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise IoFault(Problem(Place(str(path)), f"the wheel can't be read ({error})")) from None
        self._members = {info.filename: info for info in self._archive.infolist() if not info.is_dir()}
        newest = max(info.date_time for info in self._members.values())
        self.date = calendar.timegm((*newest, 0, 0, 0))

    def metadata(self) -> str:
        """The wheel's METADATA file."""
        name = next(n for n in self._members if n.endswith(".dist-info/METADATA"))
        return self._archive.read(name).decode("utf-8")

    def source_packages(self) -> list[str]:
        """The top-level packages that are Python source throughout: one with a compiled module is built elsewhere."""
        packages: dict[str, bool] = {}
        for name in self._members:
            top, _, rest = name.partition("/")
            if rest and not top.endswith((".dist-info", ".libs", ".data")):
                packages[top] = packages.get(top, True) and not name.endswith((".so", ".pyd", ".dylib"))
        return sorted(top for top, source in packages.items() if source)

    def entries(self) -> list[Entry]:
        found = []
        for name, info in self._members.items():
            path = self._place(name)
            if path is not None:
                found.append(Entry(path, name, executable=bool((info.external_attr >> 16) & 0o100)))
        return found

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        for entry in entries:
            try:
                yield entry, self._archive.read(entry.key)
            except (OSError, zipfile.BadZipFile) as error:
                raise IoFault(Problem(Place(str(self._archive.filename)), f"{entry.key}: {error}")) from None

    def _place(self, name: str) -> str | None:
        """Where a member belongs in a checkout; None for those that only an installer needs."""
        directory, _, rest = name.partition("/")
        if not directory.endswith(".dist-info"):
            return f"{self._folder(directory)}/{name}"
        project = directory.partition("-")[0]
        beside = f"{self._folder(project)}/{project}.egg-info"
        if rest == "METADATA":
            return f"{beside}/PKG-INFO"
        if rest in ("entry_points.txt", "top_level.txt"):
            return f"{beside}/{rest}"
        if rest == "licenses/LICENSE":
            return "LICENSE"
        return None

    def _folder(self, package: str) -> str:
        return AICONFIGURATOR.folder if self._folders is None else self._folders[package]


class CrateContents:
    """The engine of a release out of its crate, in `folder`. `manifest` is the member that becomes its Cargo.toml."""

    def __init__(self, path: Path, sha256: str, folder: str, manifest: str) -> None:
        self.version = path.stem
        self.origin = f"the crate {path.name} (sha256 {sha256})"
        self._folder, self._manifest, self._path = folder, manifest, path
        try:
            with tarfile.open(path) as archive:
                self._members = {
                    info.name.partition("/")[2]: (data.read(), int(info.mtime), bool(info.mode & 0o100))
                    for info in archive
                    if info.isfile() and (data := archive.extractfile(info)) is not None
                }
        except (OSError, tarfile.TarError) as error:
            raise IoFault(Problem(Place(str(path)), f"the crate can't be read ({error})")) from None
        self.date = max(mtime for _, mtime, _ in self._members.values())

    def entries(self) -> list[Entry]:
        """What is in the repository: not what cargo adds when it packs a crate."""
        added = {".cargo_vcs_info.json", "Cargo.toml", "Cargo.toml.orig"}
        found = [
            Entry(f"{self._folder}/{name}", name, executable=executable)
            for name, (_, _, executable) in self._members.items()
            if name not in added
        ]
        return [*found, Entry(f"{self._folder}/Cargo.toml", self._manifest)]

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        for entry in entries:
            yield entry, self._members[entry.key][0]


class JoinedContents:
    """A release out of several archives."""

    def __init__(self, version: str, parts: Sequence[WheelContents | CrateContents]) -> None:
        self.version = version
        self.origin = ", ".join(part.origin for part in parts)
        self.date = max(part.date for part in parts)
        self._parts = parts

    def entries(self) -> list[Entry]:
        return list({entry.path: entry for part in self._parts for entry in part.entries()}.values())

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        wanted = list(entries)
        for part in self._parts:
            own = set(part.entries())
            yield from part.read(entry for entry in wanted if entry in own)
