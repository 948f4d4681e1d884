"""Whole lines between the items, arms, fields and statements of a Rust file.

Every function returns one `Insertion` of complete lines, as those of `edits.python.place` do. Comments and attributes
that stand directly above a node belong to it: what goes in front of the node goes above them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...plan import Insertion
from ...problems import CheckoutRefused, Problem
from ..lines import lines_at
from .find import COMMENTS, missing, patterns

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...checkout.rust import RustSource


def before(source: RustSource, node: Node, text: str) -> Insertion:
    """The lines `text` before `node` and what belongs to it. Refused when something else begins its line."""
    first = _first_line(source, _leading(source, node))
    return lines_at(source, source.line_start(first), text)


def after(source: RustSource, node: Node, text: str) -> Insertion:
    """The lines `text` after the line on which `node` ends; a comment at the end of that line stays with it.

    Refused when something else follows on the line.
    """
    line = source.line_of(node.end_byte - (source.data[node.end_byte - 1 : node.end_byte] == b"\n"))
    end = source.line_end(line)
    tail = source.data[node.end_byte : end].lstrip(b" \t,;")
    if tail.strip() and not tail.startswith((b"//", b"/*")):
        raise _refuse(source, node, "something else on the same line", "the end of its line")
    return lines_at(source, end, text)


def at_end(source: RustSource, braces: Node, text: str) -> Insertion:
    """The lines `text` before the closing brace or bracket of `braces`. Refused when that shares its line."""
    closing = braces.children[-1]
    return lines_at(source, source.line_start(_first_line(source, closing)), text)


def before_last_pattern(source: RustSource, arm: Node, text: str) -> Insertion:
    """The lines `text` (`| X(_)`, indented) before the last alternative of an arm whose alternatives have lines of
    their own."""
    *others, last = patterns(arm)
    if not others:
        raise missing(source, "an arm of several patterns", "", (), arm)
    line = source.line_of(last.start_byte)
    start = source.line_start(line)
    if source.data[start : last.start_byte].strip() != b"|":
        raise _refuse(source, last, "several patterns on a line", "a line for each pattern")
    return lines_at(source, start, text)


def inside(node: Node) -> tuple[int, int]:
    """The byte range of a node: where an edit that belongs there is looked for."""
    return node.start_byte, node.end_byte


def _leading(source: RustSource, node: Node) -> Node:
    """The first of the comments and attributes that stand directly above `node`, or `node`."""
    first = node
    while (above := first.prev_sibling) is not None and (above.type in COMMENTS or above.type == "attribute_item"):
        end = above.end_byte - (source.data[above.end_byte - 1 : above.end_byte] == b"\n")
        if source.line_of(end) != source.line_of(first.start_byte) - 1 or not source.starts_line(above.start_byte):
            break  # a blank line between them, or a comment at the end of what is before
        first = above
    return first


def _first_line(source: RustSource, node: Node) -> int:
    if not source.starts_line(node.start_byte):
        raise _refuse(source, node, "something else on the same line", "a line of its own")
    return source.line_of(node.start_byte)


def _refuse(source: RustSource, node: Node, found: str, expected: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(source.place(node), found, expected, "let rustfmt arrange the file", "anchor-line"))
