"""Each golden is what apply would insert now, and there is no golden without a case."""

from __future__ import annotations

import pytest
from checkouts import VERSIONS
from support.woven import unweave, weave

from golden.goldens import FAMILIES, HERE, cases, files, golden, golden_path, label, text


@pytest.mark.parametrize(("fixture", "spec"), cases(), ids=lambda v: getattr(v, "stem", v))
def test_golden(fixture, spec) -> None:
    assert golden_path(fixture, spec).is_file(), "`make goldens` writes it"
    assert text(fixture, spec) == golden(fixture, spec), "`make goldens`, then read the difference"


@pytest.mark.parametrize(("path", "family"), files().items(), ids=lambda v: getattr(v, "stem", ""))
def test_a_golden_says_each_thing_once(path, family) -> None:
    held = path.read_text(encoding="utf-8")
    assert weave({label(fixture): unweave(held, label(fixture)) for fixture in family}) == held, "`make goldens`"


def test_no_golden_is_left_over() -> None:
    assert sorted(fixture for family in FAMILIES.values() for fixture in family) == sorted(VERSIONS)
    assert set(HERE.glob("*/*.txt")) <= set(files())
