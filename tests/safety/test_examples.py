"""Apply, apply again, remove: the example specs on every layout, and on the releases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from checkouts import VERSIONS, copy_fixture
from support.applying import EXAMPLES
from support.releases import CLONE_RELEASES, RELEASES, Release

from newop_gen.spec.load import load_specs

from .examples import controls, one_by_one, sweep


@pytest.mark.parametrize("fixture", VERSIONS)
def test_examples_on_fixtures(tmp_path: Path, fixture: str) -> None:
    specs = [*one_by_one(EXAMPLES[:1]), load_specs(EXAMPLES)]
    result = sweep([(fixture, copy_fixture(fixture, tmp_path))], specs, tmp_path / "state")
    assert result.runs == result.identical == 2
    assert result.touched.applies == result.runs and result.touched.outside == 0
    assert result.second_calls == 0
    assert not result.bad, "\n".join(result.bad)


@pytest.mark.parametrize("version", [*RELEASES, *CLONE_RELEASES])
def test_examples_on_releases(tmp_path: Path, release: Callable[..., Release], version: str) -> None:
    tree = release(version, systems=("h200_sxm",))
    result = sweep([(version, tree.root)], [load_specs(EXAMPLES)], tmp_path / "state")
    assert result.runs == result.identical == 1
    assert not result.bad, "\n".join(result.bad)


def test_a_meddling_apply_and_a_sloppy_removal_are_noticed(tmp_path: Path) -> None:
    meddled, left = controls(tmp_path)
    assert meddled.touched.outside > 0
    assert left.bad and left.identical == 0
