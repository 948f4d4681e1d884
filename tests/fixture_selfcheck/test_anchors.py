"""A fixture and the release it stands for give the same answers to the questions that decide where code goes."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from checkouts import VERSIONS, built

from fixture_selfcheck.anchors import GROUPS, all_anchors

pytestmark = pytest.mark.fixtures

#: What a fixture may have less of than its release: whole model classes, operations, and methods that wire nothing new.
MAY_BE_FEWER = ("models", "methods", "constructors", "ContextMLA", "GenerationMLA", "MLABmm")
#: Helpers of a fixture's own that its release does not have.
OWN = ("_scaled", "_tokens_per_rank")


def differences(fixture: Any, release: Any, path: str = "") -> Iterator[str]:
    """Where a fixture's answers are not its release's, as `path: found, expected`."""
    if isinstance(fixture, dict) and isinstance(release, dict):
        for key in sorted(fixture.keys() | release.keys()):
            if key in OWN:
                continue
            if key not in release:
                yield f"{path}/{key}: only in the fixture"
            elif key in fixture:
                yield from differences(fixture[key], release[key], f"{path}/{key}")
            elif path.rsplit("/", 1)[-1] not in MAY_BE_FEWER:
                yield f"{path}/{key}: only in the release"
    elif fixture != release:
        yield f"{path}: {fixture!r}, expected {release!r}"


def real_tree(version: str, release: Callable[..., Any]) -> Path:
    """The released tree: `$NEWOP_GEN_TREES/<version>` or, without that variable, what the sandbox's cache has."""
    if folder := os.environ.get("NEWOP_GEN_TREES"):
        for name in (version, f"g{version}", f"v{version}"):
            if (Path(folder) / name).is_dir():
                return Path(folder) / name
    return Path(release(version).root)


@pytest.mark.parametrize("name", VERSIONS)
def test_a_fixture_answers_as_its_release(name: str, release: Callable[..., Any]) -> None:
    root = real_tree(VERSIONS[name], release)
    fixture, real = all_anchors(built(name)), all_anchors(root)
    for group in ("tests", "lint"):
        # a tree from a wheel comes without its tests (other fixtures of 0.9 and later have stubs), maybe without lint
        if real[group] is None or (group == "tests" and "stubs" in fixture[group] and "stubs" not in real[group]):
            del fixture[group], real[group]
    found = list(differences(fixture, real))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", VERSIONS)
def test_every_group_of_anchors_has_an_answer(name: str) -> None:
    answers = all_anchors(built(name))
    assert set(answers) == set(GROUPS)
    assert {"BaseModel", "LLAMAModel", "MOEModel", "DeepSeekModel", "NemotronNas", "GPTModel"} <= set(answers["models"])


def test_differences_are_found() -> None:
    real = all_anchors(built("v0_9"))
    assert not list(differences(real, real))
    for change in (
        lambda answers: answers["enums"].update(suffix="_perf.csv"),
        lambda answers: answers["backends"]["passed"]["context"]["keywords"].remove("prefix"),
        lambda answers: answers["models"]["LLAMAModel"]["methods"]["__init__"]["wiring"].pop(),
        lambda answers: answers["database"].pop("func_map"),
    ):
        fixture = copy.deepcopy(real)
        change(fixture)
        assert list(differences(fixture, real))
