"""Drafts of edits in Rust files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ....checkout.rust import RustSource
from ....checkout.tree import Tree
from ....edits.rust import find
from ....edits.rust.place import after, before
from ....plan import Insertion
from ....problems import CheckoutRefused, Place, Problem
from ....render import rust
from ...common.settle import Draft, settled

if TYPE_CHECKING:
    from tree_sitter import Node

ARM = 12
"""Columns before an arm of a match in a method."""


def need(tree: Tree, path: str) -> RustSource:
    """The Rust file at `path`; raises `CheckoutRefused` when it is not there."""
    source = tree.rust(path)
    if source is None:
        raise CheckoutRefused(
            Problem(Place(path), "the file is not there", "a file of this layout", "", "target-missing")
        )
    return source


def draft(
    source: RustSource,
    edits: Insertion | Sequence[Insertion],
    within: Node | None = None,
    taken: Node | None = None,
    name: str = "",
    *,
    telling: bool = False,
) -> Draft:
    """A draft, done when its bytes (the first edit's) stand in `within` (default: the file); `taken` is what has its
    name.

    `telling`: the lines show that this tool was here. One line of an arm or a list would be a hand-written op's, too.
    """
    insertion, *besides = [edits] if isinstance(edits, Insertion) else edits
    span = (within.start_byte, within.end_byte) if within is not None else None
    where = source.place(taken) if taken is not None else None
    return Draft(settled(source, insertion, span), where, name, telling, tuple(besides))


def arm(pattern: str, value: str, columns: int = ARM) -> str:
    """A whole arm of a match, its lines at `columns`."""
    return " " * columns + rust.text(rust.arm(pattern, value), columns) + "\n"


def after_last_arm(source: RustSource, match: Node, text: str) -> Draft:
    """`text` as the last arms of a match that names every variant."""
    arms = find.arms(source, match)
    last = find.last_arm(source, match, "an arm", arms)
    if find.catches_all(last):
        raise CheckoutRefused(
            Problem(source.place(last), "an arm that takes what comes", "a match of all variants", "", "anchor-shape")
        )
    return draft(source, after(source, last, text), match)


def before_rest(source: RustSource, match: Node, text: str) -> Draft:
    """`text` before the arm of a match that takes whatever comes."""
    rest = find.last_arm(
        source, match, "an arm for all other variants", [a for a in find.arms(source, match) if find.catches_all(a)]
    )
    return draft(source, before(source, rest, text), match)


def first_named(nodes: Iterable[Node], names: Iterable[str]) -> Node | None:
    """The first of `nodes` that has one of `names`."""
    wanted = set(names)
    return next((n for n in nodes if find.named(n) in wanted), None)
