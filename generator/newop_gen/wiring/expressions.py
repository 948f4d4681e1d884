"""From an expression of the spec's wiring to Python, with every name checked against the place it is put at."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from ..problems import Problem
from ..sol.findings import SolSyntax
from ..sol.parse import parse
from ..sol.quants import MODE_NAMES, SIXTEEN_BIT_NAMES
from ..sol.render.python_expr import Build, python_tree
from ..sol.tree import Call, Expr, Name, walk
from .facts import WiringFacts, spec_place
from .scope import Scope

Path = tuple[str | int, ...]
Alternatives = str | int | Sequence[str | int]


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
    def own(node: Expr, build: Build) -> ast.expr | None:
        if isinstance(node, Name):
            return dotted_name(meaning[node.id])
        if isinstance(node, Call) and node.function == "ceil_div":
            # As model classes write it.
            one, other = map(build, node.args)
            above = ast.BinOp(ast.BinOp(one, ast.Add(), other), ast.Sub(), ast.Constant(1))
            return ast.BinOp(above, ast.FloorDiv(), other)
        return None

    return python_tree(tree, own)
