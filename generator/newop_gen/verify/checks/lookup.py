"""SILICON on the table: measured points, points between them, points outside."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from ...model.op import Query
from ..bench import MOST_POINTS, Bench
from ..causes.lookup import Sample, explain_lookup
from ..expectation import Dataset, judge, point_text, promised_text, told
from ..grid import CUBIC, EXACT, LINEAR, Nothing
from ..points import Values, path_values
from ..result import CheckResult, Tally

BETWEEN = 120  # points per query
OUTSIDE = 24
EVERY_ROW = 10**7
PREFIXES = (16, 40)


def measured(bench: Bench, data: Dataset) -> list[CheckResult]:
    """Every kept point comes back."""
    results = []
    for query in _queries(bench, data):
        tally = Tally(f"measured:{query.method}", "every collected point comes back, latency and energy", EXACT)
        # A compiled op answers quickly enough to be asked for every row of a real table.
        most = EVERY_ROW if bench.compiled and not data.own else MOST_POINTS
        points = bench.measured(data, query, most=most)
        outcomes = _judge(bench, data, query, [v for _, v, _ in points], tally)
        exact = sum(o.get("latency") == leaf.latency for o, (_, _, leaf) in zip(outcomes, points))
        tally.note = f"{exact:,} of {len(data.collected(query)):,} stored rows come back with their very latency"
        results.append(tally.result())
        if query.takes_prefix:
            tally = Tally(
                f"prefix:{query.method}",
                f"with a cached prefix: the point at s + prefix, corrected by the spec's rule ({query.prefix})",
                EXACT * 10,
            )
            values = [v for p in PREFIXES for _, v, _ in bench.measured(data, query, p)]
            _judge(bench, data, query, values, tally)
            results.append(tally.result())
    return results


def between(bench: Bench, data: Dataset) -> list[CheckResult]:
    """Points off the grid, inside the collected range."""
    results = []
    for query in _queries(bench, data):
        method = query.nesting.method if bench.rules.between == "spec" else bench.rules.between
        promise = {
            "cubic": "near its cell, and on the plane where its corners lie in one",
            "linear": "on the line or triangle between its neighbours",
            "perf_interp": "on the line between its neighbours, axis after axis (this release's own rule)",
        }
        tally = Tally(
            f"between:{query.method}",
            f"a point between measured ones ({method}) is "
            + promise.get(method, "on the surface through its neighbours"),
            CUBIC if method == "cubic" else LINEAR,
        )
        _judge(bench, data, query, list(itertools.islice(between_points(bench, data, query), BETWEEN)), tally)
        results.append(tally.result())
    return results


def outside(bench: Bench, data: Dataset) -> list[CheckResult]:
    """Points beyond the collected range, by the spec's policy."""
    results = []
    for query in _queries(bench, data):
        policy = query.nesting.outside
        words = {
            "error": "is refused with PerfDataNotAvailableError",
            "clamp": "gets the value at the nearest edge",
            "extrapolate": "follows the line through the last two points",
        }
        if bench.op.spec.missing == "sol" and policy == "error":
            words["error"] = "gets its SOL"
        if bench.rules.outside == "held" or (bench.rules.outside == "blended" and len(query.nesting.axes) == 1):
            words[policy] = "keeps the nearest point's share of the SOL (this release's own rule)"
        elif bench.rules.outside == "blended":
            words[policy] = "has a share of the SOL between those of the nearest points (this release's own rule)"
        tally = Tally(f"outside:{query.method}", f"a point outside the collected range {words[policy]}", 1e-9)
        _judge(bench, data, query, list(itertools.islice(outside_points(bench, data, query), OUTSIDE)), tally)
        results.append(tally.result())
    return results


def _queries(bench: Bench, data: Dataset) -> list[Query]:
    return [q for q in bench.op.queries if data.collected(q)]


def _judge(bench: Bench, data: Dataset, query: Query, asked: list[Values], tally: Tally) -> list[dict[str, Any]]:
    """The outcomes of what was asked, each held to its promise."""
    outcomes = bench.query(data.handle, [(query, v, "SILICON") for v in asked])
    samples = []
    for values, outcome in zip(asked, outcomes):
        promised = bench.expect.silicon(data, query, values)
        if isinstance(promised, Nothing):
            continue
        holds, amount = judge(promised, outcome)
        tally.points += 1
        if amount is not None:
            tally.deviation(amount)
        samples.append(Sample(query, values, promised, outcome, holds))
        if not holds:
            tally.fail(point_text(query, values), promised_text(promised), told(outcome))
    if tally.failed:
        tally.blame(explain_lookup(bench, data, samples))
    return outcomes


def _axis_values(bench: Bench, data: Dataset, query: Query) -> Iterator[tuple[Any, list[list[Any]]]]:
    """(exact keys, values per axis) of every grid, as the database has it now; ragged grids by their union."""
    for keys, grid in data.grids(query).items():
        axes: list[set[Any]] = [set() for _ in query.nesting.axes]

        def walk(node: Any, depth: int, axes: list[set[Any]] = axes) -> None:
            if depth < len(axes):
                axes[depth].update(node)
                for below in node.values():
                    walk(below, depth + 1, axes)

        walk(grid, 0)
        yield keys, [sorted(a) for a in axes]


def between_points(bench: Bench, data: Dataset, query: Query) -> Iterator[Values]:
    """Points in every cell of every grid, near each edge and in the middle; then some along one axis only."""
    chance = random.Random(f"{bench.op.name} {query.method}")
    grids = list(_axis_values(bench, data, query))
    for _ in range(40 * BETWEEN):
        keys, axes = chance.choice(grids)
        at = []
        for values in axes:
            gaps = [(a, b) for a, b in itertools.pairwise(values) if b - a > 1]
            if not gaps or chance.random() < 0.15:
                at.append(chance.choice(values))
                continue
            low, high = chance.choice(gaps)
            at.append(chance.randint(low + 1, high - 1))
        if any(v not in values for v, values in zip(at, axes)):
            yield from _asked(bench, query, (*keys, *at))


def outside_points(bench: Bench, data: Dataset, query: Query) -> Iterator[Values]:
    """One axis beyond either end, the others on the grid and off it."""
    chance = random.Random(f"{bench.op.name} {query.method} outside")
    grids = list(_axis_values(bench, data, query))
    for _ in range(40 * OUTSIDE):
        keys, axes = chance.choice(grids)
        at = [chance.choice(values) for values in axes]
        i = chance.randrange(len(axes))
        low, high = axes[i][0], axes[i][-1]
        at[i] = chance.choice([*([chance.randint(1, low - 1)] if low > 1 else []), high + 1, 2 * high, 3 * high])
        yield from _asked(bench, query, (*keys, *at))


def _asked(bench: Bench, query: Query, path: Any) -> Iterator[Values]:
    values = path_values(bench.op, query, path, bench.facts)
    if values is not None:
        yield values
