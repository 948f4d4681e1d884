"""Points to ask a formula at, and what the reference evaluator says there."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newop_gen.model.op import Op, Query
from newop_gen.sol.evaluate import Gpu, Quant, SolValueError, Value, evaluate, evaluate_formula
from newop_gen.sol.tree import Expr, Int, Str, walk

from .specs import COMMON

TOLERANCE = 1e-12
#: Peaks that are no multiples of each other; the second system knows the 16-bit peak alone.
SYSTEMS = {
    "fuzz_full": {"mem_bw": 3.1e12, "sixteen": 6.7e14, "fp8_tc_flops": 1.57e15, "fp4_tc_flops": 3.9e15},
    "fuzz_bare": {"mem_bw": 4.7e11, "sixteen": 1.3e14},
}
EDGES = (0, 1, 2, 3, 127, 128, 129, 4095, 4096, 2**31 - 1, 2**31, 2**53)


@dataclass(frozen=True)
class Modes:
    """A checkout's own quant modes: (bytes per element, compute factor) by enum and name."""

    figures: Mapping[str, Mapping[str, Sequence[float]]]

    def member(self, enum: str, name: str) -> Quant:
        members = self.figures[enum]
        name = name if name in members else {"bfloat16": "float16", "float16": "bfloat16"}[name]
        return Quant(name, *members[name])

    def literals(self) -> dict[str, Quant]:
        """A mode written in a formula is that of the first enum that has it."""
        order = ("GEMMQuantMode", "MoEQuantMode", "KVCacheQuantMode", "CommQuantMode")
        found = {name: self.member(enum, name) for enum in reversed(order) for name in self.figures[enum]}
        for one, other in (("bfloat16", "float16"), ("float16", "bfloat16")):
            if other in found:
                found.setdefault(one, found[other])
        return found


def trees(query: Query) -> Iterator[Expr]:
    formula = query.formula
    yield from (expr for _, expr in formula.lets)
    for part in formula.parts:
        yield from (piece for piece in (part.flops, part.precision, part.bytes) if piece is not None)


def points(op: Op, query: Query, number: int, seed: int) -> list[dict[str, Any]]:
    """`number` points of a query: mostly sizes as they occur, a share of edges (0, powers of two and beside, what the
    formula compares with and beside, the largest integer)."""
    source = random.Random(f"points {seed} {query.method}")
    known = [node.value for expr in trees(query) for node in walk(expr) if isinstance(node, Int)]
    edges = [*EDGES, *(near for value in known for near in (value - 1, value, value + 1) if near >= 0)]
    constants = query.formula.constants
    texts = [node.value for expr in trees(query) for node in walk(expr) if isinstance(node, Str)]
    texts += [*(constants.rows if constants else ()), "default", "unheard of"]

    def size() -> int:
        if source.random() < 0.2:
            return source.choice(edges)
        return int(2 ** source.uniform(0, 14))

    def value(name: str) -> Any:
        kind = op.params[name].type if name in op.params else "int"
        if kind == "str":
            return source.choice(texts)
        if kind == "int":
            return 0 if name == "prefix" and source.random() < 0.3 else size()
        return {"quant": [kind, source.choice([*op.params[name].modes, *COMMON[kind]])]}

    return [{name: value(name) for name in (*query.run_time, *op.params)} for _ in range(number)]


def usual(op: Op, query: Query) -> dict[str, Any]:
    """A point that nothing is special about."""
    constants = query.formula.constants

    def value(name: str) -> Any:
        param = op.params.get(name)
        if param is None or param.type == "int":
            return 0 if name == "prefix" else 16
        if param.type == "str":
            return next(iter(constants.rows)) if constants and constants.by == name else "default"
        return {"quant": [param.type, param.modes[0]]}

    return {name: value(name) for name in (*query.run_time, *op.params)}


def decoded(point: Mapping[str, Any], modes: Modes) -> dict[str, Value]:
    return {n: modes.member(*v["quant"]) if isinstance(v, dict) else v for n, v in point.items()}


def gpu(system: str, *, direct: bool) -> Gpu:
    figures = SYSTEMS[system]
    flops = {1: figures["sixteen"]}
    for factor, key in ((2, "fp8_tc_flops"), (4, "fp4_tc_flops")):
        if key in figures:
            flops[factor] = figures[key]
    return Gpu(figures["mem_bw"], flops, "factor" if direct else "figure")


def expected(query: Query, point: Mapping[str, Any], modes: Modes, device: Gpu) -> tuple[float, float, float] | str:
    """(SOL, compute bound, memory bound) in ms, or why there is none."""
    # A formula that serves both phases may say prefix, which generation has not.
    values = {"prefix": 0, **decoded(point, modes)}
    try:
        times = evaluate_formula(query.formula, values, device, modes=modes.literals())
    except SolValueError as error:
        return error.why
    return times.sol, times.math, times.mem


def weights(op: Op, phase: Any, params: Mapping[str, Any], modes: Modes) -> float | str:
    """Bytes of weights that an `Operation` of the phase holds at scale 1."""
    expr = op.weights(phase)
    if expr is None:
        return 0.0
    try:
        return float(evaluate(expr, decoded(params, modes), modes=modes.literals()))  # type: ignore[arg-type]
    except (SolValueError, OverflowError) as error:
        return str(error)


def wrong(want: tuple[float, ...] | float | str, found: Any) -> str:
    """What is wrong with a number, or numbers, that were found; empty when nothing is.

    Where the evaluator has no value, code must raise or come to something that is no number; where only its limit on
    the size of integers was met (a number too large), code may well come to one.
    """
    values = found if isinstance(found, list) else [found]
    failed = isinstance(found, dict)
    if isinstance(want, str):
        if failed or "too large" in want or not all(map(math.isfinite, values)):
            return ""
        return f"{found} where there is no value: {want}"
    if failed:
        return f"{found['error']} instead of {want}"
    wanted = list(want) if isinstance(want, tuple) else [want]
    if len(wanted) != len(values) or any(not _same(a, b) for a, b in zip(wanted, values)):
        return f"{found} instead of {want}"
    return ""


def _same(want: float, found: float) -> bool:
    return want == found or abs(want - found) <= TOLERANCE * abs(want)
