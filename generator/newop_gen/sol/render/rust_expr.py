"""An expression as Rust text: minimal parentheses, source association, and the arithmetic of the evaluator.

A whole number of the language is a value of the type that `number` names. The language's have no end and Rust's have
one: whoever renders a formula sees to it that they fit (`magnitude.input_bits`). A real is an `f64`, a text a `&str`, a
quant mode a `QuantMapping`. What Rust has no operator for is a method or a function of the template that `rust.py`
names; which of them a text needs is noted in `helpers`. A division by what may be 0 asks `nonzero`, whose error leaves
the function by `?`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Union

from ..magnitude import Magnitudes
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
)
from ..types import Type
from .lower import Local

OR, AND, COMPARE, SUM, PRODUCT, UNARY, ATOM = range(7)
"""How tightly a piece of code binds, loosest first."""

ARGUMENTS_WIDTH, CHAIN_WIDTH, CHOICE_WIDTH = 60, 60, 50
"""How wide rustfmt lets arguments, a row of method calls and a choice be on one line."""

EXACT = 2**53
"""Whole numbers up to here are reals, too."""

NameMap = Union[Mapping[str, str], Callable[[str], str]]

_METHOD_CALL = re.compile(r"\.[a-z_0-9]+\(")

_MIRRORED: dict[CompareOp, CompareOp] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE: dict[CompareOp, CompareOp] = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_ORDERS: dict[CompareOp, str] = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


@dataclass(frozen=True)
class RustDialect:
    """How the code around writes what the language leaves open. All of it is code that the caller vouches for.

    `names` gives the code of an input: a `number`, a `&str` or a `QuantMapping`, each binding tightest. `number` is
    `i128`, or the name of a type parameter that is a `Number`. `flops` gives the code of the peak FLOPS of a
    `QuantMapping`, `quant_literal` the `QuantMapping` of a mode's name. `nonzero` makes the code of a divisor that can
    be 0 one that can't. Where `names` gives enum members in the place of mappings, `quant_name` and `quant_memory` say
    how their name and their bytes per element are asked for.
    """

    names: NameMap
    number: str
    flops: Callable[[str], str]
    mem_bw: str
    quant_literal: Callable[[str], str]
    nonzero: Callable[[str], str] = "nonzero({})?".format
    quant_name: Callable[[str], str] = "{}.name".format
    quant_memory: Callable[[str], str] = "{}.memory".format

    def name(self, name: str) -> str:
        return self.names[name] if isinstance(self.names, Mapping) else self.names(name)


@dataclass(frozen=True)
class Code:
    """A piece of code: how tightly it binds, the method calls in the row that it ends with, and whether rustfmt leaves
    it on one line as it is. One that it opens, with an argument on each line, is `opened` to its head, its arguments
    and its end."""

    text: str
    level: int = ATOM
    calls: int = 0
    flat: bool = True
    opened: tuple[str, tuple[str, ...], str] | None = None

    def at(self, level: int) -> str:
        """The text, in parentheses when it binds more loosely than `level`."""
        return f"({self.text})" if self.level < level else self.text


def string_literal(content: str) -> str:
    """A string as Rust reads it; the content is printable ASCII."""
    escaped = content.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def real_literal(value: int | float) -> str:
    """A number that reads back as an equal `f64`."""
    return f"{value}.0" if isinstance(value, int) else repr(value).replace("e+", "e")


@dataclass
class Text:
    """Renders settled expressions (`settled.py`) to text, and notes the helpers that it needs."""

    dialect: RustDialect
    magnitudes: Magnitudes
    helpers: set[str] = field(default_factory=set)
    positives: set[str] = field(default_factory=set)  # locals that are more than 0

    def __call__(self, expr: Expr) -> Code:
        """The code of an expression: whole as a `number`, real as an `f64`."""
        if expr.type is None:
            raise ValueError("an unresolved tree: render what check.resolve returns")
        if isinstance(expr, Int):
            return Code(self.whole_literal(expr.value))
        if isinstance(expr, Real):
            return Code(real_literal(expr.value))
        if isinstance(expr, Bool):
            return Code(str(expr.value).lower())
        if isinstance(expr, Str):
            return Code(string_literal(expr.value))
        if isinstance(expr, Name):
            name = self.name(expr)
            return Code(name, ATOM, len(_METHOD_CALL.findall(name)))
        if isinstance(expr, Mode):
            return Code(self.dialect.quant_literal(expr.name))
        if isinstance(expr, MemBw):
            return Code(self.dialect.mem_bw)
        if isinstance(expr, Neg):
            operand = self(expr.operand)
            return Code(f"-{operand.at(UNARY)}", UNARY, 0, operand.flat)
        if isinstance(expr, Not):
            return self.negation(expr.operand)
        if isinstance(expr, Power):
            return self.power(expr)
        if isinstance(expr, Chain):
            return self.chain(expr)
        if isinstance(expr, Compare):
            return self.comparison(expr, expr.op)
        if isinstance(expr, Logic):
            return self.logic(expr.op, [self(item) for item in expr.items])
        if isinstance(expr, Choice):
            arms = self.arms(expr)
            return Code(self.choice(*arms), OR, 0, self.choice_is_flat(expr, *arms))
        return self.call(expr)

    def name(self, expr: Name) -> str:
        return expr.id if isinstance(expr, Local) else self.dialect.name(expr.id)

    def whole_literal(self, value: int) -> str:
        if self.dialect.number == "i128":
            return str(value)
        if value < 2**32:
            return f"{self.dialect.number}::from({value})"
        self.helpers.add("large")
        return f"{self.dialect.number}::large({value})"

    def signed(self, value: int | float) -> str:
        """A whole number of a table, which may be negative."""
        return f"-{self.whole_literal(-int(value))}" if value < 0 else self.whole_literal(int(value))

    # Numbers

    def real(self, expr: Expr) -> Code:
        """A number as an `f64`."""
        if isinstance(expr, Int):
            return Code(real_literal(expr.value))
        if isinstance(expr, Neg) and isinstance(expr.operand, Int):
            return Code(f"-{real_literal(expr.operand.value)}", UNARY)
        code = self(expr)
        return code if expr.type is not Type.INT else self.as_real(code)

    def as_real(self, whole: Code) -> Code:
        self.helpers.add("real")
        return self.method(whole, "real")

    def method(self, receiver: Code, name: str, *arguments: Code) -> Code:
        """A method of a whole number: as a function where the row of calls would be broken, and of `i128`, of which
        literals alone are not."""
        inner = ", ".join(argument.text for argument in arguments)
        calls = receiver.calls + 1 if receiver.level == ATOM else 1
        text = f"{receiver.at(ATOM)}.{name}({inner})"
        if self.dialect.number == "i128" or (calls > 1 and len(text) > CHAIN_WIDTH):
            return self.function(f"{self.dialect.number}::{name}", receiver, *arguments)
        flat = len(inner) <= ARGUMENTS_WIDTH and receiver.flat and all(a.flat for a in arguments)
        return Code(text, ATOM, calls, flat)

    def function(self, name: str, *arguments: Code, behind: str = "") -> Code:
        texts = tuple(argument.text for argument in arguments)
        inner, flat = ", ".join(texts), all(argument.flat for argument in arguments)
        opened = (f"{name}(", texts, f"){behind}") if flat and len(texts) > 1 else None
        return Code(f"{name}({inner}){behind}", ATOM, 0, flat and len(inner) <= ARGUMENTS_WIDTH, opened)

    def chain(self, expr: Chain) -> Code:
        """The operands of a row, from the left. What was whole so far becomes a real where the next step is one."""
        level = SUM if expr.is_sum else PRODUCT
        node, code = expr.first, self(expr.first)
        for index, (op, right) in enumerate(expr.rest):
            whole = node.type is Type.INT and right.type is Type.INT
            if op in ("//", "%") or (op == "/" and whole and not self.divides_as_real(node, right)):
                code = self.division(op, code, node, right)
            else:
                stays = whole and op != "/"
                if not stays and node.type is Type.INT:
                    code = self.as_real(code) if index else self.real(node)
                operand = self(right) if stays else self.real(right)
                if op == "/":
                    operand = self.divisor(right, operand)
                text = f"{code.at(level)} {op} {operand.at(level + 1)}"
                code = Code(text, level, 0, code.flat and operand.flat)
            kind = Type.INT if whole and op != "/" else Type.REAL
            node = Chain(expr.first, expr.rest[: index + 1], type=kind)
        return code

    def divides_as_real(self, left: Expr, right: Expr) -> bool:
        """Whether the quotient of two whole numbers as reals is the quotient rounded once: both are reals exactly, or
        the divisor is a power of 2."""
        if isinstance(right, Int) and right.value & (right.value - 1) == 0:
            return True
        spans = self.magnitudes.of(left), self.magnitudes.of(right)
        return all(span is not None and span.largest <= EXACT for span in spans)

    def division(self, op: str, left: Code, node: Expr, right: Expr) -> Code:
        """`//` and `%`, and the quotient of large whole numbers, as methods."""
        name = {"//": "floor_div", "%": "modulo", "/": "over"}[op]
        self.helpers.add(name)
        if node.type is Type.INT and right.type is Type.INT:
            return self.method(left, name, self.divisor(right, self(right)))
        left = self.as_real(left) if node.type is Type.INT else left
        return self.function(f"f64::{name}", left, self.divisor(right, self.real(right)))

    def divisor(self, expr: Expr, code: Code) -> Code:
        """What is divided by; it is asked whether it is 0 where it can be."""
        if self.positive(expr) or self.magnitudes.nonzero(expr):
            return code
        self.helpers.add("nonzero")
        return Code(self.dialect.nonzero(code.text), ATOM, 0, code.flat and len(code.text) <= ARGUMENTS_WIDTH)

    def positive(self, expr: Expr) -> bool:
        """Whether a number is more than 0 for all inputs."""
        if isinstance(expr, (Int, Real)):
            return expr.value > 0
        if isinstance(expr, MemBw) or (isinstance(expr, Local) and expr.id in self.positives):
            return True
        if isinstance(expr, Choice):
            return self.positive(expr.then) and self.positive(expr.otherwise)
        if isinstance(expr, Call) and expr.function in ("flops", "bytes_of"):
            return True
        if isinstance(expr, Call) and expr.function == "max":
            return any(map(self.positive, expr.args))
        if isinstance(expr, Call) and expr.function == "min":
            return all(map(self.positive, expr.args))
        span = self.magnitudes.of(expr)
        return span is not None and span.low > 0

    def power(self, expr: Power) -> Code:
        if expr.type is Type.INT:
            self.helpers.add("to_the")
            return self.method(self(expr.base), "to_the", Code(str(expr.exponent)))
        base = self.real(expr.base)
        if expr.exponent < 0:
            base = self.divisor(expr.base, base)
        if expr.exponent != int(expr.exponent) and not self.never_negative(expr.base):
            self.helpers.add("not_negative")
            base = self.function("not_negative", base, behind="?")
        return self.function("f64::powf", base, Code(real_literal(expr.exponent)))

    def never_negative(self, expr: Expr) -> bool:
        if self.positive(expr):
            return True
        span = self.magnitudes.of(expr)
        return span is not None and span.low >= 0

    def call(self, expr: Call) -> Code:
        if expr.function == "flops":
            quant = self(expr.args[0])
            peak = self.dialect.flops(quant.text)
            return Code(peak, ATOM, 0, quant.flat and len(peak) <= ARGUMENTS_WIDTH)
        if expr.function == "bytes_of":
            quant = self(expr.args[0])
            return Code(self.dialect.quant_memory(quant.at(ATOM)), ATOM, quant.calls, quant.flat)
        if expr.function == "ceil_div":
            self.helpers.add("ceil_div")
            over, by = expr.args
            return self.method(self(over), "ceil_div", self.divisor(by, self(by)))
        self.helpers.add(expr.function)
        args = [self(arg) if expr.type is Type.INT else self.real(arg) for arg in expr.args]
        code = args[0]
        for arg in args[1:]:
            code = self.function(expr.function, code, arg)
        return code

    # Conditions

    def comparison(self, expr: Compare, op: CompareOp) -> Code:
        left, right = expr.left, expr.right
        if Type.QUANT in (left.type, right.type):
            return self.compared(self.quant_name(left), op, self.quant_name(right))
        if left.type is right.type or not {left.type, right.type} <= {Type.INT, Type.REAL}:
            return self.compared(self(left), op, self(right))
        span = self.magnitudes.of(left if left.type is Type.INT else right)
        if span is not None and span.largest <= EXACT:
            return self.compared(self.real(left), op, self.real(right))
        self.helpers.add("order")
        if right.type is Type.INT:
            left, right, op = right, left, _MIRRORED[op]
        order = self.function(f"{self.dialect.number}::order", self(left), self.real(right))
        return self.method(order, f"is_{_ORDERS[op]}")

    def compared(self, left: Code, op: CompareOp, right: Code) -> Code:
        return Code(f"{left.at(SUM)} {op} {right.at(SUM)}", COMPARE, 0, left.flat and right.flat)

    def quant_name(self, expr: Expr) -> Code:
        """Modes are the same by their names: the enums are different types."""
        if isinstance(expr, Mode):
            return Code(string_literal(expr.name))
        quant = self(expr)
        return Code(self.dialect.quant_name(quant.at(ATOM)), ATOM, quant.calls, quant.flat)

    def logic(self, op: str, items: list[Code]) -> Code:
        level, sign = (AND, "&&") if op == "and" else (OR, "||")
        text = f" {sign} ".join(item.at(level + 1) for item in items)
        return Code(text, level, 0, all(item.flat for item in items))

    def negation(self, expr: Expr) -> Code:
        """The opposite of a condition, said without a `!` where there is a way."""
        if isinstance(expr, Compare):
            return self.comparison(expr, _OPPOSITE[expr.op])
        if isinstance(expr, Logic):
            return self.logic("or" if expr.op == "and" else "and", [self.negation(item) for item in expr.items])
        if isinstance(expr, Bool):
            return Code(str(not expr.value).lower())
        if isinstance(expr, Not):
            return self(expr.operand)
        operand = self(expr)
        return Code(f"!{operand.at(UNARY)}", UNARY, 0, operand.flat)

    # Choices

    def arms(self, expr: Choice) -> tuple[Code, Code, Code]:
        """Test and arms; a whole arm of a real becomes a real."""
        as_wanted = self.real if expr.type is Type.REAL else self
        return self(expr.test), as_wanted(expr.then), as_wanted(expr.otherwise)

    @staticmethod
    def choice(test: Code, then: Code, otherwise: Code) -> str:
        tail = otherwise.text if otherwise.text.startswith("if ") else f"{{ {otherwise.text} }}"
        return f"if {test.text} {{ {then.text} }} else {tail}"

    def choice_is_flat(self, expr: Choice, test: Code, then: Code, otherwise: Code) -> bool:
        """Whether rustfmt leaves the choice on one line: a short one of two plain arms."""
        if isinstance(expr.then, Choice) or isinstance(expr.otherwise, Choice):
            return False
        return len(self.choice(test, then, otherwise)) <= CHOICE_WIDTH and test.flat and then.flat and otherwise.flat
