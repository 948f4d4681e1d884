"""Running code in the interpreter of releases without starting it each time.

An interpreter that has imported numpy and the like waits for requests and forks for each: what runs in the fork finds
modules of nobody's checkout imported, and leaves nothing behind for the next. There is one for an interpreter in each
process that runs tests; a start takes a second of processor time, a fork some milliseconds.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from support import durations

_SERVER = Path(__file__).with_name("warm_server.py")


def run(
    python: str | Path,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    timeout: float = 300,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run([python, *command], ...)`, with what it printed as text and nothing on standard input.

    `command` is `-c CODE`, `-m MODULE` or a script, and its arguments. Raises `subprocess.TimeoutExpired`.
    """
    return _server(str(python), threading.get_ident()).run(
        command, dict(env), os.path.abspath(cwd or os.getcwd()), timeout
    )


class _Server:
    def __init__(self, python: str) -> None:
        self.python = python
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("PYTHONPATH", None)
        self.process = subprocess.Popen(
            [python, str(_SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        atexit.register(self.close)

    def run(
        self, command: Sequence[str], env: dict[str, str], cwd: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory(prefix="newop-warm-") as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            asked = {"command": list(map(str, command)), "env": env, "cwd": cwd, "timeout": timeout}
            asked |= {"out": str(out), "err": str(err)}
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            assert line, f"the warm interpreter {self.python} has ended with status {self.process.wait()}"
            answer = json.loads(line)
            durations.elsewhere(answer["seconds"])
            texts = [path.read_text(encoding="utf-8", errors="replace") for path in (out, err)]
        if answer["timed_out"]:
            raise subprocess.TimeoutExpired([self.python, *command], timeout, *texts)
        return subprocess.CompletedProcess([self.python, *command], answer["status"], *texts)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


@functools.cache
def _server(python: str, thread: int) -> _Server:
    """One for each thread: a server answers one question after the other, and does not say whose."""
    return _Server(python)
