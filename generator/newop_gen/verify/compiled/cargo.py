"""cargo: finding it, running it with what it says read as data, and what it is asked about a crate."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ...problems import IoFault, Place, Problem

BUILD_SECONDS = 3600  # for one build from nothing; on two busy cores the longest took a tenth of it
ASK_SECONDS = 60
KEPT = 64 << 10  # bytes of what it prints that are kept, the last ones

_LEASH = str(Path(__file__).with_name("leash.py"))
_AT = re.compile(r"(\d+)/(\d+): *(\S[^\r\n]*?)\s*$")


class NoCargo(Exception):
    """There is no cargo on the path."""


@dataclass(frozen=True)
class Said:
    """One message of the compiler: `level` is `error` or `warning`, `file` as the compiler names it (from the crate's
    or the workspace's directory), `line` and `column` count from 1, 0 where it names no place. `rendered` is what cargo
    prints."""

    level: str
    text: str
    file: str
    line: int
    column: int
    rendered: str
    code: str = ""

    def as_data(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Artefact:
    """What cargo says of a crate that it built, or found built and took for `fresh`. `files` are the results, the
    program that runs its tests (`test`) among them; `local`: the crate is one of the tree's own, whose sources can
    change."""

    package: str
    manifest: str
    local: bool
    test: bool
    fresh: bool
    files: tuple[str, ...]
    executable: str

    @classmethod
    def read(cls, message: Mapping[str, Any]) -> Artefact:
        # A package's id is such as `path+file:///a/name#0.1.0` or `path+file:///a/b#name@0.1.0`.
        path, _, rest = message["package_id"].partition("#")
        name, at, _ = rest.partition("@")
        return cls(
            name if at else path.rstrip("/").rpartition("/")[2],
            message["manifest_path"],
            "path+file:" in path,
            message["profile"]["test"],
            message["fresh"],
            tuple(message["filenames"]),
            message["executable"] or "",
        )


@dataclass
class Outcome:
    """What one run of cargo gave."""

    status: int
    seconds: float
    said: list[Said] = field(default_factory=list)
    artefacts: list[Artefact] = field(default_factory=list)
    printed: str = ""

    @property
    def errors(self) -> list[Said]:
        return [said for said in self.said if said.level == "error"]

    @property
    def last_words(self) -> str:
        """What cargo itself says went wrong: its own `error:` with the causes below it, else the last line."""
        lines = [line.rstrip() for line in re.split(r"[\r\n]", self.printed) if line.strip()]
        at = next((i for i, line in enumerate(lines) if line.startswith("error")), len(lines) - 1)
        words = [line.strip() for line in lines[at:] if line.strip() != "Caused by:" and not _AT.search(line)]
        return "; ".join(words)[:600] if words else "it printed nothing"


@dataclass(frozen=True)
class Cargo:
    """cargo in the directory of one crate, where the user's own configuration for it counts."""

    program: Path
    directory: Path
    environment: Mapping[str, str]

    @classmethod
    def found(cls, directory: Path, environment: Mapping[str, str]) -> Cargo:
        """Raises `NoCargo` when there is none on the path."""
        program = shutil.which("cargo", path=environment.get("PATH"))
        if program is None:
            raise NoCargo
        return cls(Path(program), directory, environment)

    def versions(self) -> str:
        """What the crate is compiled with, as `cargo -Vv` and `rustc -Vv` say it: a toolchain file counts."""
        rustc = self.environment.get("RUSTC") or "rustc"
        return self._ask([str(self.program), "-Vv"]) + self._ask([rustc, "-Vv"])

    def metadata(self) -> dict[str, Any]:
        """What cargo knows of the crate and its workspace. Asks no network."""
        words = [str(self.program), "metadata", "--no-deps", "--format-version", "1", "--offline"]
        found: dict[str, Any] = json.loads(self._ask(words))
        return found

    def _ask(self, words: Sequence[str]) -> str:
        try:
            done = subprocess.run(
                words, cwd=self.directory, env=dict(self.environment), stdin=subprocess.DEVNULL, capture_output=True,
                text=True, encoding="utf-8", errors="replace", timeout=ASK_SECONDS, check=False,
            )  # fmt: skip
        except OSError as error:
            raise build_fault(self.directory, f"{words[0]} can't be run: {error.strerror}") from None
        except subprocess.TimeoutExpired:
            raise build_fault(self.directory, f"{' '.join(words[:2])} gave no answer in {ASK_SECONDS} s") from None
        if done.returncode:
            last = Outcome(done.returncode, 0.0, printed=done.stderr).last_words
            raise build_fault(self.directory, f"`{' '.join([Path(words[0]).name, *words[1:2]])}` fails: {last}")
        return done.stdout

    def run(self, words: Sequence[str], told: Callable[[str], None], seconds: float = BUILD_SECONDS) -> Outcome:
        """Runs cargo with its messages as JSON. `told` hears how far it is: "crate 12 of 138: serde". Nothing of what
        it starts outlives this call or this process.

        Raises `IoFault` when it has not ended after `seconds`.
        """
        command = [str(self.program), *words]
        started = time.monotonic()
        outcome = Outcome(0, 0.0)
        printed = bytearray()
        with leashed(command, self.directory, self.environment) as child:
            try:
                for name, data in spoken(child, seconds):
                    if name == "out":
                        _read_message(data, outcome)
                        continue
                    printed += data
                    del printed[:-KEPT]
                    if far := progress(data.decode("utf-8", "replace")):
                        told(far)
            except TimeoutError:
                raise build_fault(
                    self.directory,
                    f"`cargo {words[0]}` has not ended after {seconds / 60:.0f} minutes "
                    f"(it said last: {_last(printed.decode('utf-8', 'replace'))})",
                ) from None
            outcome.status = child.wait()
        outcome.printed = printed.decode("utf-8", "replace")
        outcome.seconds = time.monotonic() - started
        return outcome


@contextlib.contextmanager
def leashed(
    command: Sequence[str], directory: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process, as `subprocess.Popen` with pipes, that ends with this one and at the end of the block, and all that it
    started with it."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", _LEASH, *command], cwd=directory, env=dict(environment),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield child
    finally:
        if child.poll() is None:
            if hasattr(os, "killpg"):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
            else:
                child.kill()
            child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def spoken(child: subprocess.Popen[bytes], seconds: float) -> Iterator[tuple[str, bytes]]:
    """What a leashed process says until it closes its streams: ("out", a line) and ("err", a piece). Raises
    `TimeoutError` when they are not closed after `seconds`."""
    end = time.monotonic() + seconds
    lines: queue.Queue[tuple[str, bytes]] = queue.Queue()
    streams = {"out": child.stdout, "err": child.stderr}
    for name, stream in streams.items():
        assert stream is not None
        threading.Thread(target=_pump, args=(name, stream, lines), daemon=True).start()
    still = len(streams)
    while still:
        try:
            name, data = lines.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            raise TimeoutError from None
        if data:
            yield name, data
        else:
            still -= 1


def _pump(name: str, stream: IO[bytes], lines: queue.Queue[tuple[str, bytes]]) -> None:
    """Lines of standard output, pieces of standard error, as they come; b"" at the end."""
    with contextlib.suppress(ValueError, OSError):  # closed while it was read: who closed it reads no more
        if name == "out":
            for line in stream:
                lines.put((name, line))
        else:
            while data := os.read(stream.fileno(), 1 << 12):
                lines.put((name, data))
    lines.put((name, b""))


def progress(text: str) -> str:
    """How far cargo is, from a piece of what it prints; "" where the piece does not say."""
    for line in reversed(re.split(r"[\r\n]+", text)):
        if match := _AT.search(line):
            return f"crate {match[1]} of {match[2]}: {match[3].rstrip('.')}"
        if re.match(r"\s*(Downloading|Downloaded|Updating|Blocking|Locking) ", line):
            return line.strip()
    return ""


def _read_message(line: bytes, outcome: Outcome) -> None:
    try:
        message = json.loads(line)
    except ValueError:
        return  # what a build script or a test prints
    if message.get("reason") == "compiler-artifact":
        outcome.artefacts.append(Artefact.read(message))
    elif message.get("reason") == "compiler-message":
        said = message["message"]
        if said["level"] not in ("error", "warning") or (not said.get("spans") and said["level"] == "warning"):
            return  # notes, and counts of what was said
        span = next((s for s in said["spans"] if s["is_primary"]), None)
        outcome.said.append(
            Said(
                said["level"],
                said["message"],
                span["file_name"] if span else "",
                span["line_start"] if span else 0,
                span["column_start"] if span else 0,
                said["rendered"] or said["message"],
                (said.get("code") or {}).get("code", ""),
            )
        )


def _last(printed: str) -> str:
    lines = [line.strip() for line in re.split(r"[\r\n]", printed) if line.strip()]
    return lines[-1] if lines else "nothing"


def build_fault(directory: Path, what: str, suggestion: str = "") -> IoFault:
    """The error for a build that can't be carried out, whatever the sources say."""
    return IoFault(Problem(Place(str(directory)), what, "a crate that cargo can build here", suggestion, "build"))
