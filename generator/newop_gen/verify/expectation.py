"""What an answer of the op should be, and what it would be with a mistake of a known kind.

`Expectation` is the spec's own word on every query. A `Variation` changes one rule of it; the diagnosis asks which
variation explains the numbers that were found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..layouts.base import Facts, Rules
from ..model.op import Op, Query
from ..sol.evaluate import Gpu, SolTimes
from ..spec.model import Nesting
from ..tables.filing import Leaf, Path, grids_of
from . import perf_interp
from .grid import Answer, Nothing, Promise, Refusal, answer
from .points import speed_of_light
from .table import Missing, TableModel, select

Grids = Mapping[Path, dict[Any, Any]]


@dataclass
class Dataset:
    """Tables under test, by member, and the database opened on them. `nodes` are what a query finds its values among:
    the collected points, and those that pre-interpolation added."""

    name: str
    handle: str
    texts: Mapping[str, str]
    models: Mapping[str, TableModel]
    own: bool = False  # made up here, not the spec's
    nodes: dict[str, dict[Path, Leaf]] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)  # leaves as they came, right after opening
    digests: dict[str, str] = field(default_factory=dict)
    _grids: dict[tuple[str, str, str], Grids] = field(default_factory=dict)

    def grids(self, query: Query, which: str = "nodes") -> Grids:
        """The grids that a query may ask for; `which` is `nodes`, `first` (collected) or `last` (the last row wins)."""
        key = (query.table.member, query.phase, which)
        if key not in self._grids:
            model = self.models.get(query.table.member)
            leaves: Mapping[Path, Leaf] = {}
            if model is not None:
                chosen = {"first": model.leaves, "last": model.last}
                leaves = chosen[which] if which in chosen else self.nodes.get(query.table.member, model.leaves)
            self._grids[key] = grids_of(query.op, query.table, query.phase, leaves)
        return self._grids[key]

    def collected(self, query: Query) -> Mapping[Path, Leaf]:
        """Leaves of a query's table, by path below the phase."""
        model = self.models.get(query.table.member)
        if model is None:
            return {}
        if not query.table.phase_column:
            return model.leaves
        return {path[1:]: leaf for path, leaf in model.leaves.items() if path[0] == query.phase}


@dataclass(frozen=True)
class Variation:
    """One rule that is otherwise. The default changes nothing."""

    rows: str = "nodes"
    values: Mapping[str, str] = field(default_factory=dict)  # argument -> the argument that is taken in its place
    look_up_s: bool = False  # the table is looked up at s, not at s + prefix
    correct: bool = True
    correct_energy: bool = True
    factor: float = 1.0
    energy: str = ""  # "zero", or nothing
    outside: str = ""  # another policy outside the range
    missing: str = ""  # another rule for missing data
    table_of: Query | None = None  # the table of another query answers

    def __hash__(self) -> int:
        return id(self)


PLAIN = Variation()


@dataclass(frozen=True)
class Expectation:
    """The spec's word on the op's queries in one tree."""

    op: Op
    facts: Facts
    rules: Rules
    gpu: Gpu

    def sol(self, query: Query, values: Mapping[str, Any]) -> SolTimes | None:
        return speed_of_light(self.op, query, values, self.gpu, self.facts)

    def silicon(self, data: Dataset, query: Query, values: Mapping[str, Any], vary: Variation = PLAIN) -> Answer:
        """What SILICON answers."""
        taken = {n: values[vary.values.get(n, n)] for n in values}
        found = self._measured(data, query, taken, vary)
        policy = vary.missing or self.op.spec.missing
        if isinstance(found, Refusal) and policy == "sol":
            times = self.sol(query, taken)
            return Nothing("no SOL there") if times is None else Promise.of(times.sol, 0.0)
        if not isinstance(found, Promise):
            return found
        if vary.energy == "zero":
            found = replace(found, energy=(0.0, 0.0))
        return found.scaled(vary.factor)

    def _measured(self, data: Dataset, query: Query, values: Mapping[str, Any], vary: Variation) -> Answer:
        grids = data.grids(vary.table_of or query, vary.rows)
        try:
            keys = select(self.op, query, grids, values, self.facts)
        except Missing as missing:
            return Refusal(f"no data for {missing}")
        nesting = query.nesting if not vary.outside else _policy(query.nesting, vary.outside)
        prefix = values.get("prefix", 0) if query.takes_prefix else 0
        longer = prefix and not vary.look_up_s
        point = [values[a.axis] + (prefix if longer and a.axis == "s" else 0) for a in nesting.axes]
        if self.rules.between == "spec":
            found = answer(nesting, grids[keys], point)
        else:
            blended = self.rules.outside == "blended"
            found = perf_interp.answer(nesting, grids[keys], point, lambda at: self._sol_at(query, values, at), blended)
        if isinstance(found, Promise) and prefix and vary.correct:
            correction = self._correction(query, values, prefix)
            if correction is None:
                return Nothing("no SOL ratio there")
            return found.scaled(correction, None if vary.correct_energy else 1.0)
        return found

    def _sol_at(self, query: Query, values: Mapping[str, Any], at: Sequence[float]) -> float | None:
        """The SOL at a point of the query's table, which was measured without a prefix."""
        there = {**values, **{a.axis: v for a, v in zip(query.nesting.axes, at)}}
        times = self.sol(query, {**there, "prefix": 0} if query.takes_prefix else there)
        return None if times is None else times.sol

    def _correction(self, query: Query, values: Mapping[str, Any], prefix: float) -> float | None:
        full = values["s"] + prefix
        if query.prefix == "quadratic":
            return float((full * full - prefix * prefix) / (full * full))
        part, whole = self.sol(query, values), self.sol(query, {**values, "s": full, "prefix": 0})
        if part is None or whole is None:
            return None
        return part.sol / whole.sol if whole.sol > 0 else 1.0


def _policy(nesting: Nesting, outside: str) -> Nesting:
    return nesting.model_copy(update={"outside": outside})


# judging an outcome


def judge(promised: Answer, outcome: Mapping[str, Any]) -> tuple[bool, float | None]:
    """(whether the outcome keeps the promise, the relative deviation if there is one)."""
    if isinstance(promised, Nothing):
        return True, None
    if isinstance(promised, Refusal):
        return is_refusal(outcome), None
    if "latency" not in outcome:
        return False, None
    options = [_deviation(p, outcome) for p in (promised, *promised.alternatives)]
    least = min(options)
    return least <= promised.tolerance, least


def _deviation(promise: Promise, outcome: Mapping[str, Any]) -> float:
    amount = off(outcome["latency"], promise.low, promise.high)
    if promise.energy is not None:
        amount = max(amount, off(outcome["energy"], *promise.energy))
    return amount


def off(value: float, low: float, high: float) -> float:
    """How far a value is outside a range, relative to the range's end; infinite for NaN."""
    if value != value:
        return float("inf")
    if low <= value <= high:
        return 0.0
    end = low if value < low else high
    return abs(value - end) / max(abs(end), 1e-300) if end else abs(value)


def is_refusal(outcome: Mapping[str, Any]) -> bool:
    return "error" in outcome and "PerfDataNotAvailableError" in outcome["error"]["bases"]


def told(outcome: Mapping[str, Any]) -> str:
    """An outcome in words."""
    if "error" in outcome:
        error = outcome["error"]
        where = f" at {error['where']}" if error.get("where") else ""
        return f"{error['class']}: {error['text'][:160]}{where}"
    if "latency" in outcome:
        tag = f", source {outcome['source']}" if outcome.get("source") else ""
        return f"{outcome['latency']:.9g} ms, {outcome['energy']:.9g} W*ms{tag}"
    if "tuple" in outcome:
        return "(" + ", ".join(f"{v:.9g}" if isinstance(v, float) else str(v) for v in outcome["tuple"]) + ") ms"
    return f"a {outcome.get('type', 'value')}"


def promised_text(promised: Answer) -> str:
    if isinstance(promised, Refusal):
        return f"PerfDataNotAvailableError ({promised.why})"
    if isinstance(promised, Nothing):
        return "anything"
    text = f"{promised.low:.9g}" + (f" to {promised.high:.9g}" if promised.high != promised.low else "") + " ms"
    if promised.energy is not None:
        low, high = promised.energy
        text += f", {low:.9g}" + (f" to {high:.9g}" if high != low else "") + " W*ms"
    if promised.alternatives:
        text += f", or {promised_text(promised.alternatives[0])}"
    return text


def point_text(query: Query, values: Mapping[str, Any]) -> str:
    return f"{query.method}({', '.join(f'{n}={v}' for n, v in values.items())})"
