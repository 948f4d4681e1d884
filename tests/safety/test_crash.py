"""`kill -9` before every mutating call, and again during recovery."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newop_gen.write import fs

from .commands import COMMANDS, apply, apply_in_place, apply_without_journal
from .crash import Sweep, control, one_sweep
from .world import World


@pytest.mark.parametrize("name", COMMANDS)
def test_every_kill_point_is_recovered(scratch: Path, name: str) -> None:
    result = one_sweep(scratch, name, double=False, git=False, count=None, seed=1)
    assert result.points > 60  # apply has 96, remove 84; less means that the sweep misses the commit
    assert result.good, result.bad


@pytest.mark.parametrize("name", COMMANDS)
def test_a_kill_during_recovery_is_recovered(scratch: Path, name: str) -> None:
    result = one_sweep(scratch, name, double=True, git=False, count=40, seed=1)
    assert result.second_kills == 40
    assert result.good, result.bad


def test_kill_points_in_a_git_checkout(scratch: Path) -> None:
    result = one_sweep(scratch, "apply", double=False, git=True, count=25, seed=1)
    assert result.good, result.bad


def without(*calls: str) -> Callable[[World], Any]:
    """`apply` on a file system that lacks some calls."""

    def command(world: World) -> Any:
        for call in calls:
            setattr(fs, call, lambda *arguments: False)
        return apply(world)

    return command


@pytest.mark.parametrize("missing", [("exchange", "rename_new"), ("link",), ("link", "rename_new", "exchange")])
def test_kill_points_where_files_cannot_be_exchanged_or_linked(scratch: Path, missing: tuple[str, ...]) -> None:
    sweep = Sweep(scratch, "apply", without(*missing))
    bad = [line for at in range(len(sweep.calls)) for line in sweep.single(at).bad]
    assert not bad


@pytest.mark.parametrize("writer", [apply_in_place, apply_without_journal])
def test_a_writer_without_a_journal_fails_the_same_sweep(scratch: Path, writer: Callable[[World], None]) -> None:
    result = control(scratch, writer)
    assert result.torn > 0 and len(result.bad) == result.torn
