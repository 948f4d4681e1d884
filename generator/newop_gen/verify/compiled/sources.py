"""What a build is made from, and a digest of it: every file that was compiled, by content and never by time.

cargo decides by modification times whether a crate has to be compiled again; files that come from an archive, a copy or
a checkout of an older state can have times that say nothing. What is taken for built is therefore compared by digest:
the compiler's own list of the files that it read, all other Rust files beside them, the manifests, the lock file, the
configurations that cargo reads, the toolchain, the words and the variables that it was run with.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...sandbox.cache import file_digest
from .cargo import Artefact, Cargo

VARIABLES = re.compile(
    r"RUSTFLAGS|RUSTC\w*|RUSTDOCFLAGS|CARGO_(ENCODED_RUSTFLAGS|BUILD_\w+|PROFILE_\w+|TARGET_.+)|PYO3_\w+"
)
"""Variables that change what is built."""

NOT_COUNTED = frozenset({"CARGO_TARGET_DIR"})


@dataclass(frozen=True)
class Sources:
    """Digests of files by path, and of all that counts besides."""

    files: Mapping[str, str]
    besides: str

    @property
    def digest(self) -> str:
        text = json.dumps([sorted(self.files.items()), self.besides])
        return hashlib.sha256(text.encode()).hexdigest()

    def changed(self, later: Sources) -> list[str]:
        """Files that are otherwise in `later`, or only in one of the two."""
        names = sorted(self.files.keys() | later.files.keys())
        return [name for name in names if self.files.get(name) != later.files.get(name)]


def read_sources(cargo: Cargo, metadata: Mapping[str, Any], words: Sequence[str], compiled: Iterable[str]) -> Sources:
    """The sources of a crate as they are now. `words` are those that cargo is run with, `compiled` the files that an
    earlier build of the same kind is known to have read."""
    paths = {*_manifests(cargo.directory, metadata), *_rust_files(cargo.directory, metadata), *map(Path, compiled)}
    files = {str(path): file_digest(path) if path.is_file() else "" for path in paths}
    variables = {
        name: value
        for name, value in sorted(cargo.environment.items())
        if VARIABLES.fullmatch(name) and name not in NOT_COUNTED
    }
    return Sources(files, json.dumps([cargo.versions(), list(words), variables]))


def _manifests(directory: Path, metadata: Mapping[str, Any]) -> Iterator[Path]:
    root = Path(metadata["workspace_root"])
    yield from (root / "Cargo.toml", root / "Cargo.lock")
    yield from (Path(package["manifest_path"]) for package in metadata["packages"])
    for folder in (directory, *directory.parents):
        for name in (".cargo/config.toml", ".cargo/config", "rust-toolchain.toml", "rust-toolchain"):
            if (folder / name).is_file():
                yield folder / name
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    yield from (home / name for name in ("config.toml", "config") if (home / name).is_file())


def _rust_files(directory: Path, metadata: Mapping[str, Any]) -> Iterator[Path]:
    """All Rust files beside the roots of the crate's library and build script."""
    manifest = str(directory / "Cargo.toml")
    for package in metadata["packages"]:
        if os.path.realpath(package["manifest_path"]) != os.path.realpath(manifest):
            continue
        for target in package["targets"]:
            if {"lib", "rlib", "cdylib"} & set(target["kind"]):
                yield from Path(target["src_path"]).parent.rglob("*.rs")
            elif "custom-build" in target["kind"]:
                yield Path(target["src_path"])


def compiled_files(artefacts: Iterable[Artefact], metadata: Mapping[str, Any]) -> list[str]:
    """The files that were read for the artefacts of local crates, as the compiler lists them beside each."""
    root = Path(metadata["workspace_root"])
    found: dict[str, None] = {}
    for file in (Path(name) for artefact in artefacts if artefact.local for name in artefact.files):
        for listing in (file.with_suffix(".d"), file.with_name(f"{file.stem.removeprefix('lib')}.d")):
            if listing.is_file():
                found.update(dict.fromkeys(str(root / path) for path in _listed(listing)))
    return list(found)


def _listed(listing: Path) -> Iterator[str]:
    """The right-hand sides of a make file's rules; blanks in names are escaped."""
    for line in listing.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        if not line.startswith("#"):
            for name in re.findall(r"(?:\\.|[^\s\\])+", line.partition(": ")[2]):
                yield re.sub(r"\\(.)", r"\1", name)
