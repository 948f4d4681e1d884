"""Each guard taken out in turn is noticed by the tests that stand for it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .sabotage import GUARDS, REPOSITORY

PARTS = 6


def sabotage(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, in which nothing of the package is loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "tests.safety.sabotage", "--jobs", "1", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


def test_there_are_forty_guards_and_more() -> None:
    assert len({(guard.file, guard.old) for guard in GUARDS}) >= 40
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)


@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_a_guard_that_is_gone_is_noticed(part: int) -> None:
    done = sabotage("--part", f"{part}/{PARTS}")
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_gone_is_not_noticed() -> None:
    """The control: a run that calls everything noticed would show nothing."""
    code = "from tests.safety.sabotage import NOTHING, sweep; r = sweep([NOTHING]); print(r.missed, r.broken)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['nothing'] []", done.stdout + done.stderr
