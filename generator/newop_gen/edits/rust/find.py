"""Locating what an edit of a Rust file is placed at.

An item counts only where the compiler would find it by its name: directly in the file, in a module or in an `impl` that
is asked for. Each function returns the one node or raises `CheckoutRefused` with the file, what was looked for, and the
nearest name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...problems import CheckoutRefused, Place, Problem

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...checkout.rust import RustSource

COMMENTS = frozenset({"line_comment", "block_comment"})
_BESIDE = COMMENTS | {"attribute_item", "inner_attribute_item"}


def code(node: Node | None) -> str:
    """The node's own text; empty without one."""
    return "" if node is None or node.text is None else node.text.decode("utf-8")


def items(scope: Node) -> list[Node]:
    """What is directly in a file or a body, without comments and attributes."""
    return [n for n in scope.named_children if n.type not in _BESIDE]


def named(node: Node) -> str:
    """The name of an item, a field or a variant."""
    return code(node.child_by_field_name("name"))


def body(source: RustSource, node: Node) -> Node:
    """The braces of an item."""
    found = node.child_by_field_name("body")
    if found is None:
        raise missing(source, f"a body of {named(node)}", "", (), node)
    return found


def find_item(source: RustSource, kind: str, name: str, scope: Node | None = None) -> Node:
    """The item `name` of a kind ("enum", "struct", "const", "function", "mod", "macro") directly in `scope`."""
    among = [n for n in items(scope or source.root) if n.type in (f"{kind}_item", f"{kind}_definition")]
    what = f"{'fn' if kind == 'function' else kind} {name}"
    return only(source, what, name, [(named(n), n) for n in among], scope)


def find_function(source: RustSource, name: str, scope: Node | None = None) -> Node:
    """The function `name` directly in the file, or in the body `scope`."""
    return find_item(source, "function", name, scope)


def find_method(source: RustSource, owner: str, name: str) -> Node:
    """The function `name` in an `impl` of the type `owner`; in which one doesn't matter."""
    blocks = [n for n in items(source.root) if n.type == "impl_item" and _owner(n) == owner]
    if not blocks:
        every = [_owner(n) for n in items(source.root) if n.type == "impl_item"]
        raise missing(source, f"impl {owner}", owner, every)
    functions = [f for block in blocks for f in items(body(source, block)) if f.type == "function_item"]
    return only(source, f"fn {name} of {owner}", name, [(named(f), f) for f in functions], blocks[0])


def find_module(source: RustSource, name: str) -> Node:
    """The body of the module `name` that stands in this file."""
    return body(source, find_item(source, "mod", name))


def _owner(node: Node) -> str:
    """The name of the type of an `impl`, without generics: of `impl X<'_>` and of `impl Trait for X`."""
    kind = node.child_by_field_name("type")
    return code(kind).partition("<")[0]


def outermost_matches(scope: Node) -> list[Node]:
    """The `match` expressions below `scope` that are in no other one."""
    found: list[Node] = []
    for child in scope.named_children:
        if child.type == "match_expression":
            found.append(child)
        elif child.type not in ("function_item", "macro_definition"):
            found += outermost_matches(child)
    return found


def last_match(source: RustSource, function: Node) -> Node:
    """The last `match` of a function that is in no other one: the one that its value comes from."""
    found = outermost_matches(body(source, function))
    if not found:
        raise missing(source, f"a match in fn {named(function)}", "", (), function)
    return found[-1]


def arms(source: RustSource, match: Node) -> list[Node]:
    """The arms of a `match`."""
    return [n for n in body(source, match).named_children if n.type == "match_arm"]


def patterns(arm: Node) -> list[Node]:
    """The alternatives of an arm, in order."""
    pattern = arm.child_by_field_name("pattern")
    assert pattern is not None
    return list(_alternatives(pattern.named_children[0])) if pattern.named_children else [pattern]


def _alternatives(pattern: Node) -> Iterator[Node]:
    if pattern.type == "or_pattern":
        for child in pattern.named_children:
            yield from _alternatives(child)
    else:
        yield pattern


def value(arm: Node) -> str:
    """The code of what an arm gives."""
    return code(arm.child_by_field_name("value"))


def catches_all(arm: Node) -> bool:
    """Whether an arm takes whatever comes: `_`, or a name alone."""
    pattern = arm.child_by_field_name("pattern")
    assert pattern is not None
    guarded = pattern.child_by_field_name("condition") is not None
    return not guarded and code(pattern).strip().isidentifier() and not code(pattern).strip()[:1].isupper()


def last_arm(source: RustSource, match: Node, what: str, fits: Sequence[Node]) -> Node:
    """The last of `fits`, arms of `match`; refused when there is none."""
    if not fits:
        raise missing(source, what, "", (), match)
    return fits[-1]


def macros(scope: Node, name: str) -> list[Node]:
    """The calls of a macro below `scope`, in the file's order."""
    found: list[Node] = []
    for child in scope.named_children:
        if child.type == "macro_invocation" and code(child.child_by_field_name("macro")) == name:
            found.append(child)
        found += macros(child, name)
    return found


def tokens(macro: Node) -> Node:
    """The bracketed tokens of a macro's call."""
    return next(n for n in macro.named_children if n.type == "token_tree")


def missing(
    source: RustSource, what: str, name: str, candidates: Iterable[str], scope: Node | None = None
) -> CheckoutRefused:
    """The refusal for an anchor that is not there, with the nearest of `candidates`."""
    near = difflib.get_close_matches(name, list(dict.fromkeys(candidates)), n=1, cutoff=0.5)
    return CheckoutRefused(
        Problem(
            Place(source.path) if scope is None else source.place(scope),
            f"{what} is not there",
            what,
            f"the nearest is {near[0]}" if near else "",
            "anchor-missing",
        )
    )


def only(
    source: RustSource, what: str, name: str, found: Sequence[tuple[str, Node]], scope: Node | None = None
) -> Node:
    """The one of `found` that is called `name`."""
    nodes = [node for candidate, node in found if candidate == name]
    if not nodes:
        raise missing(source, what, name, [candidate for candidate, _ in found], scope)
    if len(nodes) > 1:
        raise CheckoutRefused(
            Problem(source.place(nodes[-1]), f"{what} is there {len(nodes)} times", "1 of them", "", "anchor-ambiguous")
        )
    return nodes[0]
