"""The tree of an expression: small, frozen, and typed once it is checked.

`parse` builds it without types; `check.resolve` gives every node its type and turns bare mode names into `Mode`. Spans
and types take no part in equality, so that two trees are equal when they say the same.

Operators of one level that stand in a row are one `Chain`, evaluated from the left: `a - b + c` has three operands, not
two nested nodes. That keeps the source's association by construction and the tree flat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Union

from .types import Type

ArithmeticOp = Literal["+", "-", "*", "/", "//", "%"]
CompareOp = Literal["==", "!=", "<", "<=", ">", ">="]
Function = Literal["min", "max", "ceil_div", "flops", "bytes_of"]


@dataclass(frozen=True)
class Node:
    """What every node has: where it stands in its text, and its type once resolved."""

    span: tuple[int, int] = field(default=(0, 0), compare=False, repr=False, kw_only=True)
    type: Type | None = field(default=None, compare=False, kw_only=True)


@dataclass(frozen=True)
class Int(Node):
    """An integer literal, 0 to 2**53."""

    value: int


@dataclass(frozen=True)
class Real(Node):
    """A real literal, finite and not negative."""

    value: float


@dataclass(frozen=True)
class Bool(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True)
class Str(Node):
    """A string literal: printable ASCII, no backslash, not both kinds of quotes."""

    value: str


@dataclass(frozen=True)
class Name(Node):
    """A declared name; with dots only in wiring expressions."""

    id: str


@dataclass(frozen=True)
class Mode(Node):
    """A quant literal by its canonical name."""

    name: str


@dataclass(frozen=True)
class MemBw(Node):
    """The primitive `mem_bw`: memory bandwidth of the GPU in bytes per second."""


@dataclass(frozen=True)
class Neg(Node):
    """`-operand`."""

    operand: Expr


@dataclass(frozen=True)
class Not(Node):
    """`not operand`."""

    operand: Expr


@dataclass(frozen=True)
class Power(Node):
    """`base ** exponent`; the exponent is a number, never an expression."""

    base: Expr
    exponent: int | float


@dataclass(frozen=True)
class Chain(Node):
    """Sums (`+ -`) or products (`* / // %`) in a row, evaluated from the left. `rest` is never empty."""

    first: Expr
    rest: tuple[tuple[ArithmeticOp, Expr], ...]

    @property
    def is_sum(self) -> bool:
        return self.rest[0][0] in ("+", "-")


@dataclass(frozen=True)
class Compare(Node):
    """One comparison; comparisons don't chain."""

    op: CompareOp
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Logic(Node):
    """`and` or `or` in a row, from the left, stopping at the first operand that decides."""

    op: Literal["and", "or"]
    items: tuple[Expr, ...]


@dataclass(frozen=True)
class Choice(Node):
    """`then if test else otherwise`; only the chosen arm is evaluated."""

    then: Expr
    test: Expr
    otherwise: Expr


@dataclass(frozen=True)
class Call(Node):
    """A call of one of the functions of the language."""

    function: Function
    args: tuple[Expr, ...]


Expr = Union[Int, Real, Bool, Str, Name, Mode, MemBw, Neg, Not, Power, Chain, Compare, Logic, Choice, Call]


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct operands, in source order."""
    if isinstance(expr, (Neg, Not)):
        return (expr.operand,)
    if isinstance(expr, Power):
        return (expr.base,)
    if isinstance(expr, Chain):
        return (expr.first, *(operand for _, operand in expr.rest))
    if isinstance(expr, Compare):
        return (expr.left, expr.right)
    if isinstance(expr, Logic):
        return expr.items
    if isinstance(expr, Choice):
        return (expr.then, expr.test, expr.otherwise)
    if isinstance(expr, Call):
        return expr.args
    return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """The node and everything below it, in source order."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def rebuilt(expr: Expr, operands: tuple[Expr, ...]) -> Expr:
    """The node with other operands, in the order of `children`."""
    if isinstance(expr, (Neg, Not)):
        return replace(expr, operand=operands[0])
    if isinstance(expr, Power):
        return replace(expr, base=operands[0])
    if isinstance(expr, Chain):
        ops = [op for op, _ in expr.rest]
        return replace(expr, first=operands[0], rest=tuple(zip(ops, operands[1:], strict=True)))
    if isinstance(expr, Compare):
        return replace(expr, left=operands[0], right=operands[1])
    if isinstance(expr, Logic):
        return replace(expr, items=operands)
    if isinstance(expr, Choice):
        return replace(expr, then=operands[0], test=operands[1], otherwise=operands[2])
    if isinstance(expr, Call):
        return replace(expr, args=operands)
    return expr
