"""One spec file on releases whose ops are methods of the database, modules of their own, and compiled: the same
answers, or others by a rule that is known."""

from __future__ import annotations

import re

import pytest
from support import needs
from support.applying import ROOT
from support.releases import ReleaseUnavailable
from support.side_by_side import RULES, TREES, Comparison, compared

PAGE = ROOT / "docs" / "layouts.md"


@pytest.fixture(scope="module")
def found(cargo) -> dict[tuple[str, str], Comparison]:
    try:
        return compared()
    except ReleaseUnavailable as error:
        needs.RELEASE.missing(str(error))


def test_every_difference_has_a_rule(found) -> None:
    for pair, comparison in found.items():
        print(pair, dict(comparison.bits), dict(comparison.close), dict(comparison.rules), sep="\n")
        assert comparison.unexplained == [], pair
    assert {rule for comparison in found.values() for rule in comparison.rules} == set(RULES)


def test_sol_and_what_was_measured_are_the_same_to_the_last_bit(found) -> None:
    for comparison in found.values():
        for kind in ("SOL", "SILICON, measured", "HYBRID, measured"):
            assert comparison.bits[kind] > 1000 and not comparison.close[kind]
    compiled = found[TREES[1], TREES[2]]
    assert compiled.bits["EMPIRICAL, measured"] > 1000 and not compiled.close["EMPIRICAL, measured"]


def test_the_page_has_each_rule_with_how_often_it_was_met(found) -> None:
    rows = re.findall(r"^\| ([a-z-]+) \| ([\d,]+|-) \| ([\d,]+|-) \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    counts = [comparison.rules for comparison in found.values()]
    wanted = [(rule, *(f"{count[rule]:,}" if count[rule] else "-" for count in counts)) for rule in RULES]
    assert rows == wanted
