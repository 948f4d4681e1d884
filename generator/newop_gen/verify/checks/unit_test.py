"""The unit test that came with the op."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ..bench import Bench
from ..result import Cause, CheckResult, Tally
from ..session import Extension
from ..suites import pytest_command

UNIT_SECONDS = 300


def unit_test(bench: Bench) -> CheckResult:
    """The generated unit test, with the user's interpreter. Nothing is written into the checkout."""
    tally = Tally("unit-test", "the op's unit test in the checkout passes")
    root = bench.session.checkout
    if bench.facts.tests is None:
        none = "the checkout has no test tree (one that was made from a wheel has none)"
        tally.note = "the tests of a compiled op are in Rust" if bench.compiled else none
        return tally.result()
    test = f"{bench.facts.tests}/test_{bench.op.name}.py"
    if not (root / test).is_file():
        tally.holds(False, test, "the op's unit test", "no such file")
        tally.blame(Cause("unit-test-missing", f"{test} is not there: apply the spec again"))
        return tally.result()
    status, lines = pytest_in(bench.session.python, root, [test], bench.session.extension)
    if status == NO_PYTEST:
        tally.note = f"{bench.session.python} has no pytest"
        return tally.result()
    summary = lines[-1] if lines else "no output"
    if not tally.holds(status == 0, test, "all passed", summary):
        failed = next((line for line in lines if line.startswith(("FAILED", "ERROR"))), summary)
        tally.blame(Cause("unit-test", f"the unit test fails: {failed[:300]}"))
    tally.note = summary.strip("= ") if status == 0 else ""
    return tally.result()


NO_PYTEST = -1


def pytest_in(
    python: str, root: Path, arguments: list[str], extension: Extension | None = None, seconds: float = UNIT_SECONDS
) -> tuple[int, list[str]]:
    """pytest in a checkout: its exit status, or `NO_PYTEST`, and the lines that it printed."""
    command, environment = pytest_command(python, root, ["--tb=line", "-rfE", *arguments], extension=extension)
    try:
        done = subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return 1, [f"no end after {seconds:.0f} s"]
    if "No module named 'pytest'" in done.stderr:
        return NO_PYTEST, []
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return done.returncode, lines
