"""Tokens to tree: an operator-precedence parser that never recurses deeper than `MAX_DEPTH` operands.

The grammar, loosest first::

    expression = or ["if" or "else" expression]
    or         = and {"or" and}
    and        = not {"and" not}
    not        = "not" not | comparison
    comparison = sum [("==" | "!=" | "<" | "<=" | ">" | ">=") sum]
    sum        = product {("+" | "-") product}
    product    = unary {("*" | "/" | "//" | "%") unary}
    unary      = "-" unary | power
    power      = atom ["**" ["-"] number]
    atom       = number | string | "true" | "false" | name | function "(" expression {"," expression} ")"
               | "(" expression ")"
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NoReturn, cast, get_args

from .findings import Fault, SolSyntax, did_you_mean, shown
from .tokens import MAX_LENGTH, Token, tokenize
from .tree import (
    ArithmeticOp,
    Bool,
    Call,
    Chain,
    Choice,
    Compare,
    CompareOp,
    Expr,
    Function,
    Int,
    Logic,
    MemBw,
    Name,
    Neg,
    Not,
    Power,
    Real,
    Str,
)

__all__ = ["FUNCTIONS", "MAX_DEPTH", "MAX_LENGTH", "PRIMITIVES", "Fault", "SolSyntax", "parse"]

MAX_DEPTH = 32
MAX_EXPONENT = 64

FUNCTIONS: dict[str, tuple[int, int]] = {
    "min": (2, 8),
    "max": (2, 8),
    "ceil_div": (2, 2),
    "flops": (1, 1),
    "bytes_of": (1, 1),
}
"""The functions, and how many arguments each takes at least and at most."""

_DEVICE = frozenset({"flops", "bytes_of", "mem_bw"})
PRIMITIVES = frozenset(FUNCTIONS) | {"mem_bw"}
"""Names that mean something by themselves and can't be declared."""

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _UNARY, _POWER = range(1, 9)
_LEVELS = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(get_args(CompareOp), _COMPARE),
    "+": _SUM,
    "-": _SUM,
    **dict.fromkeys(("*", "/", "//", "%"), _PRODUCT),
    "**": _POWER,
}


def parse(text: str, *, dotted: bool = False) -> Expr:
    """The tree of an expression, without types.

    `dotted` is for wiring expressions: names may have attributes (`self.config.tp_size`), and the primitives of a GPU
    (`flops`, `bytes_of`, `mem_bw`) have no meaning. Raises `SolSyntax`, and nothing else, for a text that is not an
    expression, is longer than `MAX_LENGTH`, or nests deeper than `MAX_DEPTH`.
    """
    parser = _Parser(tokenize(text, dotted=dotted), dotted=dotted)
    return parser.whole()


class _Parser:
    def __init__(self, tokens: list[Token], *, dotted: bool) -> None:
        self.tokens = tokens
        self.dotted = dotted
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.token
        self.at += 1
        return token

    def takes(self, text: str) -> bool:
        """Whether the next token is the operator or word `text`; takes it if so."""
        if self.token.kind in ("op", "word") and self.token.text == text:
            self.at += 1
            return True
        return False

    def fail(self, token: Token, expected: str, suggestion: str = "", *, found: str = "") -> NoReturn:
        if not found:
            found = "the end" if token.kind == "end" else shown(token.text)
        raise SolSyntax([Fault(token.start, len(token.text), found, expected, suggestion)])

    def enter(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(
                token, f"at most {MAX_DEPTH} levels", "name parts of it with 'let'", found="an expression nested deeper"
            )

    def whole(self) -> Expr:
        expr = self.expression()
        if self.token.kind != "end":
            token = self.token
            if token.kind == "op" and token.text == ")":
                self.fail(token, "the end", "there is no '(' for it")
            if token.kind == "op" and token.text == "(":
                self.fail(token, "an operator or the end", self._call_hint())
            self.fail(token, "an operator or the end")
        return expr

    def _call_hint(self) -> str:
        before = self.tokens[self.at - 1]
        if before.kind != "name":
            return "multiplication is written '*'"
        return f"{shown(before.text)} is not a function"

    def expression(self) -> Expr:
        start = self.token
        self.enter(start)
        value = self.operators(_OR)
        if self.takes("if"):
            test = self.operators(_OR)
            if not self.takes("else"):
                self.fail(self.token, "'else'", "a choice is written 'a if c else b'")
            otherwise = self.expression()
            value = Choice(value, test, otherwise, span=(value.span[0], otherwise.span[1]))
        self.depth -= 1
        return value

    def operators(self, lowest: int) -> Expr:
        left = self.operand(lowest)
        while True:
            token = self.token
            level = _LEVELS.get(token.text, 0) if token.kind in ("op", "word") else 0
            if not level or level < lowest:
                return left
            self.at += 1
            if level == _POWER:
                left = self.power(left)
                continue
            right = self.operators(level + 1)
            left = _joined(token.text, left, right)
            if level == _COMPARE and _LEVELS.get(self.token.text) == _COMPARE and self.token.kind == "op":
                self.fail(self.token, "one comparison", "comparisons don't chain: write 'a < b and b < c'")

    def operand(self, lowest: int) -> Expr:
        token = self.token
        if token.kind == "word" and token.text == "not" and lowest <= _NOT:
            self.enter(self.take())
            operand = self.operators(_NOT)
            self.depth -= 1
            return Not(operand, span=(token.start, operand.span[1]))
        if token.kind == "op" and token.text == "-" and lowest <= _UNARY:
            self.enter(self.take())
            operand = self.operators(_UNARY)
            self.depth -= 1
            return Neg(operand, span=(token.start, operand.span[1]))
        return self.atom()

    def power(self, base: Expr) -> Expr:
        negative = self.takes("-")
        token = self.token
        if token.kind not in ("int", "real"):
            self.fail(token, "a number as exponent", "powers are constant")
        self.at += 1
        exponent = cast("int | float", token.value)
        if exponent > MAX_EXPONENT:
            self.fail(token, f"an exponent of at most {MAX_EXPONENT}", found=f"the exponent {shown(token.text)}")
        if self.token.kind == "op" and self.token.text == "**":
            self.fail(self.token, "one power", "write the exponents as one number, or use parentheses")
        return Power(base, -exponent if negative else exponent, span=(base.span[0], token.end))

    def atom(self) -> Expr:
        token = self.take()
        span = (token.start, token.end)
        if token.kind == "int":
            return Int(cast(int, token.value), span=span)
        if token.kind == "real":
            return Real(cast(float, token.value), span=span)
        if token.kind == "str":
            return Str(cast(str, token.value), span=span)
        if token.kind == "word" and token.text in ("true", "false"):
            return Bool(token.text == "true", span=span)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "op" and token.text == "(":
            inner = self.expression()
            if not self.takes(")"):
                self.fail(self.token, "')' or an operator")
            return replace(inner, span=(token.start, self.tokens[self.at - 1].end))
        hint = ""
        if token.kind == "word" and token.text == "not":
            hint = "put it in parentheses: (not a)"
        elif token.kind == "op" and token.text == "+":
            hint = "leave the sign out"
        self.fail(token, "a value", hint)

    def named(self, token: Token) -> Expr:
        called = self.token.kind == "op" and self.token.text == "("
        if self.dotted and token.text in _DEVICE and called:
            self.fail(token, "no primitive of a GPU", f"{token.text!r} has no meaning in a wiring expression")
        if token.text in FUNCTIONS:
            if not called:
                self.fail(self.token, f"'(' after the function {token.text!r}")
            return self.call(token)
        if called:
            suggestion = did_you_mean(token.text, FUNCTIONS)
            found = f"a call of {shown(token.text)}"
            self.fail(token, f"one of the functions {', '.join(FUNCTIONS)}", suggestion, found=found)
        span = (token.start, token.end)
        if token.text == "mem_bw" and not self.dotted:
            return MemBw(span=span)
        return Name(token.text, span=span)

    def call(self, token: Token) -> Expr:
        self.take()
        args = []
        if not self.takes(")"):
            args.append(self.expression())
            while self.takes(","):
                args.append(self.expression())
            if not self.takes(")"):
                self.fail(self.token, "',' or ')'")
        least, most = FUNCTIONS[token.text]
        end = self.tokens[self.at - 1].end
        if not least <= len(args) <= most:
            expected = f"{least} argument{'s' * (least > 1)}" if least == most else f"{least} to {most} arguments"
            whole = Token("name", " " * (end - token.start), token.start)
            self.fail(whole, expected, found=f"{token.text} with {len(args)} argument{'s' * (len(args) != 1)}")
        return Call(cast(Function, token.text), tuple(args), span=(token.start, end))


def _joined(op: str, left: Expr, right: Expr) -> Expr:
    """`left op right`, taken into `left` when that is a row of the same level: `(a - b) - c` is `a - b - c`."""
    span = (left.span[0], right.span[1])
    if op in ("and", "or"):
        logic = cast(Literal["and", "or"], op)
        if isinstance(left, Logic) and left.op == logic:
            return Logic(logic, (*left.items, right), span=span)
        return Logic(logic, (left, right), span=span)
    if _LEVELS[op] == _COMPARE:
        return Compare(cast(CompareOp, op), left, right, span=span)
    step = (cast(ArithmeticOp, op), right)
    if isinstance(left, Chain) and left.is_sum == (_LEVELS[op] == _SUM):
        return Chain(left.first, (*left.rest, step), span=span)
    return Chain(left, (step,), span=span)
