"""The text of what is inserted: the op's call, its condition, and the override of quant modes it has no kernels for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..render import python
from ..render.document import INDENT, Doc, flat, indented, render
from ..render.python import OR, Expressions, literal, with_optional_parentheses
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
        inner = margin if self.condition is None else margin + INDENT
        text = render(python.call(f"{receiver}.append", [self.doc()]), width=width, margin=inner)
        if self.condition is None:
            return text
        head = with_optional_parentheses("if ", self.condition, ":", width=width, margin=margin)
        return head + "\n" + indented(text)


def overrides(checked: Sequence[Override], condition: ast.expr | None, *, width: int, margin: int) -> str:
    """The statements before the one that uses the locals; a mode changes only where the op is (`condition`)."""
    lines = [
        with_optional_parentheses(
            f"{one.local} = ", one.value.node, "", width=width, margin=margin, text=one.value.text
        )
        for one in checked
    ]
    if condition is not None and len(checked) > 1:
        lines.append(with_optional_parentheses("if ", condition, ":", width=width, margin=margin))
        inner = margin + INDENT
        lines += [indented(_check(one, None, width=width, margin=inner)) for one in checked]
    else:
        lines += [_check(one, condition, width=width, margin=margin) for one in checked]
    return "\n".join(lines)


def _check(one: Override, condition: ast.expr | None, *, width: int, margin: int) -> str:
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
    message = f"{one.subject}: no kernels for {one.param} %s, using {one.mode}"
    log: list[ast.expr] = [ast.Constant(message), name]
    if margin + 2 * INDENT + len(message) + 3 > width:
        texts = (one.subject, one.param, one.mode)
        log = [ast.Constant("%s: no kernels for %s %s, using %s"), *map(ast.Constant, texts)]
        log.insert(3, name)
    inner = margin + INDENT
    head, mode = f"{one.local} = ", f"common.{one.enum}.{one.mode}"
    if inner + len(head) + len(mode) > width:
        head, mode = f"{head}(\n", f"{' ' * INDENT}{mode}\n)"
    return "\n".join(
        (
            with_optional_parentheses("if ", test, ":", width=width, margin=margin),
            indented(
                render(Expressions().doc(ast.Call(dotted_name("logger.info"), log, [])), width=width, margin=inner)
            ),
            indented(head + mode),
        )
    )


def _is_and(node: ast.expr) -> bool:
    return isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And)
