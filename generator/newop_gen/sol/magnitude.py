"""How large the whole numbers of a formula become: exact intervals, where `bounds` has those of reals.

A language whose integers end somewhere asks here whether a formula can pass the end, and whether a divisor can be 0.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import NamedTuple

from .formula import Formula
from .tree import Call, Chain, Choice, Expr, Int, Name, Neg, Power, Real, children
from .types import Type

__all__ = ["Magnitudes", "Span", "column_spans", "input_bits"]


class Span(NamedTuple):
    """What a whole number can be, both ends included."""

    low: int
    high: int

    @property
    def largest(self) -> int:
        return max(abs(self.low), abs(self.high))


@dataclass
class Magnitudes:
    """Spans of the whole numbers in resolved expressions. `sizes` is what an input can be (each name, or those of
    `inputs`), `known` what other names are; `largest` is the largest magnitude met so far, on the way to a value, too.
    """

    sizes: Span
    known: dict[str, Span] = field(default_factory=dict)
    inputs: Container[str] | None = None
    largest: int = 0

    def of(self, expr: Expr) -> Span | None:
        """The span of a whole number; None for anything else, whose whole operands are still looked at."""
        spans = [self.of(child) for child in children(expr)]
        if isinstance(expr, Chain):
            span = self._chain(expr, spans)
        elif expr.type is not Type.INT:
            span = None
        else:
            operands = zip(children(expr), spans, strict=True)
            whole = [span for child, span in operands if child.type is Type.INT]
            span = self._whole(expr, [span for span in whole if span is not None]) if None not in whole else None
        if span is not None:
            self.largest = max(self.largest, span.largest)
        return span

    def nonzero(self, expr: Expr) -> bool:
        """Whether a number is never 0."""
        if isinstance(expr, Real):
            return expr.value != 0
        span = self.of(expr)
        return span is not None and not span.low <= 0 <= span.high

    def _whole(self, expr: Expr, spans: list[Span]) -> Span | None:
        """The span of a node of type INT; `spans` are those of its operands, which a condition has none of."""
        if isinstance(expr, Int):
            return Span(expr.value, expr.value)
        if isinstance(expr, Name):
            return self.known.get(expr.id) or (self.sizes if self.inputs is None or expr.id in self.inputs else None)
        if isinstance(expr, Neg):
            return Span(-spans[0].high, -spans[0].low)
        if isinstance(expr, Power):
            corners = [end ** int(expr.exponent) for end in spans[0]]
            return Span(min(*corners, 0), max(corners))
        if isinstance(expr, Choice):
            return Span(min(s.low for s in spans), max(s.high for s in spans))
        if isinstance(expr, Call) and expr.function in ("min", "max"):
            chosen = min if expr.function == "min" else max
            return Span(chosen(s.low for s in spans), chosen(s.high for s in spans))
        return _step("//", spans[0], spans[1])

    def _chain(self, expr: Chain, spans: list[Span | None]) -> Span | None:
        value = spans[0]
        for (op, _), right in zip(expr.rest, spans[1:], strict=True):
            if value is None or right is None or op == "/":
                value = None
                continue
            value = _step(op, value, right)
            self.largest = max(self.largest, value.largest)
        return value


def _step(op: str, left: Span, right: Span) -> Span:
    """What `left op right` can be. A quotient is taken one further on both sides, for either rounding."""
    if op == "+":
        return Span(left.low + right.low, left.high + right.high)
    if op == "-":
        return Span(left.low - right.high, left.high - right.low)
    if op == "*":
        corners = [a * b for a in left for b in right]
        return Span(min(corners), max(corners))
    if op == "%":
        return Span(min(0, right.low), max(0, right.high))
    if right.low > 0 and left.low >= 0:
        return Span(0, left.high // right.low + 1)
    return Span(-left.largest - 1, left.largest + 1)


def input_bits(formula: Formula, bits: int, limit: int = 32) -> int:
    """The number of bits, at most `limit`, of inputs for which no whole number of a formula passes `bits` bits; 0 when
    its own numbers do."""
    return next((size for size in range(limit, 0, -1) if _largest(formula, 2**size - 1) < 2**bits), 0)


def _largest(formula: Formula, size: int) -> int:
    magnitudes = Magnitudes(Span(0, size), column_spans(formula))
    for name, expr in formula.lets:
        span = magnitudes.of(expr)
        if span is not None:
            magnitudes.known[name] = span
    moved = 0
    for part in formula.parts:
        for piece in (part.flops, part.precision):
            if piece is not None:
                magnitudes.of(piece)
        span = magnitudes.of(part.bytes) if part.bytes is not None else None
        moved += span.largest if span is not None else 0  # whole bytes are added before they are divided
    return max(magnitudes.largest, moved)


def column_spans(formula: Formula) -> dict[str, Span]:
    """The spans of the whole columns of constants."""
    table = formula.constants
    if table is None:
        return {}
    columns = zip(table.columns, table.types, zip(*table.rows.values(), strict=True), strict=True)
    return {name: Span(int(min(numbers)), int(max(numbers))) for name, kind, numbers in columns if kind is Type.INT}
