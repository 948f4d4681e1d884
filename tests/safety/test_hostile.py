"""Specs from strangers are refused, and nothing of them runs."""

from __future__ import annotations

import pytest

from .hostile import FUZZED, HAND_MADE, Applied, Planned, fuzzed, hand_made, noticed, refusals_for_their_own_reason
from .quarantine import sweep


def test_hostile_specs_are_refused() -> None:
    result = sweep(hand_made(1500, seed=1), Applied)
    assert result.cases == 1500
    assert not result.bad, "\n".join(result.bad)
    assert result.ends["exit 2"] > 1450  # the others are told by the checkout alone


def test_every_place_takes_something_benign() -> None:
    assert not refusals_for_their_own_reason()


def test_fuzzed_specs_end_in_problems_or_a_checked_plan() -> None:
    result = sweep(list(fuzzed(2000, seed=1)), Planned)
    assert result.cases == 2000
    assert not result.bad, "\n".join(result.bad)
    assert result.ends["planned"] > 200 and result.ends["refused"] > 1000


@pytest.mark.parametrize("name", [*HAND_MADE, *FUZZED])
def test_a_hole_is_noticed(name: str) -> None:
    assert noticed(name)
