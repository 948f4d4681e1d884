"""Standing in front of every call that changes a file system: counting it, failing it, or dying there.

Cases run in forked children, so that a kill is a real SIGKILL and what a child left is all there is.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from newop_gen.problems import NewopError
from newop_gen.write import fs

# Calls that need room on the disk. The others succeed on a full one.
NEED_ROOM = frozenset({"create", "write", "mkdir", "link", "rename", "rename_new", "exchange", "fsync", "fsetxattr"})


@dataclass
class Outcome:
    """How a child ended: `killed` by SIGKILL; or the exit code that a command would have given (None: a traceback,
    which is always a failure), its problems' codes and what it returned."""

    killed: bool = False
    exit_code: int | None = None
    codes: list[str] = field(default_factory=list)
    text: str = ""
    value: Any = None
    calls: list[tuple[str, str]] = field(default_factory=list)
    fired: int = 0


class Counter:
    """A hook that notes every call."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.fired = 0

    def __call__(self, call: str, name: str) -> None:
        self.calls.append((call, name))


class KillAt(Counter):
    """Dies before call number `at` (from 0), as by `kill -9`."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def __call__(self, call: str, name: str) -> None:
        if len(self.calls) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(call, name)


class FailAt(Counter):
    """Call number `at` fails with `code`; with `sticky` every later one that `code` concerns fails, too."""

    def __init__(self, at: int, code: int, *, sticky: bool = False, only: frozenset[str] | None = None) -> None:
        super().__init__()
        self.at, self.code, self.sticky, self.only = at, code, sticky, only

    def __call__(self, call: str, name: str) -> None:
        number = len(self.calls)
        super().__call__(call, name)
        concerned = number == self.at or (self.sticky and number > self.at and (self.only is None or call in self.only))
        if concerned:
            self.fired += 1
            raise OSError(self.code, os.strerror(self.code), name)


class SignalAt(Counter):
    """Sends itself `signum` before call number `at`."""

    def __init__(self, at: int, signum: int) -> None:
        super().__init__()
        self.at, self.signum = at, signum

    def __call__(self, call: str, name: str) -> None:
        if len(self.calls) == self.at:
            self.fired += 1
            os.kill(os.getpid(), self.signum)
        super().__call__(call, name)


def run(work: Callable[[], Any], hook: Counter | None = None, *, environment: dict[str, str] | None = None) -> Outcome:
    """Run `work` in a forked child with `hook` in front of every mutating call."""
    hook = hook or Counter()
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        outcome = Outcome()
        try:
            os.environ.update(environment or {})
            with fs.watch(hook):
                outcome.value = work()
            outcome.exit_code = 0
        except NewopError as error:
            outcome.exit_code = int(error.exit_code)
            outcome.codes = [p.code for p in error.problems]
            outcome.text = str(error)
        except BaseException:
            outcome.text = traceback.format_exc()
        finally:
            outcome.calls, outcome.fired = hook.calls, hook.fired
            with os.fdopen(writer, "wb") as stream:
                pickle.dump(outcome, stream)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        sent = stream.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) != signal.SIGKILL:
            raise AssertionError(f"a child died by signal {os.WTERMSIG(status)}")
        return Outcome(killed=True)
    outcome = pickle.loads(sent)
    return outcome
