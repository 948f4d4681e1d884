"""An op that takes the place of another one: the call, or the conditional that it is a branch of, gives way."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Union

from ..edits.lines import encode, hanging
from ..edits.python.elements import read_elements
from ..edits.python.find import dotted
from ..plan import Insertion, Replacement
from ..problems import CheckoutRefused, Problem
from ..render.document import SPACE, Doc, Group, flat, render, verbatim
from ..render.python import OR, bracketed, call, parenthesized
from .emit import NewCall, Value
from .placing import is_free

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..checkout.python import PythonSource
    from .flow import Flow


@dataclass(frozen=True)
class Choice:
    """`then if test else otherwise`, before it is laid out; `otherwise` may be a further choice."""

    then: Doc
    test: Doc
    otherwise: Part


Part = Union[str, Doc, Choice]


def outermost_choice(flow: Flow, node: ast.Call) -> ast.expr:
    """The call, or the outermost conditional expression that has it as a branch."""
    top: ast.expr = node
    while isinstance(parent := flow.parent(top), ast.IfExp) and parent.test is not top:
        top = parent
    return top


class Replacer:
    """Replaces calls in one expression `top` by new ones, keeping the text of everything else.

    A call may be replaced by several, each under a condition of its own; the first that holds counts.
    """

    def __init__(
        self, source: PythonSource, flow: Flow, top: ast.expr, new: Mapping[ast.AST, Sequence[NewCall]], width: int
    ) -> None:
        self.source = source
        self.flow = flow
        self.top = top
        self.new = new
        self.width = width

    def edits(self) -> list[Insertion | Replacement]:
        parent = self.flow.parent(self.top)
        statement = self.flow.statement(self.top)
        doc = _laid_out(self._part(self.top))
        if isinstance(parent, ast.Call) and dotted(parent.func).endswith(".append"):
            return [self._statement(statement, call(self.source.text(parent.func), [doc]))]
        if isinstance(parent, ast.List):
            if parent.lineno != parent.end_lineno:
                return self._element(parent, doc)
            elements = bracketed("[", [doc if e is self.top else self._old(e) for e in parent.elts], "]")
            around = self.flow.parent(parent)
            if isinstance(around, ast.Call) and dotted(around.func).endswith(".extend"):
                return [self._statement(statement, call(self.source.text(around.func), [elements]))]
            if is_free(self.source, parent, around):
                return [self._expression(parent, elements)]
            raise self._refuse()
        if isinstance(parent, ast.keyword) and self.source.starts_line(self.source.start(parent)):
            return [self._expression(self.top, doc)]
        raise self._refuse()

    def _part(self, node: ast.expr) -> Part:
        if node in self.new:
            return self._instead(self.new[node], self._old(node))
        if not isinstance(node, ast.IfExp):
            return self._old(node)
        leaves = _leaves(node)
        if all(leaf in self.new for leaf in leaves):
            first = self.new[leaves[0]]
            texts = {tuple(flat(n.doc()) for n in self.new[leaf]) for leaf in leaves}
            if len(texts) == 1:
                # Whatever the branch, the new op is the same: its own condition goes first.
                return self._instead(first, self._unchanged(node))
        then = self._part(node.body)
        if isinstance(then, Choice):
            then = parenthesized(_laid_out(then))
        return Choice(then, self._old(node.test), self._part(node.orelse))

    def _instead(self, new: Sequence[NewCall], old: Part) -> Part:
        part = old
        for one in reversed(new):
            if one.condition is None:
                part = one.doc()
            else:
                part = Choice(one.doc(), Value(one.condition).doc(OR), part)
        if sum(one.condition is None for one in new) > 1:
            raise self._refuse("an op that several wirings replace without a condition", "one op in its place")
        return part

    def _unchanged(self, node: ast.expr) -> Part:
        if not isinstance(node, ast.IfExp):
            return self._old(node)
        return Choice(self._old(node.body), self._old(node.test), self._unchanged(node.orelse))

    def _old(self, node: ast.expr) -> Doc:
        """The file's own text. What stands on one line may be broken anew, where it doesn't fit behind an `else`."""
        text = self.source.text(node)
        if "\n" not in text:
            doc = Value(node, self.source.text).doc()
            return doc if flat(doc) == text else text
        return verbatim(text, len(self.source.margin(self.source.line_of(self.source.start(node)))))

    def _element(self, container: ast.List, doc: Doc) -> list[Insertion | Replacement]:
        elements = read_elements(self.source, container).items
        if not all(self.source.starts_line(e.start) for e in elements):
            raise self._refuse()
        edits: list[Insertion | Replacement] = [self._expression(self.top, doc)]
        if elements[-1].comma is None:
            # Without the comma a formatter would put a short new element on the line of the brackets.
            edits.append(Insertion(self.source.path, elements[-1].end, b",", once=True))
        return edits

    def _expression(self, node: ast.expr, doc: Doc) -> Replacement:
        start, end = self.source.start(node), self.source.end(node)
        line = self.source.line_of(start)
        margin = self.source.margin(self.source.line_of(start))
        # What follows on the last line counts: the comma, and a comment too.
        tail = self.source.data[end : self.source.line_end(self.source.line_of(end))].decode(self.source.encoding)
        column = start - self.source.line_start(line)
        text = render(doc, width=self.width, margin=len(margin), start=column, suffix=tail.rstrip())
        return self._replace(start, end, hanging(text, margin))

    def _statement(self, statement: ast.stmt, doc: Doc) -> Replacement:
        start = self.source.start(statement)
        margin = self.source.margin(self.source.line_of(start))
        text = render(doc, width=self.width, margin=len(margin))
        return self._replace(start, self.source.end(statement), hanging(text, margin))

    def _replace(self, start: int, end: int, text: str) -> Replacement:
        return Replacement(self.source.path, start, end, encode(self.source, text, start), self.source.data[start:end])

    def _refuse(
        self,
        found: str = "an op that stands between others on a line",
        expected: str = "an op on lines of its own",
    ) -> CheckoutRefused:
        return CheckoutRefused(Problem(self.source.place(self.top), found, expected, "", "anchor-shape"))


def _leaves(node: ast.expr) -> list[ast.expr]:
    return [*_leaves(node.body), *_leaves(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def _laid_out(part: Part) -> Doc:
    if not isinstance(part, Choice):
        return part
    parts: list[Doc] = []
    while isinstance(part, Choice):
        parts += [part.then, SPACE, "if ", part.test, SPACE, "else "]
        part = part.otherwise
    return Group((*parts, part))
