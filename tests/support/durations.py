"""What each test costs, kept in a file: `--durations-to FILE`.

The figure is CPU time (user and system, of the test and of the processes that it waited for), which tests that run
beside it do not change; the time on the clock stands next to it. What a fixture of a module or a session does counts
for the test that it was made for. On an idle machine, what a run takes beyond its CPU time is where a test waits, or a
process has no test left: both are listed.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

#: As many tests are listed, the most expensive first, and as many that wait.
LISTED, WAITING = 100, 20


def add_option(parser: pytest.Parser) -> None:
    parser.addoption("--durations-to", metavar="FILE", type=Path, help="write what each test cost into FILE")


class Durations:
    """The plugin: measures in the process that runs a test, adds up and writes in the one that was started."""

    def __init__(self, config: pytest.Config) -> None:
        self.file: Path | None = config.getoption("--durations-to")
        self.costs: list[tuple[str, float, float]] = []
        self.spans: list[Span] = []
        self.begun, self.ended = 0.0, 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        used, begun = cpu_seconds(), time.monotonic()
        try:
            return (yield)
        finally:
            self.begun, self.ended = self.begun or begun, time.monotonic()
            self.costs.append((item.nodeid, cpu_seconds() - used, self.ended - begun))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["durations"] = self.costs
            session.config.workeroutput["span"] = (self.begun, self.ended)
        elif self.file and self.costs:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            spans = self.spans or [(self.begun, self.ended)]
            self.file.write_text(report(self.costs, spans), encoding="utf-8")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        said = getattr(node, "workeroutput", {})
        if costs := said.get("durations"):
            self.costs += [tuple(cost) for cost in costs]
            self.spans.append(tuple(said["span"]))


Span = tuple[float, float]
"""When a process began its first test and ended its last (s, on the clock that all processes of a machine share)."""

_elsewhere = 0.0


def elsewhere(seconds: float) -> None:
    """Count processor time that a process has used which this one did not wait for."""
    global _elsewhere
    _elsewhere += seconds


def cpu_seconds() -> float:
    """User and system time of this process, of its children that have ended, and of what was told, in seconds."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system + _elsewhere


def report(costs: list[tuple[str, float, float]], spans: list[Span]) -> str:
    """Seconds by directory, by process and by test. `costs` are (test, CPU seconds, seconds on the clock)."""
    tests, seconds = Counter[str](), Counter[str]()
    for test, cpu, _ in costs:
        folder = test.partition("::")[0].rpartition("/")[0]
        tests[folder] += 1
        seconds[folder] += cpu
    lines = [f"{sum(seconds.values()) / 60:.1f} CPU minutes in {len(costs)} tests", "", "CPU s   tests  directory"]
    lines += [f"{cpu:7.1f} {tests[folder]:6}  {folder}" for folder, cpu in seconds.most_common()]
    first = min(begun for begun, _ in spans)
    lines += ["", "first test after s  last ended after s  (each process that ran tests)"]
    lines += [f"{begun - first:18.1f} {ended - first:19.1f}" for begun, ended in sorted(spans)]
    waited = sorted(((clock - cpu, test) for test, cpu, clock in costs if clock > cpu), reverse=True)
    lines += ["", f"waited s  test ({WAITING} at most; {sum(seconds for seconds, _ in waited):.1f} s in all)"]
    lines += [f"{seconds:8.2f}  {test}" for seconds, test in waited[:WAITING]]
    lines += ["", f"CPU s   clock s  test ({LISTED} at most)"]
    dearest = sorted(costs, key=lambda cost: cost[1], reverse=True)[:LISTED]
    lines += [f"{cpu:7.2f} {clock:8.2f}  {test}" for test, cpu, clock in dearest]
    return "\n".join(lines) + "\n"
