"""Types: from the tree that was parsed to the tree that means something.

`resolve` finds every type error and undeclared name of an expression, not only the first. A node that is wrong gets
the type `ANY`, which fits everywhere, so that one mistake is reported once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .bounds import Bounds
from .findings import Fault, SolSyntax, did_you_mean, shown
from .parse import FUNCTIONS, PRIMITIVES, parse
from .quants import MODE_NAMES, canonical
from .tree import (
    Bool,
    Call,
    Chain,
    Choice,
    Compare,
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
    walk,
)
from .types import Type, widened

__all__ = ["PRIMITIVES", "compile_expr", "infer", "names", "resolve", "uses_gpu"]


def names(expr: Expr) -> set[str]:
    """The names in an expression, dotted ones whole. On a resolved tree, bare mode names are no names any more."""
    return {node.id for node in walk(expr) if isinstance(node, Name)}


def uses_gpu(expr: Expr) -> bool:
    """Whether the value depends on the GPU (`flops`, `mem_bw`)."""
    return any(isinstance(node, MemBw) or (isinstance(node, Call) and node.function == "flops") for node in walk(expr))


def infer(expr: Expr, env: Mapping[str, Type], findings: list[Fault]) -> Type:
    """The type of an expression; what is wrong with it is added to `findings`. See `resolve`."""
    return resolve(expr, env, findings)[1]


def resolve(expr: Expr, env: Mapping[str, Type], findings: list[Fault]) -> tuple[Expr, Type]:
    """The tree with a type on every node and `Mode` for every bare mode name that `env` does not declare.

    `env` is what is in scope, dotted names whole. Everything that is wrong is added to `findings`; the result is for
    rendering and evaluating only when nothing was.
    """
    typed = _Checker(env, findings).visit(expr)
    assert typed.type is not None
    return typed, typed.type


def compile_expr(
    text: str, env: Mapping[str, Type], *, dotted: bool = False, gpu: bool = False, bounded: bool = True
) -> tuple[Expr | None, list[Fault]]:
    """Parse and resolve: the tree that `render_expr` and `evaluate` take, or None and what is wrong.

    What can divide by zero or pass the largest real is refused too (see `bounds`), unless `bounded` is false: that is
    for whoever evaluates with values at hand and hears of it then. With `gpu` false, so is an expression that asks for
    the GPU (`flops`, `mem_bw`): a CSV column, a key and a weight are the same on every GPU.
    """
    try:
        expr = parse(text, dotted=dotted)
    except SolSyntax as error:
        return None, error.findings
    findings: list[Fault] = []
    typed, _ = resolve(expr, env, findings)
    if bounded and not findings:
        findings += Bounds().check(typed)
    if not gpu:
        for node in walk(expr):
            if isinstance(node, MemBw) or (isinstance(node, Call) and node.function == "flops"):
                word = node.function if isinstance(node, Call) else "mem_bw"
                _report(findings, node, f"{word!r}", "nothing that depends on the GPU")
    return (None if findings else typed), findings


def _report(findings: list[Fault], node: Expr, found: str, expected: str = "", suggestion: str = "") -> None:
    start, end = node.span
    findings.append(Fault(start, end - start, found, expected, suggestion))


@dataclass
class _Checker:
    env: Mapping[str, Type]
    findings: list[Fault] = field(default_factory=list)

    def report(self, node: Expr, found: str, expected: str = "", suggestion: str = "") -> None:
        _report(self.findings, node, found, expected, suggestion)

    def visit(self, expr: Expr) -> Expr:
        """The node with its type. One frame per level of the tree, which the parser keeps shallow."""
        if isinstance(expr, Int):
            return replace(expr, type=Type.INT)
        if isinstance(expr, (Real, MemBw)):
            return replace(expr, type=Type.REAL)
        if isinstance(expr, Bool):
            return replace(expr, type=Type.BOOL)
        if isinstance(expr, Str):
            return replace(expr, type=Type.STR)
        if isinstance(expr, Mode):
            return replace(expr, type=Type.QUANT)
        if isinstance(expr, Name):
            return self.name(expr)
        if isinstance(expr, Neg):
            operand = self.number(self.visit(expr.operand), "after '-'")
            if isinstance(operand, Neg):
                self.report(expr, "'-' after '-'", "one '-' or none", "two of them cancel out")
            return replace(expr, operand=operand, type=_numeric(operand))
        if isinstance(expr, Not):
            return self.negation(expr)
        if isinstance(expr, Power):
            return self.power(expr)
        if isinstance(expr, Chain):
            return self.chain(expr)
        if isinstance(expr, Compare):
            return self.compare(expr)
        if isinstance(expr, Logic):
            items = tuple(self.condition(self.visit(item), f"around {expr.op!r}") for item in expr.items)
            return replace(expr, items=items, type=Type.BOOL)
        if isinstance(expr, Choice):
            return self.choice(expr)
        return self.call(expr)

    def name(self, expr: Name) -> Expr:
        declared = self.env.get(expr.id)
        if declared is not None:
            return replace(expr, type=declared)
        if expr.id in MODE_NAMES:
            return Mode(canonical(expr.id), span=expr.span, type=Type.QUANT)
        scope = ", ".join(sorted(self.env)) if 0 < len(self.env) <= 12 else "a declared name"
        suggestion = did_you_mean(expr.id, self.env) or did_you_mean(expr.id, {*MODE_NAMES, "mem_bw"})
        self.report(expr, f"the undeclared name {shown(expr.id)}", f"one of {scope}" if self.env else scope, suggestion)
        return replace(expr, type=Type.ANY)

    def number(self, expr: Expr, where: str) -> Expr:
        assert expr.type is not None
        if not expr.type.numeric:
            suggestion = ""
            if expr.type is Type.QUANT:
                suggestion = "bytes_of(q) is its bytes per element, flops(q) its peak FLOPS"
            elif expr.type is Type.BOOL:
                suggestion = "write '1 if c else 0'"
            self.report(expr, f"{_a(expr.type)} {where}", "a number", suggestion)
            return replace(expr, type=Type.ANY)
        return expr

    def condition(self, expr: Expr, where: str) -> Expr:
        if expr.type not in (Type.BOOL, Type.ANY):
            assert expr.type is not None
            suggestion = "compare it: '!= 0'" if expr.type.numeric else ""
            self.report(expr, f"{_a(expr.type)} {where}", "a condition", suggestion)
            return replace(expr, type=Type.ANY)
        if isinstance(expr, Bool):
            self.report(expr, f"the constant '{str(expr.value).lower()}' {where}", "a condition", "leave it out")
        return expr

    def negation(self, expr: Not) -> Expr:
        operand = self.condition(self.visit(expr.operand), "after 'not'")
        if isinstance(operand, Not):
            self.report(expr, "'not not'", "one 'not' or none", "two of them cancel out")
        return replace(expr, operand=operand, type=Type.BOOL)

    def power(self, expr: Power) -> Expr:
        base = self.number(self.visit(expr.base), "as the base of '**'")
        kind = _numeric(base)
        if isinstance(expr.exponent, float) or expr.exponent < 0:
            kind = Type.REAL
        return replace(expr, base=base, type=kind)

    def chain(self, expr: Chain) -> Expr:
        first_op = expr.rest[0][0]
        first = self.visit(expr.first)
        if first.type is Type.STR:
            self.report(first, "a string in arithmetic", "a number", "strings are only compared")
            first = replace(first, type=Type.ANY)
        first = self.operand(first, first_op)
        kind = _numeric(first)
        rest = []
        for op, operand in expr.rest:
            right = self.operand(self.visit(operand), op)
            if op == "%" and kind is Type.REAL:
                self.report(expr, "a real on the left of '%'", "integers on both sides of '%'")
                kind = Type.ANY
            kind = self.arithmetic(op, kind, _numeric(right))
            rest.append((op, right))
        return replace(expr, first=first, rest=tuple(rest), type=kind)

    def operand(self, expr: Expr, op: str) -> Expr:
        expr = self.number(expr, f"next to {op!r}")
        if op == "%" and expr.type is Type.REAL:
            self.report(expr, "a real next to '%'", "integers on both sides of '%'")
            return replace(expr, type=Type.ANY)
        return expr

    @staticmethod
    def arithmetic(op: str, left: Type, right: Type) -> Type:
        if op == "/":
            return Type.REAL
        if op == "%":
            return Type.INT
        both = widened(left, right)
        assert both is not None  # both are numeric
        return both

    def compare(self, expr: Compare) -> Expr:
        left, right = self.visit(expr.left), self.visit(expr.right)
        typed = replace(expr, left=left, right=right, type=Type.BOOL)
        assert left.type is not None and right.type is not None
        for side in (left, right):
            if isinstance(side, Bool):
                self.report(
                    expr, f"a comparison with '{str(side.value).lower()}'", "a condition", "write 'a' or 'not a'"
                )
                return typed
        if expr.op not in ("==", "!="):
            self.number(left, f"on the left of {expr.op!r}")
            self.number(right, f"on the right of {expr.op!r}")
            return typed
        if widened(left.type, right.type) is None:
            suggestion = ""
            if {left.type, right.type} == {Type.STR, Type.QUANT}:
                suggestion = "a mode is written without quotes"
            self.report(expr, f"{_a(left.type)} {expr.op} {_a(right.type)}", "two values of one type", suggestion)
        elif left == right:
            self.report(expr, "a comparison of a value with itself", "two values")
        return typed

    def choice(self, expr: Choice) -> Expr:
        then = self.visit(expr.then)
        test = self.condition(self.visit(expr.test), "after 'if'")
        otherwise = self.visit(expr.otherwise)
        assert then.type is not None and otherwise.type is not None
        kind = widened(then.type, otherwise.type)
        if kind is None:
            found = f"{_a(then.type)} before 'if' and {_a(otherwise.type)} after 'else'"
            self.report(expr, found, "two values of one type")
            kind = Type.ANY
        elif then == otherwise:
            self.report(expr, "a choice between a value and itself", "two values")
        elif isinstance(otherwise, Choice) and then == otherwise.then:
            self.report(expr, "two choices in a row with the same value", "one choice", "write 'a if c or d else b'")
        elif isinstance(then, Bool) and isinstance(otherwise, Bool):
            self.report(expr, "a choice between 'true' and 'false'", "a condition", "write the condition itself")
        return replace(expr, then=then, test=test, otherwise=otherwise, type=kind)

    def call(self, expr: Call) -> Expr:
        args = tuple(self.visit(arg) for arg in expr.args)
        if expr.function in ("flops", "bytes_of"):
            if args[0].type not in (Type.QUANT, Type.ANY):
                assert args[0].type is not None
                self.report(args[0], f"{_a(args[0].type)} in {expr.function}()", "a quant param or a mode name")
            return replace(expr, args=args, type=Type.REAL)
        args = tuple(self.number(arg, f"in {expr.function}()") for arg in args)
        if expr.function == "ceil_div":
            for arg in args:
                if arg.type is Type.REAL:
                    self.report(arg, "a real in ceil_div()", "integers")
            return replace(expr, args=args, type=Type.INT)
        kind: Type | None = args[0].type
        for arg in args[1:]:
            assert kind is not None and arg.type is not None
            kind = widened(kind, arg.type)
        assert expr.function in FUNCTIONS
        return replace(expr, args=args, type=kind)


def _numeric(expr: Expr) -> Type:
    """The type of a node that `number` has let through."""
    assert expr.type is not None
    return expr.type


def _a(kind: Type) -> str:
    words = {Type.INT: "an integer", Type.REAL: "a real", Type.BOOL: "a condition", Type.STR: "a string"}
    return words.get(kind, "a quant mode" if kind is Type.QUANT else "a value of unknown type")
