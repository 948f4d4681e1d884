"""Text to tokens, with limits that hold before anything else looks at the text.

A spec is a stranger's text. So the length is checked first, then every character: ASCII, nothing that only Python
knows. What is refused is refused with the offset, and where it has a meaning elsewhere, with what to write instead.
"""

from __future__ import annotations

import keyword
import math
import re
from dataclasses import dataclass
from typing import Literal

from .findings import Fault, SolSyntax, shown

MAX_LENGTH = 512
MAX_INT = 2**53
"""The largest integer that every real number type of the renderers holds exactly."""
MAX_NAME = 64
MAX_STRING = 64

WORDS = frozenset({"true", "false", "if", "else", "and", "or", "not"})

TokenKind = Literal["int", "real", "str", "name", "word", "op", "end"]

# `.` comes from names only; a number swallows what is glued to it, so that `1j` and `0x10` are one bad number.
_TOKEN = re.compile(
    r"""(?P<space>[ ]+)
      | (?P<number>[0-9](?:[eE][+-]|[0-9A-Za-z_.])*)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
      | (?P<str>"[^"]*"|'[^']*')
      | (?P<op>\*\*|//|==|!=|<=|>=|[-+*/%<>(),])
    """,
    re.VERBOSE,
)
_INT = re.compile(r"0|[1-9][0-9]*")
_REAL = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRING_BODY = re.compile(r"[ -\[\]-~]*")

_INSTEAD = {
    "=": "equality is written '=='",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not', or '!=' between two values",
    "^": "powers are written '**'",
    "?": "a choice is written 'a if c else b'",
    ":": "a choice is written 'a if c else b'",
    "[": "there are no subscripts; use a constants table for a lookup",
    "{": "there are no dictionaries; use a constants table for a lookup",
    "#": "comments go outside the expression",
    "\\": "strings have no escapes",
    ".": "attributes stand directly after a name, and only in wiring expressions; a real number starts with a digit",
    "'": "close the string with the quote that opened it",
    '"': "close the string with the quote that opened it",
    "\n": "an expression is one line; in YAML fold it with '>-', which leaves no line break",
    "\r": "an expression is one line",
    "\t": "use spaces",
}
_WORDS_ELSEWHERE = {"True": "write 'true'", "False": "write 'false'"}


@dataclass(frozen=True)
class Token:
    """A token and its place. `value` is the number or the string's content."""

    kind: TokenKind
    text: str
    start: int
    value: int | float | str = ""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def tokenize(text: str, *, dotted: bool) -> list[Token]:
    """All tokens, the last one of kind `end`. Raises `SolSyntax` with every character and token that is refused."""
    if len(text) > MAX_LENGTH:
        finding = Fault(
            MAX_LENGTH,
            len(text) - MAX_LENGTH,
            f"an expression of {len(text)} characters",
            f"at most {MAX_LENGTH}",
            "name parts of it with 'let'",
        )
        raise SolSyntax([finding])
    tokens: list[Token] = []
    findings: list[Fault] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            findings.append(_refused_character(text, at))
            at += 1
            continue
        at = match.end()
        if match.lastgroup == "space":
            continue
        made = _token(match, dotted=dotted)
        if isinstance(made, Token):
            tokens.append(made)
        else:
            findings.append(made)
    if findings:
        raise SolSyntax(findings)
    tokens.append(Token("end", "", len(text)))
    return tokens


def check_string(content: str) -> str:
    """What is wrong with a string literal's content, empty when nothing is.

    Also for strings that come from elsewhere in a spec and will be literals: printable ASCII, no backslash, not both
    kinds of quotes, so that every target language reads the literal back as the same string without escapes.
    """
    if len(content) > MAX_STRING:
        return f"at most {MAX_STRING} characters"
    if not _STRING_BODY.fullmatch(content):
        return "printable ASCII without a backslash"
    if "'" in content and '"' in content:
        return "one kind of quotes"
    return ""


def _refused_character(text: str, at: int) -> Fault:
    char = text[at]
    if char in "'\"":
        found, expected = "a string without an end", f"a closing {char}"
    elif not char.isascii():
        found, expected = f"the character {shown(char)}", "ASCII"
    else:
        found, expected = f"the character {shown(char)}", "a number, a name, a string or an operator"
    return Fault(at, 1, found, expected, _INSTEAD.get(char, ""))


def _token(match: re.Match[str], *, dotted: bool) -> Token | Fault:
    text, start = match.group(), match.start()
    if match.lastgroup == "number":
        return _number(text, start)
    if match.lastgroup == "str":
        wrong = check_string(text[1:-1])
        if wrong:
            return Fault(start, len(text), f"the string {shown(text[1:-1])}", wrong)
        return Token("str", text, start, text[1:-1])
    if match.lastgroup == "op":
        return Token("op", text, start)
    return _name(text, start, dotted=dotted)


def _number(text: str, start: int) -> Token | Fault:
    if _INT.fullmatch(text):
        # The length goes first: converting thousands of digits is slow, and an error of its own kind.
        if len(text) > len(str(MAX_INT)) or int(text) > MAX_INT:
            return Fault(start, len(text), f"the integer {shown(text)}", "at most 2**53", "write it as a real: 1e18")
        return Token("int", text, start, int(text))
    if not _REAL.fullmatch(text):
        return Fault(start, len(text), f"{shown(text)}, which is not a number", "digits, as in 12, 0.5 or 1e12")
    value = float(text)
    if not math.isfinite(value):
        return Fault(start, len(text), f"the number {shown(text)}", "a finite number")
    if value == 0.0 and text.lower().split("e")[0].strip("0."):
        return Fault(start, len(text), f"the number {shown(text)}, too small to be told from 0", "a larger number")
    return Token("real", text, start, value)


def _name(text: str, start: int, *, dotted: bool) -> Token | Fault:
    if text in WORDS:
        return Token("word", text, start)
    if "." in text and not dotted:
        dot = text.index(".")
        return Fault(start + dot, 1, "the character '.'", "an operator or the end", "attributes have no meaning here")
    at = start
    for part in text.split("."):
        if part in WORDS or part in keyword.kwlist:
            suggestion = _WORDS_ELSEWHERE.get(part, "")
            return Fault(at, len(part), f"the reserved word {part!r}", "a declared name", suggestion)
        if part.startswith("__"):
            return Fault(at, len(part), f"the name {shown(part)}", "a name without leading double underscores")
        if len(part) > MAX_NAME:
            return Fault(at, len(part), f"a name of {len(part)} characters", f"at most {MAX_NAME}")
        at += len(part) + 1
    return Token("name", text, start)
