"""Targets that somebody else has damaged."""

from __future__ import annotations

from .targets import CASES, drawn, sweep, tidied


def test_damaged_targets_are_refused_or_given_back() -> None:
    result = sweep(drawn(1, seed=1))
    assert result.cases == len(CASES)
    assert not result.bad, "\n".join(result.bad)
    assert result.applied > 5 and result.refused > 10


def test_what_is_tidied_on_the_way_is_noticed() -> None:
    cases = [case for case in drawn(1, seed=1) if case[2] in ("line ends of Windows", "no newline at the end")]
    assert len(sweep(cases, tidied).bad) == len(cases) > 0
