"""The key of the table that a compiled op asks for: its params, or what a spec's `lookup` makes of them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

from ...model.columns import typed
from ...model.op import key_params
from ...problems import Problem, spec_place
from ...render.document import Doc
from ...render.rust import WIDTH, assigned, call, let, string, struct, text
from ...sol.magnitude import Magnitudes, Span
from ...sol.render.rust import BITS, RustDialect, RustLines, settled_value
from ...sol.tree import Call, Chain, Choice, Expr, Name, Power, walk
from ...sol.types import Type
from .roofline import LIMIT, TAKEN, asked, variant
from .slices import Slices
from .view import EngineParam, EnginePhase


@dataclass(frozen=True)
class Asked:
    """The key that an op of one struct asks for."""

    phase: EnginePhase
    slices: Slices

    @functools.cached_property
    def lookups(self) -> dict[str, Expr]:
        """By param, the expressions that stand for its value."""
        types = self.phase.owner.op.types()
        keys = (key for key in self.slices.keys if key.lookup is not None)
        return {key_params(key)[0]: settled_value(typed(str(key.lookup), types)) for key in keys}

    @functools.cached_property
    def _computed(self) -> tuple[list[str], set[str]]:
        lines: list[str] = []
        helpers: set[str] = set()
        for param in self.slices.fields:
            if param.name in self.lookups:
                more, needed = self._lookup(param, self.lookups[param.name])
                lines += more
                helpers |= needed
            elif self._is_long(param):
                lines.append(text(let(param.ident, self._value(param)), 8))
        return [line.removeprefix(" " * 8) for line in lines], helpers

    @property
    def lines(self) -> list[str]:
        """What is computed before the key is put together, at 8 columns."""
        return self._computed[0]

    @property
    def helpers(self) -> set[str]:
        return self._computed[1]

    @property
    def fallible(self) -> bool:
        """Whether there may be no key: a number that was looked up is no size, or there is none."""
        return any(_computes(expr) for expr in self.lookups.values())

    @property
    def type(self) -> str:
        """What the method that gives the key returns."""
        return f"Result<{self.slices.key}, AicError>" if self.fallible else str(self.slices.key)

    @property
    def tried(self) -> str:
        """What follows a call of it."""
        return "?" if self.fallible else ""

    @property
    def made(self) -> str:
        """The key, at 8 columns."""
        literal = struct(str(self.slices.key), [(p.ident, self._field(p)) for p in self.slices.fields])
        return f"{text(let('key', literal), 8)}\n        Ok(key)" if self.fallible else text(literal, 8)

    def _field(self, param: EngineParam) -> str:
        if param.name in self.lookups:
            return param.ident if param.type != "str" else f"{param.ident}.into()"
        return param.ident if self._is_long(param) else self._value(param)

    def _is_long(self, param: EngineParam) -> bool:
        """Whether a line is too short for a field of the key and its value."""
        return 12 + len(f"{param.ident}: {self._value(param)},") > WIDTH

    @staticmethod
    def _value(param: EngineParam) -> str:
        return asked(param, "clone") if param.type == "str" else f"self.{param.ident}"

    def _lookup(self, param: EngineParam, expr: Expr) -> tuple[list[str], set[str]]:
        """Statements that bind the local `param` to what is looked up for it, and what they call."""
        computes = _computes(expr)
        rust = RustLines(self._dialect(param, computes), self.phase.owner.facts.crate.edition, TAKEN, LIMIT)
        lines = rust.value(param.ident, expr, 8)
        if computes:
            size: Doc = (call("size", [param.ident, string(param.name)]), "?")
            lines.append(" " * 8 + text(let(param.ident, size), 8))
        return lines, {*rust.helpers, *(["size"] if computes else [])}

    def _dialect(self, param: EngineParam, computes: bool) -> RustDialect:
        params = {p.name: p for p in self.phase.params}

        def name(of: str) -> str:
            field = f"self.{params[of].ident}"
            if params[of].type == "str":
                return asked(params[of], "as_str")
            return f"i128::from({field})" if params[of].type == "int" and computes else field

        return RustDialect(
            names=name,
            number="i128",
            flops=str,
            mem_bw="",
            quant_literal=lambda mode: variant(mode, param.type, self.phase.owner.facts),
            quant_name="{}.name()".format,
            quant_memory="{}.mapping().memory".format,
        )

    # what is measured of a key that stands in

    @property
    def found(self) -> list[str]:
        """Statements that give `measured` the values of the key `found`, at 8 columns."""
        varying = [p for p in self.slices.fields if p.name in self.slices.varying]
        values = [asked(p, "clone", "found") if p.type == "str" else f"found.{p.ident}" for p in varying]
        return [text(assigned(f"measured.{p.ident}", value), 8) for p, value in zip(varying, values, strict=True)]


def _computes(expr: Expr) -> bool:
    """Whether a looked-up number is computed, and not one of those that are there."""
    return expr.type is Type.INT and any(
        isinstance(node, (Chain, Power)) or (isinstance(node, Call) and node.function == "ceil_div")
        for node in walk(expr)
    )


def refusals(of: Asked) -> Iterator[Problem]:
    """Lookups that can't be said here: modes of one enum are no key of another, and never would be; and a number can
    pass what whole numbers are computed in."""
    op = of.phase.owner.op
    for number, key in enumerate(of.slices.keys):
        param = key_params(key)[0]
        wanted = op.params[param].type
        if key.lookup is None:
            continue
        magnitudes = Magnitudes(Span(0, 2**LIMIT - 1))
        magnitudes.of(of.lookups[param])
        if magnitudes.largest >= 2**BITS:
            found = f"a lookup for {param} that can pass {BITS} bits"
            yield Problem(spec_place(op.name, _path(of, number)), found, "one that can't", "", "lookup-too-large")
        if param not in op.quant_params:
            continue
        others = sorted({n for n in _given(of.lookups[param]) if op.params[n].type != wanted})
        if others:
            found = f"{', '.join(others)} looked up for {param}, which is a {wanted}"
            place = spec_place(op.name, _path(of, number))
            why = "a key of another enum is never found"
            yield Problem(place, found, f"modes that are a {wanted}", why, "lookup-enum")


def _path(of: Asked, number: int) -> tuple[str | int, ...]:
    own = of.phase.owner.op.spec.nesting
    split = hasattr(own, "context")
    return ("nesting", *([of.slices.phases[0]] if split else []), "keys", number, "lookup")


def _given(expr: Expr) -> set[str]:
    """The names that an expression can be the value of."""
    if isinstance(expr, Choice):
        return _given(expr.then) | _given(expr.otherwise)
    return {expr.id} if isinstance(expr, Name) else set()


__all__ = ["Asked", "refusals"]
