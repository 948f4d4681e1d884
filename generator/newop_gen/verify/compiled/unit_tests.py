"""The Rust unit tests of one op, run from the program that cargo made of the crate's tests."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cargo import build_fault, leashed, spoken
from .make import Built, cargo_environment

SECONDS = 900
_SAID = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)", re.MULTILINE)
_WHY = re.compile(r"^---- (\S+) stdout ----\n(.*?)(?=^----|^failures:|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class RustTests:
    """What each test said, by its name (`ok`, `FAILED`, `ignored`), and the first lines of those that failed. `ended`
    is "" for a program that ran to its end, else what became of it."""

    said: Mapping[str, str]
    why: Mapping[str, str]
    ended: str = ""

    @property
    def failed(self) -> list[str]:
        return [name for name, said in self.said.items() if said == "FAILED"]


def run_tests(
    built: Built, directory: Path, python: str, filters: Sequence[str], told: Callable[[str], None],
    seconds: float = SECONDS,
) -> RustTests:  # fmt: skip
    """The tests whose names contain one of `filters`, in the crate's `directory`, as `cargo test` runs them. Raises
    `IoFault` when the program can't be started."""
    environment = cargo_environment(Path(os.devnull), python)
    environment["CARGO_MANIFEST_DIR"] = str(directory)
    # The program embeds the interpreter: its library is where that has it, which need not be where the system looks.
    libraries = [sysconfig_library(python), environment.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, libraries))
    command = [str(built.path), *filters, "--test-threads=2", "--color=never"]
    started = time.monotonic()
    streams = {"out": bytearray(), "err": bytearray()}
    with leashed(command, directory, environment) as child:
        try:
            for name, data in spoken(child, seconds):
                streams[name] += data
        except TimeoutError:
            return RustTests({}, {}, f"no end after {seconds:.0f} s")
        status = child.wait()
    output, errors = (streams[name].decode("utf-8", "replace") for name in ("out", "err"))
    said = dict(_SAID.findall(output))
    told(f"{len(said)} Rust tests in {time.monotonic() - started:.1f} s")
    if status == 127:
        raise build_fault(directory, f"the crate's tests can't be run: {errors.strip()[:300]}")
    why = {name: " ".join(text.split())[:300] for name, text in _WHY.findall(output)}
    whole = "test result: " in output
    last = (errors.strip().splitlines() or ["it printed nothing"])[-1]
    return RustTests(said, why, "" if whole else f"it ends with status {status}: {last}")


def sysconfig_library(python: str) -> str:
    """The directory of an interpreter's shared library; "" where it has none, or does not say."""
    code = "import sysconfig; print(sysconfig.get_config_var('LIBDIR') or '')"
    try:
        done = subprocess.run(
            [python, "-I", "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return sysconfig.get_config_var("LIBDIR") or ""
    return done.stdout.strip()
