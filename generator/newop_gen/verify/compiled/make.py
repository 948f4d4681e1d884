"""A build that is what the sources make: built, or found built before, and proved by digest either way."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...sandbox.cache import file_digest
from ..pulse import Pulse
from .builds import Build
from .cargo import Artefact, Cargo, Outcome, Said, build_fault
from .sources import Sources, compiled_files, read_sources

if TYPE_CHECKING:
    from ...layouts.crate import Crate

Kind = Literal["extension", "tests"]
Profile = Literal["dev", "release"]

LIBRARIES = (".so", ".dylib", ".dll")
TRIES = 2
WHAT: Mapping[Kind, str] = {"extension": "the compiled extension", "tests": "the crate's unit tests"}


class BuildFailed(Exception):
    """The sources don't compile; `said` is what the compiler says of them, errors only."""

    def __init__(self, kind: Kind, said: Sequence[Said]) -> None:
        self.kind = kind
        self.said = tuple(said)
        super().__init__(f"{WHAT[kind]} can't be built: {self.said[0].text}")


@dataclass(frozen=True)
class Built:
    """One artefact: the extension's library, or the program with the crate's unit tests.

    `sha256` is the artefact's, `digest` that of all it was made from, `warnings` are the compiler's of the tree's own
    crates; `seconds` is what cargo took, 0 where the artefact was found built.
    """

    kind: Kind
    path: Path
    sha256: str
    digest: str
    warnings: tuple[Said, ...]
    seconds: float
    toolchain: str

    @property
    def fresh(self) -> bool:
        """It was there, and nothing had changed since."""
        return not self.seconds


@dataclass(frozen=True)
class Builder:
    """Makes artefacts of one crate, in a build that is this process's alone, for the interpreter `python`."""

    build: Build
    crate: Crate
    root: Path
    python: str
    report: Callable[[str], None]
    profile: Profile = "dev"

    @property
    def directory(self) -> Path:
        """Where the crate's manifest is. As the system knows it: cargo keeps one path per build."""
        return Path(os.path.realpath(self.root / self.crate.folder))

    def make(self, kind: Kind) -> Built:
        """The artefact of the sources as they are.

        What was built before is used when digests prove it: those of all that it was made from, and its own. Raises
        `NoCargo`, `BuildFailed` when the sources don't compile, `IoFault` for a build that can't be carried out, such
        as with a lock file that is not up to date, or crates that can't be had.
        """
        cargo = Cargo.found(self.directory, cargo_environment(self.build.target, self.python))
        metadata, words = cargo.metadata(), self._words(kind)
        name = kind if self.profile == "dev" else f"{kind}-{self.profile}"
        record = self.build.record(name) or {}
        before = read_sources(cargo, metadata, words, record.get("compiled", ()))
        known = _known(kind, record, before)
        if known is not None:
            return known
        for _ in range(TRIES):
            started = time.time()
            outcome = self._run(cargo, kind, words)
            artefact = _own(outcome, self.directory, kind)
            if artefact.fresh:
                # cargo goes by times. That nothing changed since is its word alone: there is no record that proves it.
                self._forget(outcome)
                outcome = self._run(cargo, kind, words)
                artefact = _own(outcome, self.directory, kind)
            compiled = compiled_files(outcome.artefacts, metadata)
            after = read_sources(cargo, metadata, words, compiled)
            moved = _moved(before, after, started)
            if not moved:
                return self._keep(name, kind, outcome, artefact, compiled, after, cargo)
            before = after
        raise build_fault(self.directory, f"the sources change while they are built: {', '.join(moved[:3])}")

    def _words(self, kind: Kind) -> list[str]:
        features = self.crate.extension_features if kind == "extension" else self.crate.test_features
        words = ["build"] if kind == "extension" else ["test", "--no-run"]
        words += ["--lib", "--locked", "--message-format=json"]
        words += ["--features", ",".join(features)] if features else []
        return [*words, "--release"] if self.profile == "release" else words

    def _run(self, cargo: Cargo, kind: Kind, words: Sequence[str]) -> Outcome:
        first = not any(self.build.target.glob("*/deps"))
        self.report(
            f"building {WHAT[kind]} with cargo"
            + (" (the first build of this checkout: its dependencies, too, minutes)" if first else "")
        )
        outcome = cargo.run(words, Pulse("cargo", self.report))
        if outcome.status == 0:
            return outcome
        located = [said for said in outcome.errors if said.file]
        if located:
            raise BuildFailed(kind, located)
        why = next((said.rendered.strip() for said in outcome.errors), "") or outcome.last_words
        what = f"cargo can't build {WHAT[kind]} (status {outcome.status}): {why[:600]}"
        raise build_fault(self.directory, what, _advice(why))

    def _forget(self, outcome: Outcome) -> None:
        """Takes away what cargo knows by times of the tree's own crates. What the compiler keeps goes by content."""
        for name in {artefact.package for artefact in outcome.artefacts if artefact.local}:
            for fingerprint in self.build.target.glob(f"**/.fingerprint/{name}-*"):
                shutil.rmtree(fingerprint, ignore_errors=True)

    def _keep(
        self, name: str, kind: Kind, outcome: Outcome, artefact: Artefact, compiled: Sequence[str],
        sources: Sources, cargo: Cargo,
    ) -> Built:  # fmt: skip
        path = Path(artefact.executable or next(name for name in artefact.files if name.endswith(LIBRARIES)))
        toolchain = _short(cargo.versions())
        warnings = tuple(said for said in outcome.said if said.level == "warning" and _local(said, self.directory))
        built = Built(kind, path, file_digest(path), sources.digest, warnings, outcome.seconds, toolchain)
        self.build.keep(
            name,
            {
                "digest": built.digest,
                "compiled": list(compiled),
                "artefact": str(path),
                "sha256": built.sha256,
                "toolchain": toolchain,
                "warnings": [said.as_data() for said in warnings],
            },
        )
        return built


def cargo_environment(target: Path, python: str | Path, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for cargo: the user's, with artefacts outside of the tree, and the interpreter that will load
    them. Without debug information they build faster and take half the room; what they compute is the same."""
    environment = dict(os.environ if base is None else base)
    environment.update(
        CARGO_TARGET_DIR=str(target),
        PYO3_PYTHON=str(python),
        CARGO_PROFILE_DEV_DEBUG="0",
        CARGO_TERM_COLOR="never",
        CARGO_TERM_PROGRESS_WHEN="always",
        CARGO_TERM_PROGRESS_WIDTH="120",
    )
    return environment


def _known(kind: Kind, record: Mapping[str, Any], now: Sources) -> Built | None:
    """What a record says was built, when it is proved to be what the sources make now."""
    path = Path(record.get("artefact", ""))
    if record.get("digest") != now.digest or not path.is_file() or file_digest(path) != record.get("sha256"):
        return None
    warnings = tuple(Said(**said) for said in record["warnings"])
    return Built(kind, path, record["sha256"], now.digest, warnings, 0.0, record["toolchain"])


def _moved(before: Sources, after: Sources, started: float) -> list[str]:
    """Files that were not the same all the while they were compiled. Of those that were only known afterwards, their
    times have to tell."""
    moved = [n for n, digest in after.files.items() if n in before.files and before.files[n] != digest]
    for name in after.files.keys() - before.files.keys():
        path = Path(name)
        if path.is_file() and path.stat().st_mtime >= started:
            moved.append(name)
    return moved


def _own(outcome: Outcome, directory: Path, kind: Kind) -> Artefact:
    """The artefact that was asked for."""
    manifest = os.path.realpath(directory / "Cargo.toml")
    for artefact in reversed(outcome.artefacts):
        if os.path.realpath(artefact.manifest) != manifest or artefact.test != (kind == "tests"):
            continue
        if artefact.executable or (kind == "extension" and any(name.endswith(LIBRARIES) for name in artefact.files)):
            return artefact
    raise build_fault(
        directory, f"cargo built no {'test program' if kind == 'tests' else 'library that can be loaded'}"
    )


def _local(said: Said, directory: Path) -> bool:
    """A message about the tree's own files: those of other crates are told by absolute paths."""
    return bool(said.file) and not (Path(said.file).is_absolute() and not Path(said.file).is_relative_to(directory))


def _short(versions: str) -> str:
    """`cargo 1.95.0, rustc 1.95.0`, of all that the two say of themselves."""
    firsts = [line.split() for line in versions.splitlines() if line.startswith(("cargo ", "rustc "))]
    return ", ".join(" ".join(words[:2]) for words in firsts)


def _advice(words: str) -> str:
    if "--locked" in words:
        return "bring its Cargo.lock up to date (`cargo metadata` there does): verify writes nothing into a checkout"
    if "offline" in words or "download" in words:
        return "`cargo fetch --locked` there, once, with a network"
    if "lpython" in words or "libpython" in words:
        return "name an interpreter that has a shared libpython with --python"
    return ""
