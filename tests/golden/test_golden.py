"""Each golden is what apply would insert now, and there is no golden without a case."""

from __future__ import annotations

import pytest

from golden.goldens import HERE, cases, golden_path, text


@pytest.mark.parametrize(("fixture", "spec"), cases(), ids=lambda v: getattr(v, "stem", v))
def test_golden(fixture, spec) -> None:
    path = golden_path(fixture, spec)
    assert path.is_file(), "`make goldens` writes it"
    assert text(fixture, spec) == path.read_text(encoding="utf-8"), "`make goldens`, then read the difference"


def test_no_golden_is_left_over() -> None:
    known = {golden_path(*case) for case in cases()}
    assert set(HERE.glob("*/*.txt")) <= known
