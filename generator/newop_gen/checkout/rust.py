"""A Rust file: its syntax tree as tree-sitter reads it, whose nodes have byte offsets of their own."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..problems import CheckoutRefused, Place
from .source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# Brackets whose contents are statements or items, each complete in itself: nothing in them needs a comma of another.
_BODIES = frozenset({"block", "declaration_list"})


class RustSource(Source):
    """A Rust file of the checkout. tree-sitter is loaded when its tree is first asked for."""

    comment = b"//"

    @functools.cached_property
    def root(self) -> Node:
        """The whole file's node; raises `CheckoutRefused` with the line when the file is not valid Rust.

        A node knows where it starts and ends (`start_byte`, `end_byte`: byte offsets of `data`)."""
        from ..kinds.rust import first_fault, parse

        self._refuse_lone_cr()
        self._refuse_undecodable("valid Rust")
        tree = parse(self.data)
        fault = first_fault(tree)
        if fault is not None:
            raise self._unparsable(*fault, "valid Rust")
        return tree.root_node

    def text(self, node: Node) -> str:
        """The node's own source text."""
        return self.data[node.start_byte : node.end_byte].decode(self.encoding)

    def place(self, node: Node) -> Place:
        line, column = node.start_point
        return Place(self.path, line + 1, column + 1)

    def shared(self) -> list[tuple[int, int]]:
        """What stands between brackets, and the file itself, which has everything that is in no brackets."""
        try:
            nodes = [node for node in _walk(self.root) if _bracketed(node)]
        except CheckoutRefused:
            return super().shared()
        return [*super().shared(), *((node.start_byte, node.end_byte) for node in nodes)]


def _walk(node: Node) -> Iterator[Node]:
    todo = [node]
    while todo:
        node = todo.pop()
        yield node
        todo += node.children


def _bracketed(node: Node) -> bool:
    ends = node.children[:1] + node.children[-1:]
    return node.type not in _BODIES and [end.type for end in ends] in (["(", ")"], ["[", "]"], ["{", "}"])
