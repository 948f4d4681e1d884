"""Inserted text to syntax trees: what stands where is asked of Python's parser, never of the text's indentation alone.

An insertion is a run of statements, of list elements or of dict entries. Each reading puts the text into brackets or
under an `if`, and holds only when the brackets (or the block) are all there is in the result: a text that closes them
and goes on is none of the three.
"""

from __future__ import annotations

import ast
import re
import warnings

# What a spec's texts may have: printable ASCII and Latin letters. Everything else in generated code is ASCII anyway.
_CHARACTERS = re.compile(r"[ -~\n\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]*")
_LEADING_TABS = re.compile(r"(?m)^\t+")
_COMMENT = re.compile(r"# [A-Za-z(][ -~\u00c0-\u017f]*")
# Comments that some tool acts on.
_CONTROL = re.compile(
    r"#\s*(type|noqa|fmt|yapf|isort|pylint|ruff|flake8|mypy|pyright|pytype|pyre|nosec|pragma|cython|region|vi|vim|ex)\b"
    r"|coding\s*[:=]|noqa|<{7}|>{7}|={7}",
    re.IGNORECASE,
)
# Strings, comments, continued lines. Strings are read as before Python 3.12, where an f-string could not hold its own
# quotes; the walk refuses f-strings with quotes inside, so that both readings are one.
_LEXEMES = re.compile(
    r"""(?P<string>\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|(?P<comment>#[^\n]*)|(?P<continued>\\)",
    re.DOTALL,
)
_SPDX = re.compile(r"# SPDX-(FileCopyrightText|License-Identifier): [ -~]*")


class Unreadable(Exception):
    """The text is not a fragment of any kind; says why."""


def decoded(data: bytes, encoding: str) -> str:
    """The text as Python will see it, with "\\n" for a newline. Raises `Unreadable`."""
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        raise Unreadable(f"bytes that are not {encoding}") from None
    text = text.replace("\r\n", "\n")
    if not _CHARACTERS.fullmatch(_LEADING_TABS.sub("", text)):
        bad = next(c for c in _LEADING_TABS.sub("", text) if not _CHARACTERS.fullmatch(c))
        raise Unreadable(f"the character {bad!a}")
    return text


def parsed(text: str, *, whole_file: bool = False) -> list[ast.AST]:
    """The statements, or the elements of a list or dict, that the text is. Raises `Unreadable`."""
    if whole_file:
        return list(_module(text).body)
    stripped = text.strip(", \n")
    if not stripped:
        return []
    if text.rstrip(" \n").endswith(",") or text.lstrip(" \n").startswith(","):
        readings = (_list, _dict)
        for reading in readings:
            nodes = reading(stripped)
            if nodes is not None:
                return nodes
        raise Unreadable("neither elements nor entries")
    return _statements(text)


def expression(text: str) -> list[ast.AST]:
    """The one expression that the text is: it stands where an expression stood. Raises `Unreadable`."""
    nodes = _list(text.strip(" \n"))
    if nodes is None or len(nodes) != 1 or isinstance(nodes[0], ast.Starred):
        raise Unreadable("not one expression")
    return nodes


def _module(text: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an invalid escape, `is` with a literal: nothing that we write
            return ast.parse(text)
    except (SyntaxError, Warning, ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"text that does not parse ({getattr(error, 'msg', None) or type(error).__name__})") from None


def _one(text: str, kind: type[ast.expr]) -> ast.expr | None:
    """The expression that `text` is all of, if it is of that kind and its last bracket is the last character."""
    try:
        body = _module(text).body
    except Unreadable:
        return None
    if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, kind):
        return None
    node = body[0].value
    whole = (node.lineno, node.col_offset, node.end_lineno) == (1, 0, text.count("\n") + 1)
    return node if whole and node.end_col_offset == len(text.rpartition("\n")[2].encode()) else None


def _list(text: str) -> list[ast.AST] | None:
    node = _one(f"[{text}\n]", ast.List)
    return list(node.elts) if isinstance(node, ast.List) else None


def _dict(text: str) -> list[ast.AST] | None:
    node = _one(f"{{{text}\n}}", ast.Dict)
    return [node] if isinstance(node, ast.Dict) else None


def _statements(text: str) -> list[ast.AST]:
    first = next(line for line in text.split("\n") if line.strip())
    if not first[0].isspace():
        return list(_module(text).body)
    body = _module("if 1:\n" + text).body
    if len(body) != 1 or not isinstance(body[0], ast.If) or body[0].orelse:
        raise Unreadable("statements that leave their block")
    return list(body[0].body)


def check_comments(text: str) -> None:
    """Raises `Unreadable` for a comment that a tool acts on, a line that is continued, or a text that ends in one.

    A comment at the very end, without a newline, would swallow what follows the insertion.
    """
    if "#" not in text and "\\" not in text:
        return
    for match in _LEXEMES.finditer(text):
        if match.lastgroup == "continued":
            raise Unreadable("a line that is continued with a backslash")
        if match.lastgroup != "comment":
            continue
        comment = match.group()
        if not (_SPDX.fullmatch(comment) or _COMMENT.fullmatch(comment)) or _CONTROL.search(comment):
            raise Unreadable(f"the comment {comment!a}")
        if match.end() == len(text):
            raise Unreadable("a comment without a newline")
