"""Hostile inputs, each handed to a subject in a child with limits, which is watched from inside and from outside.

A child that dies by a signal, an exception that gets out, something that a payload opens or starts, a changed byte or
entry below the subject's directory: each is a wrong case. A child takes many cases, so that one costs what its case
costs; when it dies, the next one goes on behind the case that killed it.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from . import world as worlds

MEMORY = 2 << 30  # bytes of address space that a child may take on top of what its parent has mapped
SECONDS = 10.0  # of the processor, for one case: more counts as wrong
GOAL = 1.0  # of the processor, for one case: what took more is counted
BATCH = 400

Case = tuple[str, bytes]
Hole = Callable[[], None]


class Subject(Protocol):
    """What takes the cases. It is made in the child, in a directory of its own."""

    def take(self, what: str, raw: bytes) -> tuple[str, list[str]]:
        """(how it ended, what was wrong) for one case."""
        ...

    def end(self) -> list[str]:
        """What was wrong after all cases."""
        ...


Kind = Callable[[Path], Subject]


@dataclass
class Result:
    """`ends`: how many cases ended in which way. `bad`: what must not have been. `over`: cases over the goal."""

    cases: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    slowest_case: str = ""
    over: int = 0
    bad: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.cases += other.cases
        self.ends += other.ends
        self.over += other.over
        self.bad += other.bad
        if other.slowest > self.slowest:
            self.slowest, self.slowest_case = other.slowest, other.slowest_case

    @property
    def good(self) -> bool:
        return not self.bad and not self.over

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {end}" for end, count in sorted(self.ends.items()))
        slow = f"slowest {self.slowest:.2f} s, {self.over} over {GOAL:.0f} s"
        return f"{self.cases} inputs: {ends}; {slow}; {len(self.bad)} wrong"


class Still:
    """A directory that may not change, but for the one file that the cases are written to. It is looked at after each
    case, or, as a look costs what a quick case does, after every so many."""

    def __init__(self, directory: Path, spec: Path, every: int = 1) -> None:
        self.directory, self.spec, self.every = directory, spec, every
        self.asked = 0
        spec.touch()
        self.seen = self._look()
        self.contents = self._contents()

    def changed(self) -> list[str]:
        """Entries that came, went or were written since the last look."""
        self.asked += 1
        if self.asked % self.every:
            return []
        now = self._look()
        changed = sorted({one[0] for one in set(now) ^ set(self.seen)})
        self.seen = now
        return [f"changed: {changed}"] if changed else []

    def changed_after_all(self) -> list[str]:
        """Files with other contents or modes than at the start, whatever their status says."""
        now = self._contents()
        different = sorted(p for p in now.keys() | self.contents.keys() if now.get(p) != self.contents.get(p))
        return [f"changed after all: {different}"] if different else []

    def _look(self) -> list[tuple[str, int, int, int, int]]:
        """Every entry with what changes when it is written."""
        seen = []
        for parent, folders, names in os.walk(self.directory):
            for name in [*folders, *names]:
                path = os.path.join(parent, name)
                if path != str(self.spec):
                    s = os.lstat(path)
                    seen.append((path, s.st_ino, s.st_mode, s.st_size, s.st_mtime_ns))
        return sorted(seen)

    def _contents(self) -> dict[str, tuple[object, ...]]:
        contents = worlds.snapshot(self.directory, git=True)
        del contents[str(self.spec.relative_to(self.directory))]
        return contents


def sweep(cases: Sequence[Case], kind: Kind, *, jobs: int = 1, hole: Hole | None = None) -> Result:
    """All cases, in batches. With `hole`, that is called in each child first: a negative control."""
    total = Result()
    batches = [cases[at : at + BATCH] for at in range(0, len(cases), BATCH)]
    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(lambda some: _batch(some, kind, hole), batches):
            total.add(one)
    return total


def _batch(cases: Sequence[Case], kind: Kind, hole: Hole | None) -> Result:
    """When a child dies, that case is wrong, and the rest goes on in another child."""
    total = Result()
    rest = list(cases)
    while rest:
        done, died = _child(rest, kind, hole)
        total.add(done)
        if died is None:
            break
        number = done.cases
        total.bad.append(f"{rest[number][0]}: the process died ({died})")
        total.cases += 1
        total.ends["died"] += 1
        rest = rest[number + 1 :]
    return total


def _child(cases: Sequence[Case], kind: Kind, hole: Hole | None) -> tuple[Result, str | None]:
    """What a child made of the cases, and how it died, if it did. It says after each case what came of it."""
    with worlds.scratch() as directory:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with os.fdopen(writer, "wb") as stream:
                try:
                    _run(cases, kind, hole, directory, lambda one: _send(stream, one))
                except BaseException as error:
                    _send(stream, ("harness", 0.0, [f"{type(error).__name__}: {error}"]))
                    stream.flush()
                    os._exit(3)
            os._exit(0)
        os.close(writer)
        result = Result()
        with os.fdopen(reader, "rb") as stream:
            for end, seconds, bad in _received(stream):
                assert end != "harness", f"the harness failed: {bad}"
                result.bad += bad
                if end == "end":
                    continue
                what = cases[result.cases][0]
                result.cases += 1
                result.ends[end] += 1
                result.over += seconds > GOAL
                if seconds > result.slowest:
                    result.slowest, result.slowest_case = seconds, what
        _, status = os.waitpid(child, 0)
    return result, signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else None


def _send(stream: Any, one: tuple[str, float, list[str]]) -> None:
    pickle.dump(one, stream)
    stream.flush()


def _received(stream: Any) -> Iterator[tuple[str, float, list[str]]]:
    while True:
        try:
            yield pickle.load(stream)
        except (EOFError, pickle.UnpicklingError):
            return


def _run(cases: Sequence[Case], kind: Kind, hole: Hole | None, directory: Path, tell: Callable[..., None]) -> None:
    """In the child: limits, eyes, then case by case."""
    os.environ.update(XDG_STATE_HOME=str(directory / "state"), HOME=str(directory), NO_COLOR="1")
    cwd = directory / "cwd"
    cwd.mkdir()
    os.chdir(cwd)
    subject = kind(directory)
    if hole:
        hole()
    attempts: list[str] = []
    sys.addaudithook(lambda event, arguments: _watch(event, arguments, attempts))
    # On top of what this process has mapped: a test runner may have more than the limit by itself.
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.disable()
    for what, raw in cases:
        used = time.process_time()
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 3 * SECONDS), resource.RLIM_INFINITY))
        end, bad = subject.take(what, raw)
        seconds = time.process_time() - used
        if attempts:
            bad = [*bad, f"something of it was run: {attempts}"]
            attempts.clear()
        if seconds > SECONDS:
            bad = [*bad, f"took {seconds:.1f} s"]
        tell((end, seconds, [f"{what}: {one}" for one in bad]))
    left = [str(path) for path in directory.rglob("*canary*")]
    tell(("end", 0.0, ([f"left behind: {left}"] if left else []) + subject.end()))


def _watch(event: str, arguments: tuple[Any, ...], attempts: list[str]) -> None:
    """An audit hook: what a payload would do, were it run, is noted even when it fails."""
    starts = event in ("os.system", "os.exec", "os.posix_spawn", "os.startfile", "pty.spawn")
    touches = event in ("open", "import", "subprocess.Popen", "os.mkdir", "os.rename") and "canary" in repr(arguments)
    if starts or touches:
        attempts.append(f"{event}{arguments!r}"[:200])
