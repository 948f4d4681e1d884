"""What a release consists of, wherever it comes from: files with their places in a source checkout."""

from __future__ import annotations

import calendar
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..problems import IoFault, Place, Problem

# Measured tables: systems/data/<system>/<backend>/<version>/<file>, under src/aiconfigurator or, from 0.11 on,
# under aic-core/src/aiconfigurator_core.
_TABLE = re.compile(r"(?:^|/)systems/data/(?P<system>[^/]+)/.+")

# What setuptools writes beside the package in an editable install, and what aiconfigurator's own .gitignore names.
# It answers importlib.metadata.version("aiconfigurator"), which the package asks for when it is imported.
METADATA_DIRECTORY = "aiconfigurator.egg-info"


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
        return self.path.endswith((".py", ".toml")) and not self.path.startswith(("tests/", "tools/", "collector/"))


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
    """A release out of its wheel, its packages under `src/`."""

    def __init__(self, version: str, path: Path, sha256: str) -> None:
        self.version = version
        self.origin = f"its wheel {path.name} (sha256 {sha256})"
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
            path = _place(name)
            if path is not None:
                found.append(Entry(path, name, executable=bool((info.external_attr >> 16) & 0o100)))
        return found

    def read(self, entries: Iterable[Entry]) -> Iterator[tuple[Entry, bytes | None]]:
        for entry in entries:
            try:
                yield entry, self._archive.read(entry.key)
            except (OSError, zipfile.BadZipFile) as error:
                raise IoFault(Problem(Place(str(self._archive.filename)), f"{entry.key}: {error}")) from None


def _place(name: str) -> str | None:
    """Where a wheel's member belongs in a checkout; None for those that only an installer needs."""
    directory, _, rest = name.partition("/")
    if not directory.endswith(".dist-info"):
        return f"src/{name}"
    if rest == "METADATA":
        return f"src/{METADATA_DIRECTORY}/PKG-INFO"
    if rest in ("entry_points.txt", "top_level.txt"):
        return f"src/{METADATA_DIRECTORY}/{rest}"
    if rest == "licenses/LICENSE":
        return "LICENSE"
    return None
