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
from ...model.op import Op, Query, Table
from ...model.synthetic import POWER
from ...plan import Skip, StepKey
from ...render import fragment
from ...render.python import literal
from ...sol.evaluate import Gpu, SolValueError, evaluate_formula
from ..common.data_files import new_file
from ..common.made_up import MadeUp
from ..common.settle import StepDraft
from .facts import PythonFacts

GPU_KEYS = {"mem_bw": 4.8e12, "sixteen": 989e12, "fp8_tc_flops": 1978e12, "fp4_tc_flops": 3956e12}


@dataclass(frozen=True)
class Case:
    """One measured point: arguments of the query as code, and what it gives."""

    arguments: list[str]
    latency: float
    sol: tuple[float, float, float]


@dataclass(frozen=True)
class Bounds:
    """Arguments off the table, as code, and the SOL there."""

    arguments: list[str]
    sol: tuple[float, float, float]


@dataclass(frozen=True)
class QueryCases:
    """What is asserted of one query."""

    query: Query
    cases: tuple[Case, ...]
    missing: list[str] | None
    facts: PythonFacts
    elsewhere: tuple[Bounds, ...]

    @property
    def empirical(self) -> float:
        return self.query.empirical


@dataclass(frozen=True)
class TestView:
    """The test module as its template sees it."""

    op: Op
    facts: PythonFacts

    @functools.cached_property
    def made(self) -> MadeUp:
        return MadeUp(self.op, self.facts, self._gpu)

    def csv(self, table: Table) -> list[str]:
        """The table's lines. They stand between triple quotes, and read back as they are."""
        names, lines = self.made.written(table)
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([names, *lines])
        return text.getvalue().replace("\\", "\\\\").replace('"""', '\\"\\"\\"').splitlines()

    def leaves(self, table: Table) -> int:
        return len(self.made.rows[table.member])

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
        cases = []
        missing = None
        for row, values in self.made.asked(query):
            sol = self._sol(query, values)
            if sol is None:
                continue
            cases.append(Case(self._code(values), row.latency, sol))
            other = None if missing else self.made.not_collected(query, values)
            missing = self._code(other) if other else missing
        elsewhere = [(v, self._sol(query, v)) for v in self.made.elsewhere(query)]
        bounds = tuple(Bounds(self._code(v), sol) for v, sol in elsewhere if sol is not None)
        return QueryCases(query, tuple(cases), missing, self.facts, bounds)

    @functools.cached_property
    def _gpu(self) -> Gpu:
        return Gpu(
            GPU_KEYS["mem_bw"],
            {1: GPU_KEYS["sixteen"], 2: GPU_KEYS["fp8_tc_flops"], 4: GPU_KEYS["fp4_tc_flops"]},
            rule=self.facts.peak,
        )

    def _sol(self, query: Query, values: Mapping[str, object]) -> tuple[float, float, float] | None:
        known = {"prefix": 0, **self.made.quants(values)}
        try:
            times = evaluate_formula(query.formula, known, self._gpu, modes=self.facts.modes)
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

    @property
    def gpu_lines(self) -> list[str]:
        pairs = {"mem_bw": GPU_KEYS["mem_bw"], self.facts.flops_key: GPU_KEYS["sixteen"]}
        pairs.update({k: GPU_KEYS[k] for k in ("fp8_tc_flops", "fp4_tc_flops")})
        return [f'"{k}": {v!r},' for k, v in pairs.items()]


def plan_test(view: TestView, tree: Tree) -> StepDraft:
    """The test file, where the checkout has a test tree."""
    op, facts = view.op, view.facts
    step = StepDraft(op.name, StepKey.TEST, "Unit test")
    if facts.tests is None:
        step.skips.append(Skip(f"unit test of {op.name}", "the checkout has no tests/unit/sdk/database"))
        return step
    if view.made.unfilled:
        step.skips.append(view.made.unfilled)
        return step
    text = fragment(facts.templates, "test.py.j2", t=view, facts=facts)
    step.drafts.append(new_file(tree, f"{facts.tests}/test_{op.name}.py", text.encode("utf-8")))
    return step
