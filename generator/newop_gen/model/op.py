"""`Op`: what a spec implies for names, tables and queries.

A *table* is one perf file with one loader and one attribute of the database. A *query* is one method that answers in
the five database modes. How many there are follows from `phases.table` and from what differs between the phases:

| `phases.table` | tables | queries |
|---|---|---|
| `one`, everything else alike in both phases | `<op>` | `query_<op>` |
| `one`, formula or nesting differs | `<op>` | `query_context_<op>`, `query_generation_<op>` |
| `per_phase` | `<op>_context`, `<op>_generation` | `query_context_<op>`, `query_generation_<op>` |
| `phase_column` | `<op>`, the phase is its first key | `query_context_<op>`, `query_generation_<op>` |

File members are named as the guide names them (`new_op_context`), attributes and methods as upstream names its own
(`_context_mla_data`, `query_context_mla`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from ..sol.formula import Formula, compile_formula
from ..sol.tree import Expr
from ..sol.types import Type
from ..spec.model import Key, Nesting, NestingAxis, Param, PhaseName, PhaseNesting, PhaseSol, Spec, Wiring
from .columns import typed

RUN_TIME_AXES = ("x", "b", "s")
PARAM_TYPES = {"int": Type.INT, "str": Type.STR}


@dataclass(frozen=True)
class Table:
    """One perf file: `member` of `PerfDataFilename`, `stem` of its file name, `attribute` of the database."""

    op: Op
    phases: tuple[PhaseName, ...]
    member: str
    stem: str
    attribute: str
    loader: str
    phase_column: str | None = None

    @property
    def nesting(self) -> Nesting:
        """The nesting of a table whose phases share one."""
        return self.op.nesting(self.phases[0])

    @property
    def uniform(self) -> bool:
        """All phases of the table have the same nesting."""
        return all(self.op.nesting(p) == self.nesting for p in self.phases)


@dataclass(frozen=True)
class Query:
    """One query method: which phases call it, which table answers it."""

    op: Op
    phases: tuple[PhaseName, ...]
    method: str
    table: Table

    @property
    def phase(self) -> PhaseName:
        return self.phases[0]

    @property
    def nesting(self) -> Nesting:
        return self.op.nesting(self.phase)

    @property
    def formula(self) -> Formula:
        return self.op.formula(self.phase)

    @property
    def empirical(self) -> float:
        return self.op.empirical(self.phase)

    @property
    def prefix(self) -> str:
        """The prefix rule that this query applies: `none` unless it answers for context."""
        return self.op.spec.axis.prefix if "context" in self.phases else "none"

    @property
    def takes_prefix(self) -> bool:
        return self.prefix != "none"

    @property
    def run_time(self) -> tuple[str, ...]:
        """Run-time arguments of the query, in order: (`x`,) or (`b`, `s`) with `prefix` where it counts."""
        if self.op.tokens:
            return ("x",)
        return ("b", "s", "prefix") if self.takes_prefix else ("b", "s")

    @property
    def subject(self) -> str:
        """How messages call it: "context new_op", or the op alone when one query serves both phases."""
        return self.op.name if len(self.phases) > 1 or len(self.op.phases) == 1 else f"{self.phase} {self.op.name}"


@dataclass(frozen=True)
class Op:
    """A validated spec with its decisions made."""

    spec: Spec

    @classmethod
    def from_spec(cls, spec: Spec) -> Op:
        """The op of a spec that passed `spec.check`."""
        return cls(spec)

    def __hash__(self) -> int:
        return id(self)

    # names

    @property
    def name(self) -> str:
        return self.spec.op

    @property
    def phases(self) -> tuple[PhaseName, ...]:
        return tuple(p for p in ("context", "generation") if p in self.spec.phases.used)

    @property
    def camel(self) -> str:
        return self.spec.class_name or "".join(part[:1].upper() + part[1:] for part in self.name.split("_"))

    def class_name(self, phase: PhaseName) -> str:
        """Name of the `Operation` subclass of a phase, as upstream names its own (`ContextMLA`)."""
        return f"{phase.capitalize()}{self.camel}"

    def instance_name(self, wiring: Wiring) -> str:
        return wiring.name or f"{wiring.phase}_{self.name}"

    @property
    def tokens(self) -> bool:
        """Token-equivalent: queried by `x`."""
        return self.spec.axis.query == "x"

    # params

    @property
    def params(self) -> Mapping[str, Param]:
        return self.spec.params

    @property
    def quant_params(self) -> dict[str, Param]:
        return {name: p for name, p in self.spec.params.items() if p.type not in PARAM_TYPES}

    def types(self, phase: PhaseName | None = None) -> dict[str, Type]:
        """Types of the names that a formula of `phase` may use; without a phase, of the params alone."""
        env = {name: PARAM_TYPES.get(p.type, Type.QUANT) for name, p in self.spec.params.items()}
        if phase is not None:
            # In generation the prefix is part of s; a formula that serves both phases reads it as 0 there.
            prefix = ("prefix",) if self.spec.axis.prefix != "none" else ()
            for name in ("x",) if self.tokens else ("b", "s", *prefix):
                env[name] = Type.INT
        return env

    # what depends on the phase

    def sol(self, phase: PhaseName):  # type: ignore[no-untyped-def]
        sol = self.spec.sol
        return getattr(sol, phase) if isinstance(sol, PhaseSol) else sol

    def formula(self, phase: PhaseName) -> Formula:
        return self._formulas[phase]

    @functools.cached_property
    def _formulas(self) -> Mapping[PhaseName, Formula]:
        """Of both phases, compiled once."""
        return {phase: self._compiled(phase) for phase in self.phases}

    def _compiled(self, phase: PhaseName) -> Formula:
        formula, findings = compile_formula(self.sol(phase), self.types(phase))
        if formula is None:
            raise AssertionError(f"formula of a checked spec does not compile: {findings}")
        return formula

    def nesting(self, phase: PhaseName) -> Nesting:
        nesting = self.spec.nesting
        chosen = getattr(nesting, phase) if isinstance(nesting, PhaseNesting) else nesting
        assert chosen is not None
        return chosen

    def empirical(self, phase: PhaseName) -> float:
        scale = self.spec.empirical
        value = scale if isinstance(scale, (int, float)) else getattr(scale, phase)
        assert value is not None
        return float(value)

    def weights(self, phase: PhaseName) -> Expr | None:
        """Bytes of weights per GPU and unit of scale, or None where a phase holds none."""
        weights = self.spec.weights
        text = weights if isinstance(weights, str) or weights is None else getattr(weights, phase)
        return None if text is None else typed(text, self.types())

    # tables and queries

    @functools.cached_property
    def tables(self) -> tuple[Table, ...]:
        name = self.name
        if self.spec.phases.table == "per_phase":
            loaders = {p: f"load_{p}_{name}_data" for p in self.phases}
            if len({id(self.nesting(p)) for p in self.phases}) == 1:
                loaders = dict.fromkeys(self.phases, f"load_{name}_data")
            return tuple(
                Table(self, (p,), f"{name}_{p}", f"{name}_{p}_perf", f"_{p}_{name}_data", loaders[p])
                for p in self.phases
            )
        column = self.spec.phases.column if self.spec.phases.table == "phase_column" else None
        return (Table(self, self.phases, name, f"{name}_perf", f"_{name}_data", f"load_{name}_data", column),)

    def table_of(self, phase: PhaseName | None) -> Table:
        """The table that a file of `phase` is; a data entry names no phase where one table holds them all."""
        return next((t for t in self.tables if phase in t.phases), self.tables[0])

    @functools.cached_property
    def queries(self) -> tuple[Query, ...]:
        if self.spec.phases.table == "one" and self._alike:
            return (Query(self, self.phases, f"query_{self.name}", self.tables[0]),)
        tables = (
            dict(zip(self.phases, self.tables)) if len(self.tables) > 1 else dict.fromkeys(self.phases, self.tables[0])
        )
        return tuple(Query(self, (p,), f"query_{p}_{self.name}", tables[p]) for p in self.phases)

    @property
    def _alike(self) -> bool:
        """Nothing that a query depends on differs between the phases."""
        spec = self.spec
        return (
            not isinstance(spec.sol, PhaseSol)
            and not isinstance(spec.nesting, PhaseNesting)
            and isinstance(spec.empirical, (int, float))
        )

    def query(self, phase: PhaseName) -> Query:
        return next(q for q in self.queries if phase in q.phases)

    def phase_value(self, phase: PhaseName) -> str:
        """What the phase column of the file holds for `phase`."""
        return self.spec.phases.values.get(phase, phase)


def key_params(key: Key) -> tuple[str, ...]:
    assert key.params or key.param
    return tuple(key.params) if key.params else (str(key.param),)


def varying_params(key: Key) -> tuple[str, ...]:
    """The params whose value a lookup may replace by one that was collected."""
    if key.alike is not None:
        return tuple(name for name in key_params(key) if name not in key.alike.same)
    return key_params(key) if (key.fallback is not None or key.nearest) and key.lookup is None else ()


def key_columns(key: Key) -> tuple[str, ...]:
    """The column expression of each param of the key."""
    if key.params:
        return tuple(key.columns) if key.columns else tuple(key.params)
    return (key.column or str(key.param),)


def axis_column(axis: NestingAxis) -> str:
    return axis.column or axis.axis


__all__ = ["Op", "Query", "Table", "axis_column", "key_columns", "key_params", "varying_params"]
