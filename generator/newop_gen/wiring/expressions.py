"""From an expression of the spec's wiring to Python, with every name checked against the place it is put at."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..problems import Problem
from ..sol.findings import SolSyntax
from ..sol.parse import parse
from ..sol.quants import MODE_NAMES, SIXTEEN_BIT_NAMES
from ..sol.tree import Bool, Call, Chain, Choice, Compare, Expr, Int, Logic, Name, Neg, Not, Power, Real, Str, walk
from .facts import WiringFacts, spec_place
from .scope import Scope

Path = tuple[str | int, ...]
Alternatives = str | int | Sequence[str | int]

_ARITHMETIC: dict[str, type[ast.operator]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
}
_COMPARE: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_MIRRORED: dict[str, str] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED: dict[str, str] = {"==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Expressions:
    """Compiles the expressions of one op's wiring at one place."""

    op: str
    facts: WiringFacts
    scope: Scope

    def choose(self, values: Alternatives, path: Path, enum: str | None = None) -> ast.expr | Problem:
        """The first of the alternatives whose names are all in scope, else what is missing from each.

        `enum` is the quant-mode enum of the param that the value is for: bare mode names mean its members.
        """
        several = not isinstance(values, (str, int))
        alternatives: Sequence[str | int] = values if several else [values]  # type: ignore[assignment,list-item]
        problems = []
        for number, value in enumerate(alternatives):
            result = self._compile(value, (*path, number) if several else path, enum)
            if isinstance(result, ast.expr):
                return result
            problems.append(result)
        if len(problems) == 1:
            return problems[0]
        return Problem(
            spec_place(self.op, path),
            "none of the alternatives is in scope: " + "; ".join(p.found for p in problems),
            problems[0].expected,
            next((p.suggestion for p in problems if p.suggestion), ""),
            problems[0].code,
        )

    def _compile(self, value: str | int, path: Path, enum: str | None) -> ast.expr | Problem:
        if isinstance(value, int):
            return ast.Constant(value)
        try:
            tree = parse(value, dotted=True)
        except SolSyntax as error:
            finding = error.findings[0]
            place = spec_place(self.op, path, finding.offset)
            return Problem(place, finding.found, finding.expected, finding.suggestion, "wiring-syntax")
        names = {node.id: node for node in walk(tree) if isinstance(node, Name)}
        meaning = {name: self._meaning(name, enum) for name in names}
        for name, node in names.items():
            missing = self.scope.missing(meaning[name])
            if missing is not None:
                near = self.scope.nearest(name)
                return Problem(
                    spec_place(self.op, path, node.span[0]),
                    f"{missing} (at {self.scope.model.source.place(self.scope.statement)})",
                    f"a name in scope in {self.scope.model.name}.{self.scope.method.name}",
                    f"did you mean {near!r}?" if near and near != name else "",
                    "wiring-scope",
                )
        return _python(tree, meaning)

    def _meaning(self, name: str, enum: str | None) -> str:
        """What a name of the spec is called in this tree: a mode by its enum, the 16-bit mode by the release's name."""
        bare_mode = enum is not None and name in MODE_NAMES and self.scope.missing(name) is not None
        full = f"common.{enum}.{name}" if bare_mode else name
        head, _, last = full.rpartition(".")
        return f"{head}.{self.facts.sixteen_bit}" if head.endswith("QuantMode") and last in SIXTEEN_BIT_NAMES else full


def dotted_name(name: str) -> ast.expr:
    head, *rest = name.split(".")
    node: ast.expr = ast.Name(head)
    for attribute in rest:
        node = ast.Attribute(node, attribute)
    return node


def _python(tree: Expr, meaning: dict[str, str]) -> ast.expr:
    def build(node: Expr) -> ast.expr:
        if isinstance(node, (Int, Real, Bool, Str)):
            return ast.Constant(node.value)
        if isinstance(node, Name):
            return dotted_name(meaning[node.id])
        if isinstance(node, Neg):
            return ast.UnaryOp(ast.USub(), build(node.operand))
        if isinstance(node, Not):
            return _negation(node, build)
        if isinstance(node, Power):
            exponent: ast.expr = ast.Constant(abs(node.exponent))
            return ast.BinOp(
                build(node.base), ast.Pow(), exponent if node.exponent >= 0 else ast.UnaryOp(ast.USub(), exponent)
            )
        if isinstance(node, Chain):
            value = build(node.first)
            for sign, operand in node.rest:
                value = ast.BinOp(value, _ARITHMETIC[sign](), build(operand))
            return value
        if isinstance(node, Compare):
            return _comparison(node.op, build(node.left), build(node.right))
        if isinstance(node, Logic):
            return ast.BoolOp(ast.And() if node.op == "and" else ast.Or(), [build(item) for item in node.items])
        if isinstance(node, Choice):
            return ast.IfExp(test=build(node.test), body=build(node.then), orelse=build(node.otherwise))
        if isinstance(node, Call) and node.function == "ceil_div":
            one, other = map(build, node.args)
            above = ast.BinOp(ast.BinOp(one, ast.Add(), other), ast.Sub(), ast.Constant(1))
            return ast.BinOp(above, ast.FloorDiv(), other)
        if isinstance(node, Call):
            return ast.Call(ast.Name(node.function), [build(a) for a in node.args], [])
        raise AssertionError(f"{type(node).__name__} in a wiring expression")

    return build(tree)


def _comparison(op: str, left: ast.expr, right: ast.expr) -> ast.expr:
    """Constants go to the right, as linters want them."""
    if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
        op, left, right = _MIRRORED[op], right, left
    return ast.Compare(left, [_COMPARE[op]()], [right])


def _negation(node: Not, build) -> ast.expr:  # type: ignore[no-untyped-def]
    inner = node.operand
    if isinstance(inner, Compare) and inner.op in _NEGATED:
        return _comparison(_NEGATED[inner.op], build(inner.left), build(inner.right))
    return ast.UnaryOp(ast.Not(), build(inner))
