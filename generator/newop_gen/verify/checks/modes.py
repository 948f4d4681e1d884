"""The other modes: SOL and SOL_FULL against the evaluator, EMPIRICAL and HYBRID by the layout's rules."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from ...model.op import Query
from ...model.questions import Asking, spread
from ...sol.evaluate import SolTimes
from ...spec.model import Spec
from ..bench import EMPTY, Bench
from ..causes.modes import SolSample, explain_empirical, explain_modes, explain_sol, explain_utilisation
from ..expectation import off, point_text, told
from ..points import Values
from ..result import Cause, CheckResult, Tally
from ..table import encoded

POINTS = 150  # per query
EXACT = 1e-12
UTILISATION = 1e-9


def asked_points(bench: Bench, query: Query, count: int = POINTS) -> list[tuple[Values, SolTimes]]:
    """Points with a SOL: those that between them go every way of the formula, some measured ones, edges, chance."""
    found = []
    measured = [v for _, v, _ in bench.measured(bench.own, query)]
    asking = bench.asking(query)
    first, seen = asking.chosen(measured)
    chosen = itertools.chain(
        first,
        asking.searched(seen, first),
        measured[:: max(1, len(measured) // 20)],
        spread(asking, count, 1),
    )
    for values in chosen:
        times = bench.expect.sol(query, values)
        if times is not None:
            found.append((values, times))
        if len(found) >= count:
            break
    return found


def speed_of_light(bench: Bench) -> list[CheckResult]:
    """SOL and SOL_FULL equal the evaluator; the largest of SOL_FULL is SOL."""
    results = []
    missed: set[str] = set()
    for query in bench.op.queries:
        points = asked_points(bench, query)
        asking = bench.asking(query)
        if asking.wanted():
            results.append(_reached(bench, asking, [v for v, _ in points], missed))
        full = bench.sol_parts(bench.own.handle, [(query, v) for v, _ in points])
        single = bench.query(bench.own.handle, [(query, v, "SOL") for v, _ in points])
        samples = [SolSample(query, v, t, f, s) for (v, t), f, s in zip(points, full, single)]
        for name, asserts in (
            ("sol", "SOL is the larger of both bounds of the spec's formula, without energy"),
            ("sol-full", "SOL_FULL is (SOL, compute bound, memory bound) of the spec's formula; its largest is SOL"),
        ):
            tally = Tally(f"{name}:{query.method}", asserts, EXACT)
            for sample in samples:
                _sol(tally, sample, name == "sol-full")
            if tally.failed:
                tally.blame(explain_sol(bench, samples))
            results.append(tally.result())
    if bench.op.spec.unreached:
        results.append(_owned_up(bench.op.spec, missed))
    return results


def _owned_up(spec: Spec, missed: set[str]) -> CheckResult:
    """Whether what the spec says of parts that no question reaches is still so."""
    tally = Tally("unreached", "what the spec lists under `unreached` is what no question reaches")
    for words in spec.unreached:
        tally.holds(
            words in missed,
            words,
            "a part of a formula that no question reaches",
            "a point goes there, or none has the name",
        )
    if tally.failed:
        tally.blame(
            Cause("reached", "the spec excuses a part of a formula that needs no excuse: take it out of `unreached:`")
        )
    return tally.result()


def _reached(bench: Bench, asking: Asking, asked: list[Values], missed: set[str]) -> CheckResult:
    """Whether the points go every way of the formula and have every text and mode: nobody vouches for the rest. What
    they miss comes into `missed`."""
    tally = Tally(
        f"questions:{asking.query.method}", "the points asked go every way of the formula, with each text and mode"
    )
    _, seen = asking.chosen(asked)
    known, refused = [], []
    for reached, words in asking.wanted().items():
        missed.update([words] if reached not in seen else [])
        if reached not in seen and words in bench.op.spec.unreached:
            known.append(words)
        elif reached not in seen and reached[0] in bench.op.params and asking.refuses(reached[0], reached[1], asked):
            refused.append(words)
        else:
            tally.holds(reached in seen, words, "a point that goes there", "none of all that were tried")
    if tally.failed:
        tally.blame(
            Cause(
                "unreached",
                "a part of the formula that no question reaches: nobody vouches for it; take it out of the spec, or "
                "name it with the reason under `unreached:`",
            )
        )
    told = [f"not run, as the spec says: {'; '.join(known)}"] if known else []
    told += [f"without a SOL in this release: {'; '.join(refused)}"] if refused else []
    tally.note = "; ".join(told)
    return tally.result()


def _sol(tally: Tally, sample: SolSample, full: bool) -> None:
    wanted = (sample.times.sol, sample.times.math, sample.times.mem) if full else (sample.times.sol,)
    outcome = sample.full if full else sample.single
    got = outcome.get("tuple") if full else [outcome["latency"]] if "latency" in outcome else None
    tally.points += 1
    where = f"{point_text(sample.query, sample.values)}, {'SOL_FULL' if full else 'SOL'}"
    text = "(" + ", ".join(f"{w:.9g}" for w in wanted) + ") ms" if full else f"{wanted[0]:.9g} ms, 0 W*ms"
    if got is None or len(got) != len(wanted) or not all(isinstance(g, (int, float)) for g in got):
        tally.fail(where, text, told(outcome))
        return
    worst = max(off(g, w, w) for g, w in zip(got, wanted))
    if not full:
        worst = max(worst, abs(outcome["energy"]))
    tally.deviation(worst)
    if worst > EXACT:
        tally.fail(where, text, told(outcome))


def empirical(bench: Bench) -> list[CheckResult]:
    """EMPIRICAL by the layout's rule."""
    results = []
    for query in bench.op.queries:
        if bench.rules.empirical == "constant":
            results.append(_constant(bench, query))
        else:
            results.append(_utilisation(bench, query))
    return results


def _constant(bench: Bench, query: Query) -> CheckResult:
    tally = Tally(f"empirical:{query.method}", f"EMPIRICAL is SOL / {query.empirical}, without energy", EXACT)
    points = asked_points(bench, query)
    outcomes = bench.query(bench.own.handle, [(query, v, "EMPIRICAL") for v, _ in points])
    for (values, times), outcome in zip(points, outcomes):
        wanted = times.sol / query.empirical
        _number(tally, query, values, "EMPIRICAL", wanted, outcome, EXACT)
    if tally.failed:
        tally.blame(explain_empirical(bench, query, [(v, t, o) for (v, t), o in zip(points, outcomes)]))
    return tally.result()


def _utilisation(bench: Bench, query: Query) -> CheckResult:
    """SOL over the utilisation that was measured: at a measured point that is its latency; without data an error."""
    tally = Tally(
        f"empirical:{query.method}",
        "EMPIRICAL is SOL / measured utilisation: the measured latency at measured points, an error without data",
        UTILISATION,
    )
    points = [(v, leaf) for _, v, leaf in bench.measured(bench.own, query)]
    points = [(v, leaf) for v, leaf in points if (t := bench.expect.sol(query, v)) is not None and t.sol > 0]
    outcomes = bench.query(bench.own.handle, [(query, v, "EMPIRICAL") for v, _ in points])
    for (values, leaf), outcome in zip(points, outcomes):
        _number(tally, query, values, "EMPIRICAL", leaf.latency, outcome, UTILISATION)
    empty = bench.query(bench.opened[EMPTY], [(query, v, "EMPIRICAL") for v, _ in points[:4]])
    for (values, _), outcome in zip(points, empty):
        where = f"{point_text(query, values)}, EMPIRICAL without a file"
        if bench.op.spec.missing == "sol":
            times = bench.expect.sol(query, values)
            assert times is not None
            _number(tally, query, values, "EMPIRICAL without a file", times.sol, outcome, EXACT)
        else:
            holds = "error" in outcome and bool(
                {"EmpiricalNotImplementedError", "PerfDataNotAvailableError"} & set(outcome["error"]["bases"])
            )
            tally.holds(holds, where, "EmpiricalNotImplementedError", told(outcome))
    if tally.failed:
        samples = [(bench.expect.sol(query, v), leaf.latency, o) for (v, leaf), o in zip(points, outcomes)]
        tally.blame(explain_utilisation(samples, [(leaf.latency, o) for (_, leaf), o in zip(points, empty)]))
    return tally.result()


def _number(
    tally: Tally,
    query: Query,
    values: Mapping[str, Any],
    mode: str,
    wanted: float,
    outcome: Mapping[str, Any],
    tolerance: float,
) -> None:
    tally.points += 1
    where = f"{point_text(query, values)}, {mode}"
    if "latency" not in outcome:
        tally.fail(where, f"{wanted:.9g} ms", told(outcome))
        return
    worst = max(off(outcome["latency"], wanted, wanted), abs(outcome["energy"]))
    tally.deviation(worst)
    if worst > tolerance:
        tally.fail(where, f"{wanted:.9g} ms, 0 W*ms", told(outcome))


def hybrid(bench: Bench) -> list[CheckResult]:
    """HYBRID is SILICON where data is, EMPIRICAL where it is not; other exceptions by the layout's rule."""
    results = []
    spoilt = bench.reopen(bench.own.name, bench.own.texts)
    for query in bench.op.queries:
        tally = Tally(
            f"hybrid:{query.method}",
            "HYBRID is SILICON where data is and EMPIRICAL where it is not; other exceptions "
            + ("fall back, too" if bench.rules.hybrid == "any" else "pass through"),
            0.0,
        )
        points = [v for _, v, _ in bench.measured(bench.own, query)][::5][:40]
        for handle, without in ((bench.own.handle, False), (bench.opened[EMPTY], True)):
            silicon, mixed, guess = (
                bench.query(handle, [(query, v, mode) for v in points]) for mode in ("SILICON", "HYBRID", "EMPIRICAL")
            )
            for values, s, h, e in zip(points, silicon, mixed, guess):
                falls_back = without and (bench.op.spec.missing == "raise" or bench.rules.empirical == "constant")
                wanted = e if falls_back else s
                where = f"{point_text(query, values)}, HYBRID{' without a file' if without else ''}"
                tally.holds(same(h, wanted), where, told(wanted), told(h))
        _broken(bench, query, points, spoilt, tally)
        if tally.failed:
            tally.blame(explain_modes(tally.failures))
        results.append(tally.result())
    return results


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """The same answer: the same numbers and tag, or errors of the same class."""
    if "error" in one or "error" in other:
        return "error" in one and "error" in other and one["error"]["class"] == other["error"]["class"]
    return dict(one) == dict(other)


def _broken(bench: Bench, query: Query, points: list[Values], handle: str, tally: Tally) -> None:
    """A leaf that can't be read: an exception that says nothing about missing data."""
    data = bench.own
    paths = {tuple(v.items()): p for p, v, _ in bench.measured(data, query)}
    if not points or not isinstance(bench.opened.get(data.handle), bool):
        return
    values = points[-1]
    path = paths[tuple(values.items())]
    start = [query.phase] if query.table.phase_column else []
    sent = [*start, *(encoded(k, bench.facts) for k in path)]
    if bench.rules.loading is None:
        return  # nobody can reach into the tables of a compiled engine
    if bench.rules.loading.lazy:
        bench.query(handle, [(query, values, "SILICON")])
        return
    put = bench.session.ask(
        "put",
        handle=handle,
        attribute=query.table.attribute,
        path=sent,
        leaf={"latency": "?", "power": 0.0, "energy": "?"},
    )
    if put is not True:
        return
    guess, mixed, silicon = (bench.query(handle, [(query, values, m)])[0] for m in ("EMPIRICAL", "HYBRID", "SILICON"))
    if "error" not in silicon:
        return
    where = f"{point_text(query, values)}, HYBRID on a leaf that is no number"
    wanted = guess if bench.rules.hybrid == "any" else silicon
    tally.holds(same(mixed, wanted), where, told(wanted), told(mixed))


def tags(bench: Bench) -> list[CheckResult]:
    """Where results say where they come from, they say the truth."""
    if not bench.rules.source_tags:
        return []
    tally = Tally("source-tags", "results say where they come from: sol, empirical or silicon")
    for query in bench.op.queries:
        points = [v for _, v, _ in bench.measured(bench.own, query)][:3]
        for values in points:
            for handle, mode, wanted in (
                (bench.own.handle, "SOL", "sol"),
                (bench.own.handle, "EMPIRICAL", "empirical"),
                (bench.own.handle, "SILICON", "silicon"),
                (bench.own.handle, "HYBRID", "silicon"),
                (bench.opened[EMPTY], "HYBRID", "empirical"),
            ):
                outcome = bench.query(handle, [(query, values, mode)])[0]
                if "latency" not in outcome:
                    continue  # told by another check
                if (
                    handle == bench.opened[EMPTY]
                    and bench.op.spec.missing == "sol"
                    and bench.rules.empirical != "constant"
                ):
                    wanted = "sol"
                where = (
                    f"{point_text(query, values)}, {mode}{' without a file' if handle == bench.opened[EMPTY] else ''}"
                )
                tally.holds(outcome["source"] == wanted, where, f"source {wanted}", f"source {outcome['source']}")
    if tally.failed:
        tally.blame(
            Cause(
                "source-tag",
                "a result is made without `source=`, and counts as measured although it is not (or the reverse)",
            )
        )
    return [tally.result()]
