"""Human edits survive a removal, and edits of an insertion stop it."""

from __future__ import annotations

from pathlib import Path

from .edits import restore_backup, sweep


def test_a_removal_leaves_exactly_the_edits(scratch: Path) -> None:
    result = sweep(scratch, seed=1, count=300)
    assert result.outside > 150 and result.inside > 50 and result.edits > 1000
    assert not result.bad, "\n".join(result.bad)


def test_restoring_backups_loses_edits(scratch: Path) -> None:
    assert sweep(scratch, seed=1, count=20, take_out=restore_backup).bad
