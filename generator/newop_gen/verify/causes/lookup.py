"""Why a query's answers are not the table's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...model.op import Query
from ..bench import Bench
from ..expectation import Dataset, Variation, is_refusal, judge
from ..grid import Answer, Promise, Refusal
from ..result import Cause
from .errors import explain_error


@dataclass(frozen=True)
class Sample:
    """One query: what it was promised, and what it gave."""

    query: Query
    values: Mapping[str, Any]
    promised: Answer
    outcome: Mapping[str, Any]
    holds: bool


def explain_lookup(bench: Bench, data: Dataset, samples: Sequence[Sample]) -> Cause | None:
    """The one changed rule that explains every answer, or at least every wrong one."""
    wrong = [s for s in samples if not s.holds]
    for chosen in (samples, wrong):
        for variation, cause in _variations(bench, wrong[0].query):
            if _explains(lambda s, v=variation: bench.expect.silicon(data, s.query, s.values, v), chosen, variation):  # type: ignore[misc]
                return cause
    return _by_error(wrong) or _by_refusal(bench, data, wrong) or _by_key(bench, data, wrong) or _by_shape(wrong)


def _explains(promised: Callable[[Sample], Answer], samples: Iterable[Sample], variation: Variation) -> bool:
    """Whether these promises, none of which may be empty, are what was found. Refusals alone tell only of a policy:
    whatever asks for the wrong thing is refused."""
    telling = False
    for sample in samples:
        answer = promised(sample)
        if not isinstance(answer, (Promise, Refusal)) or not judge(answer, sample.outcome)[0]:
            return False
        telling = telling or isinstance(answer, Promise)
    return telling or bool(variation.outside or variation.missing)


def _variations(bench: Bench, query: Query) -> Iterator[tuple[Variation, Cause]]:
    """Every mistake that is known to be made, with its name."""
    names = [*query.run_time, *(n for n, p in bench.op.params.items() if p.type == "int")]
    for a, b in itertools.combinations(names, 2):
        yield (
            Variation(values={a: b, b: a}),
            Cause("axes-swapped", f"{a} and {b} are swapped between the query's arguments and the table"),
        )
    for other in bench.op.queries:
        if other is not query and other.nesting == query.nesting:
            yield (
                Variation(table_of=other),
                Cause("wrong-table", f"{query.method} answers from the table of {other.method}"),
            )
    yield (
        Variation(rows="last"),
        Cause("last-wins", "of rows that repeat a key the last one answers; the first one must"),
    )
    yield (
        Variation(energy="zero"),
        Cause("energy-lost", "the latency is right and the energy is 0: the result is made without its energy"),
    )
    if query.takes_prefix:
        yield (
            Variation(correct_energy=False),
            Cause("prefix-energy", "the prefix correction is applied to the latency and not to the energy"),
        )
        yield (
            Variation(look_up_s=True, correct=False),
            Cause("prefix-ignored", "the prefix is ignored: the table is looked up at s, and nothing is corrected"),
        )
        yield (
            Variation(correct=False),
            Cause("prefix-uncorrected", "the table is looked up at s + prefix, and the result is not corrected"),
        )
        yield (
            Variation(look_up_s=True),
            Cause("prefix-lookup", "the prefix correction is applied to a value looked up at s instead of s + prefix"),
        )
    for factor in (1e3, 1e-3):
        yield (
            Variation(factor=factor),
            Cause("latency-unit", f"results are {factor:g} times too large: a unit is wrong"),
        )
    for policy in ("error", "clamp", "extrapolate"):
        if policy != query.nesting.outside:
            yield (
                Variation(outside=policy),
                Cause(
                    f"outside-{policy}",
                    f"points outside the collected range are treated by `{policy}`, the spec says "
                    f"`{query.nesting.outside}`",
                ),
            )
    rule = "raise" if bench.op.spec.missing == "sol" else "sol"
    words = {"raise": "an error", "sol": "its SOL"}
    yield (
        Variation(missing=rule),
        Cause(
            f"missing-{rule}",
            f"a point without data gets {words[rule]}, the spec says `missing: {bench.op.spec.missing}`",
        ),
    )
    for factor in _scales(bench, query):
        yield Variation(factor=factor), Cause("scaled", f"results are {factor:g} times too large")


def _scales(bench: Bench, query: Query) -> tuple[float, ...]:
    return (query.empirical, 1 / query.empirical, 2.0, 0.5)


def _by_error(wrong: Sequence[Sample]) -> Cause | None:
    for sample in wrong:
        if "error" in sample.outcome and not is_refusal(sample.outcome):
            error = sample.outcome["error"]
            found = explain_error(error)
            if found:
                return found
            if isinstance(sample.promised, Refusal):
                return Cause(
                    "wrong-exception",
                    f"missing data raise {error['class']} at {error['where']}; models and searches wait for "
                    "PerfDataNotAvailableError",
                )
            return Cause(
                "query-error", f"a query fails with {error['class']}: {error['text'][:200]} at {error['where']}"
            )
    return None


def _by_refusal(bench: Bench, data: Dataset, wrong: Sequence[Sample]) -> Cause | None:
    """Collected points that the query does not find. Asked the other way round, it may find them."""
    if not all(is_refusal(s.outcome) for s in wrong):
        return None
    query, some = wrong[0].query, wrong[:6]
    for group in (query.run_time, tuple(bench.op.params)):
        for a, b in itertools.combinations(group, 2):
            if any(type(s.values[a]) is not type(s.values[b]) for s in some):
                continue
            turned = [(query, {**s.values, a: s.values[b], b: s.values[a]}, "SILICON") for s in some]
            if all(judge(s.promised, o)[0] for s, o in zip(some, bench.query(data.handle, turned))):
                return Cause("axes-swapped", f"{a} and {b} are swapped between the query's arguments and the table")
    text = wrong[0].outcome["error"]["text"]
    return Cause(
        "not-found",
        "points that the table has are refused: the query asks with other keys, or in another order, than the table is "
        f"filed by, or it does not reach the table ({text[:160]})",
    )


def _by_key(bench: Bench, data: Dataset, wrong: Sequence[Sample]) -> Cause | None:
    """One param is not looked at: the answers are those for another value of it."""
    query = wrong[0].query
    numbers = [s for s in wrong if "latency" in s.outcome]
    for name in (*query.run_time, *bench.op.params):
        choices = list(dict.fromkeys(v[name] for _, v, _ in bench.measured(data, query)))
        if len(choices) < 2 or len(numbers) != len(wrong):
            continue
        if all(_other(bench, data, s, name, choices) for s in numbers):
            return Cause(
                "argument-ignored", f"{name} is ignored: answers are those for another {name} than was asked for"
            )
    return None


def _other(bench: Bench, data: Dataset, sample: Sample, name: str, choices: Sequence[Any]) -> bool:
    for choice in choices:
        answer = bench.expect.silicon(data, sample.query, {**sample.values, name: choice})
        if isinstance(answer, Promise) and judge(answer, sample.outcome)[0]:
            return True
    return False


def _by_shape(wrong: Sequence[Sample]) -> Cause | None:
    """Nothing fits: say at least in which way the numbers are off."""
    refused = [s for s in wrong if isinstance(s.promised, Refusal)]
    if len(refused) == len(wrong):
        return Cause("not-refused", "points without data get a number; the spec says that they are refused")
    pairs = [
        (s.outcome["latency"] / s.promised.low, s.outcome["energy"] / s.promised.energy[0])
        for s in wrong
        if isinstance(s.promised, Promise) and "latency" in s.outcome
        and s.promised.low == s.promised.high > 0 and s.promised.energy and s.promised.energy[0] > 0
    ]  # fmt: skip
    if pairs and len(pairs) > 1:
        for which, word in ((0, "latency"), (1, "energy")):
            ratios = [p[which] for p in pairs]
            others = [p[1 - which] for p in pairs]
            if all(abs(o - 1) < 1e-6 for o in others):
                return Cause(
                    f"{word}-wrong",
                    f"only the {word} is wrong, {min(ratios):.4g} to {max(ratios):.4g} times the right one",
                )
    return None
