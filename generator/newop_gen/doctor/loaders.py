"""Loaders: functions that go through the rows of a perf file and file them in nested dicts.

A loader is told by what it does: it has a loop over rows that a csv or parquet reader gave, reads columns by name, and
stores below a dict. What its dict does with a missing key, level by level, is read off the expression that makes it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from .flow import called, keyed, text_key
from .nests import UNKNOWN, Chain, Nest, chains_of, nest_of
from .sdk import Code, Definition

READERS = ("DictReader", "read_table", "read_parquet", "read_csv")
CAUGHT = ("KeyError", "LookupError", "Exception", "BaseException")

# How a store is kept from replacing a row that came before.
Guard = Literal["none", "test", "probe"]


@dataclass(frozen=True, eq=False)
class Store:
    """A row that is filed: `chains` are the places that `node` can store to, `probe` what was looked up before."""

    node: ast.stmt
    target: ast.expr
    value: ast.expr
    chains: tuple[Chain, ...]
    guard: Guard
    probe: ast.expr | None = None


@dataclass(frozen=True, eq=False)
class Loader:
    """One loader. `nests` are its dicts by name, `backwards` says that rows are gone through from the last one on."""

    definition: Definition
    loop: ast.For
    row: str
    nests: dict[str, Nest]
    stores: tuple[Store, ...]
    backwards: bool
    returned: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return self.definition.name

    def columns(self, node: ast.AST) -> set[str]:
        """The columns that an expression's value comes from."""
        found = set()
        for part in self.definition.flow.origins(node):
            key = text_key(part)
            base = keyed(part)
            if key is not None and isinstance(base, ast.Name) and base.id == self.row:
                found.add(key)
        return found

    def nest_at(self, chain: Chain) -> Nest:
        """The dict that the last key of a chain is looked up in."""
        if chain.walked or not chain.keys:
            return UNKNOWN
        return self.nests.get(chain.root, UNKNOWN).below(len(chain.keys) - 1)


def find_loaders(code: Code) -> dict[str, Loader]:
    """All loaders by name."""
    readers = {*READERS, *readers_of(code)}
    found: dict[str, Loader] = {}
    for definition in _plain(code):
        loader = _loader(definition, readers)
        if loader is not None:
            found[definition.name] = loader
    return found


def readers_of(code: Code) -> set[str]:
    """The tree's own functions that hand out rows: what a reader gave, or another of them."""
    found: set[str] = set()
    for _ in range(3):
        found |= {d.name for d in _plain(code) if _reads(d, {*READERS, *found}) and _hands_out(d)}
    return found


def _plain(code: Code) -> list[Definition]:
    paths = {source.path for source in code.table_sources}
    return [d for d in code.definitions if d.owner is None and d.source.path in paths]


def _reads(definition: Definition, readers: set[str]) -> bool:
    return any(called(n) in readers for n in definition.nodes)


def _hands_out(definition: Definition) -> bool:
    """Whether rows come out of it: a list, not a dict of dicts."""
    flow = definition.flow
    for node in definition.nodes:
        if not (isinstance(node, ast.Return) and node.value is not None):
            continue
        values = [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
        for value in values:
            given = flow.values.get(value.id, []) if isinstance(value, ast.Name) else [value]
            if any(
                isinstance(g, (ast.List, ast.ListComp)) or called(g) in ("list", "to_pylist", "sorted") for g in given
            ):
                return True
    return False


def _row_loop(definition: Definition, readers: set[str]) -> tuple[ast.For, str] | None:
    """The loop over rows and the row's name."""
    for node in definition.nodes:
        if not isinstance(node, ast.For):
            continue
        origins = list(definition.flow.origins(node.iter))
        if not any(called(n) in readers for n in origins):
            continue
        targets = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        for part in ast.walk(node):
            base = keyed(part)
            if text_key(part) is not None and isinstance(base, ast.Name) and base.id in targets:
                return node, base.id
    return None


def _loader(definition: Definition, readers: set[str]) -> Loader | None:
    found = _row_loop(definition, readers)
    if found is None:
        return None
    loop, row = found
    flow = definition.flow
    # Functions inside that hand out a dict: how deep it makes keys depends on what they are called with.
    makers = {
        n.name
        for n in definition.nodes
        if isinstance(n, ast.FunctionDef) and n is not definition.node
        if any(isinstance(r, ast.Return) and r.value is not None and nest_of(r.value) is not None for r in ast.walk(n))
    }
    nests: dict[str, Nest] = {}
    for name, values in flow.values.items():
        for value in values:
            nest = nest_of(value)
            if nest is None and called(value) in makers:
                nest = UNKNOWN
            if nest is not None:
                nests[name] = nest
    reader = _Stores(definition, loop, nests, row)
    stores = tuple(reader.find())
    if not stores:
        return None
    backwards = any(
        called(n) == "reversed"
        or (isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice) and ast.unparse(n.slice) == "::-1")
        for n in flow.origins(loop.iter)
    )
    returned = frozenset(
        n.id
        for node in definition.nodes
        if isinstance(node, ast.Return) and node.value is not None
        for n in ast.walk(node.value)
        if isinstance(n, ast.Name)
    )
    return Loader(definition, loop, row, nests, stores, backwards, returned)


class _Stores:
    """Finds what the row loop of one function stores, and what each store is guarded by."""

    def __init__(self, definition: Definition, loop: ast.For, nests: dict[str, Nest], row: str) -> None:
        self.flow = definition.flow
        self.loop = loop
        self.row = row
        self.definition = definition
        # A dict that a function inside is given as an argument is filled there.
        inner = {
            a.arg
            for n in definition.nodes
            if isinstance(n, ast.FunctionDef) and n is not definition.node
            for a in n.args.args
        }
        self.roots = set(nests) | inner
        self.parents = {child: node for node in definition.nodes for child in ast.iter_child_nodes(node)}
        self.changed = self._changed_in_loop()

    def _changed_in_loop(self) -> set[str]:
        """Names of sets and dicts that the loop adds to: what it has seen."""
        names = set()
        for node in ast.walk(self.loop):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "add":
                if isinstance(node.func.value, ast.Name):
                    names.add(node.func.value.id)
            elif isinstance(node, ast.Assign):
                names |= {
                    t.value.id for t in node.targets if isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name)
                }
        return names

    def find(self) -> Iterator[Store]:
        places = [self.loop, *(n for n in self.definition.nodes if _inside(n, self.definition.node))]
        seen: set[ast.AST] = set()
        for place in places:
            for node in ast.walk(place):
                if node in seen:
                    continue
                seen.add(node)
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                    yield from self._store(node, node.targets[0], node.value)
                elif isinstance(node, ast.Expr) and called(node.value) == "setdefault":
                    call = node.value
                    assert isinstance(call, ast.Call)
                    chains = chains_of(call, self.flow.values, self.roots)
                    if len(call.args) == 2 and chains and not _makes_container(call.args[1]):
                        yield Store(node, call, call.args[1], chains, "test")

    def _store(self, node: ast.Assign, target: ast.Subscript, value: ast.expr) -> Iterator[Store]:
        chains = chains_of(target, self.flow.values, self.roots)
        if not chains or _makes_container(value):
            return
        guard, probe = self._guard(node, target, chains)
        yield Store(node, target, value, chains, guard, probe)

    def _guard(self, node: ast.stmt, target: ast.Subscript, chains: tuple[Chain, ...]) -> tuple[Guard, ast.expr | None]:
        wanted = {c.text for c in chains}
        holders = {c.text[:-1] for c in chains}
        inner: ast.AST = node
        while inner is not self.loop and inner in self.parents:
            outer = self.parents[inner]
            if isinstance(outer, ast.If) and inner is not outer.test and self._asks(outer.test, holders, wanted):
                return "test", None
            if isinstance(outer, ast.ExceptHandler) and _catches(outer):
                probe = self._probe(self.parents[outer], wanted)
                if probe is not None:
                    return "probe", probe
            if isinstance(outer, ast.Try) and inner in outer.orelse and self._probe(outer, wanted) is not None:
                return "none", None  # stored when the key is there: nothing keeps the row that was
            for block in _blocks(outer):
                if inner in block:
                    for earlier in block[: block.index(inner)]:
                        if (
                            isinstance(earlier, ast.If)
                            and _leaves(earlier)
                            and self._asks(earlier.test, holders, wanted)
                        ):
                            return "test", None
                        if isinstance(earlier, ast.Try) and any(_leaves(s) for s in (*earlier.body, *earlier.orelse)):
                            probe = self._probe(earlier, wanted)
                            if probe is not None:
                                return "probe", probe
            inner = outer
        return "none", None

    def _asks(self, test: ast.expr, holders: set[tuple[str, ...]], wanted: set[tuple[str, ...]]) -> bool:
        """Whether a condition looks at the dict that is stored to, or at what the loop has seen."""
        for part in self.flow.origins(test):
            if isinstance(part, ast.Name) and part.id in self.changed and part.id not in self.roots:
                return True
            if isinstance(part, (ast.Name, ast.Subscript, ast.Call)):
                texts = {c.text for c in chains_of(part, self.flow.values, self.roots)}
                if texts & (holders | wanted):
                    return True
        return False

    def _probe(self, attempt: ast.AST, wanted: set[tuple[str, ...]]) -> ast.expr | None:
        """The look-up in the body of a try that raises KeyError for a new key."""
        if not isinstance(attempt, ast.Try):
            return None
        for statement in attempt.body:
            for part in ast.walk(statement):
                if not (isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Load)):
                    continue
                if {c.text for c in chains_of(part, self.flow.values, self.roots)} & wanted:
                    return part
        return None


def _inside(node: ast.AST, function: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node is not function


def _makes_container(value: ast.expr) -> bool:
    return nest_of(value) is not None or isinstance(value, (ast.List, ast.Set)) or called(value) in ("list", "set")


def _catches(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(name in ast.unparse(handler.type) for name in CAUGHT)


def _leaves(statement: ast.stmt) -> bool:
    """Whether the row is done with after it."""
    if isinstance(statement, (ast.Continue, ast.Raise, ast.Return)):
        return True
    return isinstance(statement, ast.If) and bool(statement.body) and _leaves(statement.body[-1])


def _blocks(node: ast.AST) -> Iterator[list[ast.AST]]:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            yield block
