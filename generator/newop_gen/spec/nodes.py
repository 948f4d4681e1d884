"""A YAML document as text with places: nothing in it has a type yet.

The tree keeps what a message needs (the text, its quoting, where it stands) and what the schema needs to decide what a
scalar means. It is built by `source.py` and read by `shape.py`.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Union

from ..problems import Place

Loc = tuple[Union[str, int], ...]


@dataclass(frozen=True)
class Document:
    """The text of a file and where its lines begin."""

    file: str
    text: str
    starts: tuple[int, ...] = field(repr=False, default=())

    @classmethod
    def of(cls, file: str, text: str) -> Document:
        return cls(file, text, (0, *(m.end() for m in re.finditer("\n", text))))

    def place(self, index: int) -> Place:
        """Line and column, both from 1, of the character at `index`; columns count characters."""
        line = bisect.bisect_right(self.starts, max(index, 0))
        return Place(self.file, line, index - self.starts[line - 1] + 1)


@dataclass(frozen=True)
class Scalar:
    """One scalar. `style` is "" for plain, or the character that opens it: ' " | >.

    `start` and `end` are character offsets of its source, quotes included. `usable` is false when it stands for
    something that was refused (an alias, a tagged node), so that nothing else is said about its value.
    """

    text: str
    style: str
    start: int
    end: int
    usable: bool = True

    @property
    def plain(self) -> bool:
        return self.style == ""

    @property
    def block(self) -> bool:
        return self.style in ("|", ">")


@dataclass(frozen=True)
class Sequence:
    items: list[Node]
    start: int
    usable: bool = True


@dataclass(frozen=True)
class Mapping:
    """Entries in order. Of duplicate keys only the first is here."""

    entries: list[tuple[Scalar, Node]]
    start: int
    usable: bool = True


Node = Union[Scalar, Sequence, Mapping]

KIND_NAMES: dict[type, str] = {Scalar: "a single value", Sequence: "a list", Mapping: "a mapping"}


_ESCAPE_LENGTHS = {"x": 2, "u": 4, "U": 8}
# Escapes of double-quoted scalars that stand for white space, as `str.isspace` sees it.
_SPACE_ESCAPES = frozenset("tnvfr NLP_\t")


def source_index(document: Document, scalar: Scalar, offset: int) -> int:
    """Where in the file the character at `offset` of the scalar's text stands.

    Exact for every character that is not white space: folding, indentation and line ends change white space only, so
    the n-th visible character of the text is the n-th visible one of the source, once escapes are counted as one. An
    offset at white space, or at the end, gives the place just after the visible character before it.
    """
    source = document.text[scalar.start : scalar.end]
    wanted = sum(not c.isspace() for c in scalar.text[:offset])
    at_space = offset >= len(scalar.text) or scalar.text[offset].isspace()
    last = None
    for number, (begin, end) in enumerate(_visible(source, scalar.style)):
        if number == wanted and not at_space:
            return scalar.start + begin
        if number == wanted:
            break
        last = end
    if last is None:
        return scalar.start + (1 if scalar.style in ("'", '"') else 0)
    return scalar.start + last


def _visible(source: str, style: str) -> Iterator[tuple[int, int]]:
    """Spans in `source` of the characters of the scalar that are not white space, in order."""
    if style in ("|", ">"):
        position = source.find("\n") + 1 or len(source)
        end = len(source)
    elif style:
        position, end = 1, len(source) - 1
    else:
        position, end = 0, len(source)
    while position < end:
        char = source[position]
        length, space = 1, char.isspace()
        if style == "'" and char == "'":
            length = 2
        elif style == '"' and char == "\\":
            code = source[position + 1]
            length = 2 + _ESCAPE_LENGTHS.get(code, 0)
            if code in _ESCAPE_LENGTHS:
                space = chr(int(source[position + 2 : position + length], 16)).isspace()
            else:  # an escaped line end joins lines and stands for nothing
                space = code in _SPACE_ESCAPES or code in "\r\n"
        if not space:
            yield position, position + length
        position += length
