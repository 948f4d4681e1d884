"""SIGINT, SIGTERM and SIGHUP before every mutating call."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import world as worlds
from .commands import bring_back, in_child
from .crash import Sweep
from .faults import SignalAt

STARTED_WITH = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
}


@pytest.fixture(autouse=True)
def as_from_a_shell() -> Iterator[None]:
    """Signals as a shell gives them: a runner in the background was started with SIGINT ignored, one under `nohup` with
    SIGHUP, and so are its children."""
    before = {signum: signal.signal(signum, handler) for signum, handler in STARTED_WITH.items()}
    yield
    for signum, handler in before.items():
        signal.signal(signum, handler)


@pytest.mark.parametrize("signum", STARTED_WITH)
@pytest.mark.parametrize("name", ["apply", "remove", "update"])
def test_a_signal_ends_all_old_or_all_new(scratch: Path, name: str, signum: int) -> None:
    sweep = Sweep(scratch, name)
    old = new = 0
    for at in range(0, len(sweep.calls), 3):
        world = worlds.copy(sweep.start, scratch / "case")
        outcome = in_child(world, sweep.command, SignalAt(at, signum))
        now = worlds.snapshot(world.root)
        assert outcome.fired == 1
        assert outcome.exit_code == 128 + signum, outcome.text
        assert now in (sweep.old, sweep.new), f"{name}, signal before call {at} {sweep.calls[at]}"
        assert ("everything is as it was" in outcome.text) == (now == sweep.old)
        old, new = old + (now == sweep.old), new + (now == sweep.new)
        assert in_child(world, bring_back).value.outcome == "nothing"
        shutil.rmtree(world.root.parent)
    assert old and new
