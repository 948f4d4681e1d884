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


def chains_of(
    node: ast.AST, values: dict[str, list[ast.expr]], roots: set[str], slicers: frozenset[str] = frozenset()
) -> tuple[Chain, ...]:
    """The places in dicts `roots` (names, or dotted names such as `self.table`) that an expression can mean. `slicers`
    are functions that look keys up one after the other: `slicer(root, key, key)`."""
    return tuple(_Chains(values, roots, slicers).of(node, frozenset()))


@dataclass(frozen=True)
class _Chains:
    values: dict[str, list[ast.expr]]
    roots: set[str]
    slicers: frozenset[str]

    def of(self, node: ast.AST, seen: frozenset[str]) -> Iterator[Chain]:
        if isinstance(node, ast.Name):
            yield from self._of_name(node.id, seen)
        elif isinstance(node, ast.Attribute):
            if ast.unparse(node) in self.roots:
                yield Chain(ast.unparse(node))
            elif node.attr == "data":  # what a UserDict wraps
                yield from self.of(node.value, seen)
        elif isinstance(node, ast.Subscript):
            yield from self._below(node.value, (node.slice,), seen)
        elif isinstance(node, ast.Call):
            yield from self._of_call(node, seen)
        elif isinstance(node, ast.IfExp):
            yield from self.of(node.body, seen)
            yield from self.of(node.orelse, seen)
        elif isinstance(node, ast.BoolOp):
            for part in node.values:
                yield from self.of(part, seen)

    def _of_name(self, name: str, seen: frozenset[str]) -> Iterator[Chain]:
        if name in self.roots:
            yield Chain(name)
        elif name not in seen:
            given = self.values.get(name, ())
            walks = any(_uses(value, name) for value in given)
            for value in given:
                for chain in self.of(value, seen | {name}):
                    yield Chain(chain.root, chain.keys, chain.walked or walks)

    def _of_call(self, node: ast.Call, seen: frozenset[str]) -> Iterator[Chain]:
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("get", "setdefault") and node.args:
            yield from self._below(node.func.value, (node.args[0],), seen)
        elif called(node) == "getattr" and len(node.args) >= 2:
            key = node.args[1]
            named = key.value if isinstance(key, ast.Constant) else None
            if isinstance(named, str) and f"{ast.unparse(node.args[0])}.{named}" in self.roots:
                yield Chain(f"{ast.unparse(node.args[0])}.{named}")
        elif called(node) in self.slicers and node.args and not any(isinstance(a, ast.Starred) for a in node.args):
            yield from self._below(node.args[0], tuple(node.args[1:]), seen)

    def _below(self, held: ast.AST, keys: tuple[ast.expr, ...], seen: frozenset[str]) -> Iterator[Chain]:
        for chain in self.of(held, seen):
            yield Chain(chain.root, (*chain.keys, *keys), chain.walked)


def _uses(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))
