"""Which names an expression may use at a place in a model's method.

A local counts when it is assigned on every path to the place: before it in the same block or in a block around it, or
in all branches of an `if`. `self.<attribute>` counts when the class or one of its bases sets it, unless its only
assignment comes later in the very method.
"""

from __future__ import annotations

import ast
import difflib
import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..edits.python.find import Function, dotted, statements
from .classes import ModelClass, ModelIndex, module_names
from .flow import Flow, flow_of

Block = Sequence[ast.stmt]


@dataclass(frozen=True)
class Scope:
    """The names at a statement of a method: `chain` are the statements around it, outermost first, itself the last."""

    index: ModelIndex
    model: ModelClass
    method: Function
    chain: tuple[tuple[Block, ast.stmt], ...]

    @property
    def statement(self) -> ast.stmt:
        return self.chain[-1][1]

    @functools.cached_property
    def locals(self) -> frozenset[str]:
        """Parameters, and locals that are certainly assigned."""
        arguments = self.method.args
        names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
        for (block, statement), inner in zip(self.chain, [*self.chain[1:], None]):
            names |= _assigned_by(block[: block.index(statement)]) or set()
            if inner is not None and isinstance(statement, (ast.For, ast.AsyncFor)) and inner[0] is statement.body:
                names |= _names(statement.target)
            if isinstance(statement, (ast.With, ast.AsyncWith)):
                names |= {n for item in statement.items if item.optional_vars for n in _names(item.optional_vars)}
        return frozenset(names)

    @functools.cached_property
    def globals(self) -> frozenset[str]:
        return module_names(self.model.source)

    @property
    def self_name(self) -> str:
        return self.method.args.args[0].arg if self.method.args.args else "self"

    def missing(self, name: str) -> str | None:
        """None when the dotted `name` can be used here, else what is missing ("self._topk is set only later")."""
        head, *rest = name.split(".")
        if head == self.self_name:
            return self._missing_attribute(rest)
        if head in self.locals:
            return None
        if head in self._later_locals:
            return f"{head} is not assigned on every path to this place"
        if head not in self.globals:
            return f"{head} is not in scope"
        if head == "common" and len(rest) > 1:
            members = self.index.enum_members(rest[0])
            if members is None or rest[1] not in members:
                return f"{name} does not exist"
        return None

    def _missing_attribute(self, rest: list[str]) -> str | None:
        if not rest:
            return None
        places = self.model.attributes.get(rest[0])
        if places is None:
            return f"{self.self_name}.{rest[0]} is set nowhere in {self.model.name} or its bases"
        if all(method is self.method and line >= self.statement.lineno for method, line in places):
            return f"{self.self_name}.{rest[0]} is set only later"
        fields = self.index.config_fields
        if rest[0] == "config" and len(rest) > 1 and fields is not None and rest[1] not in fields:
            return f"ModelConfig has no {rest[1]}"
        return None

    @functools.cached_property
    def _later_locals(self) -> frozenset[str]:
        return frozenset(n for node in statements(self.method, nested=True) for n in _bound(node))

    def nearest(self, name: str) -> str:
        """The nearest name that is in scope, or ""."""
        head, _, rest = name.partition(".")
        known: Iterable[str] = self.locals | self.globals
        if head == self.self_name and rest.startswith("config.") and self.index.config_fields:
            known = {f"{head}.config.{f}" for f in self.index.config_fields}
        elif head == self.self_name:
            known = {f"{head}.{a}" for a in self.model.attributes}
        near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
        return near[0] if near else ""

    def mentions(self, names: Iterable[str], attribute: str) -> bool:
        """Whether one of the names is, or is computed from, something named `attribute`: by locals of the method, or
        by what the class's own calls of the method give it."""
        return _mentions(flow_of(self.model), self.method, names, attribute, set())


def _mentions(
    flow: Flow, method: Function, names: Iterable[str], attribute: str, seen: set[tuple[Function, str]]
) -> bool:
    pending = list(names)
    parameters = [a.arg for a in (*method.args.posonlyargs, *method.args.args)]
    while pending:
        name = pending.pop()
        head = name.split(".")[0]
        if attribute in name.split("."):
            return True
        if (method, head) in seen or [head] == parameters[:1]:
            continue
        seen.add((method, head))
        for node in ast.walk(method):
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and head in _bound(node):
                pending += filter(None, map(dotted, ast.walk(node.value)))
        if head not in parameters[1:]:
            continue
        for caller, call in flow.calls_of(method):
            given = [k.value for k in call.keywords if k.arg == head]
            given += call.args[parameters.index(head) - 1 : parameters.index(head)]
            read = [name for value in given[:1] for name in map(dotted, ast.walk(value)) if name]
            if _mentions(flow, caller, read, attribute, seen):
                return True
    return False


def scope_at(index: ModelIndex, model: ModelClass, method: Function, statement: ast.stmt) -> Scope:
    chain: list[tuple[Block, ast.stmt]] = []

    def descend(block: Block) -> bool:
        for child in block:
            chain.append((block, child))
            if child is statement or any(descend(inner) for inner in _blocks(child)):
                return True
            chain.pop()
        return False

    if not descend(method.body):
        raise AssertionError("the statement is not one of the method")
    return Scope(index, model, method, tuple(chain))


def _blocks(node: ast.stmt) -> list[Block]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    blocks = [getattr(node, field) for field in ("body", "orelse", "finalbody") if getattr(node, field, None)]
    blocks += [handler.body for handler in getattr(node, "handlers", [])]
    blocks += [case.body for case in getattr(node, "cases", [])]
    return blocks


def _assigned_by(block: Block) -> set[str] | None:
    """Names that are certainly assigned after `block`; None when control never gets there."""
    names: set[str] = set()
    for node in block:
        if isinstance(node, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
            return None
        names |= _bound(node)
        if isinstance(node, ast.If):
            branches = [b for b in (_assigned_by(node.body), _assigned_by(node.orelse)) if b is not None]
            if not branches:
                return None
            names |= set.intersection(*branches)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            names |= {n for item in node.items if item.optional_vars for n in _names(item.optional_vars)}
            names |= _assigned_by(node.body) or set()
        elif isinstance(node, ast.Try):
            paths = [_assigned_by([*node.body, *node.orelse]), *(_assigned_by(h.body) for h in node.handlers)]
            reached = [path for path in paths if path is not None]
            names |= set.intersection(*reached) if reached else set()
            names |= _assigned_by(node.finalbody) or set()
    return names


def _bound(node: ast.stmt) -> set[str]:
    """Names that a simple statement or definition binds."""
    if isinstance(node, ast.Assign):
        return {n for target in node.targets for n in _names(target)}
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        return _names(node.target)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {a.asname or a.name.partition(".")[0] for a in node.names}
    return set()


def _names(target: ast.expr) -> set[str]:
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
