"""Text on its way to a terminal: nothing in it may act on the terminal or hide from the reader."""

from __future__ import annotations

import unicodedata

_SHOWN_AS_CODE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str, keep: str = "") -> str:
    """`text` with control, formatting (bidi, zero-width) and unassigned characters, and lone surrogates, as escapes.

    Characters in `keep` ("\\t", "\\n") go through.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in _SHOWN_AS_CODE else _escape(c) for c in text)


def _escape(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def counted(number: int, noun: str) -> str:
    """ "1 file", "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
