"""Rooms of layouts know what they share, and not each other; and nobody outside asks which layout it is.

What differs between trees is told by `Facts` and `Rules`. A question by `hasattr`, or by a layout's name, would take a
new layout for one that it only looks like.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import newop_gen
from newop_gen.layouts import REGISTERED

PACKAGE = Path(newop_gen.__file__).parent
LAYOUTS = PACKAGE / "layouts"
SHARED = {"common": set(), "python": {"common"}}  # by package, which of the others it knows
ROOMS = sorted({where.partition(".")[0] for where in REGISTERED.values()} | {"engine"})

TOLD = {"facts", "layout", "loading", "rules"}  # what a variable is called that holds what a layout tells


def known(room: str) -> set[str]:
    """The packages of layouts that one may import."""
    return SHARED[room] if room in SHARED else set(SHARED)


def imported(path: Path, text: str) -> Iterator[str]:
    """The packages below `layouts` that a module imports, wherever in it and for whatever."""
    module = path.relative_to(PACKAGE).with_suffix("").parts
    here = module if path.name == "__init__.py" else module[:-1]
    here = here[:-1] if here[-1:] == ("__init__",) else here
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            base = here[: len(here) - (node.level - 1)] if node.level else ()
            target = (*base, *(node.module.split(".") if node.module else ()))
            names = [(*target, alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        for name in names:
            inside = name[1:] if name[0] == "newop_gen" else name
            if inside[:1] == ("layouts",) and len(inside) > 1:
                yield inside[1]


def strangers(path: Path, text: str) -> set[str]:
    """Packages of layouts that a module imports and is not to know."""
    room = path.relative_to(LAYOUTS).parts[0]
    return set(imported(path, text)) & {*SHARED, *ROOMS} - {room} - known(room)


@pytest.mark.parametrize("room", [*SHARED, *ROOMS])
def test_rooms_do_not_import_each_other(room: str) -> None:
    modules = sorted((LAYOUTS / room).rglob("*.py"))
    assert modules
    assert {str(p.relative_to(LAYOUTS)): s for p in modules if (s := strangers(p, p.read_text("utf-8")))} == {}


def test_an_import_of_another_room_is_seen() -> None:
    lazily = "def f():\n    from ..database.words import DIRECT\n"
    assert strangers(LAYOUTS / "op_owned" / "plan.py", lazily) == {"database"}
    assert strangers(LAYOUTS / "op_owned" / "__init__.py", "from .. import database\n") == {"database"}
    assert strangers(LAYOUTS / "common" / "steps.py", "from newop_gen.layouts.python import sdk\n") == {"python"}
    assert (
        strangers(LAYOUTS / "python" / "sdk.py", "from ..common.settle import Draft\nfrom .facts import F\n") == set()
    )


def questions(text: str) -> list[str]:
    """Questions to a layout's facts by attribute, and comparisons of a layout with the name of one."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id in ("hasattr", "getattr") and TOLD & words(node.args[0]):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(words(side) & {"layout", "layouts"} for side in sides) and any(map(names_one, sides)):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Match) and "layout" in words(node.subject):
            found.append(ast.unparse(node.subject))
    return found


def words(node: ast.AST) -> set[str]:
    """Names and attributes in an expression."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def names_one(node: ast.AST) -> bool:
    """Whether an expression has the name of a layout in it."""
    return any(isinstance(n, ast.Constant) and n.value in REGISTERED for n in ast.walk(node))


def test_nobody_outside_asks_which_layout_it_is() -> None:
    outside = [p for p in sorted(PACKAGE.rglob("*.py")) if not p.is_relative_to(LAYOUTS)]
    assert {str(p.relative_to(PACKAGE)): q for p in outside if (q := questions(p.read_text(encoding="utf-8")))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "owned = hasattr(facts, 'engine')",
        "x = getattr(bench.facts, 'family_first', False)",
        "x = getattr(layout, 'facts', None)",
        "x = layout.name == 'sources'",
        "x = bench.facts.layout in ('op_owned', 'core')",
        "match layout.name:\n    case 'core': pass",
    ],
)
def test_such_a_question_is_seen(text: str) -> None:
    assert len(questions(text)) == 1
    assert not questions("x = layout.name == other.layout; y = facts.peak == 'strict'; z = getattr(node, 'lineno', 0)")


def bare_steps(text: str) -> list[int]:
    """Lines in which a step is drafted by a text, where `StepKey` has its name."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Step", "StepDraft")
        and any(isinstance(argument, ast.Constant) for argument in node.args[1:2])
    ]


def test_steps_are_named_by_their_keys() -> None:
    found = {path: bare_steps(path.read_text(encoding="utf-8")) for path in LAYOUTS.rglob("*.py")}
    assert not any(found.values())
    assert bare_steps('StepDraft(op.name, "enum", "Members")') == [1]
