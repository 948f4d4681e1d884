"""A quant mode that a release does not have is refused there, and works where it is."""

from __future__ import annotations

import re

import pytest
from checkouts import BY_LAYOUT, built
from support.applying import SPECS, prepare

from newop_gen.checkout.overlay import OverlayTree
from newop_gen.checkout.tree import Tree
from newop_gen.problems import CheckoutRefused
from newop_gen.spec.load import load_specs

FIXTURES = sorted({name for names in BY_LAYOUT.values() for name in names})
ABSENT, THERE = "w4a8_mxfp4_mxfp8_trtllm", "fp8"


def with_precision(tmp_path, mode: str):
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8")
    text = text[: text.index("wiring:")].replace("precision: bfloat16", f"precision: {mode}")
    path = tmp_path / "op.yaml"
    path.write_text(text, encoding="utf-8")
    return load_specs([path])


def assert_refused(tmp_path, mode: str, tree: Tree) -> None:
    with pytest.raises(CheckoutRefused) as refused:
        prepare(with_precision(tmp_path, mode), tree)
    [problem] = refused.value.problems
    assert problem.code == "mode-missing" and mode in problem.found


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_mode_of_another_release_is_refused(tmp_path, fixture) -> None:
    assert_refused(tmp_path, ABSENT, Tree.open(built(fixture)))


@pytest.mark.parametrize("fixture", FIXTURES)
def test_a_mode_of_this_release_is_taken(tmp_path, fixture) -> None:
    assert prepare(with_precision(tmp_path, THERE), Tree.open(built(fixture))).changes


@pytest.mark.parametrize("version", ["0.12.0", "aisimulate-0.13.0"])
def test_where_ops_are_compiled_too(tmp_path, release, version) -> None:
    """These have every mode: one is called otherwise in turn."""
    tree = Tree.open(release(version).root)
    assert prepare(with_precision(tmp_path, ABSENT), tree).changes
    files = {
        path.relative_to(tree.root).as_posix(): re.sub(rb"\b%s\b" % ABSENT.encode(), b"otherwise", path.read_bytes())
        for path in (tree.root / tree.places.sdk).parent.rglob("*.py")
    }
    assert_refused(tmp_path, ABSENT, OverlayTree(tree, files))
