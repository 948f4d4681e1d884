"""`update` is `remove` and a fresh `apply`."""

from __future__ import annotations

from pathlib import Path

from .updates import apply_on_top, sweep


def test_update_is_remove_and_apply(scratch: Path) -> None:
    result = sweep(scratch, seed=1, count=200)
    assert result.changed > 100
    assert not result.bad, "\n".join(result.bad)


def test_writing_on_top_is_not(scratch: Path) -> None:
    assert sweep(scratch, seed=1, count=10, run=apply_on_top).bad
