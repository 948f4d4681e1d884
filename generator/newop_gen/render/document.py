"""A document printer that knows no language: a document says where lines may break, `render` decides which ones do.

A document is text, a tuple of documents, or one of the values below. The shapes of a language are functions that build
documents (`python.py`, `rust.py`); what they have in common is here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Union

INDENT = 4


@dataclass(frozen=True)
class Line:
    """A place where a line may break; `flat` stands there when it does not. `hard` always breaks."""

    flat: str = ""
    hard: bool = False


@dataclass(frozen=True)
class IfBroken:
    """`text` when the group around it is broken, else `flat`."""

    text: str
    flat: str = ""


@dataclass(frozen=True)
class Indented:
    doc: Doc


@dataclass(frozen=True)
class Group:
    """Breaks all its own lines, or none. It breaks when it does not fit into the line, when it would take more than
    `most` columns on one, or a group in it more than its own, and when a line in it always breaks."""

    doc: Doc
    most: int | None = None


@dataclass(frozen=True)
class Flat:
    """One line. A choice of `Either` in which it, with what follows, does not fit is passed over; so it does not stand
    in the last one."""

    doc: Doc


@dataclass(frozen=True)
class Either:
    """The first of `choices` whose lines all fit, or the last one. Each is laid out as if it stood in a broken group:
    what is to stay on one line if it can is a `Group`, what has to a `Flat`."""

    choices: tuple[Doc, ...]


Doc = Union[str, Line, IfBroken, Indented, Group, Flat, Either, tuple["Doc", ...]]

SPACE = Line(" ")
SOFT = Line()
HARD = Line(hard=True)


def joined(parts: Iterable[Doc], separator: Doc = (",", SPACE)) -> tuple[Doc, ...]:
    """The parts with `separator` between them."""
    out: list[Doc] = []
    for part in parts:
        out += [separator, part] if out else [part]
    return tuple(out)


def verbatim(text: str, base: int) -> Doc:
    """Text of a file as it is; `base` is the indentation that its lines after the first have there."""
    lines = text.replace("\r\n", "\n").split("\n")
    parts: list[Doc] = [lines[0]]
    for line in lines[1:]:
        parts += [HARD, line[min(base, len(line) - len(line.lstrip())) :]]
    return tuple(parts)


def render(doc: Doc, *, width: int, margin: int = 0, start: int | None = None, suffix: str = "") -> str:
    """The document as text, its lines relative to `margin` columns. No line of it ends in spaces that are its
    indentation.

    `start` is the column at which the first line begins (default: `margin`), `suffix` follows on the last line.
    """
    printer = _Printer(width, margin)
    text = printer.lay([(0, True, suffix), (0, True, doc)], margin if start is None else start)
    return text[: len(text) - len(suffix)] if suffix else text


def flat(doc: Doc) -> str:
    """The document on one line, however long; one in which a line always breaks as it would be without a width."""
    return render(doc, width=sys.maxsize) if _forced(doc) else "".join(_pieces(doc))


def _pieces(doc: Doc) -> Iterator[str]:
    if isinstance(doc, str):
        yield doc
    elif isinstance(doc, tuple):
        for part in doc:
            yield from _pieces(part)
    elif isinstance(doc, (Line, IfBroken)):
        yield doc.flat
    else:
        yield from _pieces(doc.choices[0] if isinstance(doc, Either) else doc.doc)


class _TooWide(Exception):
    """A `Flat` does not fit."""


# Indentation, whether the group around it is broken, the document.
_Item = tuple[int, bool, Doc]


@dataclass(frozen=True)
class _Printer:
    width: int
    margin: int

    def lay(self, stack: list[_Item], column: int) -> str:
        """The text of the documents on the stack, the last one first, from `column` on."""
        out: list[str] = []
        while stack:
            level, broken, item = stack.pop()
            if isinstance(item, str):
                if item:
                    out.append(item)
                    column += len(item)
            elif isinstance(item, tuple):
                stack.extend((level, broken, part) for part in reversed(item))
            elif isinstance(item, Indented):
                stack.append((level + INDENT, broken, item.doc))
            elif isinstance(item, IfBroken):
                stack.append((level, broken, item.text if broken else item.flat))
            elif isinstance(item, Line):
                if broken or item.hard:
                    if out and out[-1].startswith("\n"):
                        out[-1] = "\n"
                    out.append("\n" + " " * level)
                    column = self.margin + level
                else:
                    stack.append((level, broken, item.flat))
            elif isinstance(item, Either):
                stack.append((level, broken, self.chosen(item, level, column, stack)))
            elif isinstance(item, Flat):
                if not self.flat(item, column, stack):
                    raise _TooWide
                stack.append((level, False, item.doc))
            else:
                stack.append((level, broken and not self.flat(item, column, stack), item.doc))
        return "".join(out)

    def flat(self, item: Group | Flat, column: int, rest: Sequence[_Item]) -> bool:
        """Whether it stands on one line from `column` on."""
        room = self.width - column
        return not _forced(item.doc) and _columns(room, item, rest) <= room

    def chosen(self, either: Either, level: int, column: int, rest: Sequence[_Item]) -> Doc:
        behind = " " * _columns(self.width, (), rest)
        for choice in either.choices[:-1]:
            try:
                text = self.lay([(0, True, behind), (level, True, choice)], column)
            except _TooWide:
                continue
            first, *others = map(len, text.split("\n"))
            if column + first <= self.width and all(self.margin + other <= self.width for other in others):
                return choice
        return either.choices[-1]


def _forced(doc: Doc) -> bool:
    """Whether a line inside always breaks, and with it every group around."""
    if isinstance(doc, Line):
        return doc.hard
    if isinstance(doc, tuple):
        return any(map(_forced, doc))
    if isinstance(doc, (Indented, Group, Flat)):
        return _forced(doc.doc)
    if isinstance(doc, Either):
        return all(map(_forced, doc.choices))
    return False


def _columns(most: int, doc: Doc, rest: Sequence[_Item]) -> int:
    """How many columns `doc`, flat, and what follows take up to the next possible break; counted to just above
    `most`, as which a group in `doc` counts that may not be as wide as it is."""
    count = 0
    stack: list[tuple[bool, Doc]] = [(False, doc)]
    following = len(rest)
    while count <= most:
        if not stack:
            if not following:
                break
            following -= 1
            _, broken, item = rest[following]
            stack.append((broken, item))
            continue
        broken, item = stack.pop()
        if isinstance(item, str):
            count += len(item)
        elif isinstance(item, tuple):
            stack.extend((broken, part) for part in reversed(item))
        elif isinstance(item, IfBroken):
            count += len(item.text if broken else item.flat)
        elif isinstance(item, Line):
            if broken or item.hard:
                break
            count += len(item.flat)
        elif isinstance(item, Either):
            stack.append((broken, item.choices[0]))
        else:
            own = item.most if isinstance(item, Group) and following == len(rest) else None
            if own is not None and _columns(own, item.doc, ()) > own:
                return most + 1
            stack.append((broken, item.doc))
    return count
