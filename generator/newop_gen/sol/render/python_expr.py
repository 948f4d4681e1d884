"""An expression as a tree of Python's: source association, and nothing that the targets' linter flags."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Union

from ...render.document import flat
from ...render.python import ATOM, Expressions, parsed
from ..quants import SIXTEEN_BIT
from ..tree import (
    Bool,
    Call,
    Chain,
    Choice,
    Compare,
    CompareOp,
    Expr,
    Int,
    Logic,
    MemBw,
    Mode,
    Name,
    Neg,
    Not,
    Power,
    Real,
    Str,
    children,
)
from ..types import Type
from .lower import Local

NameMap = Union[Mapping[str, str], Callable[[str], str]]
Build = Callable[[Expr], ast.expr]

_OPERATORS: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
}
_COMPARISONS: dict[CompareOp, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "=="}


@dataclass(frozen=True)
class PythonDialect:
    """How one layout writes what the language leaves open. All of it is code that the caller vouches for.

    `names` gives the code of a name, as a mapping (`KeyError` for a name it does not have) or a function.
    `flops` gives the code of the peak FLOPS of a quant; it gets an operand that binds tightest, so that
    `{q}.value.compute` is safe. `quant_literal` gets a mode name with the 16-bit mode named `sixteen_bit`.
    """

    names: NameMap
    sixteen_bit: Literal["float16", "bfloat16"]
    flops: Callable[[str], str]
    mem_bw: str
    quant_literal: Callable[[str], str]

    def name(self, name: str) -> str:
        return self.names[name] if isinstance(self.names, Mapping) else self.names(name)

    def mode_name(self, name: str) -> str:
        """The name that the target's enums have for a mode."""
        return self.sixteen_bit if name == SIXTEEN_BIT else name

    def tree(self, expr: Expr) -> ast.expr:
        """The tree of a resolved expression. Raises `ValueError` for one that was not resolved, whose equalities could
        mean two things."""
        return python_tree(expr, self._own)

    def _own(self, expr: Expr, build: Build) -> ast.expr | None:
        if expr.type is None:
            raise ValueError("an unresolved tree: render what check.resolve returns")
        if isinstance(expr, Local):
            return ast.Name(expr.id)
        if isinstance(expr, Name):
            return parsed(self.name(expr.id))
        if isinstance(expr, Mode):
            return parsed(self.quant_literal(self.mode_name(expr.name)))
        if isinstance(expr, MemBw):
            return parsed(self.mem_bw)
        if isinstance(expr, Call) and expr.function == "flops":
            return parsed(self.flops(flat(Expressions().doc(build(expr.args[0]), ATOM))))
        if isinstance(expr, Call) and expr.function == "bytes_of":
            return ast.Attribute(ast.Attribute(build(expr.args[0]), "value"), "memory")
        if isinstance(expr, Compare) and Type.QUANT in (expr.left.type, expr.right.type):
            # Members of different Enum classes never compare equal, so that modes are compared by name.
            return _comparison(expr, functools.partial(self._mode, build=build))
        return None

    def _mode(self, expr: Expr, build: Build) -> ast.expr:
        if isinstance(expr, Mode):
            return ast.Constant(self.mode_name(expr.name))
        return ast.Attribute(build(expr), "name")


def render_expr(expr: Expr, dialect: PythonDialect) -> str:
    """One line of Python with the value of a resolved expression.

    Evaluated from the same values it is bit for bit what `evaluate` gives. Raises `ValueError` for a tree that was not
    resolved.
    """
    return flat(Expressions().doc(dialect.tree(expr)))


def python_tree(expr: Expr, own: Callable[[Expr, Build], ast.expr | None]) -> ast.expr:
    """The expression as a tree of Python's. `own` writes the nodes that the language leaves open, and what else a
    target has its own way for; None for a node that it has none for."""

    def build(node: Expr) -> ast.expr:
        found = own(node, build)
        return found if found is not None else _tree(node, build)

    return build(expr)


def _tree(node: Expr, build: Build) -> ast.expr:
    if isinstance(node, (Int, Real, Bool, Str)):
        return ast.Constant(node.value)
    if isinstance(node, Neg):
        return _negative(node.operand, build)
    if isinstance(node, Not):
        inner = node.operand
        if isinstance(inner, Compare) and inner.op in _OPPOSITE:
            return build(Compare(_OPPOSITE[inner.op], inner.left, inner.right, type=inner.type))
        return ast.UnaryOp(ast.Not(), build(inner))
    if isinstance(node, Power):
        exponent: ast.expr = ast.Constant(abs(node.exponent))
        if node.exponent < 0:
            exponent = ast.UnaryOp(ast.USub(), exponent)
        return ast.BinOp(build(node.base), ast.Pow(), exponent)
    if isinstance(node, Chain):
        value = build(node.first)
        for sign, operand in node.rest:
            value = ast.BinOp(value, _OPERATORS[sign](), build(operand))
        return value
    if isinstance(node, Compare):
        return _comparison(node, build)
    if isinstance(node, Logic):
        return ast.BoolOp(ast.And() if node.op == "and" else ast.Or(), [build(item) for item in node.items])
    if isinstance(node, Choice):
        return ast.IfExp(test=build(node.test), body=build(node.then), orelse=build(node.otherwise))
    if isinstance(node, Call) and node.function == "ceil_div":
        return ast.UnaryOp(ast.USub(), _negative_ceil_div(node, build))
    if isinstance(node, Call):
        return ast.Call(ast.Name(node.function), [build(a) for a in node.args], [])
    raise AssertionError(f"no code for a {type(node).__name__}")


def _negative(expr: Expr, build: Build) -> ast.expr:
    """`-expr`. Two minus signs in a row, a decrement to linters, cancel out without any rounding."""
    if isinstance(expr, Neg):
        return build(expr.operand)
    if isinstance(expr, Call) and expr.function == "ceil_div":
        return _negative_ceil_div(expr, build)
    return ast.UnaryOp(ast.USub(), build(expr))


def _negative_ceil_div(expr: Call, build: Build) -> ast.expr:
    """`-a // b`, whose negative is the quotient rounded up."""
    return ast.BinOp(_negative(expr.args[0], build), ast.FloorDiv(), build(expr.args[1]))


def _comparison(expr: Compare, build: Build) -> ast.expr:
    """Constants go to the right, as linters want them."""
    left, right, op = expr.left, expr.right, expr.op
    if _is_constant(left) and not _is_constant(right):
        left, right, op = right, left, _MIRRORED[op]
    return ast.Compare(build(left), [_COMPARISONS[op]()], [build(right)])


def _is_constant(expr: Expr) -> bool:
    """Whether linters want it on the right of a comparison: literals, and arithmetic on nothing but literals."""
    if isinstance(expr, (Neg, Power, Chain)) or (isinstance(expr, Call) and expr.function == "ceil_div"):
        return all(map(_is_constant, children(expr)))
    return isinstance(expr, (Int, Real, Str, Mode))
