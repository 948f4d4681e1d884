"""Two commands at once, and a person at the editor."""

from __future__ import annotations

from pathlib import Path

from .races import sweep, without_lock


def test_two_processes_end_as_some_order_would(scratch: Path) -> None:
    result = sweep(scratch, seed=1, count=30)
    assert not result.bad, "\n".join(result.bad)
    assert result.both > 3 and result.saves > 3


def test_without_the_lock_they_do_not(scratch: Path) -> None:
    # Whether two processes meet is up to the machine: the more it has to do, the seldomer.
    assert any(sweep(scratch / str(seed), seed=seed, count=25, before=without_lock).bad for seed in range(1, 11))
