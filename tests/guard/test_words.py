"""The words of a layout are its own, and know nothing of what renders them."""

from __future__ import annotations

import ast
import importlib
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import BY_LAYOUT, copy_fixture
from support.applying import SPECS

from newop_gen import layouts
from newop_gen.guard.check import check
from newop_gen.guard.vocabulary import Vocabulary, merged, number, numbers, union, words
from newop_gen.layouts import load
from newop_gen.problems import CheckoutRefused

from .planting import planned

FOLDER = Path(layouts.__file__).parent
LISTS = sorted(FOLDER.rglob("words*.py"))


def strangers(text: str) -> set[str]:
    """The modules that a list imports, besides other lists, the form of lists, the names of steps and types."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and [alias.name for alias in node.names] != ["StepKey"]:
            package = f"{node.module}." if node.module else ""
            found |= (
                {node.module or ""}
                if node.module not in (None, "python", "common")
                else {f"{package}{a.name}" for a in node.names}
            )
    known = {"__future__", "collections.abc", "guard.vocabulary"}
    return {name for name in found if name not in known and name.split(".")[-1] != "words"}


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_a_list_is_written_down_and_derived_from_nothing(path: Path) -> None:
    assert strangers(path.read_text(encoding="utf-8")) == set()


def test_a_list_that_asks_a_renderer_is_seen() -> None:
    assert strangers("from ...render.environment import fragment\n") == {"render.environment"}
    assert strangers("from ..database.plan import plan_ops\n") == {"database.plan"}


def written(words: object) -> bool:
    """Whether a list of words is one of those in the modules of such lists."""
    modules = [".".join(("newop_gen", "layouts", *path.relative_to(FOLDER).with_suffix("").parts)) for path in LISTS]
    return any(value is words for name in modules for value in vars(importlib.import_module(name)).values())


def test_each_layouts_words_are_written_in_a_list() -> None:
    assert all(written(load(name).words()) for name in layouts.REGISTERED)
    assert not written(dict(load("core").words()))  # the control: a list that was made


@pytest.mark.parametrize("name", BY_LAYOUT)
def test_another_layouts_words_are_not_its_own(name: str, tmp_path: Path) -> None:
    """What a layout inserts passes its own list and none of the others'."""
    plan, ops = planned(copy_fixture(BY_LAYOUT[name][0], tmp_path), SPECS / "new_op.yaml")
    for other in BY_LAYOUT:
        try:
            check(plan, ops, load(other).words())
        except CheckoutRefused:
            assert other != name
        else:
            assert other == name


def test_lists_are_put_together() -> None:
    one, two = Vocabulary(calls=words("a b")), Vocabulary(calls=words("c"), numbers=numbers(1, 1.0), wired=True)
    assert union([one, two]) == one | two == Vocabulary(calls=words("a b c"), numbers=numbers(1, 1.0), wired=True)
    assert numbers(1, 1.0) == {number(1), number(1.0)} and len(numbers(1, True, 1.0)) == 3
    assert merged({"x": one}, {"x": two, "y": one}) == {"x": one | two, "y": one}


@pytest.mark.parametrize("name", BY_LAYOUT)
def test_a_test_may_ask_for_any_size_and_a_query_may_not(name: str, tmp_path: Path) -> None:
    """An axis column with a number in it moves what the generated unit test asks for."""
    text = (SPECS / "new_op.yaml").read_text(encoding="utf-8")
    assert "column: batch_size" in text
    spec = tmp_path / "new_op.yaml"
    moved = text.replace("column: batch_size", "column: batch_size + 999999").partition("\ndata:")[0]
    spec.write_text(moved + "\n", encoding="utf-8")
    plan, ops = planned(copy_fixture(BY_LAYOUT[name][0], tmp_path), spec)
    own = load(name).words()
    check(plan, ops, own)
    assert [step for step, words_of in own.items() if words_of.sizes] == ["test"]
    # The control: without that, the number is refused.
    with pytest.raises(CheckoutRefused):
        check(plan, ops, {step: replace(words_of, sizes=False) for step, words_of in own.items()})
