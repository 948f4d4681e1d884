"""Which characters and words a spec may bring along.

Three rules, from narrow to wide: the file as a whole has no control, bidirectional or invisible characters; every
scalar is printable ASCII on one line and carries no text that a tool would act on; texts for humans may use Latin
letters besides ASCII, and nothing that could leave a docstring or a comment.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..problems import Place, Problem

MAX_WORD = 80

# Letters of Latin-1 and Latin Extended-A. Left out are the two signs among them, and letters that read as another one
# (dotless i, kra, n with apostrophe, long s, the ij ligature), which linters report as ambiguous.
_LATIN = frozenset(chr(c) for c in range(0xC0, 0x180)) - frozenset("\u00d7\u00f7\u0131\u0132\u0133\u0138\u0149\u017f")

# Categories that no editor shows, or shows as something else: control, format (bidirectional marks, joiners, BOM),
# surrogates, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class TextFault:
    """What is wrong with a text: `offset` counts characters from its start."""

    offset: int
    found: str
    expected: str
    suggestion: str = ""
    code: str = "text-character"


# Text that a linter, a formatter, git or Jinja would act on if it reached a file of the checkout.
_TOOL_TEXT: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), what)
    for pattern, what in (
        (r"#\s*type\s*:", "a type comment"),
        (r"type\s*:\s*ignore", "a type-checker control"),
        (r"noqa", "a linter control (noqa)"),
        (r"\bnosec\b", "a linter control (nosec)"),
        (r"\bfmt\s*:", "a formatter control (fmt:)"),
        (r"\b(?:ruff|flake8|pylint|mypy|pyright|isort|yapf|autopep8|pytype|pyre)\s*:", "a tool control"),
        (r"\bpragma\b", "a tool control (pragma)"),
        (r"coding\s*[:=]\s*[-\w.]", "a source encoding declaration"),
        (r"<{7}|>{7}|={7}|\|{7}", "a merge conflict marker"),
        (r">>>", "a doctest prompt"),
        (r"newop-gen\s*:", "a marker of newop-gen"),
        (r"\{\{|\}\}|\{%|%\}|\{#|#\}", "template syntax"),
    )
)


def describe(char: str) -> str:
    """`char` as a message can show it: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    name = unicodedata.name(char, "") or {"\n": "line feed", "\r": "carriage return", "\t": "tab"}.get(char, "")
    return f"U+{ord(char):04X}" + (f" {name}" if name else "")


def hidden_characters(text: str) -> Iterator[tuple[int, str]]:
    """Offsets of characters that may not be in a spec file at all, not even in a comment.

    Line feeds, CR LF pairs and tabs are fine; a lone carriage return is not (Python ends a line there, editors do not).
    """
    for offset, char in enumerate(text):
        if " " <= char <= "~" or char == "\n" or char == "\t":
            continue
        if char == "\r" and text[offset + 1 : offset + 2] == "\n":
            continue
        if unicodedata.category(char) in _HIDDEN:
            yield offset, char


def text_fault(text: str, *, human: bool) -> TextFault | None:
    """The first reason to refuse `text` as a value, or None.

    :param human: a text for humans, that ends up in docstrings and comments: Latin letters are allowed, backslashes
        and triple quotes are not. Otherwise: a name, a value or a formula, printable ASCII only.
    """
    expected = "printable ASCII and Latin letters on one line" if human else "printable ASCII on one line"
    for offset, char in enumerate(text):
        if " " <= char <= "~" or (human and char in _LATIN):
            continue
        return TextFault(offset, f"character {describe(char)} in {shown(text)}", expected)
    for pattern, what in _TOOL_TEXT:
        if match := pattern.search(text):
            return TextFault(
                match.start(),
                f"{what} in {shown(text)}",
                "text that no tool acts on",
                "say it in other words",
                "text-control",
            )
    return _breakout(text) if human else None


def _breakout(text: str) -> TextFault | None:
    """Text that could end the docstring or the comment that it is put into."""
    for token, what in (("\\", "a backslash"), ('"""', "three quotes"), ("'''", "three quotes")):
        if (offset := text.find(token)) >= 0:
            return TextFault(offset, f"{what} in {shown(text)}", "text without it", "leave it out", "text-breakout")
    if text.endswith('"'):
        return TextFault(
            len(text) - 1,
            f"a double quote at the end of {shown(text)}",
            "another last character",
            "use single quotes",
            "text-breakout",
        )
    if text != text.strip():
        return TextFault(
            0, f"space at the start or end of {shown(text)}", "text without it", "leave it out", "text-space"
        )
    for word in re.finditer(r"\S+", text):
        if len(word.group()) > MAX_WORD:
            found = f"a word of {len(word.group())} characters"
            return TextFault(word.start(), found, f"words of at most {MAX_WORD} characters", code="text-word")
    return None


def shown(text: str, limit: int = 60) -> str:
    """`text` quoted for a message: one line, ASCII, bounded. Nothing of a hostile text reaches a terminal raw."""
    cut = text if len(text) <= limit else text[: limit - 3] + "..."
    return ascii(cut)


def problem(place: Place, found: str, expected: str = "", suggestion: str = "", code: str = "") -> Problem:
    """A `Problem` whose clauses are printable ASCII and bounded, whatever names of the spec went into them."""
    return Problem(place, _clause(found), _clause(expected), _clause(suggestion), code)


def _clause(text: str, limit: int = 400) -> str:
    clean = "".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in text[:limit])
    return clean[:limit] + ("..." if len(text) > limit or len(clean) > limit else "")


def near(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` was probably meant to be."""
    names = list(candidates)
    lowered = {name.lower(): name for name in names}
    found = difflib.get_close_matches(word[:80].lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    guess = near(word, candidates)
    return f"did you mean {guess!r}?" if guess else ""
