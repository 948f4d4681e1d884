"""Faults of the disk at every mutating call, once and from then on."""

from __future__ import annotations

from pathlib import Path

from .commands import COMMANDS, apply_in_place
from .io_faults import sweep


def test_faults_leave_all_old_or_all_new(scratch: Path) -> None:
    result = sweep(scratch, list(COMMANDS), count=168, seed=1)
    assert result.cases == 168
    assert result.good, result.bad
    assert result.old > 50 and result.new > 0 and result.later > 0  # each way to end was seen


def test_faults_right_after_the_commit_leave_all_new(scratch: Path) -> None:
    result = sweep(scratch, list(COMMANDS), count=None, seed=1, following=("rename", "journal.committed.json"))
    assert result.good, result.bad
    assert result.cases >= 4 * len(COMMANDS) and result.old == 0  # EIO and EROFS, once and from then on


def test_a_writer_in_place_fails_the_same_faults(scratch: Path) -> None:
    assert sweep(scratch, ["apply"], count=None, seed=1, command=apply_in_place).bad
