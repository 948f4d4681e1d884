"""The tests beside a compiled operator: made-up tables, and what the reference evaluator says of them.

The numbers come from `sol.evaluate`, which shares no code with what wrote the operator. Each op goes through the
engine's own `Op`, as a model's does, so that a site that was forgotten shows.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

from ...model.op import Query, Table
from ...model.synthetic import POWER
from ...render import fragment
from ...render.rust import string, text, use
from ...sol.evaluate import Gpu, SolValueError, evaluate, evaluate_formula
from ..common.made_up import MadeUp
from .table_view import views
from .view import EngineOp, EnginePhase

GPU = Gpu(7.7e12, {1: 2.25e15, 2: 4.5e15, 4: 9e15})
"""The system of upstream's own fixtures, `testsys`."""

NO_NUMBER = "many"


@dataclass(frozen=True)
class Case:
    """A measured point asked of an op: its JSON, the run-time sizes, SOL (compute, memory) and latency in ms."""

    op: str
    sizes: tuple[int, int, int]
    sol: tuple[float, float]
    latency: float

    @property
    def code(self) -> str:
        batch, s, tokens = self.sizes
        math, mem = (repr(value) for value in self.sol)
        return f"({string(self.op)}, [{batch}, {s}, {tokens}], [{math}, {mem}], {self.latency!r}),"


@dataclass(frozen=True)
class PhaseTests:
    """What is asked of one phase."""

    made: MadeUp
    phase: EnginePhase

    @property
    def query(self) -> Query:
        return self.phase.query

    @functools.cached_property
    def _asked(self) -> list[tuple[dict[str, Any], Case]]:
        asked = []
        for row, values in self.made.asked(self.query):
            sol = self._sol(values)
            sizes = self._sizes(values)
            # A call has tokens, and work: the share of a SOL of 0 that a measurement reaches is no number.
            if sol is not None and min(sizes) > 0 and max(sol) > 0:
                asked.append((values, Case(self._json(values), sizes, sol, row.latency)))
        return asked

    @property
    def cases(self) -> list[Case]:
        return [case for _, case in self._asked]

    @property
    def not_collected(self) -> Case | None:
        """A case with a key that no row has, or None where there is no such key."""
        for values, case in self._asked:
            other = self.made.not_collected(self.query, values)
            sol = self._sol(other) if other else None
            if other and sol:
                return Case(self._json(other), case.sizes, sol, case.latency)
        return None

    def _sol(self, values: Mapping[str, Any]) -> tuple[float, float] | None:
        known = {"prefix": 0, **self.made.quants(values)}
        try:
            times = evaluate_formula(self.query.formula, known, GPU, modes=self.made.facts.modes)
        except SolValueError:
            return None
        return float(times.math), float(times.mem)

    def _sizes(self, values: Mapping[str, Any]) -> tuple[int, int, int]:
        """Batch, sequence and tokens as the engine passes them."""
        if self.phase.owner.op.tokens:
            return (1, values["x"], values["x"])
        return (values["b"], values["s"], values["b"] * values["s"])

    def _json(self, values: Mapping[str, Any]) -> str:
        """The op as it crosses over from Python."""
        fields = {"name": self.phase.instance, "scale_factor": 1.0}
        fields |= {p.name: values[p.name] for p in self.phase.params}
        fields |= {"seq_split": 1} if self.phase.seq_split else {}
        return json.dumps({self.phase.variant: fields})

    @property
    def weights(self) -> float:
        """Bytes of weights of the first case's op."""
        expr = self.phase.owner.op.weights(self.phase.phase)
        if expr is None:
            return 0.0
        known = self.made.quants(self._asked[0][0])
        return float(cast(float, evaluate(expr, known, modes=self.made.facts.modes)))


@dataclass(frozen=True)
class Malformed:
    """A file with one cell that is no number: its columns as code, and the row (from 1)."""

    filename: str
    columns: list[str]
    row: int


@dataclass(frozen=True)
class OperatorTests:
    """The tests as their template sees them."""

    owner: EngineOp

    @functools.cached_property
    def made(self) -> MadeUp:
        return MadeUp(self.owner.op, self.owner.facts, GPU)

    @functools.cached_property
    def phases(self) -> list[PhaseTests]:
        """The phases that have a row which arguments are found for."""
        if self.made.unfilled is not None:
            return []
        return [one for one in (PhaseTests(self.made, phase) for phase in self.owner.phases) if one.cases]

    @property
    def not_collected(self) -> list[Case]:
        return [case for case in (phase.not_collected for phase in self.phases) if case is not None]

    @property
    def power(self) -> float:
        return POWER

    @property
    def missing_sol(self) -> bool:
        return self.owner.op.spec.missing == "sol"

    @property
    def single_beam(self) -> bool:
        """Whether a phase that has cases refuses beams."""
        return any(p.phase.phase == "generation" and p.phase.takes_beam for p in self.phases)

    @property
    def attributes(self) -> str:
        every = [view.attribute for table in self.owner.tables for view in views(self.owner, table)]
        return ", ".join(map(string, every))

    @property
    def view_import(self) -> str:
        names = ["table_view_json", "TABLE_VIEW_ATTRIBUTES"]
        return text(use("crate::perf_database::table_view", names, self.owner.facts.crate.edition))

    @property
    def tables(self) -> list[tuple[str, list[str]]]:
        """Each file: its name, and the columns of it that matter here, as code."""
        return [(t.filename, list(self._columns(t.table))) for t in self.owner.tables]

    @property
    def malformed(self) -> Malformed:
        """The table of the first phase with a text for the latency of that phase's last row."""
        phase = self.phases[0]
        table, rows = phase.query.table, self.made.rows[phase.query.table.member]
        at = max(number for number, row in enumerate(rows) if row.phase in (None, phase.phase.phase))
        filename = next(t.filename for t in self.owner.tables if t.table is table)
        column = self.made.latencies(phase.phase.phase)[0]
        return Malformed(filename, list(self._columns(table, {(column, at): NO_NUMBER})), at + 1)

    def _columns(self, table: Table, instead: Mapping[tuple[str, int], str] = MappingProxyType({})) -> Iterator[str]:
        """The columns of a table as code; `instead` has other cells, by column and row."""
        names, lines = self.made.written(table)
        reals = {"power"}.union(*(self.made.latencies(phase) for phase in table.phases))
        matter = reals.union(*(row.cells for row in self.made.rows[table.member]))
        for name, *cells in zip(names, *lines):
            # What a phase has no column for stays empty in its rows, which these files can't say.
            numbers = [instead.get((name, at), cell or "0") for at, cell in enumerate(cells)]
            if name not in matter:
                continue
            if NO_NUMBER in numbers:
                yield f'Col::Str("{name}", vec![{", ".join(map(string, numbers))}]),'
            elif name in reals:
                yield f'Col::F64("{name}", vec![{", ".join(repr(float(cell)) for cell in numbers)}]),'
            elif all(cell.lstrip("-").isdigit() for cell in numbers):
                yield f'Col::I64("{name}", vec![{", ".join(numbers)}]),'
            else:
                yield f'Col::Str("{name}", vec![{", ".join(map(string, cells))}]),'

    def render(self) -> str:
        """The text of the file. Raises where there are no `phases` to ask."""
        return fragment(self.owner.facts.templates, "operator_test.rs.j2", t=self, op=self.owner.op.name)
