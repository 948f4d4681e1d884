"""Whole lines between the items, arms, fields and statements of a Rust file.

Every function returns one `Insertion` of complete lines, as those of `edits.place` do. Comments and attributes that
stand directly above a node belong to it: what goes in front of the node goes above them.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING

from ...plan import Insertion
from ...problems import CheckoutRefused, Problem
from ..place import lines_at
from .find import COMMENTS, missing, patterns, place

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...checkout.source import Source


def before(source: Source, node: Node, text: str) -> Insertion:
    """The lines `text` before `node` and what belongs to it. Refused when something else begins its line."""
    first = _first_line(source, _leading(source, node))
    return lines_at(source, source.line_start(first), text)


def after(source: Source, node: Node, text: str) -> Insertion:
    """The lines `text` after the line on which `node` ends; a comment at the end of that line stays with it.

    Refused when something else follows on the line.
    """
    line = _line_of(source, node.end_byte - (source.data[node.end_byte - 1 : node.end_byte] == b"\n"))
    end = source.line_end(line)
    tail = source.data[node.end_byte : end].lstrip(b" \t,;")
    if tail.strip() and not tail.startswith((b"//", b"/*")):
        raise _refuse(source, node, "something else on the same line", "the end of its line")
    return lines_at(source, end, text)


def at_end(source: Source, braces: Node, text: str) -> Insertion:
    """The lines `text` before the closing brace or bracket of `braces`. Refused when that shares its line."""
    closing = braces.children[-1]
    return lines_at(source, source.line_start(_first_line(source, closing)), text)


def before_last_pattern(source: Source, arm: Node, text: str) -> Insertion:
    """The lines `text` (`| X(_)`, indented) before the last alternative of an arm whose alternatives have lines of
    their own."""
    *others, last = patterns(arm)
    if not others:
        raise missing(source, "an arm of several patterns", "", (), arm)
    line = _line_of(source, last.start_byte)
    start = source.line_start(line)
    if source.data[start : last.start_byte].strip() != b"|":
        raise _refuse(source, last, "several patterns on a line", "a line for each pattern")
    return lines_at(source, start, text)


def inside(node: Node) -> tuple[int, int]:
    """The byte range of a node: where an edit that belongs there is looked for."""
    return node.start_byte, node.end_byte


def _leading(source: Source, node: Node) -> Node:
    """The first of the comments and attributes that stand directly above `node`, or `node`."""
    first = node
    while (above := first.prev_sibling) is not None and (above.type in COMMENTS or above.type == "attribute_item"):
        end = above.end_byte - (source.data[above.end_byte - 1 : above.end_byte] == b"\n")
        if _line_of(source, end) != _line_of(source, first.start_byte) - 1 or _shares_line(source, above):
            break  # a blank line between them, or a comment at the end of what is before
        first = above
    return first


def _shares_line(source: Source, node: Node) -> bool:
    """Whether something else begins the line of `node`."""
    start = source.line_start(_line_of(source, node.start_byte))
    return bool(source.data[start : node.start_byte].strip(b" \t"))


def _first_line(source: Source, node: Node) -> int:
    if _shares_line(source, node):
        raise _refuse(source, node, "something else on the same line", "a line of its own")
    return _line_of(source, node.start_byte)


def _line_of(source: Source, offset: int) -> int:
    return bisect.bisect_right(source.line_starts, offset)


def _refuse(source: Source, node: Node, found: str, expected: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(place(source, node), found, expected, "let rustfmt arrange the file", "anchor-line"))
