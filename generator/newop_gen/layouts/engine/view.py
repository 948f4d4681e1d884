"""`EngineOp`: the names that an op has in the compiled engine and in the shells over it.

All that is rendered for these trees is given one of these, so that a name that several texts use is made once.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...model.op import Op, Query, Table
from ...spec.model import PhaseName
from .facts import EngineFacts

# The strict and the reserved words of the editions 2021 and 2024.
RUST_WORDS = frozenset(
    {"abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn"}
    | {"else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop"}
    | {"macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self"}
    | {"static", "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized"}
    | {"use", "virtual", "where", "while", "yield"}
)
NOT_RAW = frozenset({"crate", "self", "Self", "super"})
"""Words that can't be names even as raw identifiers."""

FIELD_TYPES: Mapping[str, str] = {
    "int": "u32",
    "str": "String",
    "GEMMQuantMode": "GemmQuantMode",
    "MoEQuantMode": "MoeQuantMode",
    "FMHAQuantMode": "FmhaQuantMode",
    "KVCacheQuantMode": "KvCacheQuantMode",
    "CommQuantMode": "CommQuantMode",
}
"""By a param's type in the spec, the type of its field."""

ARGUMENTS: Mapping[str, str] = {"x": "num_tokens", "b": "batch_size", "s": "seq_len", "prefix": "prefix"}
"""By a run-time argument of the spec, the argument of a compiled op's `query`."""

PASSED: Mapping[str, str] = {"x": "ctx.num_tokens", "b": "ctx.batch_size", "s": "ctx.s", "prefix": "ctx.prefix"}
"""What of the engine's `RuntimeContext` is passed for it: `s` is without the prefix in context."""

ROOFLINE: Mapping[str, str] = {"x": "x", "b": "batch", "s": "s", "prefix": "prefix"}
"""What the roofline of a whole forward pass has for it."""


def rust_name(name: str) -> str:
    """`name` as a Rust identifier; a reserved word becomes a raw one (`r#type`)."""
    return f"r#{name}" if name in RUST_WORDS and name not in NOT_RAW else name


@dataclass(frozen=True)
class EngineParam:
    """A param as a field: `rust` is its type."""

    name: str
    type: str
    rust: str

    @property
    def ident(self) -> str:
        return rust_name(self.name)

    @property
    def quant(self) -> bool:
        return self.type not in ("int", "str")


@dataclass(frozen=True)
class EngineTable:
    """A perf file: `filename` with its suffix, `attribute` of the database."""

    table: Table
    facts: EngineFacts

    @property
    def filename(self) -> str:
        return f"{self.table.stem}{self.facts.suffix}"

    @property
    def attribute(self) -> str:
        return self.table.attribute

    @property
    def member(self) -> str:
        return self.table.member

    @property
    def phases(self) -> tuple[PhaseName, ...]:
        return self.table.phases


@dataclass(frozen=True)
class EnginePhase:
    """One phase of an op: a variant of `Op`, a class, and a struct, which phases share that one query serves."""

    owner: EngineOp
    phase: PhaseName

    @property
    def query(self) -> Query:
        return self.owner.op.query(self.phase)

    @property
    def table(self) -> EngineTable:
        return next(t for t in self.owner.tables if self.phase in t.phases)

    @property
    def variant(self) -> str:
        return f"{self.owner.camel}{self.phase.capitalize()}"

    @property
    def struct(self) -> str:
        return f"{self.owner.camel if len(self.query.phases) > 1 else self.variant}Op"

    @property
    def class_name(self) -> str:
        return self.owner.op.class_name(self.phase)

    @property
    def pyclass(self) -> str:
        return f"Py{self.class_name}"

    @property
    def accessor(self) -> str:
        """The method of `PyOperation` that gives the struct."""
        return f"{self.owner.module}_{self.phase}"

    @property
    def instance(self) -> str:
        """What fixtures and tests call an op of this phase."""
        return f"{self.phase}_{self.owner.op.name}"

    @property
    def params(self) -> tuple[EngineParam, ...]:
        return self.owner.params

    @property
    def seq_split(self) -> bool:
        """Ops that count tokens divide them under context parallelism; what counts batch and sequence apart can't."""
        return self.owner.op.tokens

    @property
    def takes_beam(self) -> bool:
        """Decode ops that count batch and sequence apart refuse beams, as those of the Python layouts do: the struct's
        `query` takes the beam's width last."""
        return "generation" in self.query.phases and not self.owner.op.tokens

    @property
    def weights(self) -> bool:
        return self.owner.op.weights(self.phase) is not None

    @property
    def weight_method(self) -> str:
        """The method for the bytes of weights: one for each phase where phases share a struct and not their weights."""
        alike = len({self.owner.op.weights(phase) for phase in self.query.phases}) == 1
        return "weight_bytes" if alike else f"{self.phase}_weight_bytes"

    @property
    def run_time(self) -> tuple[str, ...]:
        return self.query.run_time

    @property
    def coordinates(self) -> tuple[str, ...]:
        """Names of the arguments of the compiled `query`, after the database."""
        return tuple(ARGUMENTS[name] for name in self.run_time)

    @property
    def passed(self) -> tuple[str, ...]:
        """What `Op::query` passes for them, and for the beam's width. In generation the prefix is part of `s`."""
        code = {**PASSED, **({} if self.phase == "context" else {"prefix": "0"})}
        beam = ("1" if self.phase == "context" else "ctx.beam_width",) if self.takes_beam else ()
        return (*(code[name] for name in self.run_time), *beam)

    @property
    def passed_sol(self) -> tuple[str, ...]:
        """What the roofline of a whole forward pass passes for `coordinates`."""
        code = {**ROOFLINE, **({} if self.phase == "context" else {"prefix": "0.0"})}
        return tuple(code[name] for name in self.run_time)

    @property
    def shape(self) -> Literal["tokens", "context", "generation"]:
        """What `_engine_query` passes."""
        return "tokens" if self.owner.op.tokens else self.phase


@dataclass(frozen=True)
class EngineOp:
    """One op in one tree."""

    op: Op
    facts: EngineFacts

    @property
    def module(self) -> str:
        """Stem of the op's files."""
        return self.op.name

    @property
    def module_ident(self) -> str:
        """The module in Rust."""
        return rust_name(self.op.name)

    @property
    def camel(self) -> str:
        return self.op.camel

    @functools.cached_property
    def params(self) -> tuple[EngineParam, ...]:
        return tuple(EngineParam(name, p.type, FIELD_TYPES[p.type]) for name, p in self.op.params.items())

    @property
    def unusual(self) -> bool:
        """Whether rustc would warn of a name as it is: two underscores in a row are no snake case to it."""
        return any("__" in param.name for param in self.params)

    @functools.cached_property
    def phases(self) -> tuple[EnginePhase, ...]:
        return tuple(EnginePhase(self, phase) for phase in self.op.phases)

    @property
    def structs(self) -> tuple[str, ...]:
        """The structs of the phases, each once, sorted as rustfmt sorts names of a list."""
        return tuple(sorted({phase.struct for phase in self.phases}))

    def phase(self, name: PhaseName) -> EnginePhase:
        return next(p for p in self.phases if p.phase == name)

    @functools.cached_property
    def tables(self) -> tuple[EngineTable, ...]:
        return tuple(EngineTable(table, self.facts) for table in self.op.tables)

    @property
    def table_struct(self) -> str:
        return f"{self.camel}Table"

    @property
    def table_field(self) -> str:
        """The field of `PerfTables`."""
        return self.module_ident

    @property
    def view_fn(self) -> str:
        """The function that makes the op's table views."""
        return f"view_{self.module}"

    @property
    def operator_file(self) -> str:
        return self.facts.crate.file(f"operators/{self.module}.rs")

    @property
    def operator_test_file(self) -> str:
        return self.facts.crate.file(f"operators/{self.module}/tests.rs")

    @property
    def table_file(self) -> str:
        return self.facts.crate.file(f"perf_database/{self.module}.rs")

    @property
    def shell_file(self) -> str:
        return self.facts.module_file(self.module)

    @property
    def shim_file(self) -> str:
        return f"{self.facts.shims}/{self.module}.py"
