"""Where models build their operations: `self.context_ops.extend([Op("name", scale, ...)])` in all its forms."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ..checkout.python import PythonSource
from .flow import called
from .sdk import Code, Definition, definitions

LISTS = ("context_ops", "generation_ops", "encoder_ops")


@dataclass(frozen=True, eq=False)
class Wiring:
    """One operation in a list of a model: `phase` is the list's name, `statement` what puts it there, `outer` the
    operation that holds it and counts for it (itself, when none does)."""

    definition: Definition
    phase: str
    op: str
    node: ast.Call
    statement: ast.stmt
    outer: ast.Call

    @property
    def model(self) -> str:
        return self.definition.owner.name if self.definition.owner else ""

    @property
    def label(self) -> str | None:
        """The name that results are summed under, when it is written as a text."""
        return _label(self.node)

    @property
    def counted_as(self) -> str | None:
        """The name that its time is summed under: that of what holds it."""
        return _label(self.outer)

    @property
    def scale(self) -> ast.expr | None:
        """How often the layer runs, as it is written."""
        if len(self.node.args) > 1:
            return self.node.args[1]
        return _keyword(self.node, "scale_factor")


@dataclass
class Wirings:
    """All wirings of a tree, by model class."""

    code: Code
    op_names: frozenset[str]

    @functools.cached_property
    def classes(self) -> dict[str, tuple[PythonSource, ast.ClassDef]]:
        return {
            n.name: (source, n) for source in self.code.models for n in source.tree.body if isinstance(n, ast.ClassDef)
        }

    @functools.cached_property
    def methods(self) -> dict[str, list[Definition]]:
        """Methods by model class."""
        found: dict[str, list[Definition]] = {}
        for source in self.code.models:
            for definition in definitions(source):
                if definition.owner is not None:
                    found.setdefault(definition.owner.name, []).append(definition)
        return found

    @functools.cached_property
    def found(self) -> tuple[Wiring, ...]:
        return tuple(w for methods in self.methods.values() for d in methods for w in self._in(d))

    def _in(self, definition: Definition) -> Iterator[Wiring]:
        for statement in definition.nodes:
            for phase, value in fed(statement):
                assert isinstance(statement, ast.stmt)
                holders: dict[ast.AST, ast.Call] = {}
                for node in definition.flow.origins(value):
                    name = called(node)
                    if name not in self.op_names or not isinstance(node, ast.Call):
                        continue
                    # What holds another comes first: `origins` goes from the outside in.
                    holder = holders.setdefault(node, node)
                    for part in definition.flow.origins(node):
                        holders.setdefault(part, holder)
                    yield Wiring(definition, phase, name, node, statement, holder)

    def family(self, name: str) -> list[str]:
        """A model class and the classes that it inherits from, as far as they are in the tree."""
        found, todo = [], [name]
        while todo:
            one = todo.pop(0)
            if one in found or one not in self.classes:
                continue
            found.append(one)
            todo += [ast.unparse(b).rpartition(".")[2] for b in self.classes[one][1].bases]
        return found


def fed(statement: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The lists of operations that a statement puts something into, with what it puts there."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("extend", "append", "insert"):
            phase = list_name(call.func.value)
            if phase:
                for argument in call.args:
                    yield phase, argument
    elif isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            phase = list_name(target)
            if phase:
                yield phase, statement.value


def list_name(node: ast.AST) -> str | None:
    """Which list of operations of a model an expression is: that of `self.context_ops`, `self._context_ops`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        name = node.attr.lstrip("_")
        return name if name in LISTS else None
    return None


def _label(node: ast.Call) -> str | None:
    given = node.args[0] if node.args else _keyword(node, "name")
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((k.value for k in node.keywords if k.arg == name), None)
