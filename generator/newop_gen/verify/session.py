"""The child process: choosing an interpreter, starting it, asking it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ..checkout.places import Places
from ..problems import IoFault, Place, Problem
from ..sandbox.runtime import import_roots, release_environment, runtime_python

START_SECONDS = 120
ASK_SECONDS = 600

# Starts the child's package without putting this directory's other modules in anybody's way.
_START = "import sys; sys.path.insert(0, sys.argv[1]); import child.serve; child.serve.main()"
_HERE = str(Path(__file__).parent)


class Session(Protocol):
    """A conversation with a checkout that was imported in another process."""

    python: str
    checkout: Path
    extension: Extension | None
    built: Callable[[Path], Extension] | None  # what is built of a copy of the checkout, where its ops are compiled

    def ask(self, verb: str, **arguments: Any) -> Any:
        """The reply. Raises `CheckoutFailed` when the checkout's code fails where nothing of the kind is expected."""
        ...

    def attempt(self, verb: str, **arguments: Any) -> Any:
        """The reply, or `{"error": {...}}`."""
        ...


@dataclass(frozen=True)
class Extension:
    """A library that was built of a checkout: the module that it is, where it lies, the digest that it had."""

    name: str
    path: str
    sha256: str


class CheckoutFailed(Exception):
    """The checkout's code raised in the middle of a request."""

    def __init__(self, verb: str, error: dict[str, Any]) -> None:
        where = f" at {error['where']}" if error["where"] else ""
        self.text = f"{error['class']}: {error['text']}{where} (asked to {verb})"
        super().__init__(self.text)


class Process:
    """A child interpreter. `ask` raises `IoFault` when it dies or does not answer."""

    def __init__(self, python: str | Path, environment: dict[str, str]) -> None:
        self.python = str(python)
        self._said = ""  # its last line, once it is closed
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        try:
            self._child = subprocess.Popen(
                [self.python, "-c", _START, _HERE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
            )
        except OSError as error:
            raise IoFault(_fault(self.python, f"can't be started: {error.strerror}")) from None
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._pump, daemon=True).start()

    def _pump(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def request(self, request: dict[str, Any], seconds: float, told: Callable[[str], None] | None = None) -> Any:
        """The reply. `told` gets the last line that the child printed, every second while it works."""
        if self._errors.closed:
            raise IoFault(_fault(self.python, f"has ended: {self.last_words()}"))
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
            self._child.stdin.flush()
        line = self._wait(seconds, told)
        if line is None:
            self.close()
            raise IoFault(_fault(self.python, f"gave no answer to {request['verb']!r} in {seconds:.0f} s"))
        if not line:
            self._child.wait()
            self.close()
            raise IoFault(_fault(self.python, f"ended with status {self._child.returncode}: {self.last_words()}"))
        reply = json.loads(line)
        if "fault" in reply:
            raise IoFault(_fault(self.python, f"{reply['fault']}: {self.last_words()}"))
        return reply

    def _wait(self, seconds: float, told: Callable[[str], None] | None) -> bytes | None:
        """The next line; None when there is none in time."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            try:
                return self._lines.get(timeout=max(0.0, min(left, 1.0) if told else left))
            except queue.Empty:
                if told is None or left <= 0:
                    return None
                told(self.last_words())

    def last_words(self) -> str:
        """The last line of what the child printed; also when it has been closed."""
        if self._errors.closed:
            return self._said
        # The child goes on writing to this file: its place in it is its own, ours is not to move it.
        size = os.fstat(self._errors.fileno()).st_size
        start = max(0, size - 4096)
        lines = os.pread(self._errors.fileno(), size - start, start).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it printed nothing"

    def close(self) -> None:
        """Ends the child; a second time it does nothing."""
        if self._errors.closed:
            return
        self._child.kill()
        self._child.wait()
        self._said = self.last_words()
        for stream in (self._child.stdin, self._child.stdout, self._errors):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class Conversation:
    """A `Session` over a `Process` that has begun work on a checkout."""

    def __init__(self, process: Process, checkout: Path, extension: Extension | None = None) -> None:
        self.python = process.python
        self.checkout = checkout
        self.extension = extension
        self.built: Callable[[Path], Extension] | None = None
        self._process = process

    def attempt(
        self, verb: str, *, seconds: float = ASK_SECONDS, told: Callable[[str], None] | None = None, **arguments: Any
    ) -> Any:
        reply = self._process.request({"verb": verb, **arguments}, seconds, told)
        return reply.get("reply", reply)

    def ask(self, verb: str, **arguments: Any) -> Any:
        reply = self._process.request({"verb": verb, **arguments}, ASK_SECONDS)
        if "reply" not in reply:
            raise CheckoutFailed(verb, reply["error"])
        return reply["reply"]


@contextlib.contextmanager
def begin(
    process: Process, checkout: Path, *, fork: bool = False, offline: bool = True, extension: Extension | None = None
) -> Iterator[Conversation]:
    """Has the process, or a fork of it, import the checkout, with `extension` where that was built. Raises `IoFault`
    when it can't."""
    package = Places.of(checkout).name
    roots = [str(r) for r in import_roots(checkout)]
    asked = {"verb": "begin", "roots": roots, "package": package, "fork": fork, "offline": offline}
    asked["extension"] = None if extension is None else vars(extension)
    started = process.request(asked, START_SECONDS)
    if "error" in started:
        error = started["error"]
        if "ModuleNotFoundError" in error["bases"] and package not in error["text"]:
            raise IoFault(
                _fault(
                    process.python,
                    f"can't import what the checkout needs: {error['text']}",
                    "install it there, or name another interpreter with --python",
                )
            )
        raise IoFault(
            Problem(
                Place(str(checkout)),
                f"the checkout can't be imported by {process.python}: {error['class']}: {error['text']}"
                + (f" at {error['where']}" if error["where"] else ""),
                "a checkout whose sdk imports",
                "",
                "verify-import",
            )
        )
    yield Conversation(process, checkout, extension)
    with contextlib.suppress(IoFault):  # one that is gone has ended; whoever asked it something has been told
        process.request({"verb": "end"}, START_SECONDS)


@contextlib.contextmanager
def session(
    checkout: Path, python: Path | None, report: Callable[[str], None], extension: Extension | None = None
) -> Iterator[Conversation]:
    """A session with the checkout in the user's interpreter: `python`, else this one when it has what a release
    needs, else the practice environment. Raises `IoFault`, with what is missing, where none can run it."""
    process = Process(python or chosen_python(report), release_environment(checkout))
    try:
        with begin(process, checkout, extension=extension) as conversation:
            yield conversation
    finally:
        process.close()


def chosen_python(report: Callable[[str], None]) -> Path:
    """This interpreter when it can import what a release needs, else the environment for releases."""
    check = "import numpy, scipy.interpolate, pandas, yaml"
    done = subprocess.run(
        [sys.executable, "-c", check], stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=START_SECONDS
    )
    # A chosen runtime is the user's word on what runs releases here.
    if done.returncode == 0 and not os.environ.get("NEWOP_GEN_RUNTIME"):
        return Path(sys.executable)
    return runtime_python(report)


def _fault(python: str, what: str, suggestion: str = "") -> Problem:
    return Problem(Place(python), what, "an interpreter that runs the checkout", suggestion, "verify-interpreter")
