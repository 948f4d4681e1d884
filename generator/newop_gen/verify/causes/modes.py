"""Why SOL, EMPIRICAL or HYBRID are not what they should be."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from ...model.op import Query
from ...sol.evaluate import Gpu, PeakRule, SolTimes, SolValueError, evaluate_formula
from ...sol.formula import Formula
from ..bench import Bench
from ..expectation import off
from ..points import speed_of_light
from ..result import Cause, Failure
from ..table import quantised
from .errors import explain_error

TOLERANCE = 1e-9


@dataclass(frozen=True)
class SolSample:
    """One point: the evaluator's times, and what SOL_FULL and SOL gave."""

    query: Query
    values: Mapping[str, Any]
    times: SolTimes
    full: Mapping[str, Any]
    single: Mapping[str, Any]


KEPT_ELSEWHERE = Cause(
    "cache-key",
    "a database without a file answers from the table of another one: what is kept of loaded tables goes by too few "
    "of a database's properties",
)

Triple = Union[tuple[float, float, float], None]
Twist = Callable[[SolSample], Triple]


def explain_sol(bench: Bench, samples: Sequence[SolSample]) -> Cause | None:
    """The one changed rule that gives the numbers that were found."""
    for sample in samples:
        for outcome in (sample.full, sample.single):
            if "error" in outcome:
                error = outcome["error"]
                if "PerfDataNotAvailableError" in error["bases"]:
                    return Cause(
                        "mode-missing", "a SOL mode looks for measured data: its branch is missing from the query"
                    )
                return explain_error(error) or Cause(
                    "sol-error", f"the SOL fails with {error['class']}: {error['text'][:160]} at {error['where']}"
                )
    shapes = _by_shape(samples)
    if shapes:
        return shapes
    for twist, cause in _twists(bench, samples[0].query):
        if _explains(twist, samples):
            return cause
    return _by_term(samples)


def _by_shape(samples: Sequence[SolSample]) -> Cause | None:
    """SOL or SOL_FULL is no SOL at all, or its numbers stand in other places."""
    if any("tuple" not in s.full for s in samples):
        return Cause(
            "mode-missing", "SOL_FULL does not answer with the three times: the mode is missing from the query"
        )
    if any("latency" not in s.single for s in samples):
        return Cause("mode-missing", "SOL does not answer with a result: the mode is missing from the query")
    wanted = [(s.times.sol, s.times.math, s.times.mem) for s in samples]
    for order in itertools.permutations(range(3)):
        if order != (0, 1, 2) and _all(samples, [tuple(w[i] for i in order) for w in wanted]):
            return Cause(
                "sol-full-order", "SOL_FULL has its numbers in another order than (SOL, compute bound, memory bound)"
            )
    if _all(samples, wanted):
        # SOL_FULL is right; SOL alone is not.
        if any(s.single["energy"] for s in samples):
            return Cause("sol-energy", "SOL answers with an energy; it has none")
        return Cause("sol-mode", "SOL_FULL is right and SOL answers otherwise: the branch of SOL is missing or wrong")
    for combine, word in ((min, "smaller"), (sum, "sum")):
        if _all(samples, [(combine(w[1:]), w[1], w[2]) for w in wanted]):
            return Cause("sol-combined", f"SOL is the {word} of both bounds, and must be the larger one")
    return None


def _all(samples: Sequence[SolSample], wanted: Sequence[tuple[float, ...]]) -> bool:
    return all(_alike(s.full["tuple"], w) for s, w in zip(samples, wanted))


def _alike(got: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(isinstance(g, (int, float)) and off(g, w, w) <= TOLERANCE for g, w in zip(got, wanted))


def _explains(twist: Twist, samples: Sequence[SolSample]) -> bool:
    some = False
    for sample in samples:
        triple = twist(sample)
        if triple is None or not _alike(sample.full["tuple"], triple):
            return False
        some = True
    return some


def _triple(times: SolTimes | None) -> Triple:
    return None if times is None else (times.sol, times.math, times.mem)


def _twists(bench: Bench, query: Query) -> Iterator[tuple[Twist, Cause]]:
    op, gpu = bench.op, bench.expect.gpu

    def at(changes: Callable[[Mapping[str, Any]], dict[str, Any]], peak: Gpu = gpu) -> Twist:
        return lambda s: _triple(speed_of_light(op, s.query, changes(s.values), peak, bench.facts))

    def with_formula(formula: Formula) -> Twist:
        return lambda s: _evaluate(bench, formula, s.values, gpu)

    for phase in op.phases:
        if op.formula(phase) is not query.formula:
            yield with_formula(op.formula(phase)), Cause("sol-phase", f"the SOL is that of the {phase} phase")
    for words, changed in _gpus(gpu):
        yield at(dict, changed), Cause("flops-key", f"the SOL divides by the wrong peak: {words}")
    if query.takes_prefix:
        yield at(lambda v: {**v, "prefix": 0}), Cause("sol-prefix-ignored", "the SOL ignores the prefix")
    names = [*query.run_time, *(n for n, p in op.params.items() if p.type == "int")]
    for a, b in itertools.combinations(names, 2):
        yield at(_put(**{a: b, b: a})), Cause("sol-axes-swapped", f"{a} and {b} are swapped in the SOL")
    for name in op.quant_params:
        for mode in op.params[name].modes or ("bfloat16",):
            yield (
                at(lambda v, n=name, m=mode: {**v, n: m}),  # type: ignore[misc]
                Cause(
                    "bytes-literal",
                    f"the SOL counts {name} as {mode} whatever is asked: a literal stands where it depends on the mode",
                ),
            )
        yield (
            _bytes_of(bench, name),
            Cause(
                "bytes-literal",
                f"the SOL counts 2 bytes for {name} whatever is asked: a literal stands where bytes_of({name}) should",
            ),
        )
    for name in names:
        for other in names:
            if other != name:
                yield (
                    at(_put(**{name: other})),
                    Cause("sol-argument", f"the SOL has {other} where {name} should stand"),
                )
    formula = query.formula
    for part in formula.parts:
        for which, emptied in (("FLOPs", {"flops": None, "precision": None}), ("bytes", {"bytes": None})):
            rest = tuple(dataclasses.replace(p, **emptied) if p is part else p for p in formula.parts)  # type: ignore[arg-type]
            yield (
                with_formula(dataclasses.replace(formula, parts=rest)),
                Cause("sol-part-missing", f"the SOL leaves out the {which} of part {part.name!r}"),
            )
        for which in ("flops", "bytes"):
            for factor in (2.0, 0.5):
                yield (
                    _doubled(bench, formula, part.name, which, factor),
                    Cause("sol-part-factor", f"the SOL counts the {which} of part {part.name!r} {factor:g} times"),
                )
    for factor in (1e3, 1e-3, 1e6, 1e-6):
        yield (
            lambda s, f=factor: (s.times.sol * f, s.times.math * f, s.times.mem * f),  # type: ignore[misc]
            Cause("sol-unit", f"the SOL is in another unit: {factor:g} times the ms that it should be"),
        )


def _put(**places: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Arguments with others in their places: {name: the name of what stands there}."""
    return lambda values: {**values, **{name: values[other] for name, other in places.items()}}


def _gpus(gpu: Gpu) -> Iterator[tuple[str, Gpu]]:
    """The same GPU, with another figure for one precision."""
    words: Mapping[float, str] = {1: "16-bit", 2: "fp8", 4: "fp4"}
    other: PeakRule = "figure" if gpu.rule == "factor" else "factor"
    yield "the figures of fp8 and fp4 are multiples of the 16-bit one", dataclasses.replace(gpu, rule=other)
    flat = dict.fromkeys(gpu.flops, gpu.flops[1])
    yield "the 16-bit one for every precision", dataclasses.replace(gpu, flops=flat, rule="figure")
    for here, there in itertools.permutations(gpu.flops, 2):
        changed = {**gpu.flops, here: gpu.flops[there]}
        yield f"{words[there]} where {words[here]} should be", dataclasses.replace(gpu, flops=changed)
    for here in gpu.flops:
        for factor, text in ((2.0, "twice"), (0.5, "half")):
            yield (
                f"{text} the {words[here]} one",
                dataclasses.replace(gpu, flops={**gpu.flops, here: gpu.flops[here] * factor}),
            )


def _evaluate(bench: Bench, formula: Formula, values: Mapping[str, Any], gpu: Gpu) -> Triple:
    known = {"prefix": 0, **quantised(bench.op, values, bench.facts)}
    try:
        return _triple(evaluate_formula(formula, known, gpu, modes=bench.facts.modes))
    except SolValueError:
        return None


def _bytes_of(bench: Bench, name: str) -> Twist:
    """Two bytes per element for a param, with its precision as it is."""

    def twist(sample: SolSample) -> Triple:
        known = {"prefix": 0, **quantised(bench.op, sample.values, bench.facts)}
        known[name] = dataclasses.replace(known[name], memory=2)
        try:
            return _triple(evaluate_formula(sample.query.formula, known, bench.expect.gpu, modes=bench.facts.modes))
        except SolValueError:
            return None

    return twist


def _doubled(bench: Bench, formula: Formula, part: str, which: str, factor: float) -> Twist:
    def twist(sample: SolSample) -> Triple:
        parts = sample.times.parts
        math = sum((p.math * (factor if p.name == part and which == "flops" else 1)) for p in parts)
        mem = sum((p.mem * (factor if p.name == part and which == "bytes" else 1)) for p in parts)
        return max(math, mem), math, mem

    return twist


def _by_term(samples: Sequence[SolSample]) -> Cause | None:
    """At least which of the two bounds is off, and by how much."""
    bounds = []
    for i, word in ((1, "compute"), (2, "memory")):
        wanted = [(s.times.sol, s.times.math, s.times.mem)[i] for s in samples]
        ratios = [s.full["tuple"][i] / w for s, w in zip(samples, wanted) if w]
        if ratios and max(abs(r - 1) for r in ratios) > TOLERANCE:
            bounds.append(f"the {word} bound is {min(ratios):.4g} to {max(ratios):.4g} times the spec's")
    return Cause("sol-formula", "the SOL is another formula than the spec's: " + "; ".join(bounds)) if bounds else None


def explain_empirical(
    bench: Bench, query: Query, samples: Sequence[tuple[Mapping[str, Any], SolTimes, Mapping[str, Any]]]
) -> Cause | None:
    """Why EMPIRICAL is not SOL over the scale."""
    for _, _, outcome in samples:
        if "error" in outcome:
            error = outcome["error"]
            return explain_error(error) or Cause(
                "mode-missing", f"EMPIRICAL fails with {error['class']}: {error['text'][:160]}"
            )
    if any("latency" not in o for _, _, o in samples):
        return Cause("mode-missing", "EMPIRICAL does not answer with a result")
    ratios = [o["latency"] / t.sol for _, t, o in samples if t.sol > 0]
    if not ratios or max(ratios) - min(ratios) > 1e-9 * max(ratios):
        return Cause(
            "empirical-rule",
            "EMPIRICAL is no constant multiple of the SOL: the mode is missing, or its SOL is another one",
        )
    ratio = ratios[0]
    if off(ratio, query.empirical, query.empirical) < 1e-9:
        return Cause("empirical-inverted", f"EMPIRICAL is SOL * {query.empirical}, and must be SOL / {query.empirical}")
    if off(ratio, 1.0, 1.0) < 1e-9:
        return Cause("empirical-missing", "EMPIRICAL is the SOL itself: the empirical scale is not applied")
    for phase in bench.op.phases:
        other = bench.op.empirical(phase)
        if off(ratio, 1 / other, 1 / other) < 1e-9:
            return Cause("empirical-phase", f"EMPIRICAL has the scale of the {phase} phase")
    return Cause("empirical-scale", f"EMPIRICAL is SOL / {1 / ratio:.6g}, the spec's scale is {query.empirical}")


def explain_utilisation(
    samples: Sequence[tuple[SolTimes | None, float, Mapping[str, Any]]],
    without_file: Sequence[tuple[float, Mapping[str, Any]]],
) -> Cause | None:
    """Why EMPIRICAL is not SOL over the measured utilisation: (SOL, measured latency, outcome) at measured points, and
    (measured latency, outcome) of the same points where there is no file."""
    others = [o["latency"] for _, o in without_file if "latency" in o]
    if others and all(off(o["latency"], v, v) <= TOLERANCE for v, o in without_file if "latency" in o):
        return KEPT_ELSEWHERE
    for _, _, outcome in samples:
        if "error" in outcome:
            error = outcome["error"]
            return explain_error(error) or Cause(
                "empirical-utilisation", f"EMPIRICAL fails at measured points: {error['class']}: {error['text'][:160]}"
            )
    if any("latency" not in o for _, _, o in samples):
        return Cause("mode-missing", "EMPIRICAL does not answer with a result")
    if all(t is not None and off(o["latency"], t.sol, t.sol) <= TOLERANCE for t, _, o in samples):
        return Cause("empirical-missing", "EMPIRICAL is the SOL itself: no utilisation is applied")
    if all(off(o["latency"], v, v) <= TOLERANCE for _, v, o in samples):
        return Cause(
            "empirical-missing-data", "without data EMPIRICAL is not refused as this layout's other queries do"
        )
    return Cause(
        "empirical-utilisation",
        "EMPIRICAL at measured points is not what was measured: the utilisation is worked out with the SOL of other "
        "points, or looked up at another point",
    )


def explain_modes(failures: Sequence[Failure]) -> Cause | None:
    """Why HYBRID is neither SILICON nor EMPIRICAL where it should be."""
    without = [f for f in failures if "without a file" in f.where]
    broken = [f for f in failures if "no number" in f.where]
    if any("Error" in f.found for f in without):
        return Cause("hybrid-no-fallback", "HYBRID fails where there is no data; it must fall back to EMPIRICAL")
    if without:
        return Cause(
            "hybrid-fallback",
            "where there is no data HYBRID answers with something else than EMPIRICAL (its SOL, another scale)",
        )
    if broken:
        return Cause(
            "hybrid-exceptions",
            "HYBRID treats an exception that says nothing about missing data otherwise than this layout's other "
            "queries do",
        )
    return Cause("hybrid-data", "where there is data HYBRID answers with something else than SILICON")
