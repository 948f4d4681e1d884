"""What the query templates see: one object per query method, and one per interpolation method."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ...model.columns import typed
from ...model.op import Op, Query, key_params
from ...render import fragment
from ...render.code import WIDTH, call, statement, tupled
from ...render.python import literal
from ...sol.check import names as expression_names
from ...sol.render.python import PythonDialect, render_expr, render_formula
from ...spec.model import Key
from .dialect import query_dialect
from .facts import PythonFacts

RUN_TIME_WORDS = {
    "x": "Number of tokens",
    "b": "Batch size",
    "s": "Sequence length",
    "prefix": "Length of the cached prefix",
}

SEQUENCE_WORDS = {
    "context": "Sequence length to be computed, without the cached prefix",
    "generation": "Sequence length including the generated tokens (KV cache length)",
}


@dataclass(frozen=True)
class Argument:
    """An argument of the query: its name, its annotation, its line in the docstring."""

    name: str
    annotation: str
    words: str
    default: str | None = None


@dataclass(frozen=True)
class KeyStep:
    """One exact level of the lookup: code for the key that is asked for, and what to do when it is missing."""

    label: str
    asked: str
    fallback: str | None = None
    nearest: bool = False
    alike: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        return self.fallback is None and not self.nearest and not self.alike


@dataclass(frozen=True)
class Interpolation:
    """One interpolation method of the database: what differs between queries is only what stands here."""

    op: Op
    method: str
    outside: str
    axes: int
    name: str
    phase: str = ""  # "" where the phases share it

    # How the method reaches the target's helpers; layouts that have them as functions say otherwise.
    receiver = "self"
    bracket = "self._nearest_1d_point_helper"
    line = "self._interp_1d"

    @property
    def subject(self) -> str:
        """What its messages are about."""
        return f"{self.phase} {self.op.name}".strip()

    @property
    def helper(self) -> str | None:
        """The target's own helper for a full cell; None where the method is linear in one axis after the other."""
        if self.method == "cubic":
            return 'self._interp_3d(*(at for _, at in point), table, "cubic")'
        if self.method == "linear" and self.axes == 2:
            return "self._interp_2d_linear(*(at for _, at in point), table)"
        return None


@dataclass(frozen=True)
class QueryView:
    """A query as its template sees it."""

    query: Query
    facts: PythonFacts
    interpolation: Interpolation

    @property
    def op(self) -> Op:
        return self.query.op

    @property
    def subject(self) -> str:
        return self.query.subject

    @functools.cached_property
    def dialect(self) -> PythonDialect:
        return query_dialect(self.facts)

    @property
    def arguments(self) -> list[Argument]:
        spec = self.op.spec
        out = []
        for name in self.query.run_time:
            words = RUN_TIME_WORDS[name]
            if name == "s" and len(self.query.phases) == 1:
                words = SEQUENCE_WORDS[self.query.phase]
            out.append(Argument(name, "int", words))
        for name, param in spec.params.items():
            annotation = param.type if param.type in ("int", "str") else f"common.{param.type}"
            words = param.meaning or name
            if param.unit:
                words += f" [{param.unit}]"
            out.append(Argument(name, annotation, words))
        return out

    @property
    def run_time(self) -> str:
        """The run-time arguments as a call passes them."""
        return ", ".join(self.query.run_time)

    def sol_arguments(self, **changed: str) -> str:
        return ", ".join(changed.get(name, name) for name in self.query.run_time)

    @property
    def sol_signature(self) -> str:
        return ", ".join(f"{name}: int" for name in self.query.run_time)

    @functools.cached_property
    def sol_lines(self) -> list[str]:
        lines = render_formula(self.query.formula, self.dialect, 12, WIDTH)
        if not self.query.takes_prefix and "prefix" in self._formula_names:
            return ["            prefix = 0  # s has it in it already", *lines]
        return lines

    @property
    def _formula_names(self) -> set[str]:
        formula = self.query.formula
        expressions = [e for _, e in formula.lets]
        expressions += [e for p in formula.parts for e in (p.flops, p.bytes) if e is not None]
        return set().union(*(expression_names(e) for e in expressions)) if expressions else set()

    @property
    def full_s(self) -> bool:
        """The table is looked up at s + prefix."""
        return self.query.takes_prefix

    @property
    def point(self) -> list[str]:
        """The point to interpolate at, as arguments: ("b", b), ("s", full_s)."""
        return [f"({literal(a.axis)}, {self._axis(a.axis)})" for a in self.query.nesting.axes]

    def _axis(self, name: str) -> str:
        return "full_s" if name == "s" and self.full_s else name

    @property
    def keys(self) -> list[KeyStep]:
        steps = []
        if self.query.table.phase_column:
            steps.append(KeyStep("phase", literal(self.query.phase)))
        for key in self.query.nesting.keys:
            steps.append(self._key(key))
        return steps

    def _key(self, key: Key) -> KeyStep:
        params = key_params(key)
        if key.params:
            return KeyStep(", ".join(params), tupled(params), alike=tuple(alike_lines(key, 20)))
        asked = render_expr(typed(key.lookup, self.op.types()), self.dialect) if key.lookup else params[0]
        fallback = None
        if key.fallback is not None:
            param = self.op.params[params[0]]
            fallback = (
                literal(key.fallback)
                if param.type == "str"
                else f"common.{param.type}.{self.facts.mode_name(key.fallback)}"
            )
        return KeyStep(params[0], asked, fallback, key.nearest)

    @property
    def plain_keys(self) -> bool:
        return all(k.plain for k in self.keys)

    @property
    def keys_loop(self) -> str:
        """The head of the loop down the exact keys."""
        pairs = tupled([tupled([literal(k.label), k.asked]) for k in self.keys])
        return " " * 16 + statement("for name, key in ", pairs, 16, ":")

    @property
    def failed(self) -> str:
        """The message of a failed query: 'Failed to query … data for b=…, s=…'."""
        return f"Failed to query {self.subject} data for " + ", ".join(f"{{{a.name}=}}" for a in self.arguments)


def alike_lines(key: Key, indent: int) -> list[str]:
    """Statements that put the collected tuple of `table` that is most alike in the place of `key`, if there is one."""
    if key.alike is None:
        return []
    params, pad = key_params(key), " " * indent
    lines, among = [], "table"
    for name in key.alike.same:
        lines.append(f"{pad}alike = [other for other in {among} if other[{params.index(name)}] == {name}]")
        among = "alike"
    nearest = key.alike.nearest
    if nearest is None:
        return [*lines, f"{pad}key = alike[0] if alike else key"]
    distance = f"key=lambda other: abs(other[{params.index(nearest)}] - {nearest})"
    return [*lines, pad + call("key = min", ["alike", distance, "default=key"], "", indent)]


def interpolations(op: Op) -> dict[str, Interpolation]:
    """The interpolation methods of an op by query method; queries that interpolate alike share one."""
    found: dict[tuple[str, str, int], Interpolation] = {}
    by_query = {}
    settings = {q.method: (q.nesting.method, q.nesting.outside, len(q.nesting.axes)) for q in op.queries}
    shared = len(set(settings.values())) == 1
    for query in op.queries:
        key = settings[query.method]
        if key not in found:
            name = f"_interpolate_{op.name}" if shared else f"_interpolate_{query.phase}_{op.name}"
            found[key] = Interpolation(op, *key, name, "" if shared else query.phase or "")
        by_query[query.method] = found[key]
    return by_query


def render_queries(op: Op, facts: PythonFacts) -> str:
    """All query methods of the op and the interpolation they share, as methods of a class (indented by 4)."""
    methods = interpolations(op)
    parts = []
    for interpolation in dict.fromkeys(methods.values()):
        parts.append(fragment(facts.templates, "interpolate.py.j2", it=interpolation, facts=facts))
    for query in op.queries:
        view = QueryView(query, facts, methods[query.method])
        parts.append(fragment(facts.templates, "query.py.j2", q=view, facts=facts))
    return "\n".join(parts)


__all__ = ["QueryView", "interpolations", "key_params", "render_queries"]
