"""Inserted Rust, read token by token: each name, string and number must be a word of the step or of the spec.

An insertion is a piece of an item (an arm, a field, a line of a list), which no grammar takes alone; its tokens are the
same wherever it stands. What isn't a token of the few kinds below is refused, and with it what generated code never
needs: raw and byte strings, block comments, lifetimes that aren't listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..plan import Creation
from .found import Found
from .vocabulary import number

if TYPE_CHECKING:
    from ..checkout.source import Source
    from ..plan import Edit
    from .allowed import Allowed
    from .vocabulary import Vocabulary

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>//[^\n]*)"
    r'|(?P<string>"(?:[^"\\\n]|\\["\\ntr0{}]|\\\n)*")'
    r"|(?P<char>'(?:[^'\\\n]|\\['\\ntr0])')"
    r"|(?P<lifetime>'[A-Za-z_]\w*)"
    r"|(?P<number>[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?(?:_?(?:u8|u16|u32|u64|usize|i32|i64|i128|f64))?)"
    r"|(?P<name>(?:r#)?[A-Za-z_]\w*)"
    r"|(?P<mark>[-+*/%=<>!&|^.,;:?@#$()\[\]{}~])",
    re.ASCII,
)
_TEXT = re.compile(r"[\t\x20-\x7e\u00a0-\uffff]*")
# A doc comment that shows code is run by `cargo test`: a fence, or an indented paragraph.
_SHOWN_CODE = re.compile(r"//[/!](?:\s*(?:```|~~~)|\s{5})")
_SUFFIX = re.compile(r"_?(?:u8|u16|u32|u64|usize|i32|i64|i128|f64)$")
_COLUMN = re.compile(r"(\w+?)_col\d*")
_WORD = re.compile(r"[A-Za-z_]\w*")


def findings(edit: Edit, source: Source | None, words: Vocabulary, allowed: Allowed) -> Iterator[Found]:
    """Tokens that neither the step nor the spec has."""
    data = edit.content if isinstance(edit, Creation) else edit.text
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        yield Found(0, "bytes that are no UTF-8")
        return
    at, line = 0, 1
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            yield Found(line, f"the text {text[at : at + 20]!a}")
            return
        what = _wrong(token, words, allowed)
        if what:
            yield Found(line, what)
        line += token[0].count("\n")
        at = token.end()


def _wrong(token: re.Match[str], words: Vocabulary, allowed: Allowed) -> str:
    """What is wrong with a token; empty when nothing is."""
    kind, text = token.lastgroup, token[0]
    if kind == "comment":
        if not _TEXT.fullmatch(text):
            return f"the comment {text[:40]!a}"
        return "code in a comment, which tests would run" if _SHOWN_CODE.match(text) else ""
    if kind == "name":
        return "" if _named(text.removeprefix("r#"), words, allowed) else f"the name {text}"
    if kind == "lifetime":
        return "" if text in words.exact else f"the lifetime {text}"
    if kind == "number":
        return "" if _counted(text, words, allowed) else f"the number {text}"
    if kind in ("string", "char"):
        return "" if _said(text[1:-1], words, allowed) else f"the string {text[:60]!a}"
    return ""


def _named(name: str, words: Vocabulary, allowed: Allowed) -> bool:
    """A word of the step, a param or local of the spec, a constant or column called after one, a mode as a variant."""
    known = name in words.globals or name in words.locals or name in allowed.modes
    if known or allowed.binds(name, words.heads):
        return True
    if name.isupper() and (name.lower() in words.globals or _after_param(name.lower(), allowed)):
        return True
    column = _COLUMN.fullmatch(name)
    if column is not None and column[1] in map(str.lower, allowed.strings):
        return True
    return any(name == "".join(part[:1].upper() + part[1:] for part in mode.split("_")) for mode in allowed.modes)


def _after_param(name: str, allowed: Allowed) -> bool:
    return any(name.startswith(f"{param}_") for param in allowed.params)


def _counted(text: str, words: Vocabulary, allowed: Allowed) -> bool:
    if words.sizes:
        return True
    plain = _SUFFIX.sub("", text).replace("_", "")
    value = float(plain) if "." in plain or "e" in plain.lower() else int(plain)
    return any(number(one) in kind for one in (value, float(value)) for kind in (words.numbers, allowed.numbers)) or (
        isinstance(value, float) and value.is_integer() and number(int(value)) in (words.numbers | allowed.numbers)
    )


def _said(text: str, words: Vocabulary, allowed: Allowed) -> bool:
    """Whether a string is one of the step's or the spec's, or made of words that both know: a message."""
    if text in words.strings or text in allowed.strings:
        return True
    if not _TEXT.fullmatch(text.replace("\\\n", " ").replace("\n", " ")):
        return False
    return all(
        one in words.messages or one in words.strings or one in allowed.strings or _named(one, words, allowed)
        for one in _WORD.findall(re.sub(r"\\[ntr0]", " ", text))
    )
