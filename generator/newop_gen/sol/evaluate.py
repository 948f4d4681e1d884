"""Numbers from a tree: the reference that rendered code is measured against.

This module shares no code with the renderers on purpose: a mistake in one of them must show as a difference. It
evaluates resolved trees (`check.resolve`) with Python's own arithmetic on `int` and `float`, operand by operand in
source order, and refuses what rendered code would let pass: infinities, NaN, and integers that grow without end.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union

from .formula import ConstantTable, Formula, PartFormula
from .quants import MODES, SIXTEEN_BIT_NAMES, Quant
from .tree import Bool, Call, Chain, Choice, Compare, Expr, Int, Logic, MemBw, Mode, Name, Neg, Not, Power, Real, Str

__all__ = [
    "Gpu",
    "PartTimes",
    "PeakRule",
    "Quant",
    "SolTimes",
    "SolValueError",
    "Taken",
    "Value",
    "evaluate",
    "evaluate_formula",
]

Value = Union[int, float, bool, str, Quant]

PeakRule = Literal["factor", "figure", "strict"]
"""How a release finds the peak FLOPS at a precision:

- `factor`: always the 16-bit peak times the mode's compute factor, even where the system names another figure (0.6 and
  0.7, which have no helper);
- `figure`: the system's figure for the factor, else the 16-bit peak times it (`_get_quant_tc_flops`, 0.8 to 0.11);
- `strict`: the system's figure for the type that the mode computes in; a mode without one, and a figure that is not
  positive and finite, are refused (`quant_tc_flops` of the compiled engine, from 0.12 on).
"""

COMPUTE_TYPES = ("bfloat16", "int8", "fp8", "fp4")

_MAX_BITS = 4096
"""Integers beyond this are no FLOPs of anything; the limit keeps powers of powers from eating the machine."""


Taken = tuple[int, str]
"""What an evaluation decided at one node: the node's `id`, and which way (see `branches`)."""


class SolValueError(Exception):
    """The expression has no finite real value for these inputs. `where` names the let or the part, `why` the reason."""

    def __init__(self, why: str, where: str = "") -> None:
        self.why = why
        self.where = where
        super().__init__(f"{where}: {why}" if where else why)


@dataclass(frozen=True)
class Gpu:
    """Peak numbers of one GPU: memory bandwidth in bytes/s, FLOPS by compute factor (1 is the 16-bit peak), and, for
    the `strict` rule, by the type that is computed in (`bfloat16`, `int8`, `fp8`, `fp4`)."""

    mem_bw: float
    flops: Mapping[float, float]
    rule: PeakRule = "figure"
    types: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_system(cls, system: Mapping[str, Any], rule: PeakRule = "figure") -> Gpu:
        """From a parsed `systems/<name>.yaml`: the 16-bit peak, and those of other types where the file has them.

        Raises `KeyError` when the file has no memory bandwidth or no 16-bit peak.
        """
        gpu = system["gpu"]
        sixteen_bit = "bfloat16_tc_flops" if "bfloat16_tc_flops" in gpu else "float16_tc_flops"
        flops: dict[float, float] = {1: gpu[sixteen_bit]}
        for factor, key in ((2, "fp8_tc_flops"), (4, "fp4_tc_flops")):
            if key in gpu:
                flops[factor] = gpu[key]
        types = {name: gpu[key] for name in COMPUTE_TYPES if (key := f"{name}_tc_flops") in gpu}
        return cls(gpu["mem_bw"], flops, rule, types)

    def peak(self, quant: Quant) -> float:
        """Peak FLOPS at a precision, by the rule. Raises `SolValueError` where the strict rule has no figure."""
        if self.rule == "strict":
            figure = self.types.get(quant.computes_in, 0.0) if quant.computes_in is not None else 0.0
            if not (0 < figure < math.inf):
                of = f"{quant.computes_in}_tc_flops" if quant.computes_in is not None else "nothing is computed in it"
                raise SolValueError(f"the system has no peak FLOPS for {quant.name} ({of})")
            return figure
        if self.rule == "figure" and quant.compute in self.flops:
            return self.flops[quant.compute]
        return self.flops[1] * quant.compute


@dataclass(frozen=True)
class PartTimes:
    """What one part contributes: FLOPs, peak FLOPS, bytes (None where it has none), and both times in ms."""

    name: str
    flops: float | None
    peak: float | None
    bytes: float | None
    math: float
    mem: float


@dataclass(frozen=True)
class SolTimes:
    """SOL times in ms: `sol` is the larger one of `math` and `mem`."""

    sol: float
    math: float
    mem: float
    parts: tuple[PartTimes, ...]


def evaluate(
    expr: Expr, values: Mapping[str, Value], gpu: Gpu | None = None, *, modes: Mapping[str, Quant] = MODES
) -> Value:
    """The value of a resolved expression.

    `values` has a value for each name (dotted ones whole), `modes` one for each mode name used as a literal. Raises
    `SolValueError` for a division by zero, an overflow, a result that is not a finite real, or a missing value.
    """
    evaluator = _Evaluator(values, gpu, modes)
    if isinstance(expr, Name):  # as most expressions over the columns of a table are
        return evaluator.name(expr)
    with _Failing(""):
        value: Value = evaluator.visit(expr)
    return value


def evaluate_formula(
    formula: Formula,
    values: Mapping[str, Value],
    gpu: Gpu,
    *,
    modes: Mapping[str, Quant] = MODES,
    taken: set[Taken] | None = None,
) -> SolTimes:
    """The SOL times of a formula. Errors as in `evaluate`, with the name of the let or part. What the evaluation
    decides on its way is put into `taken`."""
    scope = dict(values)
    if formula.constants is not None:
        scope.update(_constants(formula.constants, scope))
    evaluator = _Evaluator(scope, gpu, modes, taken)
    for name, expr in formula.lets:
        with _Failing(name):
            scope[name] = evaluator.visit(expr)
    parts = []
    for part in formula.parts:
        with _Failing(part.name):
            parts.append(_part(part, evaluator, gpu))
    with _Failing("sol"):
        math_ms = _finite(
            _added([p.flops / p.peak for p in parts if p.flops is not None and p.peak is not None]) * 1000
        )
        mem_ms = _finite(_added([p.bytes for p in parts if p.bytes is not None]) / gpu.mem_bw * 1000)
    return SolTimes(max(math_ms, mem_ms), math_ms, mem_ms, tuple(parts))


def _part(part: PartFormula, evaluator: _Evaluator, gpu: Gpu) -> PartTimes:
    flops = peak = moved = None
    math_ms = mem_ms = 0.0
    if part.flops is not None and part.precision is not None:
        flops = evaluator.number(part.flops)
        peak = gpu.peak(evaluator.quant(part.precision))
        math_ms = _finite(flops / peak * 1000)
    if part.bytes is not None:
        moved = evaluator.number(part.bytes)
        mem_ms = _finite(moved / gpu.mem_bw * 1000)
    return PartTimes(part.name, flops, peak, moved, math_ms, mem_ms)


def _constants(table: ConstantTable, scope: Mapping[str, Value]) -> dict[str, Value]:
    chosen = scope.get(table.by)
    row = table.rows.get(chosen) if isinstance(chosen, str) else None
    if row is None and table.otherwise is not None:
        row = table.rows[table.otherwise]
    if row is None:
        raise SolValueError(f"{table.by} is {chosen!r}, expected one of {', '.join(table.rows)}", "constants")
    return dict(zip(table.columns, row, strict=True))


class _Failing:
    """Every way in which arithmetic can fail becomes a `SolValueError` that says where. A class, because expressions
    of tables are evaluated for each row: a generator's context manager takes longer than most of them."""

    __slots__ = ("where",)

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, ZeroDivisionError):
            raise SolValueError("division by zero", self.where) from None
        if isinstance(error, OverflowError):
            raise SolValueError("a number too large", self.where) from None
        if isinstance(error, SolValueError) and not error.where:
            raise SolValueError(error.why, self.where) from None


def _added(numbers: list[float]) -> float:
    """The sum from the left, started with the first number so that a single one stays as it is; 0.0 of none."""
    total = numbers[0] if numbers else 0.0
    for number in numbers[1:]:
        total = total + number
    return total


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise SolValueError(f"{value} is not a finite number")
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise SolValueError("a number too large")
    return value


def _same(left: Value, right: Value) -> bool:
    """Equality as the language means it: quants by name, where the 16-bit mode has two."""
    if isinstance(left, Quant) and isinstance(right, Quant):
        return left.name == right.name or {left.name, right.name} <= SIXTEEN_BIT_NAMES
    return left == right


_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(slots=True)
class _Evaluator:
    values: Mapping[str, Value]
    gpu: Gpu | None
    modes: Mapping[str, Quant]
    taken: set[Taken] | None = None

    def decided(self, expr: Expr, way: str) -> None:
        if self.taken is not None:
            self.taken.add((id(expr), way))

    def visit(self, expr: Expr) -> Any:
        if isinstance(expr, (Int, Real, Bool, Str)):
            return expr.value
        if isinstance(expr, Name):
            return self.name(expr)
        if isinstance(expr, Mode):
            return self.mode(expr)
        if isinstance(expr, MemBw):
            return self.device().mem_bw
        if isinstance(expr, Neg):
            return -self.number(expr.operand)
        if isinstance(expr, Not):
            return not self.visit(expr.operand)
        if isinstance(expr, Power):
            return self.power(expr)
        if isinstance(expr, Chain):
            value = self.number(expr.first)
            for op, operand in expr.rest:
                value = _finite(_ARITHMETIC[op](value, self.number(operand)))
            return value
        if isinstance(expr, Compare):
            return self.compare(expr)
        if isinstance(expr, Logic):
            return self.logic(expr)
        if isinstance(expr, Choice):
            holds = bool(self.visit(expr.test))
            self.decided(expr, "if" if holds else "else")
            return self.visit(expr.then if holds else expr.otherwise)
        return self.call(expr)

    def name(self, expr: Name) -> Value:
        if expr.type is None:
            raise ValueError("an unresolved tree: evaluate what check.resolve returns")
        if expr.id not in self.values:
            raise SolValueError(f"no value for {expr.id!r}")
        return self.values[expr.id]

    def mode(self, expr: Mode) -> Quant:
        for name in SIXTEEN_BIT_NAMES if expr.name in SIXTEEN_BIT_NAMES else (expr.name,):
            if name in self.modes:
                return self.modes[name]
        raise SolValueError(f"no mode {expr.name!r}")

    def device(self) -> Gpu:
        if self.gpu is None:
            raise SolValueError("no GPU to evaluate with")
        return self.gpu

    def number(self, expr: Expr) -> Any:
        value = self.visit(expr)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise SolValueError(f"{value!r} is not a number")
        return _finite(value)

    def quant(self, expr: Expr) -> Quant:
        value = self.visit(expr)
        if not isinstance(value, Quant):
            raise SolValueError(f"{value!r} is not a quant mode")
        return value

    def power(self, expr: Power) -> Any:
        base = self.number(expr.base)
        if base < 0 and expr.exponent != int(expr.exponent):
            raise SolValueError("a root of a negative number")
        if isinstance(base, int) and base.bit_length() * expr.exponent > _MAX_BITS:
            raise SolValueError("a number too large")
        return _finite(base**expr.exponent)

    def compare(self, expr: Compare) -> bool:
        if expr.op in ("==", "!="):
            holds = _same(self.visit(expr.left), self.visit(expr.right)) == (expr.op == "==")
        else:
            left, right = self.number(expr.left), self.number(expr.right)
            holds = _ORDER[expr.op](left, right)
            if left == right:
                self.decided(expr, "equal")
        self.decided(expr, "true" if holds else "false")
        return holds

    def logic(self, expr: Logic) -> bool:
        """`or` stops at the first that holds, `and` at the first that doesn't."""
        stop = expr.op == "or"
        return stop if any(bool(self.visit(item)) == stop for item in expr.items) else not stop

    def call(self, expr: Call) -> Any:
        if expr.function == "flops":
            return self.device().peak(self.quant(expr.args[0]))
        if expr.function == "bytes_of":
            return self.quant(expr.args[0]).memory
        args = [self.number(arg) for arg in expr.args]
        if expr.function == "ceil_div":
            whole, left = divmod(args[0], args[1])
            return whole + (left != 0)
        chosen = min(args) if expr.function == "min" else max(args)
        if args.count(chosen) == 1:
            self.decided(expr, str(args.index(chosen)))
        return chosen
