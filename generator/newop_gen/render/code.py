"""Python put together from pieces of code: what layouts and templates write statements with.

A piece is code on one line, however long. Whether it stays on one is decided here, as `ruff format` would.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Sequence

from .document import HARD, Doc, Group, Indented, joined, render
from .python import Expressions, parsed
from .python import call as called
from .python import statement as stated

WIDTH = 120


def statement(head: str, code: str, indent: int, tail: str = "") -> str:
    """`head` + the expression `code` + `tail` at `indent` columns, `head` being `x = `, `return `, `for x in `, or the
    key of a dict with its colon. The first line comes without its indentation."""
    if indent + len(head) + len(code) + len(tail) <= WIDTH:
        return head + code + tail
    return _placed(stated(head, parsed(code), tail, functools.partial(_segment, code)), indent)


def call(prefix: str, arguments: Sequence[str] | str, suffix: str, indent: int) -> str:
    """`prefix(arguments)suffix` at `indent` columns: a call, or the head of a function or class. The first line comes
    without its indentation."""
    values = [arguments] if isinstance(arguments, str) else arguments
    whole = f"{prefix}({', '.join(values)}){suffix}"
    if indent + len(whole) <= WIDTH:
        return whole
    return _placed((called(prefix, [*map(_argument, values)]), suffix), indent)


def argument(head: str, code: str, indent: int) -> str:
    """`head` + the expression `code` as an argument that stands on lines of its own, with its comma; `head` is `name=`
    or nothing."""
    if indent + len(head) + len(code) + 1 <= WIDTH:
        return f"{head}{code},"
    return _placed((_argument(head + code), ","), indent)


def tupled(codes: Sequence[str]) -> str:
    """The tuple of these elements, on one line."""
    return f"({', '.join(codes)}{',' if len(codes) == 1 else ''})"


def import_from(module: str, names: Sequence[str], indent: int = 0) -> str:
    """`from module import names` at `indent` columns. The first line comes without its indentation."""
    flat = f"from {module} import {', '.join(names)}"
    if indent + len(flat) <= WIDTH:
        return flat
    return _placed((f"from {module} import (", Indented(tuple((HARD, name, ",") for name in names)), HARD, ")"), indent)


def raised(text: str, indent: int, suffix: str = "", prefix: str = "raise PerfDataNotAvailableError") -> str:
    """`raise PerfDataNotAvailableError(f"text")` at `indent` columns."""
    return _worded(f"{prefix}({_quoted(text)}){suffix}", prefix, text, suffix, indent)


def message(name: str, text: str, indent: int) -> str:
    """The argument `name=f"text",` at `indent` columns."""
    return _worded(f"{name}={_quoted(text)},", f"{name}=", text, ",", indent)


def _worded(flat: str, head: str, text: str, tail: str, indent: int) -> str:
    """`flat`, or literals that each fit on a line of their own between `head(` and `)tail`; they break at spaces
    outside of braces."""
    if indent + len(flat) <= WIDTH:
        return flat
    words, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        words[-1] += character
        if character == " " and not depth:
            words.append("")
    lines = [""]
    for word in words:
        if lines[-1] and indent + 4 + len(lines[-1]) + len(word) + 3 > WIDTH:
            lines.append("")
        lines[-1] += word
    return _placed((f"{head}(", Indented((HARD, joined(map(_quoted, lines), HARD))), HARD, f"){tail}"), indent)


def _quoted(text: str) -> str:
    return f'{"f" if "{" in text else ""}"{text}"'


def _argument(code: str) -> Doc:
    """An argument or an element; the parameter of a function, which is neither, stays on its line."""
    try:
        call = parsed(f"_({code})")
    except SyntaxError:
        return code
    assert isinstance(call, ast.Call)
    (argument,) = Expressions(functools.partial(_segment, f"_({code})")).arguments(call)
    return Group(argument)


def _placed(doc: Doc, indent: int) -> str:
    return render(doc, width=WIDTH, margin=indent).replace("\n", "\n" + " " * indent)


def _segment(code: str, node: ast.AST) -> str:
    text = ast.get_source_segment(code, node)
    assert text is not None
    return text
