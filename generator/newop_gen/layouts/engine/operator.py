"""`operators/<op>.rs`: the op's structs, what they answer in the five database modes, and their tests."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...model.op import Op
from ...problems import Problem
from ...render import fragment, rust
from ...render.document import HARD, INDENT, Doc, Either, Flat, Indented
from ...render.rust import WIDTH, array, let, signature, text, use
from .asked import Asked
from .asked import refusals as asked_refusals
from .facts import EngineFacts
from .roofline import LIMIT, Roofline, Weights, asked, in_reals
from .slices import Slices, slices_of
from .view import ARGUMENTS, EngineOp, EngineParam, EnginePhase

COMMENT = 80
"""Columns of a line of comment."""


def comment(words: str, sign: str, indent: int = 0) -> list[str]:
    """Free text as lines of comment; `sign` begins each (`///`, `//!`)."""
    width = COMMENT - indent - len(sign) - 1
    lines = textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False)
    return [f"{sign} {line}" for line in lines] or [sign]


@dataclass(frozen=True)
class Struct:
    """One struct with its methods; `phase` is the first of the `phases` that it serves."""

    phases: tuple[EnginePhase, ...]

    @property
    def phase(self) -> EnginePhase:
        return self.phases[0]

    @property
    def owner(self) -> EngineOp:
        return self.phase.owner

    @property
    def name(self) -> str:
        return self.phase.struct

    @property
    def about(self) -> list[str]:
        words = " and ".join(phase.phase for phase in self.phases).capitalize()
        return comment(f"{words} phase{'s' if len(self.phases) > 1 else ''} of `{self.owner.op.name}`.", "///")

    @functools.cached_property
    def slices(self) -> Slices:
        return slices_of(self.owner, self.phase.phase)

    @functools.cached_property
    def roofline(self) -> Roofline:
        return Roofline(self.phase, self.slices)

    @functools.cached_property
    def asked(self) -> Asked:
        return Asked(self.phase, self.slices)

    # fields

    @property
    def params(self) -> tuple[EngineParam, ...]:
        return self.phase.params

    def field_about(self, param: EngineParam) -> list[str]:
        said = self.owner.op.params[param.name]
        words = f"{said.meaning} [{said.unit}]" if said.meaning and said.unit else said.meaning or said.unit
        return comment(words, "///", 4) if words else []

    # weights

    @functools.cached_property
    def weights(self) -> list[Weights]:
        """The bytes of weights of each phase that has some, once where phases share them."""
        made = {}
        for phase in self.phases:
            expr = self.owner.op.weights(phase.phase)
            if expr is not None:
                made[phase.weight_method] = Weights(self.roofline, phase.weight_method, expr)
        return list(made.values())

    # the roofline

    def at(self, number: str) -> str:
        """The type of a point that the roofline is asked at."""
        return f"[{number}; {len(self.roofline.coordinates)}]"

    @property
    def at_says(self) -> str:
        """Its coordinates, as comments say them."""
        return f"`[{', '.join(ARGUMENTS.get(name, name) for name in self.roofline.coordinates)}]`"

    @property
    def sizes(self) -> str:
        """The statement with the sizes of fields that decide whether whole numbers fit, or nothing."""
        return in_reals("sizes", self.roofline.sizes) if self.roofline.sizes else ""

    @property
    def key_head(self) -> str:
        return text(signature("fn key", ["&self"], self.asked.type), 4)

    @property
    def measured_head(self) -> str:
        return text(signature("fn measured", ["&self", f"found: &{self.slices.key}"], "Self"), 4)

    @property
    def fpm_head(self) -> str:
        parameters = ["&self", "spec: &SystemSpec", *(f"{name}: f64" for name in self.phase.coordinates)]
        return text(signature("pub(crate) fn fpm_sol_ms", parameters, "Result<f64, AicError>"), 4)

    @property
    def fpm_at(self) -> str:
        """The statement that puts a roofline's coordinates together from reals."""
        fields = [f"f64::from({field})" for field in self._axis_fields]
        return text(let("at", array([*self.phase.coordinates, *fields], indent=8)), 8)

    @property
    def query_head(self) -> str:
        beam = ["beam_width"] if self.phase.takes_beam else []
        parameters = ["&self", "db: &PerfDatabase", *(f"{name}: u32" for name in (*self.phase.coordinates, *beam))]
        return text(signature("pub fn query", parameters, "Result<PerformanceResult, AicError>"), 4)

    @property
    def query_at(self) -> str:
        return in_reals("at", [*self.phase.coordinates, *self._axis_fields])

    @property
    def _axis_fields(self) -> list[str]:
        return [f"self.{p.ident}" for p in self.roofline.axis_params]

    # points of the table

    @property
    def axes(self) -> tuple[str, ...]:
        return self.slices.axes

    @property
    def point(self) -> str:
        """The point of the table that is asked for; the table was measured without a prefix, so that a cached one
        counts to the sequence."""
        index = {name: f"at[{n}]" for n, name in enumerate(self.roofline.coordinates)}
        if self.phase.query.takes_prefix:
            index["s"] = f"{index['s']} + {index['prefix']}"
        return self._array([index[name] for name in self.axes])

    @property
    def point_is_at(self) -> bool:
        return self.axes == self.roofline.coordinates

    @property
    def asked_at(self) -> str:
        """The arguments of a query of the table that come before the SOL."""
        return f"{'&key, ' if self.slices.key else ''}{'at' if self.point_is_at else 'point'}"

    @property
    def measured_by(self) -> str:
        """The op whose SOL a measured point has."""
        return "measured" if self.slices.varying else "self"

    @property
    def measured_at(self) -> str:
        """The coordinates of a measured point `c`: what the table has no axis for is what is asked for."""
        index = {name: f"at[{n}]" for n, name in enumerate(self.roofline.coordinates)}
        index |= {name: f"c[{n}]" for n, name in enumerate(self.axes)}
        if self.phase.query.takes_prefix:
            index["prefix"] = "0.0"
        return self._array([index[name] for name in self.roofline.coordinates])

    @staticmethod
    def _array(elements: Sequence[str]) -> str:
        return f"[{', '.join(elements)}]"

    @property
    def whole_at(self) -> str:
        """The point with the prefix computed, too."""
        index = {name: f"at[{n}]" for n, name in enumerate(self.roofline.coordinates)}
        index |= {"s": f"{index['s']} + {index['prefix']}", "prefix": "0.0"}
        return self._array([index[name] for name in self.roofline.coordinates])

    @property
    def s_at(self) -> int:
        return self.roofline.coordinates.index("s")

    @property
    def prefix_at(self) -> int:
        return self.roofline.coordinates.index("prefix")

    # the utilization grid

    @property
    def grid_name(self) -> str:
        """The statement that names a grid of measured utilization by all that its SOL depends on."""
        stem = self.phase.query.method.removeprefix("query_")
        inputs = self.roofline.formula.inputs
        index = {name: n for n, name in enumerate(self.roofline.coordinates)}
        own = [f"at[{index[n]}]" for n in self.roofline.run_time if n in inputs and n not in (*self.axes, "prefix")]
        by_key = {p.name for p in self.slices.fields} - set(self.asked.lookups)
        others = [p for p in self.params if p.name in self._matter - by_key - set(self.axes)]
        values = [*own, *(asked(p, "name") if p.quant else f"self.{p.ident}" for p in others)]
        template = ":".join([stem, *(["{key:?}"] if self.slices.key else []), *("{}" for _ in values)])
        return text(let("grid", formatted(template, values, 8)), 8)

    @property
    def _matter(self) -> set[str]:
        """Params that the SOL or the choice of the slice depends on."""
        return set(self.roofline.formula.inputs) | {p.name for p in self.slices.fields}


@dataclass(frozen=True)
class OperatorView:
    """The file as its template sees it."""

    owner: EngineOp

    @property
    def op(self) -> Op:
        return self.owner.op

    @property
    def facts(self) -> EngineFacts:
        return self.owner.facts

    @property
    def about(self) -> list[str]:
        return comment(f"`{self.op.name}`: {self.op.spec.summary}.", "//!")

    @functools.cached_property
    def structs(self) -> list[Struct]:
        by_name: dict[str, list[EnginePhase]] = {}
        for phase in self.owner.phases:
            by_name.setdefault(phase.struct, []).append(phase)
        return [Struct(tuple(phases)) for phases in by_name.values()]

    @property
    def bits(self) -> int:
        """The number of bits of inputs for which all whole numbers fit."""
        every = [s.roofline.bits for s in self.structs] + [w.bits for s in self.structs for w in s.weights]
        return min(every)

    @property
    def limit(self) -> int:
        return LIMIT

    @functools.cached_property
    def helpers(self) -> set[str]:
        """What the file needs of `Number` and the functions beside it."""
        needed: set[str] = set()
        for s in self.structs:
            needed |= s.roofline.computed.helpers | s.asked.helpers
            for weights in s.weights:
                needed |= weights.computed.helpers
        return needed

    @property
    def imports(self) -> Iterator[list[str]]:
        """The groups of imports, each in rustfmt's order."""
        std = ["use std::cell::Cell;"]
        if "order" in self.helpers:
            std.append("use std::cmp::Ordering;")
        yield [*std, "use std::ops::{Add, Mul, Neg, Sub};"]
        yield ["use serde::{Deserialize, Serialize};"]
        yield sorted(self._crate, key=lambda line: _line_order(line, self.facts.crate.edition))

    @property
    def _crate(self) -> Iterator[str]:
        edition = self.facts.crate.edition
        quants = {p.rust for p in self.owner.params if p.quant} | self._literals
        keys = sorted({s.slices.key for s in self.structs if s.slices.key})
        flops = any("quant_tc_flops(" in line for s in self.structs for line in s.roofline.computed.lines)
        yield text(use("crate::common::enums", ["DatabaseMode", *quants], edition))
        yield "use crate::common::error::AicError;"
        yield text(use("crate::common::system_spec", ["SystemSpec", *(["quant_tc_flops"] if flops else [])], edition))
        yield text(use("crate::operators::base", ["PerformanceResult", "SolComponents", "Source"], edition))
        utilization = ["self", "ProvenanceTier", "UtilGrid", "UtilSample"]
        yield text(use("crate::operators::util_empirical", utilization, edition))
        if keys:
            yield text(use(f"crate::perf_database::{self.owner.module_ident}", keys, edition))
        yield "use crate::perf_database::perf_interp::LeafValue;"
        yield "use crate::perf_database::PerfDatabase;"

    @property
    def _literals(self) -> set[str]:
        """The enums of modes that stand in formulas and lookups."""
        lines = [line for s in self.structs for line in (*s.roofline.computed.lines, *s.asked.lines)]
        lines += [line for s in self.structs for w in s.weights for line in w.computed.lines]
        names = ("GemmQuantMode", "MoeQuantMode", "FmhaQuantMode", "KvCacheQuantMode", "CommQuantMode")
        return {name for name in names if any(f"{name}::" in line for line in lines)}


def formatted(template: str, values: Sequence[str], indent: int) -> Doc:
    """A text made by `format!` at `indent` columns. One that is broken has the template on a line of its own; values
    that are fields share lines behind it, and where one is a call, each has its own."""
    if not values:
        return f'format!("{template}")' if "{" in template else f'"{template}".to_string()'
    flat = ", ".join([f'"{template}"', *values])
    rows = textwrap.wrap(", ".join(values), WIDTH - indent - INDENT, break_long_words=False, break_on_hyphens=False)
    if any("(" in value for value in values):
        rows = [*(f"{value}," for value in values[:-1]), values[-1]]
    opened: Doc = ("format!(", Indented((HARD, f'"{template}",', *((HARD, row) for row in rows))), HARD, ")")
    return Either((Flat(f"format!({flat})"), opened)) if len(flat) <= rust.ARGUMENTS else opened


def _line_order(line: str, edition: str) -> tuple[tuple[int, str], ...]:
    """The order of imports in a group: segment by segment, lower-case names before types up to the edition of 2021."""
    path = line.removeprefix("use ").rstrip(";").split("::")
    lower = 0 if edition < "2024" else 2
    return tuple((lower if part[0].islower() else 3 if part[0] == "{" else 1, part) for part in path)


def render(op: EngineOp, *, tested: bool) -> str:
    """The text of the file; `tested` where tests stand beside it."""
    view = OperatorView(op)
    shown = {"o": view, "op": op.op.name, "helpers": view.helpers, "facts": op.facts}
    return fragment(op.facts.templates, "operator.rs.j2", tested=tested, **shown)


def refusals(op: EngineOp) -> list[Problem]:
    """What of the spec can't be said in a compiled operator."""
    return [problem for s in OperatorView(op).structs for problem in asked_refusals(s.asked)]
