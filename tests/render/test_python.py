"""What the printer of Python lays out is what `ruff format` leaves alone, for expressions of all kinds and lengths."""

from __future__ import annotations

import ast
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newop_gen.render.document import render
from newop_gen.render.python import Expressions, call, statement

NAMES = (
    "h",
    "tp_size",
    "self.config.tp_size",
    "self._num_heads",
    "self.config.moe_backend",
    "self.architecture",
    "quant.name",
)
TEXTS = (1, 128, 2.5, "DeepseekV3ForCausalLM", "x", 'with "quotes"')


class Maker:
    """Random expressions of what the spec's expressions can say."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def name(self) -> ast.expr:
        head, *rest = self.random.choice(NAMES).split(".")
        node: ast.expr = ast.Name(head)
        for attribute in rest:
            node = ast.Attribute(node, attribute)
        return node

    def some(self, depth: int, *counts: int) -> list[ast.expr]:
        return [self.expression(depth) for _ in range(self.random.choice(counts))]

    def expression(self, depth: int) -> ast.expr:
        if depth <= 0 or self.random.random() < 0.25:
            return self.name() if self.random.random() < 0.7 else ast.Constant(self.random.choice(TEXTS))
        depth -= 1
        one, other = self.expression(depth), self.expression(depth)
        makers: list[Callable[[], ast.expr]] = [
            *[lambda: ast.BinOp(one, self.random.choice((ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod))(), other)]
            * 6,
            lambda: ast.BinOp(self.name(), ast.Pow(), ast.Constant(2)),
            *[lambda: ast.Compare(one, [self.random.choice((ast.Eq, ast.NotEq, ast.Lt, ast.GtE))()], [other])] * 2,
            *[lambda: ast.BoolOp(self.random.choice((ast.And, ast.Or))(), [one, *self.some(depth, 1, 1, 2)])] * 3,
            lambda: ast.UnaryOp(ast.Not(), one),
            lambda: ast.UnaryOp(ast.USub(), self.name()),
            lambda: ast.IfExp(test=self.expression(depth), body=one, orelse=other),
            lambda: ast.Call(ast.Name(self.random.choice(("min", "max"))), self.some(depth, 2, 3), []),
            lambda: ast.Subscript(self.name(), one if self.random.random() < 0.7 else ast.Constant("gpu")),
            lambda: ast.Subscript(ast.Call(self.name(), [one], [ast.keyword("at", other)]), ast.Constant(0)),
            lambda: ast.Attribute(ast.Subscript(self.name(), one), "memory"),
            lambda: ast.Attribute(self.name() if isinstance(one, ast.Constant) else one, "memory"),
            lambda: ast.BinOp(one, ast.Pow(), ast.Constant(0.5)),
            lambda: self.display(depth),
        ]
        return self.random.choice(makers)()

    def display(self, depth: int) -> ast.expr:
        elements = self.some(depth, 1, 2, 4)
        clause = ast.comprehension(ast.Name("at"), self.name(), self.some(depth, 0, 0, 1), False)
        return self.random.choice(
            (
                ast.List(elements),
                ast.Tuple(elements),
                ast.Set(elements),
                ast.Dict([ast.Constant(f"key{n}") for n in range(len(elements))], elements),
                ast.ListComp(elements[0], [clause]),
                ast.SetComp(elements[0], [clause, clause]),
                ast.Call(ast.Name("min"), [ast.GeneratorExp(elements[0], [clause])], []),
                ast.Call(
                    ast.Name("estimate"),
                    [ast.Lambda(ast.arguments([], [ast.arg("at")], None, [], [], None, []), elements[0])],
                    [],
                ),
            )
        )

    def op(self) -> ast.expr:
        count = self.random.randint(0, 5)
        keywords = [ast.keyword(f"p{i}" * self.random.randint(1, 4), self.expression(i % 3)) for i in range(count)]
        return ast.Call(ast.Attribute(ast.Name("ops"), "NewOp"), [ast.Constant("new_op"), self.expression(1)], keywords)


def _moved(text: str, margin: int) -> str:
    return "".join(" " * margin + line + "\n" for line in text.split("\n"))


def _function(seed: int, count: int) -> str:
    make, expressions, out = Maker(seed), Expressions(), ["def function(self):\n"]

    def element(node: ast.expr) -> str:
        text = render(expressions.doc(node), width=120, margin=12, suffix=",")
        return f"    self.x.extend(\n        [\n{_moved(text + ',', 12)}        ]\n    )\n"

    for number in range(count):
        kind = number % 6
        if kind == 0:
            text = render(statement("if ", make.expression(3), ":"), width=120, margin=4)
            out.append(_moved(text + "\n    pass", 4))
        elif kind == 1:
            out.append(_moved(render(statement("value = ", make.expression(3)), width=120, margin=4), 4))
        elif kind == 2:
            out.append(_moved(render(call("self.x.append", [expressions.doc(make.op())]), width=120, margin=4), 4))
        elif kind == 3:
            choice = ast.IfExp(test=make.expression(2), body=ast.List([make.op()]), orelse=ast.List([]))
            out.append(element(ast.Starred(choice)))
        elif kind == 4:
            out.append(element(make.op()))
        else:
            out.append(element(ast.IfExp(test=make.expression(2), body=make.op(), orelse=make.op())))
    return "".join(out)


@pytest.mark.parametrize("seed", range(4))
def test_ruff_leaves_it_alone(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "function.py"
    file.write_text(_function(seed, 300))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "--diff", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("seed", range(200))
def test_it_means_the_same(seed: int) -> None:
    node = Maker(seed).expression(4)
    text = render(Expressions().doc(node), width=40)
    assert ast.dump(_normal(ast.parse(f"({text})", mode="eval").body)) == ast.dump(_normal(node))


def _normal(node: ast.expr) -> ast.expr:
    """As Python parses it: a chain of `and`s is one node, also when it was made of two."""
    return ast.parse(ast.unparse(node), mode="eval").body


def test_a_line_that_is_one_column_too_long_is_broken() -> None:
    """The width is kept exactly: what fits at 31 columns does not at 30, nor with a comma behind it."""
    doc = call("f", ["a" * 10, "b" * 10, "cccc"])
    assert render(doc, width=31) == f"f({'a' * 10}, {'b' * 10}, cccc)"
    assert "\n" in render(doc, width=30)
    assert "\n" in render(doc, width=31, suffix=",")
