"""Queries: functions that answer from a table, and operations: classes that ask them for a model's layers."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ..edits.python.find import Function
from .flow import called, keyed, text_key
from .nests import Chain, chains_of
from .sdk import DATABASE, OPERATION, RESULT, Code, Definition, definitions
from .tables import Tables

# Functions of the same names that fill tables, not ask them.
FALLBACK = "_query_silicon_or_hybrid"
RESULT_MAKERS = (RESULT, "_interp_pr")
MODE = "database_mode"


@dataclass(frozen=True, eq=False)
class QueryMethod:
    """A function that reads tables (`attributes` of the database) and makes results of them."""

    definition: Definition
    attributes: tuple[str, ...]
    roots: frozenset[str]  # how the tables are written in it: "self.table", "database.table"
    slicers: frozenset[str] = frozenset()  # functions of the tree that look several keys up

    def chains(self, node: ast.AST) -> tuple[Chain, ...]:
        return chains_of(node, self.definition.flow.values, set(self.roots), self.slicers)

    def attribute(self, chain: Chain) -> str:
        return chain.root.rpartition(".")[2]

    @functools.cached_property
    def helpers(self) -> dict[str, Function]:
        """Functions inside it by name."""
        return {
            n.name: n
            for n in self.definition.nodes
            if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n is not self.definition.node
        }


@dataclass(frozen=True, eq=False)
class Ask:
    """A call of a database's query in an operation. `arguments` are by name where they are passed by name."""

    name: str
    node: ast.Call
    arguments: tuple[tuple[str | None, ast.expr], ...]


@dataclass(frozen=True, eq=False)
class OpClass:
    """An operation: a class below `Operation`, its `query` and what it asks."""

    definition: Definition  # its query
    owner: ast.ClassDef
    asks: tuple[Ask, ...]

    @property
    def name(self) -> str:
        return self.owner.name

    def inputs(self, node: ast.AST) -> set[str]:
        """What of the keywords given by a backend (`x`, `batch_size`, `s`, ...) a value comes from."""
        found = set()
        flow = self.definition.flow
        own = {a.arg for a in (*self.definition.node.args.args, *self.definition.node.args.kwonlyargs)} - {"self"}
        packed = self.definition.node.args.kwarg.arg if self.definition.node.args.kwarg else None
        for part in flow.origins(node):
            key, base = text_key(part), keyed(part)
            if key is not None and isinstance(base, ast.Name) and base.id == packed:
                found.add(key)
            elif isinstance(part, ast.Name) and part.id in own:
                found.add(part.id)
        return found

    @functools.cached_property
    def reads(self) -> set[str]:
        """All keywords that its query looks at."""
        return {key for node in self.definition.node.body for key in self.inputs(node)}


@dataclass
class Queries:
    """Everything that asks tables."""

    code: Code
    tables: Tables

    @functools.cached_property
    def found(self) -> tuple[QueryMethod, ...]:
        result = []
        filled = set(self.tables.filled)
        for definition in self.code.definitions:
            if definition.name == "__init__" or definition.name in self.tables.entries:
                continue
            roots = set(self._reads(definition, filled))
            makes = any(called(n) in RESULT_MAKERS for n in definition.nodes)
            if roots and (makes or self._interpolates(definition)):
                attributes = tuple(sorted({r.rpartition(".")[2] for r in roots}))
                result.append(QueryMethod(definition, attributes, frozenset(roots), self.slicers))
        return tuple(result)

    @functools.cached_property
    def slicers(self) -> frozenset[str]:
        """Functions that are given a table and keys, and go down it: `for key in keys: node = node[key]`."""
        return frozenset(d.name for d in self.code.definitions if d.owner is None and _goes_down(d))

    def _reads(self, definition: Definition, filled: set[str]) -> Iterator[str]:
        for node in definition.nodes:
            if isinstance(node, ast.Attribute) and node.attr in filled and isinstance(node.value, ast.Name):
                if isinstance(node.ctx, ast.Load):
                    yield ast.unparse(node)
            elif called(node) == "getattr" and isinstance(node, ast.Call) and len(node.args) >= 2:
                key = node.args[1]
                if isinstance(key, ast.Constant) and key.value in filled:
                    yield f"{ast.unparse(node.args[0])}.{key.value}"

    def _interpolates(self, definition: Definition) -> bool:
        """Reads a table between its points without making a result itself."""
        return any(called(n) in self.point_helpers for n in definition.nodes) and not self._fills(definition)

    def _fills(self, definition: Definition) -> bool:
        return any(called(n) in self.grid_helpers for n in definition.nodes) or "load" in definition.name

    @functools.cached_property
    def point_helpers(self) -> frozenset[str]:
        """Functions that answer for a point from leaves around it: they read the latency of what they are given."""
        found = {
            d.name
            for d in self.code.definitions
            if self._is_helper(d)
            and any(isinstance(n, ast.Constant) and n.value == "latency" for n in d.nodes)
            and _gives_value(d)
        }
        return frozenset(found | self.forwarding(found))

    def forwarding(self, names: set[str]) -> set[str]:
        """Helpers that only hand on what one of those gives."""
        return {
            d.name
            for d in self.code.definitions
            if self._is_helper(d) and len(d.node.body) <= 2 and called(_last_value(d)) in names
        }

    @functools.cached_property
    def grid_helpers(self) -> frozenset[str]:
        """Functions that add points to a grid in place: they store below what they are given, and give nothing."""
        found = set()
        for definition in self.code.definitions:
            if not self._is_helper(definition) or _gives_value(definition):
                continue
            params = definition.flow.params
            for node in definition.nodes:
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                    base: ast.AST = node
                    while isinstance(base, ast.Subscript):
                        base = base.value
                    if isinstance(base, ast.Name) and base.id in params:
                        found.add(definition.name)
        return frozenset(found | self.forwarding(found))

    def _is_helper(self, definition: Definition) -> bool:
        in_database = definition.owner is not None and definition.owner.name == DATABASE
        in_helpers = any(definition.source is s for s in self.code.helpers)
        return in_helpers or (in_database and definition.name.startswith("_"))

    @functools.cached_property
    def by_attribute(self) -> dict[str, list[QueryMethod]]:
        found: dict[str, list[QueryMethod]] = {}
        for query in self.found:
            for attribute in query.attributes:
                found.setdefault(attribute, []).append(query)
        return found

    def names_of(self, query: QueryMethod) -> tuple[str, ...]:
        """What findings in a query can be asked for by."""
        names = [*query.definition.names]
        for attribute in query.attributes:
            names += self.tables.names_of(attribute)
        return tuple(dict.fromkeys(names))

    @functools.cached_property
    def database_methods(self) -> set[str]:
        return {d.name for d in self.code.definitions if d.owner is not None and d.owner.name == DATABASE}

    @functools.cached_property
    def op_names(self) -> frozenset[str]:
        """Names of all classes below `Operation`."""
        bases = {name: {ast.unparse(b).rpartition(".")[2] for b in n.bases} for name, n in self.classes.items()}
        below = {OPERATION}
        while True:
            more = {name for name, over in bases.items() if over & below} - below
            if not more:
                return frozenset(below - {OPERATION})
            below |= more

    @functools.cached_property
    def classes(self) -> dict[str, ast.ClassDef]:
        """Classes of the operation files by name."""
        return {n.name: n for source in self.code.operations for n in source.tree.body if isinstance(n, ast.ClassDef)}

    def lineage(self, name: str) -> list[ast.ClassDef]:
        """A class and what it inherits from, the nearest first, as far as the operation files have it."""
        found: list[ast.ClassDef] = []
        todo = [name]
        while todo:
            owner = self.classes.get(todo.pop(0))
            if owner is not None and owner not in found:
                found.append(owner)
                todo += [ast.unparse(b).rpartition(".")[2] for b in owner.bases]
        return found

    @functools.cached_property
    def operations(self) -> dict[str, OpClass]:
        """Operations that have a query of their own, by class name."""
        found = {}
        for source in self.code.operations:
            for definition in definitions(source):
                owner = definition.owner
                if owner is None or owner.name not in self.op_names or definition.name != "query":
                    continue
                arguments = definition.node.args.args
                database = arguments[1].arg if len(arguments) > 1 else "database"
                found[owner.name] = OpClass(definition, owner, tuple(_asks(definition, database)))
        return found

    def behind(self, name: str) -> list[Definition]:
        """The functions that do the work of `database.name(...)`: the method, or what it forwards to."""
        own = [d for d in self.code.by_name.get(name, ()) if d.owner is not None and d.owner.name == DATABASE]
        asked = [q.definition for q in self.found]
        result = []
        for method in own:
            forwards = [
                d
                for n in method.nodes
                for d in self.code.by_name.get(called(n), ())
                if d is not method and d.owner is not None and d.owner.name != DATABASE
            ]
            result += forwards if forwards and method not in asked else [method]
        return result


def _last_value(definition: Definition) -> ast.AST:
    """What the last statement of a function gives or calls."""
    last = definition.node.body[-1]
    return (last.value or last) if isinstance(last, (ast.Return, ast.Expr)) else last


def _asks(definition: Definition, database: str) -> Iterator[Ask]:
    for node in definition.nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        held = node.func.value
        if node.func.attr.startswith("query") and isinstance(held, ast.Name) and held.id == database:
            given: list[tuple[str | None, ast.expr]] = [(None, a) for a in node.args]
            yield Ask(node.func.attr, node, (*given, *((k.arg, k.value) for k in node.keywords)))


def _goes_down(definition: Definition) -> bool:
    packed = definition.node.args.vararg
    for node in definition.nodes:
        if packed is None or not (isinstance(node, ast.For) and isinstance(node.target, ast.Name)):
            continue
        if not (isinstance(node.iter, ast.Name) and node.iter.id == packed.arg):
            continue
        for part in ast.walk(node):
            if not (isinstance(part, ast.Assign) and isinstance(part.value, ast.Subscript)):
                continue
            if ast.unparse(part.targets[0]) == ast.unparse(part.value.value):
                return ast.unparse(part.value.slice) == node.target.id
    return False


def _gives_value(definition: Definition) -> bool:
    """Whether it returns something (itself, not a function inside it)."""
    inner = {
        part
        for n in definition.nodes
        if isinstance(n, (ast.FunctionDef, ast.Lambda)) and n is not definition.node
        for part in ast.walk(n)
    }
    return any(
        isinstance(n, ast.Return)
        and n not in inner
        and n.value is not None
        and not (isinstance(n.value, ast.Constant) and n.value.value is None)
        for n in definition.nodes
    )
