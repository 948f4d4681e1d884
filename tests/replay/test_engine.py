"""A sample of `make replay` where ops are compiled: each op on the shortest table of one system, and what is wrong on
purpose shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support import needs
from support.releases import ReleaseUnavailable

from .engine import COMPILED, Bench, bench, compare, tables_of
from .engine_rules import LOST, RULES

SYSTEM = "h200_sxm"
POINTS = 60


@pytest.fixture(scope="module")
def made(cargo) -> Iterator[Bench]:
    try:
        with bench("0.12.0", print, systems=(SYSTEM,)) as found:
            yield found
    except ReleaseUnavailable as error:
        needs.RELEASE.missing(str(error))


@pytest.mark.parametrize("one", COMPILED, ids=[one.replay.name for one in COMPILED])
def test_generated_answers_as_upstreams_own(made, one) -> None:
    tables = tables_of(made.systems, one.replay)
    points = made.points(one, tables[-1], POINTS, POINTS)
    for mode in one.modes:
        tally = compare(made.asked(one, tables[-1]), points, mode)
        assert tally.unexplained == 0, tally.examples
        assert tally.points == len(points) > 0 and (tally.equal > 0 or tally.explained == {LOST.name: len(points)})


def test_another_question_is_not_taken_for_the_same(made) -> None:
    """The control: upstream is asked for twice the width."""
    mhc = next(one for one in COMPILED if one.replay.name == "mhc_module")
    wrong = replace(mhc, given=lambda p: {**mhc.given(p), "hidden_size": 2 * p["hidden_size"]})
    [table, *_] = tables_of(made.systems, mhc.replay)
    points = made.points(mhc, table, POINTS, 0)
    for mode in mhc.modes:
        assert compare(made.asked(wrong, table), points, mode).unexplained > 0, mode


def test_every_rule_is_used() -> None:
    assert {rule.name for one in COMPILED for rule in one.rules} == {rule.name for rule in RULES}
