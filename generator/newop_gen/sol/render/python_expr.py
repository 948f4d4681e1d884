"""An expression as Python text: minimal parentheses, source association, and nothing that the targets' linter flags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Union

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

CHOICE, OR, AND, NOT, COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = range(10)
"""How tightly a piece of code binds, loosest first."""

NameMap = Union[Mapping[str, str], Callable[[str], str]]

_MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "=="}
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*|[0-9][0-9.e-]*")
_STRING = re.compile(r'"[^"]*"|\'[^\']*\'')


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


def render_expr(expr: Expr, dialect: PythonDialect) -> str:
    """One line of Python with the value of a resolved expression.

    Evaluated from the same values it is bit for bit what `evaluate` gives. Raises `ValueError` for a tree that was not
    resolved, whose equalities could mean two things.
    """
    return Text(dialect).render(expr)[0]


def string_literal(content: str) -> str:
    """A string as the formatter writes it; the content has no backslash, and not both kinds of quotes."""
    return f"'{content}'" if '"' in content else f'"{content}"'


def number_literal(value: int | float) -> str:
    """A number that reads back equal, as the formatter writes it (`1e16`, not `1e+16`)."""
    return repr(value).replace("e+", "e")


def binds(code: str) -> int:
    """How tightly foreign code binds: `ATOM` for names, attributes, calls, subscripts; else `CHOICE`, the loosest."""
    depth = 0
    for char in _STRING.sub('""', code):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and not (char.isalnum() or char in '_.()[]{}"'):
            return CHOICE
    return ATOM


class Text:
    """Renders expressions to text."""

    def __init__(self, dialect: PythonDialect) -> None:
        self.dialect = dialect

    def __call__(self, expr: Expr, level: int = CHOICE) -> str:
        """The text, in parentheses when it binds more loosely than `level`."""
        text, own = self.render(expr)
        return f"({text})" if own < level else text

    def render(self, expr: Expr) -> tuple[str, int]:
        """The text and how tightly it binds."""
        if expr.type is None:
            raise ValueError("an unresolved tree: render what check.resolve returns")
        if isinstance(expr, (Int, Real)):
            return number_literal(expr.value), ATOM
        if isinstance(expr, Bool):
            return str(expr.value), ATOM
        if isinstance(expr, Str):
            return string_literal(expr.value), ATOM
        if isinstance(expr, Local):
            return expr.id, ATOM
        if isinstance(expr, Name):
            code = self.dialect.name(expr.id)
            return code, binds(code)
        if isinstance(expr, Mode):
            code = self.dialect.quant_literal(self.dialect.mode_name(expr.name))
            return code, binds(code)
        if isinstance(expr, MemBw):
            return self.dialect.mem_bw, binds(self.dialect.mem_bw)
        if isinstance(expr, Neg):
            return self.negative(expr.operand)
        if isinstance(expr, Not):
            return self.negation(expr)
        if isinstance(expr, Power):
            base = self(expr.base, ATOM)
            space = "" if _PLAIN.fullmatch(base) else " "
            return f"{base}{space}**{space}{number_literal(expr.exponent)}", POWER
        if isinstance(expr, (Chain, Compare, Logic, Choice)):
            pieces, level = self.pieces(expr)
            return " ".join(pieces), level
        return self.call(expr)

    def negative(self, expr: Expr) -> tuple[str, int]:
        """The code of `-expr`. Two minus signs in a row, a decrement to linters, cancel out without any rounding."""
        if isinstance(expr, Neg):
            return self.render(expr.operand)
        if isinstance(expr, Call) and expr.function == "ceil_div":
            return self.negative_ceil_div(expr), PRODUCT
        return f"-{self(expr, ATOM)}", UNARY

    def negative_ceil_div(self, expr: Call) -> str:
        """`-a // b`, whose negative is the quotient rounded up."""
        over, level = self.negative(expr.args[0])
        over = f"({over})" if level < PRODUCT else over
        return f"{over} // {self(expr.args[1], UNARY)}"

    def pieces(self, expr: Chain | Compare | Logic | Choice) -> tuple[list[str], int]:
        """The text in the pieces in which it is split over lines, each but the first led by its operator."""
        if isinstance(expr, Chain):
            level = SUM if expr.is_sum else PRODUCT
            # `-ceil_div(a, b)` is a quotient, at whose operator the formatter would break a row of products, too.
            first = self(expr.first, UNARY if level == PRODUCT and isinstance(expr.first, Neg) else level)
            return [first, *(f"{op} {self(operand, level + 1)}" for op, operand in expr.rest)], level
        if isinstance(expr, Compare):
            return self.comparison(expr, expr.op), COMPARE
        if isinstance(expr, Logic):
            # `and` within `or` is clear to Python, but linters want its parentheses.
            level = NOT if expr.op == "or" else AND + 1
            items = [self(item, level) for item in expr.items]
            return [items[0], *(f"{expr.op} {item}" for item in items[1:])], OR if expr.op == "or" else AND
        tail = self.pieces(expr.otherwise)[0] if isinstance(expr.otherwise, Choice) else [self(expr.otherwise)]
        return [self(expr.then, OR), f"if {self(expr.test, OR)}", f"else {tail[0]}", *tail[1:]], CHOICE

    def negation(self, expr: Not) -> tuple[str, int]:
        inner = expr.operand
        if isinstance(inner, Compare) and inner.op in _OPPOSITE:
            return " ".join(self.comparison(inner, _OPPOSITE[inner.op])), COMPARE
        return f"not {self(inner, NOT)}", NOT

    def comparison(self, expr: Compare, op: CompareOp) -> list[str]:
        left, right = expr.left, expr.right
        if _is_constant(left) and not _is_constant(right):
            left, right, op = right, left, _MIRRORED[op]
        if Type.QUANT in (left.type, right.type):
            # Members of different Enum classes never compare equal, so that modes are compared by name.
            return [self.quant_name(left), f"{op} {self.quant_name(right)}"]
        return [self(left, SUM), f"{op} {self(right, SUM)}"]

    def quant_name(self, expr: Expr) -> str:
        if isinstance(expr, Mode):
            return string_literal(self.dialect.mode_name(expr.name))
        return f"{self(expr, ATOM)}.name"

    def call(self, expr: Call) -> tuple[str, int]:
        if expr.function == "flops":
            quant = self(expr.args[0], ATOM)
            # Parentheses that an attribute needs are too many around a whole argument.
            code = self.dialect.flops(quant).replace(f"({quant})", quant if quant.startswith("(") else f"({quant})")
            return code, binds(code)
        if expr.function == "bytes_of":
            return f"{self(expr.args[0], ATOM)}.value.memory", ATOM
        if expr.function == "ceil_div":
            return f"-({self.negative_ceil_div(expr)})", UNARY
        return f"{expr.function}({', '.join(self(arg) for arg in expr.args)})", ATOM


def _is_constant(expr: Expr) -> bool:
    """Whether linters want it on the right of a comparison: literals, and arithmetic on nothing but literals."""
    if isinstance(expr, (Neg, Power, Chain)) or (isinstance(expr, Call) and expr.function == "ceil_div"):
        return all(map(_is_constant, children(expr)))
    return isinstance(expr, (Int, Real, Str, Mode))
