"""The commas of a bracketed expression, read from the gaps between its elements.

`ast` says where every element starts and ends, so what stands between two of them is known to hold no string: only
space, comments, line continuations, commas, and parentheses that belong to one of the two. That is enough to find the
comma without LibCST, whose import takes longer than all the rest of a run. Whatever has anything else in a gap is left
to LibCST; tests hold both readings to the same answer.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...checkout.python import PythonSource

_PIECE = re.compile(rb"(?P<space>[ \t\f\r\n]+|\\\r?\n|#[^\n]*)|(?P<mark>[(),])")
_GAP = re.compile(rb"(?P<close>\)*)(?P<comma>,?)(?P<open>\(*)")


class Element(NamedTuple):
    """An element with its own parentheses; `comma` is the offset just past its comma, None without one."""

    start: int
    end: int
    comma: int | None


class Elements(NamedTuple):
    """The elements of a bracketed expression; `open` is just past the bracket, `close` at the closing one."""

    open: int
    close: int
    items: tuple[Element, ...]


def read_gaps(source: PythonSource, node: ast.AST, parts: Sequence[tuple[ast.AST | None, ...]]) -> Elements | None:
    """Where the elements of `node` are, `parts` being the nodes that name each; None when gaps don't tell.

    They don't in a file that is not UTF-8, with `**mapping` in a dict, and with a generator as sole argument, whose
    `ast` node has the call's parentheses.
    """
    if source.encoding != "utf-8" or any(
        part is None or isinstance(part, ast.GeneratorExp) for p in parts for part in p
    ):
        return None
    # A keyword ends past its value's parentheses, a dict's value before them.
    spans = [(source.start(p[0]), max(source.end(part) for part in p if part)) for p in parts if p[0]]
    if isinstance(node, ast.Call):
        opening = _after_func(source, node)
    else:
        opening = source.start(node) + 1 if source.data[source.start(node)] in b"([{" else -1
    closing = source.end(node) - 1
    if opening < 0 or source.data[closing] not in b")]}":
        return None
    if spans and (spans[0][0] < opening or spans[-1][1] > closing):  # a tuple whose brackets are an element's
        return None
    items = _items(source.data, opening, closing, spans, pairs=isinstance(node, ast.Dict))
    return None if items is None else Elements(opening, closing, items)


def _after_func(source: PythonSource, node: ast.Call) -> int:
    """The offset past the bracket that opens the arguments, -1 when it isn't found."""
    for at, mark in _marks(source.data, source.end(node.func), source.end(node)):
        if mark == b"(":
            return at + 1
        if mark != b")":  # one that closes the function's own parentheses
            break
    return -1


def _items(
    data: bytes, opening: int, closing: int, spans: list[tuple[int, int]], *, pairs: bool
) -> tuple[Element, ...] | None:
    """The elements; None where a gap is anything but `))` of the one, a comma, and `((` of the next.

    With `pairs`, parentheses in front are the key's and those behind the value's.
    """
    starts, ends = [opening, *(end for _, end in spans)], [*(start for start, _ in spans), closing]
    gaps = [list(_marks(data, start, end)) for start, end in zip(starts, ends, strict=True)]
    items = []
    opened, first = 0, 0  # parentheses of the element before the gap, and where the first of them is
    for number, gap in enumerate(gaps):
        match = _GAP.fullmatch(b"".join(mark for _, mark in gap))
        if match is None:
            return None
        closed, comma = len(match["close"]), len(match["comma"])
        inner = 0 < number < len(spans)
        if (closed != opened and not pairs) or (inner and not comma) or (not number and comma):
            return None
        if number:
            start, end = spans[number - 1]
            end = gap[closed - 1][0] + 1 if closed else end
            start = first if opened else start
            items.append(Element(start, end, gap[closed][0] + 1 if comma else None))
        opened = len(match["open"])
        first = gap[closed + comma][0] if opened else 0
    return None if opened else tuple(items)


def _marks(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Commas and parentheses of a gap with their offsets; where anything else stands that is no space, a "?"."""
    while start < end:
        match = _PIECE.match(data, start, end)
        if match is None:
            yield start, b"?"
            return
        if match["mark"]:
            yield start, match["mark"]
        start = match.end()
