"""The generated unit test: self-contained, on a made-up table, with expected numbers from the reference evaluator.

The numbers in the test come from `sol.evaluate`, which shares no code with the renderer that wrote the query. So the
test, once it is in the checkout, holds the generated code to the spec and not to itself.
"""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Mapping
from dataclasses import dataclass

from ...checkout.tree import Tree
from ...model.columns import typed
from ...model.op import Op, Query, Table, key_params, varying_params
from ...model.synthetic import POWER, Row, header, table_rows
from ...plan import Skip
from ...render import fragment
from ...render.python import literal
from ...sol.evaluate import Gpu, SolValueError, evaluate, evaluate_formula
from ...sol.quants import Quant
from ...spec.model import PhaseName
from ..common.data_files import new_file
from ..common.settle import StepDraft
from .facts import PythonFacts

GPU_KEYS = {"mem_bw": 4.8e12, "sixteen": 989e12, "fp8_tc_flops": 1978e12, "fp4_tc_flops": 3956e12}
CASES = 6


@dataclass(frozen=True)
class Case:
    """One measured point: arguments of the query as code, and what it gives."""

    arguments: list[str]
    latency: float
    sol: tuple[float, float, float]


@dataclass(frozen=True)
class QueryCases:
    """What is asserted of one query."""

    query: Query
    cases: tuple[Case, ...]
    missing: list[str] | None
    facts: PythonFacts

    @property
    def empirical(self) -> float:
        return self.query.empirical


@dataclass(frozen=True)
class TestView:
    """The test module as its template sees it."""

    op: Op
    facts: PythonFacts

    @functools.cached_property
    def rows(self) -> dict[str, list[Row]]:
        return {t.member: table_rows(self.op, t) for t in self.op.tables}

    @property
    def unfilled(self) -> Skip | None:
        """Why there is no test: a table for which no made-up row was found that would be kept."""
        empty = [t.stem for t in self.op.tables if not self.rows[t.member]]
        why = f"no made-up row of {', '.join(empty)} would pass its conditions and column expressions"
        return Skip(f"unit test of {self.op.name}", why) if empty else None

    def csv(self, table: Table) -> list[str]:
        """The table's lines: every row, then the first one again with another latency, which must lose.

        They stand between triple quotes, and read back as they are.
        """
        rows = self.rows[table.member]
        names = header(self.op, table, rows)
        cells = [[self._cell(name, row) for name in names] for row in rows]
        again = [list(line) for line in cells[:1]]  # a spec may let no made-up row in
        for latency in self._latency_columns(table, rows[0].phase) if rows else ():
            again[0][names.index(latency)] = "99.0"
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *cells, *again])
        return text.getvalue().replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines()

    def _latency_columns(self, table: Table, phase: PhaseName | None) -> list[str]:
        from ...model.columns import column_names

        return list(column_names(self.op.nesting(phase or table.phases[0]).latency.column))

    @functools.cached_property
    def _other_cells(self) -> dict[str, str]:
        """Cells of the columns that the op does not read."""
        return {
            "framework": "TEST",
            "version": "0",
            "device": "none",
            "op_name": self.op.name if len(self.op.name) <= 24 else "op",
            "kernel_source": "k",
        }

    def _cell(self, name: str, row: Row) -> str:
        if name == "power":
            return repr(POWER)
        return row.cells.get(name, self._other_cells.get(name, ""))

    def leaves(self, table: Table) -> int:
        return len(self.rows[table.member])

    @property
    def power(self) -> float:
        return POWER

    @functools.cached_property
    def queries(self) -> list[QueryCases]:
        return [self._query(q) for q in self.op.queries]

    @property
    def has_cases(self) -> bool:
        """Whether there is a query to test: arguments that ask for a row of the table are not always found."""
        return any(q.cases for q in self.queries)

    def _query(self, query: Query) -> QueryCases:
        rows = [r for r in self.rows[query.table.member] if r.phase in (None, query.phase)]
        step = max(1, len(rows) // CASES)
        cases = []
        missing = None
        for row in rows[::step][:CASES]:
            values = self._arguments(query, row)
            if values is None:
                continue
            sol = self._sol(query, values)
            if sol is None:
                continue
            cases.append(Case(self._code(values), row.latency, sol))
            if missing is None:
                missing = self._missing(query, values)
        return QueryCases(query, tuple(cases), missing, self.facts)

    def _arguments(self, query: Query, row: Row) -> dict[str, object] | None:
        """Arguments of the query that ask for exactly this row, or None when none are found."""
        nesting = query.nesting
        path = list(row.path)
        values: dict[str, object] = {}
        for axis, at in zip(nesting.axes, path[len(nesting.keys) :]):
            values[axis.axis] = at
        for key, found in zip(nesting.keys, path):
            params = key_params(key)
            if key.params:
                values.update(zip(params, found))  # type: ignore[call-overload]
            elif key.lookup is None:
                values[params[0]] = found
        for key, found in zip(nesting.keys, path):
            if key.lookup is not None and not self._solve(key.lookup, key_params(key)[0], found, values):
                return None
        for name in query.run_time:
            values.setdefault(name, 0 if name == "prefix" else 16)
        for name, param in self.op.params.items():
            values.setdefault(name, {"int": 8, "str": "alpha"}.get(param.type) or (param.modes or ["bfloat16"])[0])
        return values

    def _solve(self, lookup: str, param: str, found: object, values: dict[str, object]) -> bool:
        """Give `param` a value for which the key that is looked up is the one of the row."""
        declared = self.op.params[param]
        candidates: list[object] = [found, *declared.modes]
        if declared.type == "int":
            candidates += [*(v for v in values.values() if isinstance(v, int)), 1, 2, 4]
        for candidate in candidates:
            trial = {**values, param: candidate}
            try:
                asked = evaluate(typed(lookup, self.op.types()), self._quants(trial))
            except SolValueError:
                continue
            if asked == (self.facts.quant(str(found)) if isinstance(asked, Quant) else found):
                values[param] = candidate
                return True
        return False

    def _quants(self, values: Mapping[str, object]) -> dict:  # type: ignore[type-arg]
        return {n: self.facts.quant(str(v)) if n in self.op.quant_params else v for n, v in values.items()}

    def _sol(self, query: Query, values: Mapping[str, object]) -> tuple[float, float, float] | None:
        gpu = Gpu(
            GPU_KEYS["mem_bw"],
            {1: GPU_KEYS["sixteen"], 2: GPU_KEYS["fp8_tc_flops"], 4: GPU_KEYS["fp4_tc_flops"]},
            rule=self.facts.peak,
        )
        known = {"prefix": 0, **self._quants(values)}
        try:
            times = evaluate_formula(query.formula, known, gpu, modes=self.facts.modes)
        except SolValueError:
            return None
        return times.sol, times.math, times.mem

    def _code(self, values: Mapping[str, object]) -> list[str]:
        return [f"{name}={self._value(name, value)}" for name, value in values.items()]

    def _value(self, name: str, value: object) -> str:
        param = self.op.quant_params.get(name)
        if param is None:
            return literal(value)
        return f"common.{param.type}.{self.facts.mode_name(str(value))}"

    def _missing(self, query: Query, values: Mapping[str, object]) -> list[str] | None:
        """Arguments with an int or str key that was not collected."""
        for key in query.nesting.keys:
            for name in key_params(key):
                kind = self.op.params[name].type
                if not varying_params(key) and key.lookup is None and kind in ("int", "str"):
                    return self._code({**values, name: 977 if kind == "int" else "not_collected"})
        return None

    @property
    def gpu_lines(self) -> list[str]:
        pairs = {"mem_bw": GPU_KEYS["mem_bw"], self.facts.flops_key: GPU_KEYS["sixteen"]}
        pairs.update({k: GPU_KEYS[k] for k in ("fp8_tc_flops", "fp4_tc_flops")})
        return [f'"{k}": {v!r},' for k, v in pairs.items()]


def plan_test(view: TestView, tree: Tree) -> StepDraft:
    """The test file, where the checkout has a test tree."""
    op, facts = view.op, view.facts
    step = StepDraft(op.name, "test", "Unit test")
    if facts.tests is None:
        step.skips.append(Skip(f"unit test of {op.name}", "the checkout has no tests/unit/sdk/database"))
        return step
    if view.unfilled:
        step.skips.append(view.unfilled)
        return step
    text = fragment(facts.templates, "test.py.j2", t=view, facts=facts)
    step.drafts.append(new_file(tree, f"{facts.tests}/test_{op.name}.py", text.encode("utf-8")))
    return step
