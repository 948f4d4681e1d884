"""A formula in which the type of each number is the one that it has when it is evaluated.

The language's types widen: `n if c else 0.5` is a real, and so are `max(n, 0.5)` and a let of either. Evaluated, such a
number is whole where it comes from its whole arm, and what is done to it next is done in whole numbers, which never
round. A statically typed target has to take the other way for each arm: `(n if c else 0.5) * m` becomes
`n * m if c else 0.5 * m`. Only where the other operand is a real anyway does nothing change, since a whole number is
rounded there once, in either order.

Settled trees mean what they meant, with fewer surprises: INT is always whole, REAL never, except at the arms of a
choice and among the arguments of `min` and `max`, where a whole number becomes a real as the last thing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ..check import names
from ..formula import Formula, PartFormula
from ..tree import Call, Chain, Choice, Compare, CompareOp, Expr, Name, Neg, Power, children, rebuilt, walk
from ..types import Type

__all__ = ["settled", "settled_value"]

MAX_ARMS = 64
"""Computations that are done arm by arm in one formula. Past them a whole arm is rounded first: no formula that means
something gets there, and the code of one that tries stays as long as the formula."""


def settled(formula: Formula) -> Formula:
    """The formula with settled lets and parts, without lets that became needless. One that is needless and can fail
    stays, under a name with `_` before it: a let is evaluated whether or not it is used."""
    settle = _Settle()
    lets = []
    for name, expr in formula.lets:
        value = settle(expr)
        lets.append((name, value))
        if settle.mixed(value):
            settle.lets[name] = value
    parts = [
        PartFormula(
            part.name,
            settle(part.flops) if part.flops is not None else None,
            settle(part.precision) if part.precision is not None else None,
            settle(part.bytes) if part.bytes is not None else None,
        )
        for part in formula.parts
    ]
    parts = settle.added(parts)
    pieces = [piece for part in parts for piece in (part.flops, part.precision, part.bytes) if piece is not None]
    needed = set().union(*map(names, pieces))
    kept = []
    for name, value in reversed(lets):
        if name in needed or _can_fail(value):
            kept.append((name if name in needed else f"_{name}", value))
            needed |= names(value)
    return dataclasses.replace(formula, lets=tuple(reversed(kept)), parts=tuple(parts))


def settled_value(expr: Expr) -> Expr:
    """An expression over inputs alone, settled."""
    return _Settle()(expr)


class _Settle:
    """`lets` has the values of those that are whole in one arm and real in another."""

    def __init__(self) -> None:
        self.lets: dict[str, Expr] = {}
        self.arms = 0

    def mixed(self, expr: Expr) -> bool:
        """Whether a number is whole or real as it comes."""
        if expr.type is not Type.REAL:
            return False
        if isinstance(expr, Name):
            return expr.id in self.lets
        if isinstance(expr, Choice):
            return any(arm.type is Type.INT or self.mixed(arm) for arm in (expr.then, expr.otherwise))
        if isinstance(expr, Call) and expr.function in ("min", "max"):
            return any(arg.type is Type.INT or self.mixed(arg) for arg in expr.args)
        return False

    def __call__(self, expr: Expr) -> Expr:
        expr = rebuilt(expr, tuple(map(self, children(expr))))
        if isinstance(expr, Chain):
            value = expr.first
            for op, right in expr.rest:
                value = self.step(value, op, right)
            return value
        if isinstance(expr, Compare) and (self.mixed(expr.left) or self.mixed(expr.right)):
            return self.by_arms((expr.left, expr.right), lambda left, right: Compare(expr.op, left, right), Type.BOOL)
        if isinstance(expr, Neg):
            return self.by_arms((expr.operand,), lambda operand: Neg(operand, type=operand.type))
        if isinstance(expr, Power) and isinstance(expr.exponent, int) and expr.exponent >= 0:
            exponent = expr.exponent
            return self.by_arms((expr.base,), lambda base: Power(base, exponent, type=base.type))
        if isinstance(expr, Choice) and expr.type in (Type.INT, Type.REAL):
            return dataclasses.replace(expr, type=_widest(expr.then, expr.otherwise))
        if isinstance(expr, Call) and expr.function in ("min", "max"):
            return dataclasses.replace(expr, type=_widest(*expr.args))
        return expr

    def step(self, left: Expr, op: str, right: Expr) -> Expr:
        """`left op right`. A real on either side makes the other one real, however it came."""
        sides = (left, right)
        if any(side.type is Type.REAL and not self.mixed(side) for side in sides):
            return _chained(left, op, right)
        return self.by_arms(sides, lambda a, b: _chained(a, op, b))

    def by_arms(self, operands: tuple[Expr, ...], made: Callable[..., Expr], kind: Type | None = None) -> Expr:
        """What `made` gives of the operands, in each arm of those that are mixed."""
        for index, operand in enumerate(operands):
            if not self.mixed(operand) or self.arms >= MAX_ARMS:
                continue
            self.arms += 1
            choice = self.choice(operand)
            then, otherwise = (
                self.by_arms((*operands[:index], arm, *operands[index + 1 :]), made, kind)
                for arm in (choice.then, choice.otherwise)
            )
            return Choice(then, choice.test, otherwise, type=kind or _widest(then, otherwise))
        expr = made(*operands)
        return expr if kind is None else dataclasses.replace(expr, type=kind)

    def choice(self, expr: Expr) -> Choice:
        """A mixed number as a choice."""
        if isinstance(expr, Name):
            return self.choice(self.lets[expr.id])
        if isinstance(expr, Choice):
            return expr
        assert isinstance(expr, Call)
        *before, last = expr.args
        first = before[0] if len(before) == 1 else Call(expr.function, tuple(before), type=_widest(*before))
        # Of equals the first stays, as in Python.
        op: CompareOp = "<" if expr.function == "min" else ">"
        test = self.by_arms((last, first), lambda a, b: Compare(op, a, b), Type.BOOL)
        return Choice(last, test, first, type=Type.REAL)

    def added(self, parts: list[PartFormula]) -> list[PartFormula]:
        """The parts with whole bytes added as such: where some are mixed, all of them stand in the first part."""
        moved = [part.bytes for part in parts if part.bytes is not None]
        if len(moved) < 2 or not any(map(self.mixed, moved)):
            return parts
        total = moved[0]
        for expr in moved[1:]:
            total = self.step(total, "+", expr)
        first = next(index for index, part in enumerate(parts) if part.bytes is not None)
        rest = [dataclasses.replace(part, bytes=None) for part in parts]
        rest[first] = dataclasses.replace(parts[first], bytes=total)
        return [part for part in rest if part.flops is not None or part.bytes is not None]


def _can_fail(expr: Expr) -> bool:
    """Whether evaluating it can end in an error."""
    return any(
        (isinstance(node, Chain) and any(op in ("/", "//", "%") for op, _ in node.rest))
        or (isinstance(node, Call) and node.function in ("ceil_div", "flops"))
        or (isinstance(node, Power) and node.type is Type.REAL)
        for node in walk(expr)
    )


def _widest(*exprs: Expr) -> Type:
    return Type.INT if all(expr.type is Type.INT for expr in exprs) else Type.REAL


def _chained(left: Expr, op: str, right: Expr) -> Expr:
    """One row where `left` is a row of the same level, which is how it is evaluated."""
    kind = Type.REAL if op == "/" else _widest(left, right)
    if isinstance(left, Chain) and left.is_sum == (op in ("+", "-")):
        return Chain(left.first, (*left.rest, (op, right)), type=kind)  # type: ignore[arg-type]
    return Chain(left, ((op, right),), type=kind)  # type: ignore[arg-type]
