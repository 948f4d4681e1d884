"""One element more in a bracketed literal or a call, with every other byte left alone.

The style is taken from the element next to the place:

- it stands on lines of its own, with a comma: the new element gets lines of its own, with a comma, at its indentation;
- more stands on its line: the new element goes on that line (`, new`, or ` new,` before another element), unless it has
  several lines or the line would exceed 120 columns: then it starts a new line;
- the last element stands on lines of its own and has no comma, as ruff leaves a sole one: it gets one;
- the last element of a line has no comma: `,` goes before the new element and none after it, as the file does it. When
  a comment follows it, the new one goes below and the comma in front (`, new`): the comment stays where it was;
- an empty pair of brackets is opened up into lines of its own.

For a file that is formatted by ruff the result is what ruff makes of it, except where ruff would reflow the elements
that are there already (a line that gets too long): no insertion can. Several elements for one place add up in any
order: each is an insertion of its own, and what they need besides (that comma, a line break in brackets that were
empty) is the same for all of them and made once.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ...plan import Insertion
from ...problems import CheckoutRefused, Problem
from ..lines import deeper, encode, hanging, indent
from .elements import Bracketed, dump_elements, dumps, nodes_of, read_elements
from .gaps import Elements

if TYPE_CHECKING:
    from ...checkout.python import PythonSource

LINE_LENGTH = 120
_LAST = "~"  # sorts after what else comes to the same offset: no other key begins with it

At = Literal["end", "before", "after"]


def insert_element(
    source: PythonSource, node: Bracketed, text: str, *, at: At = "end", anchor: ast.AST | None = None, sort: str = ""
) -> list[Insertion]:
    """The insertions that make `text` an element of `node`: the first is the element, others are needed once however
    many elements come in.

    `text` is one element without indentation or comma, of one or more lines: an expression, `key: value` for a dict,
    an argument for a call. `anchor` is the `ast` node of the element to go `before` or `after`
    (key or value for a dict, keyword or its value for a call). Comment lines directly above an element belong to it.
    Going after an element is an insertion that stacks.

    Raises `CheckoutRefused` when LibCST can't reprint `node`, or when it can't take another element there (a generator
    as sole argument); `ValueError` when `text` is not one element or `anchor` not one of the elements.
    """
    elements = read_elements(source, node)
    text = text.strip("\n")
    _parse_element(node, text)
    if at == "end":
        index = len(elements.items)
    else:
        index = _index(node, anchor) + (at == "after")
    shared: list[tuple[int, str]] = []  # what goes after the elements at its place
    opened = False
    if not elements.items:
        offset, added = _into_empty(source, elements, text)
        opened = not source.starts_line(elements.close)
        if opened and _margin_at(source, offset):
            shared.append((offset, _margin_at(source, offset)))
    elif at == "before" and source.starts_line(elements.items[index].start):
        offset, added = _line_before(source, elements, index, text)
        if _lacks_comma(source, elements, len(elements.items) - 1):
            shared.append((elements.items[-1].end, ","))
    elif index == 0:
        offset, added = _inline_first(source, elements, text)
    elif _lacks_comma(source, elements, index - 1):
        offset, added = _line_after(source, elements, index - 1, text, at_end=at == "end")
        shared.append((elements.items[-1].end, ","))
    else:
        offset, added = _after(source, elements, index - 1, text, at_end=at == "end")
    edits = [Insertion(source.path, offset, encode(source, added, offset), stacks=at == "after", sort=sort)]
    edits += [Insertion(source.path, o, encode(source, more, o), once=True, sort=_LAST) for o, more in shared]
    if opened:  # a line break before all elements; each brings that behind it, so that it stands on lines of its own
        edits.append(Insertion(source.path, offset, encode(source, "\n", offset), stacks=True, once=True))
    _check(source, node, index, edits, text)
    return edits


def insert_sorted_string(source: PythonSource, node: ast.List | ast.Tuple, name: str) -> list[Insertion]:
    """Insert the string `name` where it belongs in a sorted list of names (`__all__`), at the end of an unsorted one.

    The order is that of ruff's RUF022: CONSTANTS, Classes, the rest, each in natural order ("op2" before "op10") and
    capitals first ("MLABmm" before "Mamba").
    """
    values = [e.value if isinstance(e, ast.Constant) and isinstance(e.value, str) else None for e in node.elts]
    quote = "'" if values and source.text(node.elts[0]).startswith("'") else '"'
    text = f"{quote}{name}{quote}"
    return _insert_sorted(source, node, text, _all_key(name), [None if v is None else _all_key(v) for v in values])


def _insert_sorted(
    source: PythonSource, node: Bracketed, text: str, key: str, keys: list[str | None]
) -> list[Insertion]:
    known = [k for k in keys if k is not None]
    anchors = nodes_of(node)
    if not anchors or len(known) < len(keys) or known != sorted(known):
        return insert_element(source, node, text)
    index = sum(k < key for k in known)
    if index == 0:
        return insert_element(source, node, text, at="before", anchor=anchors[0][0], sort=key)
    element, *shared = insert_element(source, node, text, at="after", anchor=anchors[index - 1][0], sort=key)
    # Names of one run that go to the same gap stand in their own order, not in that of planning.
    return [replace(element, stacks=False), *shared]


def _all_key(name: str) -> str:
    """A string that sorts as RUF022 sorts `__all__`: by kind, then naturally with capitals first."""
    return f"{_kind(name)}{_natural(name)}"


def _kind(name: str) -> str:
    return "0" if name.isupper() and len(name) > 1 else "1" if name[:1].isupper() else "2"


def _natural(name: str) -> str:
    """`name` with numbers that sort by value."""
    return re.sub(r"\d+", lambda m: f"{len(m[0].lstrip('0')):04d}{m[0].lstrip('0')}", name)


# Where and how: each of these returns a byte offset and the text to insert there, with "\n" for a newline.


def _line_before(source: PythonSource, elements: Elements, index: int, text: str) -> tuple[int, str]:
    start = elements.items[index].start
    previous = elements.items[index - 1].comma if index else elements.open
    line = source.above_comments(source.line_of(start), source.line_of(previous or elements.open))
    return source.line_start(line), indent(text, _margin_at(source, start)) + ",\n"


def _inline_first(source: PythonSource, elements: Elements, text: str) -> tuple[int, str]:
    start = elements.items[0].start
    if _fits(source, start, text + ", "):
        return start, text + ", "
    margin = deeper(_margin_at(source, start))
    return start, f"{hanging(text, margin)},\n{margin}"


def _lacks_comma(source: PythonSource, elements: Elements, index: int) -> bool:
    """Whether an element is the last one, on lines of its own, and without a comma."""
    item = elements.items[index]
    own_lines = source.starts_line(item.start) and source.starts_line(elements.close)
    return item.comma is None and own_lines


def _line_after(source: PythonSource, elements: Elements, index: int, text: str, *, at_end: bool) -> tuple[int, str]:
    item = elements.items[index]
    line = source.line_of(item.comma or item.end)
    if at_end and source.starts_line(elements.close):  # below comments that end the list
        line = source.line_of(elements.close) - 1
    before = _margin_at(source, item.start)
    margin = before if source.starts_line(item.start) else _margin(source, elements, index, before)
    return source.line_end(line), indent(text, margin) + ",\n"


def _after(source: PythonSource, elements: Elements, index: int, text: str, *, at_end: bool) -> tuple[int, str]:
    item = elements.items[index]
    own_line = source.starts_line(item.start)
    before = _margin_at(source, item.start)
    margin = before if own_line else _margin(source, elements, index, before)
    if item.comma is not None:
        tail = source.rest_of_line(item.comma)
        if not tail or tail.startswith(source.comment):
            return _line_after(source, elements, index, text, at_end=at_end)
        if _fits(source, item.comma, f" {text},"):
            return item.comma, f" {text},"
        return item.comma, f"\n{indent(text, margin)},"
    tail = source.rest_of_line(item.end)
    one_line = source.line_of(elements.items[0].start) == source.line_of(item.end)
    if tail.startswith(source.comment):
        return source.line_end(source.line_of(item.end)), f"{margin}, {hanging(text, margin)}\n"
    if (one_line or not own_line) and _fits(source, item.end, f", {text}"):
        return item.end, f", {text}"
    return item.end, f",\n{indent(text, margin)}"


def _into_empty(source: PythonSource, elements: Elements, text: str) -> tuple[int, str]:
    body = indent(text, deeper(_margin_at(source, elements.open)))
    if source.starts_line(elements.close):
        return source.line_start(source.line_of(elements.close)), body + ",\n"
    return elements.open, body + ",\n"


def _margin(source: PythonSource, elements: Elements, index: int, line: str) -> str:
    """Indentation for a new line after an element that does not start its own."""
    if source.line_of(elements.items[index].start) > source.line_of(elements.open):
        return line
    following = [i.start for i in elements.items[index + 1 :] if source.starts_line(i.start)]
    return _margin_at(source, following[0]) if following else deeper(line)


def _margin_at(source: PythonSource, offset: int) -> str:
    return source.margin(source.line_of(offset))


def _fits(source: PythonSource, offset: int, added: str) -> bool:
    columns = len(source.line(source.line_of(offset)).decode(source.encoding).rstrip("\r\n"))
    return "\n" not in added and columns + len(added) <= LINE_LENGTH


def _index(node: Bracketed, anchor: ast.AST | None) -> int:
    for index, names in enumerate(nodes_of(node)):
        if anchor is not None and any(name is anchor for name in names):
            return index
    raise ValueError("the anchor is not an element of the literal")


# Trusting nothing: the edited expression is parsed again and compared, element by element.


def _parse(node: Bracketed, code: str) -> Bracketed:
    tree = ast.parse(f"({code}\n)", mode="eval")
    if type(tree.body) is not type(node):
        raise SyntaxError(f"{type(tree.body).__name__} instead of {type(node).__name__}")
    return tree.body


def _parse_element(node: Bracketed, text: str) -> str:
    """The dump of `text` as an element of something like `node`."""
    frames = {ast.Dict: "{%s\n}", ast.Call: "f(%s\n)", ast.Set: "{%s\n}"}
    frame = frames.get(type(node), "[%s\n]")
    try:
        alike = ast.parse(frame % text).body[0]
        container = alike.value if isinstance(alike, ast.Expr) else alike
        found = dump_elements(container)  # type: ignore[arg-type]
    except (SyntaxError, AttributeError) as error:
        raise ValueError(f"not an element of a {type(node).__name__}: {text!r}") from error
    if len(found) != 1 or text.rstrip().endswith(","):
        raise ValueError(f"not exactly one element: {text!r}")
    return found[0]


def _check(source: PythonSource, node: Bracketed, index: int, edits: list[Insertion], text: str) -> None:
    """Refuse unless the edited expression has the old elements, unchanged, and the new one at `index`."""
    start, end = source.start(node), source.end(node)
    data, at = b"", start
    for edit in sorted(edits, key=lambda e: (e.offset, not (e.stacks and e.once), e.sort)):
        data, at = data + source.data[at : edit.offset] + edit.text, edit.offset
    code = (data + source.data[at:end]).decode(source.encoding)
    expected = dumps(source, node)
    expected.insert(index, _parse_element(node, text))
    try:
        got = dump_elements(_parse(node, code))
    except (SyntaxError, ValueError) as error:
        reason = error.args[0] if error.args else error
        found = f"a {type(node).__name__.lower()} that can't take another element ({reason})"
    else:
        if got == expected and all(start <= edit.offset <= end for edit in edits):
            return
        found = f"a {type(node).__name__.lower()} whose elements would not stay the same"
    raise CheckoutRefused(Problem(source.place(node), found, "room for one more element", "", "element"))
