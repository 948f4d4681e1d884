"""The compiled engine's ops as its sources list them: the variants of `Op`, and where each of them is taken care of.

A match with a wildcard arm compiles with a variant missing; what such matches name, and what the variants' structs and
classes have, is read here from the syntax trees. Nothing is compiled.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..checkout.rust import RustSource
from ..checkout.tree import Tree
from ..edits.rust import find
from ..problems import CheckoutRefused, Place

if TYPE_CHECKING:
    from tree_sitter import Node

OP = "Op"


@dataclass(frozen=True)
class Variant:
    """A variant of `Op`: the struct that it holds, and the compiled class (`#[pyclass]`) that makes it, "" without."""

    name: str
    struct: str
    place: Place
    made_by: str


@dataclass(frozen=True)
class Match:
    """A match over all variants: those that its arms name, and its wildcard arm, None without one."""

    named: frozenset[str]
    place: Place
    wildcard: Place | None


class Compiled:
    """A tree's compiled ops. `lacking` says what could not be read, in sentences."""

    def __init__(self, tree: Tree, folder: str) -> None:
        self.tree = tree
        self.folder = folder
        self.lacking: list[str] = []

    @classmethod
    def of(cls, tree: Tree) -> Compiled | None:
        """None for a tree whose ops are not compiled."""
        folder = tree.places.engine
        if folder is None or not tree.exists(f"{folder}/operators/op.rs"):
            return None
        return cls(tree, folder)

    def _source(self, name: str) -> RustSource | None:
        """A file of the engine; None, and said so, for one that is not there or is not valid Rust."""
        path = f"{self.folder}/{name}"
        source = self.tree.rust(path)
        try:
            if source is not None:
                _ = source.root
                return source
            self.lacking.append(f"{path} is not there")
        except CheckoutRefused as refused:
            self.lacking.append(str(refused.problems[0]))
        return None

    @functools.cached_property
    def _op(self) -> RustSource | None:
        return self._source("operators/op.rs")

    @functools.cached_property
    def _classes(self) -> RustSource | None:
        return self._source("py_ops.rs")

    @functools.cached_property
    def variants(self) -> tuple[Variant, ...]:
        """All variants, in order."""
        source = self._op
        if source is None:
            return ()
        try:
            enum = find.find_item(source, "enum", OP)
        except CheckoutRefused as refused:
            self.lacking.append(str(refused.problems[0]))
            return ()
        found = []
        for node in find.items(find.body(source, enum)):
            held = [find.code(n) for n in node.named_children if n.type == "ordered_field_declaration_list"]
            struct = held[0].strip("()").rpartition("::")[2] if held else ""
            name = find.named(node)
            found.append(Variant(name, struct, source.place(node), self.made_by.get(name, "")))
        return tuple(found)

    @functools.cached_property
    def made_by(self) -> dict[str, str]:
        """By variant, the class whose constructor makes it."""
        source = self._classes
        if source is None:
            return {}
        found: dict[str, str] = {}
        for block in (n for n in find.items(source.root) if n.type == "impl_item"):
            owner = find.code(block.child_by_field_name("type"))
            for function in find.items(find.body(source, block)):
                if function.type == "function_item" and find.named(function) == "new":
                    found.update(dict.fromkeys(_constructed(function), owner))
        return found

    @functools.cached_property
    def fields(self) -> dict[str, frozenset[str]]:
        """The fields of every struct of `operators/`, by its name."""
        found: dict[str, frozenset[str]] = {}
        for name in sorted(self.tree.listdir(f"{self.folder}/operators")):
            source = self._source(f"operators/{name}") if name.endswith(".rs") else None
            for node in find.items(source.root) if source is not None else ():
                body = node.child_by_field_name("body")
                if node.type == "struct_item" and body is not None:
                    found[find.named(node)] = frozenset(find.named(field) for field in find.items(body))
        return found

    def match_in(self, name: str, function: str, owner: str = "") -> Match | None:
        """The match over `Op` in a function of a file; None, and said so, where there is none."""
        source = self._op if name == "operators/op.rs" else self._source(name)
        if source is None:
            return None
        try:
            within = find.find_method(source, owner, function) if owner else find.find_function(source, function)
            match = find.last_match(source, within)
        except CheckoutRefused as refused:
            self.lacking.append(str(refused.problems[0]))
            return None
        arms = find.arms(source, match)
        named = {_variant(pattern) for arm in arms for pattern in find.patterns(arm)}
        wildcard = next((source.place(arm) for arm in arms if find.catches_all(arm)), None)
        return Match(frozenset(named - {""}), source.place(match), wildcard)


def _variant(pattern: Node) -> str:
    """`X` of the pattern `Op::X(_)`, or of `X(_)`; "" for any other."""
    kind = pattern.child_by_field_name("type")
    return find.code(kind).rpartition("::")[2] if kind is not None else ""


def _constructed(scope: Node) -> list[str]:
    """The variants of `Op` that are made below a node: `Op::X(...)`."""
    found = []
    for node in scope.named_children:
        if node.type == "call_expression":
            function = find.code(node.child_by_field_name("function"))
            if function.startswith(f"{OP}::"):
                found.append(function.removeprefix(f"{OP}::"))
        found += _constructed(node)
    return found
