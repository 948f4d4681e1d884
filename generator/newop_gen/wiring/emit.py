"""The text of what is inserted: the op's call, its condition, and the override of quant modes it has no kernels for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..render import python
from ..render.document import HARD, Doc, Either, Indented, flat, joined, render
from ..render.python import OR, Expressions, literal, statement
from .expressions import dotted_name

Text = Callable[[ast.AST], str]


@dataclass(frozen=True)
class Value:
    """An expression, and the text of the file it was copied from, if it was."""

    node: ast.expr
    text: Text | None = None

    def doc(self, least: int = python.TERNARY) -> Doc:
        return Expressions(self.text).doc(self.node, least)

    def same(self, other: Value) -> bool:
        return ast.dump(self.node) == ast.dump(other.node)


@dataclass(frozen=True)
class Override:
    """A quant argument that is checked first: `local` gets `value`, or `mode` when that is not one of `modes`.

    `modes` are names of members of `common.<enum>`; `subject` and `param` say in the log what is overridden.
    """

    subject: str
    param: str
    local: str
    value: Value
    enum: str
    modes: Sequence[str]
    mode: str


@dataclass(frozen=True)
class NewCall:
    """The call that makes the op, and the condition under which it is there."""

    function: str
    name: str
    scale: Value
    arguments: Sequence[tuple[str, Value]]
    condition: ast.expr | None

    def doc(self) -> Doc:
        arguments = [literal(self.name), self.scale.doc()]
        arguments += [(f"{param}=", value.doc()) for param, value in self.arguments]
        return python.call(self.function, arguments)

    def flat(self) -> str:
        """The call on one line, however long."""
        return flat(self.doc())

    def element(self, *, width: int, margin: int) -> str:
        """As an element of a list, without comma."""
        doc = self.doc()
        if self.condition is not None:
            test = Value(self.condition).doc(OR)
            doc = ("*", python.parenthesized(python.conditional(python.bracketed("[", [doc], "]"), test, "[]")))
        return render(doc, width=width, margin=margin, suffix=",")

    def statement(self, receiver: str, *, width: int, margin: int) -> str:
        """As a statement that appends it to `receiver`."""
        return render(
            _under(self.condition, python.call(f"{receiver}.append", [self.doc()])), width=width, margin=margin
        )


def overrides(checked: Sequence[Override], condition: ast.expr | None, *, width: int, margin: int) -> str:
    """The statements before the one that uses the locals; a mode changes only where the op is (`condition`)."""
    docs = [statement(f"{one.local} = ", one.value.node, text=one.value.text) for one in checked]
    if condition is not None and len(checked) > 1:
        docs.append(_under(condition, joined((_check(one, None) for one in checked), HARD)))
    else:
        docs += [_check(one, condition) for one in checked]
    return render(joined(docs, HARD), width=width, margin=margin)


def _check(one: Override, condition: ast.expr | None) -> Doc:
    name = ast.Attribute(ast.Name(one.local), "name")
    test: ast.expr
    if len(one.modes) == 1:
        test = ast.Compare(name, [ast.NotEq()], [ast.Constant(one.modes[0])])
    else:
        test = ast.Compare(name, [ast.NotIn()], [ast.Tuple([ast.Constant(m) for m in one.modes])])
    if condition is not None:
        # The test goes first: a line that ends in its bracket would be broken inside it.
        conditions = condition.values if _is_and(condition) else [condition]  # type: ignore[attr-defined]
        test = ast.BoolOp(ast.And(), [test, *conditions])
    whole = [literal(f"{one.subject}: no kernels for {one.param} %s, using {one.mode}"), f"{one.local}.name"]
    apart = [
        '"%s: no kernels for %s %s, using %s"',
        literal(one.subject),
        literal(one.param),
        whole[1],
        literal(one.mode),
    ]
    log = Either((python.call("logger.info", whole), python.call("logger.info", apart)))
    return _under(test, (log, HARD, statement(f"{one.local} = ", dotted_name(f"common.{one.enum}.{one.mode}"))))


def _under(condition: ast.expr | None, doc: Doc) -> Doc:
    """The statements under an `if`, where there is a condition."""
    return doc if condition is None else (statement("if ", condition, ":"), Indented((HARD, doc)))


def _is_and(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)
