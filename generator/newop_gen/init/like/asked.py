"""How the queries of a table ask it: how many of its levels they interpolate on, by which method, from which inputs."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...doctor.checks.axes import lookup_helpers
from ...doctor.flow import called
from ...doctor.nests import Chain
from ...doctor.queries import OpClass, QueryMethod
from ...doctor.subject import Subject
from ...spec.model import PhaseName

METHODS = {"linear": (1, 2), "bilinear": (2, 3), "cubic": (3,)}
"""Methods that a spec knows, and for how many axes."""


@dataclass(frozen=True)
class _LookUp:
    """One place that interpolates: `exact` keys are looked up before; None where that isn't written there."""

    axes: int
    exact: int | None
    arguments: tuple[frozenset[str], ...]
    method: str = ""


@dataclass(frozen=True)
class Asked:
    """What queries and operations say about a table."""

    lookups: tuple[_LookUp, ...]
    phases: tuple[PhaseName, ...]
    prefix: str

    def axes(self, depth: int) -> int | None:
        """How many of the innermost of `depth` levels are interpolated on; None when the queries don't agree."""
        exact = {look.axes for look in self.lookups if look.exact is not None and look.exact + look.axes == depth}
        found = exact or {look.axes for look in self.lookups if look.exact is None and look.axes <= depth}
        return found.pop() if len(found) == 1 else None

    def inputs(self, number: int, axes: int) -> frozenset[str]:
        """Keywords of a backend (`x`, `batch_size`, `s`, ...) that the value for an axis comes from."""
        given = [look.arguments[number] for look in self.lookups if look.axes == axes and look.arguments]
        return frozenset().union(*given)

    def method(self, axes: int) -> str:
        """The method that all look-ups name, or ""."""
        named = {look.method for look in self.lookups if look.axes == axes and look.method}
        method = named.pop() if len(named) == 1 else ""
        return method if axes in METHODS.get(method, ()) else ""


def asked(
    subject: Subject, queries: Sequence[QueryMethod], operations: Sequence[OpClass], attributes: Sequence[str]
) -> Asked:
    """What there is to say of the queries that read `attributes`, and of the operations that call them."""
    lookups = tuple(look for query in queries for look in _lookups(subject, query, operations, set(attributes)))
    return Asked(lookups, _phases(subject, operations), "quadratic" if any(map(_quadratic, queries)) else "none")


def _lookups(
    subject: Subject, query: QueryMethod, operations: Sequence[OpClass], attributes: set[str]
) -> Iterator[_LookUp]:
    helpers = lookup_helpers(subject)
    for node in query.definition.nodes:
        if not isinstance(node, ast.Call):
            continue
        count = helpers.get(called(node), 0)
        if count and len(node.args) > count and not any(isinstance(a, ast.Starred) for a in node.args):
            inputs = tuple(_inputs(subject, query, operations, argument) for argument in node.args[:count])
            for chain in _chains(query, node.args[count], attributes):
                yield _LookUp(count, len(chain.keys), inputs, _method(node, count))
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "keys" and not node.args:
            # Neighbours of a value among the collected ones: one axis, along the keys of this dict.
            for chain in _chains(query, node.func.value, attributes):
                yield _LookUp(1, len(chain.keys), ())
        else:
            counted = _axes_named(node) or _depth(node)
            if counted:
                yield _LookUp(counted, None, ())


def _chains(query: QueryMethod, node: ast.expr, attributes: set[str]) -> list[Chain]:
    return [c for c in query.chains(node) if not c.walked and query.attribute(c) in attributes]


def _axes_named(node: ast.Call) -> int:
    """How many axes a call is told by name: `axes=("first", "second")`."""
    for keyword in node.keywords:
        if keyword.arg == "axes" and isinstance(keyword.value, (ast.Tuple, ast.List)):
            names = keyword.value.elts
            if names and all(isinstance(n, ast.Constant) and isinstance(n.value, str) for n in names):
                return len(names)
    return 0


def _depth(node: ast.Call) -> int:
    """How many levels a call is told to go down: `depth=3`."""
    given = (k.value for k in node.keywords if k.arg == "depth")
    return next((v.value for v in given if isinstance(v, ast.Constant) and type(v.value) is int), 0)


def _method(node: ast.Call, axes: int) -> str:
    for argument in (*node.args[axes + 1 :], *(k.value for k in node.keywords)):
        if isinstance(argument, ast.Constant) and argument.value in METHODS:
            return str(argument.value)
    return "linear" if called(node).endswith("_linear") and axes in METHODS["linear"] else ""


def _inputs(subject: Subject, query: QueryMethod, operations: Sequence[OpClass], argument: ast.expr) -> frozenset[str]:
    """Keywords of a backend behind an argument of a look-up: through the query's parameters, and what operations pass
    for them by name."""
    parameters = query.definition.flow.parameters(argument)
    found: set[str] = set()
    for operation in operations:
        for ask in operation.asks:
            if query.definition in subject.queries.behind(ask.name):
                for name, value in ask.arguments:
                    if name in parameters:
                        found |= operation.inputs(value)
    return frozenset(found)


def _phases(subject: Subject, operations: Sequence[OpClass]) -> tuple[PhaseName, ...]:
    """The lists of models that the operations stand in. What an encoder runs, it runs before the first token."""
    names = {operation.name for operation in operations}
    lists = {wiring.phase for wiring in subject.wirings.found if wiring.op in names}
    context = bool(lists & {"context_ops", "encoder_ops"})
    both: tuple[tuple[PhaseName, bool], ...] = (("context", context), ("generation", "generation_ops" in lists))
    return tuple(phase for phase, there in both if there)


def _quadratic(query: QueryMethod) -> bool:
    """Whether a square of the prefix is taken off: what a cached prefix has computed already."""
    return any(
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Sub)
        and ast.unparse(node.right) in ("prefix * prefix", "prefix ** 2")
        for node in query.definition.nodes
    )
