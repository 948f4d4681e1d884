"""Whether an expression has a finite value everywhere: interval arithmetic over what its names can be.

A denominator whose interval holds 0, a root whose base can be negative, and a value that can pass the largest real are
refused before any code is rendered from the expression. Intervals know nothing about conditions, so that
`a / (s - k) if s > k else 0` is refused too; `a / max(s - k, 1)` says the same and is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .findings import Fault
from .tokens import MAX_INT
from .tree import Call, Chain, Choice, Expr, Int, MemBw, Name, Neg, Power, Real, children
from .types import Type

__all__ = ["Bounds", "Range"]


class Range(NamedTuple):
    """What a number can be, both ends included."""

    low: float
    high: float

    @property
    def has_zero(self) -> bool:
        return self.low <= 0 <= self.high


DIMENSION = Range(1, MAX_INT)
"""An int param or axis that nothing is known about: sizes and counts are at least 1."""

MEASURED = Range(1 / MAX_INT, MAX_INT)
"""A real that nothing is known about, such as a column of a perf file: more than 0."""

_NAMED = {"prefix": Range(0, MAX_INT)}
_REPORTED = Range(1.0, 1.0)
"""Stands for a value that was found to be too large, so that what is made of it is not found, too."""
_PEAK = Range(1.0, 1e20)
_ELEMENT = Range(1 / 64, 64.0)


@dataclass
class Bounds:
    """The ranges of names, extended let by let. What is in neither `ranges` nor `known` has its type's range."""

    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    known: dict[str, Range] = field(default_factory=dict)

    def declare(self, name: str, low: float, high: float) -> None:
        self.known[name] = Range(low, high)

    def let(self, name: str, expr: Expr) -> None:
        """Note the range of a let; its expression has been checked."""
        self.known[name] = self._range(expr, [])

    def check(self, expr: Expr) -> list[Fault]:
        """What can go wrong in a resolved expression."""
        findings: list[Fault] = []
        self._range(expr, findings)
        return findings

    def _name(self, name: Name) -> Range:
        if name.id in self.ranges:
            return Range(*self.ranges[name.id])
        return self.known.get(name.id) or _NAMED.get(name.id) or (MEASURED if name.type is Type.REAL else DIMENSION)

    def _range(self, expr: Expr, findings: list[Fault]) -> Range:
        """The range of a number; of anything else a meaningless one, after its operands were looked at."""
        if isinstance(expr, (Int, Real)):
            return Range(float(expr.value), float(expr.value))
        if isinstance(expr, Name):
            return self._name(expr)
        if isinstance(expr, MemBw):
            return _PEAK
        parts = [self._range(child, findings) for child in children(expr)]
        if isinstance(expr, Neg):
            return Range(-parts[0].high, -parts[0].low)
        if isinstance(expr, Choice):
            return _hull(parts[0], parts[2])
        if isinstance(expr, Call):
            return self._call(expr, parts, findings)
        if isinstance(expr, Power):
            return _finite(expr, self._power(expr, parts[0], findings), findings)
        if isinstance(expr, Chain):
            value = parts[0]
            for (op, operand), right in zip(expr.rest, parts[1:], strict=True):
                if op in ("/", "//", "%") and right.has_zero:
                    self._zero(operand, right, op, findings)
                    return DIMENSION
                value = _finite(expr, _step(op, value, right), findings)
            return value
        return DIMENSION

    def _call(self, expr: Call, parts: list[Range], findings: list[Fault]) -> Range:
        if expr.function == "flops":
            return _PEAK
        if expr.function == "bytes_of":
            return _ELEMENT
        if expr.function == "min":
            return Range(min(p.low for p in parts), min(p.high for p in parts))
        if expr.function == "max":
            return Range(max(p.low for p in parts), max(p.high for p in parts))
        if parts[1].has_zero:
            self._zero(expr.args[1], parts[1], "ceil_div", findings)
            return DIMENSION
        quotient = _step("/", parts[0], parts[1])
        return Range(float(math.ceil(quotient.low)), float(math.floor(quotient.high) + 1))

    def _power(self, expr: Power, base: Range, findings: list[Fault]) -> Range:
        exponent = expr.exponent
        if exponent < 0 and base.has_zero:
            self._zero(expr.base, base, "**", findings)
            return DIMENSION
        if exponent != int(exponent) and base.low < 0:
            found = "a root of a value that can be negative"
            start, end = expr.base.span
            findings.append(Fault(start, end - start, found, "a base of at least 0", "write max(..., 0)"))
            return DIMENSION
        if exponent != int(exponent):
            base = Range(max(base.low, 0), max(base.high, 0))
        corners = [_raised(low, exponent) for low in base]
        if base.has_zero and exponent > 0:
            corners.append(0.0)
        return Range(min(corners), max(corners))

    def _zero(self, operand: Expr, value: Range, op: str, findings: list[Fault]) -> None:
        start, end = operand.span
        if value.low == value.high:
            found, suggestion = f"a division by zero ({op!r})", ""
        else:
            found, suggestion = f"a denominator of {op!r} that can be 0", "write max(..., 1)"
        findings.append(Fault(start, end - start, found, "a denominator that is never 0", suggestion))


def _hull(left: Range, right: Range) -> Range:
    return Range(min(left.low, right.low), max(left.high, right.high))


def _step(op: str, left: Range, right: Range) -> Range:
    if op == "+":
        return Range(left.low + right.low, left.high + right.high)
    if op == "-":
        return Range(left.low - right.high, left.high - right.low)
    if op == "%":
        return Range(min(0.0, right.low), max(0.0, right.high))
    corners = [_corner(op, a, b) for a in left for b in right]
    low, high = min(corners), max(corners)
    if op == "//" and math.isfinite(low) and math.isfinite(high):
        return Range(float(math.floor(low)), float(math.floor(high)))
    return Range(low, high)


def _corner(op: str, left: float, right: float) -> float:
    """One product or quotient in floating point, an infinity where it is too large."""
    try:
        return float(left) * float(right) if op == "*" else float(left) / float(right)
    except OverflowError:
        return math.inf if (left < 0) == (right < 0) else -math.inf


def _raised(base: float, exponent: float) -> float:
    try:
        return float(float(base) ** exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf


def _finite(expr: Expr, value: Range, findings: list[Fault]) -> Range:
    if math.isfinite(value.low) and math.isfinite(value.high):
        return value
    start, end = expr.span
    if not any(f.offset == start and f.length == end - start for f in findings):
        findings.append(Fault(start, end - start, "a value that can pass the largest real", "at most 1e308"))
    return _REPORTED
