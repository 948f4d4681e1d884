"""Putting an op into a list literal or between statements, and recognising one that is there already.

New elements and statements are whole lines next to their anchor, so that several ops can use one anchor without knowing
of each other. What a list needs besides, they share (`Insertion.once`): the comma that a lone element does not have,
and the line breaks of a list that stands on one line.
"""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..edits.lines import deeper, encode, hanging, indent, lines_at
from ..edits.python.elements import read_elements
from ..edits.python.place import after_statement, before_statement, indentation
from ..plan import Insertion
from ..problems import CheckoutRefused, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..checkout.python import PythonSource
    from ..edits.python.gaps import Element, Elements


def is_free(source: PythonSource, container: ast.List, parent: ast.AST) -> bool:
    """Whether a list on one line can get more lines without anything around it having to be laid out anew: it is a
    value, or starts its line and ends it."""
    if isinstance(parent, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.keyword)):
        return True
    return source.starts_line(source.start(container)) and not source.rest_of_line(source.end(container))


class ListSlot:
    """The place before or after an element of a list literal."""

    def __init__(
        self, source: PythonSource, container: ast.List, element: ast.expr, *, after: bool, argument_of: ast.Call | None
    ) -> None:
        """`argument_of` is the call that has the list as its only argument, if there is one."""
        self.source = source
        self.after = after
        # Brackets that stand on a line of their own already need no further breaks around them.
        self._call = argument_of = None if source.starts_line(source.start(container)) else argument_of
        self._elements: Elements = read_elements(source, container)
        self._index = next(i for i, node in enumerate(container.elts) if node is element)
        items = self._elements.items
        self.in_lines = all(source.starts_line(i.start) for i in items) and source.starts_line(self._elements.close)
        self._base = source.margin(source.line_of(self._elements.open))
        self._outer = self._base if argument_of is None else deeper(self._base)
        self.margin = source.margin(source.line_of(items[self._index].start)) if self.in_lines else deeper(self._outer)
        if not self.in_lines and not self._can_be_broken_up():
            raise CheckoutRefused(
                Problem(
                    source.place(container),
                    "a list with some of its elements on one line",
                    "a list on one line, or with each element on lines of its own",
                    "format the file with `ruff format`, then run again",
                    "anchor-shape",
                )
            )

    def _can_be_broken_up(self) -> bool:
        """Whether the list stands on one line, with nothing but a few spaces between its elements."""
        start, end = self._elements.open, self._elements.close
        items = self._elements.items
        gaps = [(i.comma or i.end, j.start) for i, j in itertools.pairwise(items)]
        return self.source.line_of(start) == self.source.line_of(end) and all(
            stop - at <= len(self.margin) and not self.source.data[at:stop].strip(b" ") for at, stop in gaps
        )

    def find(self, text: str) -> tuple[int, int] | None:
        """The bytes of an element with exactly this text, on the side of the anchor where it would be put."""
        items = self._elements.items
        wanted = hanging(text, self.margin)
        for item in items[self._index + 1 :] if self.after else items[: self._index]:
            if self._text(item) == wanted:
                return item.start, item.end
        return None

    def insert(self, text: str) -> list[Insertion]:
        """The insertions that make `text`, one element without comma, stand there."""
        return self._in_lines(text) if self.in_lines else self._broken_up(text)

    def _text(self, item: Element) -> str:
        return self.source.data[item.start : item.end].decode(self.source.encoding).replace("\r\n", "\n")

    def _in_lines(self, text: str) -> list[Insertion]:
        items, source = self._elements.items, self.source
        lines = indent(text, self.margin) + ",\n"
        item = items[self._index]
        if self.after:
            offset = source.line_end(source.line_of(item.comma or item.end))
        else:
            previous = items[self._index - 1].end if self._index else self._elements.open
            line = source.above_comments(source.line_of(item.start), source.line_of(previous))
            offset = source.line_start(line)
        edits = [self._edit(offset, lines, stacks=self.after)]
        if items[-1].comma is None:
            edits.append(self._edit(items[-1].end, ",", once=True))
        return edits

    def _broken_up(self, text: str) -> list[Insertion]:
        """A list on one line gets a line for each element. Single spaces between them become part of the margin."""
        items, source, margin = self._elements.items, self.source, self.margin
        last = items[-1]
        comma = "" if last.comma is not None else ","
        edits = []
        if self._call is not None:
            edits.append(self._edit(self._elements.open - 1, f"\n{self._outer}", once=True))
        edits.append(self._edit(items[0].start, f"\n{margin}", once=True))
        for number, item in enumerate(items):
            here = number == self._index
            if here and not self.after:
                edits.append(self._edit(item.start, f"{hanging(text, margin)},\n{margin}"))
            at = item.comma if item.comma is not None else item.end
            if here and self.after:
                new = f"\n{indent(text, margin)}"
                edits.append(self._edit(at, f",{new}" if item.comma is None else f"{new},", stacks=True))
            if item is not last:
                space = items[number + 1].start - at
                if source.data[at : at + space].strip(b" "):
                    raise AssertionError("something else than spaces between elements on one line")
                edits.append(self._edit(at, "\n" + margin[: len(margin) - space], once=True))
        edits.append(self._edit(self._elements.close, f"{comma}\n{self._outer}", once=True))
        if self._call is not None:
            edits.append(self._edit(source.end(self._call) - 1, f"\n{self._base}", once=True))
        return edits

    def _edit(self, offset: int, text: str, *, stacks: bool = False, once: bool = False) -> Insertion:
        return Insertion(self.source.path, offset, encode(self.source, text, offset), stacks=stacks, once=once)


@dataclass(frozen=True)
class StatementSlot:
    """The place before or after a statement. Comments directly above the statement belong to it."""

    source: PythonSource
    block: Sequence[ast.stmt]
    statement: ast.stmt
    after: bool

    @property
    def margin(self) -> str:
        return indentation(self.source, self.statement)

    def find(self, text: str, *, adjoining: bool = False) -> tuple[int, int] | None:
        """The bytes of statements with exactly this text, on the side of the anchor where they would be put.

        `adjoining`: only assignments and `if`s directly before the statement are looked at.
        """
        wanted = encode(self.source, indent(text, self.margin) + "\n").replace(b"\r\n", b"\n")
        others = self.adjoining() if adjoining else self._others()
        lines = wanted.count(b"\n")
        for node in others:
            start = self.source.line_start(node.lineno)
            end = self.source.line_end(min(node.lineno + lines - 1, len(self.source.line_starts)))
            if self.source.data[start:end].replace(b"\r\n", b"\n") == wanted:
                return start, end
        return None

    def _others(self) -> list[ast.stmt]:
        index = self.block.index(self.statement)
        return list(self.block[index + 1 :] if self.after else self.block[:index])

    def adjoining(self) -> list[ast.stmt]:
        """The assignments and `if`s directly before the statement."""
        others = self._others()
        while others and not all(isinstance(o, (ast.Assign, ast.If)) for o in others):
            others.pop(0)
        return others

    def insert(self, text: str) -> Insertion:
        lines = indent(text, self.margin) + "\n"
        if self.after:
            return after_statement(self.source, self.statement, lines, stacks=True)
        above = self.source.above_comments(self.statement.lineno)
        if above == self.statement.lineno:
            return before_statement(self.source, self.statement, lines)
        return lines_at(self.source, self.source.line_start(above), lines)
