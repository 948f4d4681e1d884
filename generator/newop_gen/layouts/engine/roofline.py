"""The SOL of a compiled op: its formula over the coordinates that a measured point can vary, and its bytes of weights.

One method of the struct serves the SOL modes, their parts, the anchors of an interpolation, the utilization of measured
points and the roofline of a whole forward pass. Its coordinates are what the op is asked for at run time, and the
params that are axes of its table, so that a point of the table can be put in their place.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...render.document import HARD, Either, Flat
from ...render.rust import array, let, text
from ...sol.formula import Formula
from ...sol.magnitude import input_bits
from ...sol.quants import SIXTEEN_BIT, enum_class
from ...sol.render.rust import ARGUMENTS_WIDTH, BITS, CHAIN_WIDTH, RustDialect, RustLines, settled, settled_value
from ...sol.tree import Expr
from ...sol.types import Type
from .facts import EngineFacts
from .slices import Slices
from .view import FIELD_TYPES, RUST_WORDS, EngineParam, EnginePhase

LIMIT = 32
"""A size is a `u32`."""

TAKEN = frozenset(
    {*RUST_WORDS, "spec", "at", "quant_tc_flops", "nonzero", "not_negative", "unlisted", "min", "max", "whole"}
)
"""What a local of rendered code can't be called: Rust's own words, and what it has around it."""


def variant(mode: str, enum: str, facts: EngineFacts) -> str:
    """A quant mode as a member of the enum that the spec calls `enum`."""
    name = facts.sixteen_bit if mode in (SIXTEEN_BIT, "float16") else mode
    return f"{FIELD_TYPES[enum]}::{''.join(part.capitalize() for part in name.split('_'))}"


def mapping(mode: str, facts: EngineFacts) -> str:
    """The properties of a mode that stands in a formula."""
    return f"{variant(mode, enum_class(mode), facts)}.mapping()"


@dataclass(frozen=True)
class Computed:
    """Statements of a method body, at 8 columns, and what they call."""

    lines: tuple[str, ...]
    helpers: frozenset[str]


@dataclass(frozen=True)
class Roofline:
    """The roofline of one struct, `phase` being one of those that it serves."""

    phase: EnginePhase
    slices: Slices

    @property
    def facts(self) -> EngineFacts:
        return self.phase.owner.facts

    @property
    def run_time(self) -> tuple[str, ...]:
        return self.phase.run_time

    @property
    def axis_params(self) -> tuple[EngineParam, ...]:
        """Params that are axes of the table."""
        return tuple(p for p in self.phase.params if p.name in self.slices.axes)

    @property
    def coordinates(self) -> tuple[str, ...]:
        return (*self.run_time, *(p.name for p in self.axis_params))

    @functools.cached_property
    def formula(self) -> Formula:
        return settled(self.phase.query.formula)

    @functools.cached_property
    def bits(self) -> int:
        return input_bits(self.formula, BITS, LIMIT)

    @functools.cached_property
    def _locals(self) -> Mapping[str, str]:
        """The local of each input of the formula."""
        return local_names(self.formula.inputs)

    @property
    def _taken_apart(self) -> list[str]:
        """Statements that bind the coordinates that the formula uses."""
        names = [self._locals.get(name, "_") for name in self.coordinates]
        pattern = ", ".join(names)
        if len(pattern) <= ARGUMENTS_WIDTH:
            return [f"let [{pattern}] = at;"] if pattern.strip("_, ") else []
        return [f"let {name} = at[{index}];" for index, name in enumerate(names) if name != "_"]

    @functools.cached_property
    def computed(self) -> Computed:
        """Statements that define `sol_math` and `sol_mem` (ms)."""
        taken = {*TAKEN, *self._locals.values()}
        rust = RustLines(self.dialect(self._locals), self.facts.crate.edition, taken, LIMIT)
        lines = self._taken_apart
        lines += [self._bound(name) for name in sorted(self.formula.inputs) if name not in self.coordinates]
        return Computed((*lines, *_unindented(rust.formula(self.formula, 8))), frozenset(rust.helpers))

    def dialect(self, names: Mapping[str, str], number: str = "N") -> RustDialect:
        return RustDialect(
            names=names,
            number=number,
            flops="quant_tc_flops(spec, {})?".format,
            mem_bw="spec.gpu.mem_bw",
            quant_literal=lambda mode: mapping(mode, self.facts),
        )

    def _bound(self, name: str) -> str:
        """The statement that binds an input which is no coordinate."""
        if name == "prefix":  # in generation it is part of s
            return f"let {self._locals[name]} = N::from(0);"
        param = next(p for p in self.phase.params if p.name == name)
        return bound(param, self._locals[name], "N")

    @property
    def sizes(self) -> tuple[str, ...]:
        """The fields whose size decides, with the coordinates, whether whole numbers fit."""
        return self.fields_in(self.formula.inputs) if self.bits < LIMIT else ()

    def fields_in(self, names: set[str]) -> tuple[str, ...]:
        params = (p for p in self.phase.params if p.type == "int" and p.name in names)
        return tuple(f"self.{p.ident}" for p in params if p.name not in self.coordinates)


@dataclass(frozen=True)
class Weights:
    """Bytes of weights on one GPU, over the params alone."""

    roofline: Roofline
    method: str
    expr: Expr

    @functools.cached_property
    def ready(self) -> Expr:
        return settled_value(self.expr)

    @functools.cached_property
    def bits(self) -> int:
        return input_bits(self._formula, BITS, LIMIT)

    @property
    def _formula(self) -> Formula:
        return Formula((("value", self.ready),), None, (), {})

    @property
    def number(self) -> str:
        """What whole numbers are: `i128` where all sizes fit, else what the method is asked for."""
        return "i128" if self.bits == LIMIT else "N"

    @property
    def fallible(self) -> bool:
        return bool({"nonzero", "not_negative"} & self.computed.helpers)

    @functools.cached_property
    def computed(self) -> Computed:
        """Statements that define `weights`, in bytes and for one unit of scale."""
        names = local_names(self._formula.inputs)
        rust = RustLines(
            self.roofline.dialect(names, self.number),
            self.roofline.facts.crate.edition,
            {*TAKEN, *names.values(), "weights"},
            LIMIT,
        )
        params = {p.name: p for p in self.roofline.phase.params}
        lines = [bound(params[name], names[name], self.number) for name in sorted(names)]
        lines += _unindented(rust.value("weights", self.ready, 8))
        helpers = {*rust.helpers, *([] if self.ready.type is Type.REAL else ["real"])}
        return Computed(tuple(lines), frozenset(helpers))

    @property
    def plain(self) -> bool:
        """Whether the method computes it itself."""
        return self.number == "i128" and not self.fallible

    @property
    def inner(self) -> str:
        """The method that computes it where that one does not."""
        return f"{self.method.removesuffix('_bytes')}s"

    @property
    def sizes_as_reals(self) -> str:
        return in_reals("sizes", self.sizes)

    @property
    def total(self) -> str:
        bytes_each = "weights" if self.ready.type is Type.REAL else "weights.real()"
        return f"{bytes_each} * self.scale_factor"

    @property
    def sizes(self) -> tuple[str, ...]:
        params = (p for p in self.roofline.phase.params if p.type == "int" and p.name in self._formula.inputs)
        return tuple(f"self.{p.ident}" for p in params)


def local_names(inputs: set[str]) -> dict[str, str]:
    """A local for each input, by its own name where nothing else is called so."""
    names: dict[str, str] = {}
    for name in sorted(inputs):
        local = name
        while local in TAKEN or (local != name and local in inputs):
            local += "_"
        names[name] = local
    return names


def bound(param: EngineParam, local: str, number: str) -> str:
    """The statement that binds a field, at 8 columns: a size as a number, a text as a slice, a mode as its mapping."""
    value = f"{number}::from(self.{param.ident})"
    if param.type != "int":
        value = asked(param, "mapping" if param.quant else "as_str")
    return text(let(local, value), 8)


def asked(param: EngineParam, method: str, owner: str = "self") -> str:
    """A call of a method of a field. As a row of calls it would be broken when it is long; a function's would not."""
    row = f"{owner}.{param.ident}.{method}()"
    by = "" if param.quant else "&"
    return row if len(row) <= CHAIN_WIDTH else f"{param.rust}::{method}({by}{owner}.{param.ident})"


def _unindented(lines: list[str]) -> list[str]:
    """Lines at 8 columns, as a template has them that puts the columns before each."""
    return [line.removeprefix(" " * 8) for line in lines]


def in_reals(name: str, sizes: Sequence[str]) -> str:
    """The statement that makes an array of reals of sizes, at 8 columns."""
    listed, reals = array(list(sizes), indent=8), ".map(f64::from)"
    return text(let(name, Either((Flat((listed, reals)), (listed, HARD, reals)))), 8)
