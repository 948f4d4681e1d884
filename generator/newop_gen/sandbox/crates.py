"""Crates from cargo's registry: the one file that a crate was published as."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..problems import IoFault, Place, Problem
from .cache import cache_fault, file_digest, locked

DOWNLOAD_SECONDS = 300


@dataclass(frozen=True)
class Crate:
    """A published crate. Published files never change, so its digest is part of what is asked for."""

    name: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.name}-{self.version}.crate"


def fetch_crate(crate: Crate, report: Callable[[str], None] = print) -> Path:
    """The file of a crate: from the tool's cache, else from cargo's own, else downloaded by cargo with the user's
    configuration (registries, mirrors, `CARGO_NET_OFFLINE`).

    The file is checked against its digest each time. Raises `IoFault` when there is no cargo, when it can't get the
    crate, or when the cache can't be written.
    """
    with locked(f"crate-{crate.name}-{crate.version}") as cache:
        path = cache / "crates" / crate.filename
        try:
            if path.is_file():
                if file_digest(path) == crate.sha256:
                    return path
                report(f"{path} is damaged; it is fetched again")
            found = _in_cargo(crate)
            if found is None:
                report(f"Fetching the crate {crate.name} {crate.version} with cargo (once)")
                _download(crate)
                found = _in_cargo(crate)
            if found is None:
                raise _failed(crate, "cargo keeps no such file in its cache, or another one of that name")
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=path.parent) as scratch:
                shutil.copyfile(found, Path(scratch) / crate.filename)
                os.replace(Path(scratch) / crate.filename, path)
        except OSError as error:
            raise cache_fault(path, error) from None
    return path


def _in_cargo(crate: Crate) -> Path | None:
    """The crate's file among those that cargo has downloaded, from whichever registry."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    files = sorted(home.glob(f"registry/cache/*/{crate.filename}"))
    return next((file for file in files if file_digest(file) == crate.sha256), None)


def _download(crate: Crate) -> None:
    """`cargo info` downloads a crate to look at it, and nothing else: not the crates that it depends on."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise IoFault(
            Problem(
                Place("cargo"),
                f"cargo is not on the PATH, and {crate.name} {crate.version} comes from its registry",
                "cargo 1.82 or later",
                "install Rust (https://rustup.rs)",
                "no-cargo",
            )
        )
    command = [cargo, "info", "--quiet", "--color=never", f"{crate.name}@{crate.version}"]
    with tempfile.TemporaryDirectory() as elsewhere:  # not in a directory whose own workspace would answer
        try:
            done = subprocess.run(
                command,
                cwd=elsewhere,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=DOWNLOAD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _failed(crate, f"no end after {DOWNLOAD_SECONDS // 60} minutes") from None
    if done.returncode:
        words = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in words if line.startswith("error:")]
        raise _failed(crate, (errors or words or ["cargo said nothing"])[0].removeprefix("error: "))


def _failed(crate: Crate, why: str) -> IoFault:
    return IoFault(
        Problem(
            Place(f"crate {crate.name} {crate.version}"),
            f"the crate could not be fetched: {why}",
            f"{crate.filename} from the registry that cargo is set up for",
            "check the network and cargo's configuration; it is needed once, later runs use the cache",
            "download",
        )
    )
