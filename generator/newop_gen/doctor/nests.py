"""Nested dicts as code makes them and looks into them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .flow import called


@dataclass(frozen=True)
class Nest:
    """What a dict does when a missing key is looked up: makes `makes`, or raises KeyError (None)."""

    makes: Nest | None = None
    known: bool = True

    def below(self, levels: int) -> Nest:
        """The dict that is found `levels` keys down."""
        nest = self
        for _ in range(levels):
            nest = nest.makes or (PLAIN if nest.known else UNKNOWN)
        return nest


PLAIN = Nest()
UNKNOWN = Nest(known=False)


@dataclass(frozen=True)
class Chain:
    """`root[key][key]...`: a place in a nested dict, with the keys as they are written. `walked`: the root is a name
    that goes down the levels in a loop, so that there are more keys than these."""

    root: str
    keys: tuple[ast.expr, ...] = ()
    walked: bool = False

    @property
    def text(self) -> tuple[str, ...]:
        return (self.root, *map(ast.unparse, self.keys))


def nest_of(node: ast.expr) -> Nest | None:
    """The nest of an expression that makes a dict; None when it makes something else."""
    if isinstance(node, ast.Dict) and not node.keys:
        return PLAIN
    if not isinstance(node, ast.Call):
        return None
    name = called(node)
    if name == "dict" and not node.args and not node.keywords:
        return PLAIN
    if name != "defaultdict":
        return None
    if not node.args:
        return PLAIN
    factory = node.args[0]
    if isinstance(factory, ast.Lambda):
        inner = nest_of(factory.body)
        if inner is None:
            # A call of something that makes dicts in its own way, or a number: a key is made all the same.
            inner = UNKNOWN
        return Nest(inner)
    if isinstance(factory, ast.Constant) and factory.value is None:
        return PLAIN
    return Nest(PLAIN if isinstance(factory, ast.Name) else UNKNOWN)


def chains_of(node: ast.AST, values: dict[str, list[ast.expr]], roots: set[str]) -> tuple[Chain, ...]:
    """The places in dicts `roots` (names, or dotted names such as `self.table`) that an expression can mean."""
    return tuple(_chains(node, values, roots, frozenset()))


def _chains(node: ast.AST, values: dict[str, list[ast.expr]], roots: set[str], seen: frozenset[str]) -> Iterator[Chain]:
    if isinstance(node, ast.Name):
        if node.id in roots:
            yield Chain(node.id)
        elif node.id not in seen:
            given = values.get(node.id, ())
            walks = any(_uses(value, node.id) for value in given)
            for value in given:
                for chain in _chains(value, values, roots, seen | {node.id}):
                    yield Chain(chain.root, chain.keys, chain.walked or walks)
    elif isinstance(node, ast.Attribute):
        if ast.unparse(node) in roots:
            yield Chain(ast.unparse(node))
        elif node.attr == "data":  # what a UserDict wraps
            yield from _chains(node.value, values, roots, seen)
    elif isinstance(node, ast.Subscript):
        for chain in _chains(node.value, values, roots, seen):
            yield Chain(chain.root, (*chain.keys, node.slice), chain.walked)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("get", "setdefault") and node.args:
            for chain in _chains(node.func.value, values, roots, seen):
                yield Chain(chain.root, (*chain.keys, node.args[0]), chain.walked)
    elif called(node) == "getattr" and isinstance(node, ast.Call) and len(node.args) >= 2:
        key = node.args[1]
        if (
            isinstance(key, ast.Constant)
            and isinstance(key.value, str)
            and f"{ast.unparse(node.args[0])}.{key.value}" in roots
        ):
            yield Chain(f"{ast.unparse(node.args[0])}.{key.value}")
    elif isinstance(node, ast.IfExp):
        yield from _chains(node.body, values, roots, seen)
        yield from _chains(node.orelse, values, roots, seen)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from _chains(part, values, roots, seen)


def _uses(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
