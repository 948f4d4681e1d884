"""Lines of a file, whatever its language: text moved right, encoded as the file is, and put in whole.

In a file without a final newline an insertion at the end starts with a newline instead of ending with one: the file
still has none afterwards, and insertions still add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plan import Insertion
from ..problems import CheckoutRefused, Place, Problem

if TYPE_CHECKING:
    from ..checkout.source import Source

# How far a text is moved to the right: a number of spaces, or the very whitespace of a line of the file.
Indent = int | str


def indent(text: str, by: Indent) -> str:
    """`text` with each line that isn't blank moved right; blank lines come out empty."""
    prefix = " " * by if isinstance(by, int) else by
    return "\n".join(prefix + line if line.strip(" \t") else "" for line in text.split("\n"))


def deeper(margin: str) -> str:
    """One level more of indentation, by tabs where the margin is of tabs."""
    return margin + ("\t" if margin.endswith("\t") else "    ")


def hanging(text: str, margin: str) -> str:
    """`text` with every line but the first moved right."""
    return indent(text, margin)[len(margin) :] if text else text


def encode(source: Source, text: str, at: int | None = None) -> bytes:
    """`text` as bytes of the file: its encoding, and the newline that is in use at the byte offset `at`."""
    newline = source.newline if at is None else newline_at(source, at)
    try:
        return text.encode(source.encoding).replace(b"\n", newline)
    except UnicodeEncodeError as error:
        raise CheckoutRefused(
            Problem(
                Place(source.path),
                f"the file's encoding, {source.encoding}, has no {text[error.start]!r}",
                "a file in UTF-8, or plain ASCII in the spec's texts",
                "",
                "target-encoding",
            )
        ) from None


def newline_at(source: Source, offset: int) -> bytes:
    """The newline that ends the line before `offset`, else the one after it, else the file's first, else LF."""
    at = source.data.rfind(b"\n", 0, offset)
    if at < 0:
        at = source.data.find(b"\n", offset)
    if at < 0:
        return b"\n"
    return b"\r\n" if source.data[max(at - 1, 0) : at] == b"\r" else b"\n"


def lines_at(source: Source, offset: int, text: str, *, stacks: bool = False) -> Insertion:
    """Insertion of the whole lines `text` at `offset`, which is a line start or the end of the file."""
    if not text.endswith("\n"):
        text += "\n"
    if offset and source.data[offset - 1 : offset] != b"\n" and offset == len(source.data) and not _only_bom(source):
        text = "\n" + text[:-1]
    return Insertion(source.path, offset, encode(source, text, offset), stacks)


def _only_bom(source: Source) -> bool:
    return source.data == b"\xef\xbb\xbf"
