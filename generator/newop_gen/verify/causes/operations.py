"""Why an `Operation` does not hand on what the backend gave it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..expectation import judge
from ..grid import Answer, Promise
from ..result import Cause
from .errors import explain_error

Given = Mapping[str, float]


@dataclass(frozen=True)
class Call:
    """One call of `Operation.query` by a backend: what it was given, what it answered, whether that was right."""

    given: Given
    outcome: Mapping[str, Any]
    holds: bool


def explain_calls(
    calls: Sequence[Call],
    arguments: Sequence[str],
    promised: Callable[[Mapping[str, float], float, float], Answer],
    scale: float,
) -> Cause | None:
    """`promised(values, latency factor, energy factor)` is what the op should give for run-time arguments."""
    wrong = [c for c in calls if not c.holds]
    for call in wrong:
        if "error" in call.outcome:
            error = call.outcome["error"]
            return explain_error(error) or Cause(
                "operation-error", f"{error['class']}: {error['text'][:200]} at {error['where']}"
            )
    for chosen in (calls, wrong):
        for handed, latency, energy, cause in _mistakes(arguments, scale):
            if all(_agrees(promised(handed(c.given), latency, energy), c.outcome) for c in chosen):
                return cause
    return None


def _agrees(answer: Answer, outcome: Mapping[str, Any]) -> bool:
    return isinstance(answer, Promise) and judge(answer, outcome)[0]


Handed = Callable[[Given], Mapping[str, float]]


def right(given: Given, arguments: Sequence[str]) -> dict[str, float]:
    """What an op should hand on."""
    names = {"x": "x", "b": "batch_size", "s": "s", "prefix": "prefix"}
    return {a: given.get(names[a], 0.0) for a in arguments}


def _mistakes(arguments: Sequence[str], scale: float) -> Iterator[tuple[Handed, float, float, Cause]]:
    """(what is handed on, factors of latency and energy, cause)."""

    def plain(given: Given) -> dict[str, float]:
        return right(given, arguments)

    yield plain, 1.0, scale, Cause("scale-dropped", "the result is not multiplied by the op's scale factor")
    yield plain, scale, 1.0, Cause("energy-unscaled", "the energy is not multiplied by the op's scale factor")
    yield plain, 1.0, 1.0, Cause("scale-dropped", "neither latency nor energy is multiplied by the op's scale factor")
    yield plain, scale, 0.0, Cause("energy-lost", "the op's result is made without the energy of the query")
    yield plain, scale * scale, scale * scale, Cause("scale-twice", "the scale factor is applied twice")
    if "s" in arguments:
        yield (
            _instead(plain, "s", "x"), scale, scale,
            Cause("s-is-x", "the op hands on x, the number of tokens, as s"),
        )  # fmt: skip
        yield (
            _instead(plain, "b", "x"), scale, scale,
            Cause("b-is-x", "the op hands on x, the number of tokens, as b"),
        )  # fmt: skip
        yield (
            (lambda g: {**plain(g), "b": 1.0}), scale, scale,
            Cause("b-is-one", "the op hands on 1 as b, whatever the batch size"),
        )  # fmt: skip
        yield (
            (lambda g: {**plain(g), "s": g["s"] + g.get("prefix", 0.0)}), scale, scale,
            Cause("s-with-prefix", "the op hands on s + prefix as s"),
        )  # fmt: skip
    if "x" in arguments:
        for other in ("batch_size", "s"):
            yield _instead(plain, "x", other), scale, scale, Cause("x-wrong", f"the op hands on {other} as x")
    if "prefix" in arguments:
        yield (
            (lambda g: {**plain(g), "prefix": 0.0}), scale, scale,
            Cause("prefix-ignored", "the op does not hand on the prefix"),
        )  # fmt: skip
    for a, b in itertools.combinations(arguments, 2):
        yield (
            _swapped(plain, a, b), scale, scale,
            Cause("axes-swapped", f"the op hands on {a} and {b} in each other's place"),
        )  # fmt: skip


def _instead(plain: Handed, name: str, other: str) -> Handed:
    """`other`, as the backend gave it, in the place of `name`."""
    return lambda g: {**plain(g), name: g[other]}


def _swapped(plain: Handed, a: str, b: str) -> Handed:
    return lambda g: {**plain(g), a: plain(g)[b], b: plain(g)[a]}
