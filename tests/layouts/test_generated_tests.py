"""Every example on every release: it applies cleanly, and the unit test that it brings passes in the release itself."""

from __future__ import annotations

import pytest
from checkouts import VERSIONS, copy_fixture
from support.applying import EXAMPLES, apply_specs
from support.owned import run_generated_tests
from support.releases import FLAT_RELEASES

FIXTURES = [name for name in VERSIONS if name in ("v0_6", "v0_7", "v0_8", "v0_9")]


NAMES = [spec.stem for spec in EXAMPLES]


@pytest.mark.parametrize("version", FLAT_RELEASES)
def test_examples_on_a_release(version, release) -> None:
    tree = release(version)
    link_newest_backend(tree)
    apply_specs(tree.root, EXAMPLES)
    run_generated_tests(tree.root, NAMES)


def test_examples_on_the_tag_of_0_9(release) -> None:
    tree = release("0.9.0")
    apply_specs(tree.root, EXAMPLES)
    run_generated_tests(tree.root, NAMES)


@pytest.mark.parametrize("name", FIXTURES)
def test_examples_on_a_fixture(name, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    apply_specs(root, EXAMPLES)
    run_generated_tests(root, NAMES)


def link_newest_backend(tree) -> None:
    """A place for the data files: copies come without measured tables."""
    (tree.systems / "data" / "h200_sxm" / "trtllm" / "1.2.0rc5").mkdir(parents=True, exist_ok=True)
