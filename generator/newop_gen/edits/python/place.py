"""Whole lines between statements.

Every function returns one `Insertion` of complete lines.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ...plan import Insertion
from ...problems import CheckoutRefused, Problem
from ..lines import indent, lines_at

if TYPE_CHECKING:
    from ...checkout.python import PythonSource


def indentation(source: PythonSource, node: ast.AST) -> str:
    """The whitespace before the statement `node`, as the file has it (spaces or tabs)."""
    return source.margin(_first_line(node))


def body_indentation(source: PythonSource, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The whitespace before the statements in the body of `node`."""
    first = node.body[0]
    if first.lineno == node.lineno:
        raise _refuse(source, first, "a body on the line of its `:`", "a body on lines of its own")
    return indentation(source, first)


def before_statement(
    source: PythonSource, node: ast.stmt, text: str, *, blank_lines: tuple[int, int] = (0, 0)
) -> Insertion:
    """Whole lines `text` directly before the statement `node` and its decorators, below any comment above it.

    `blank_lines` are put before and after the text. Refused when another statement stands on the line before it.
    """
    line = _first_line(node)
    start = source.line_start(line)
    lead = source.data[start : source.start(node)]
    if lead.strip():
        raise _refuse(source, node, "another statement on the same line", "a statement that starts its line")
    if _continues(source, line):
        raise _refuse(source, node, "a statement that starts on a continued line", "a statement that starts its line")
    return lines_at(source, start, _framed(text, blank_lines))


def after_statement(
    source: PythonSource, node: ast.stmt, text: str, *, blank_lines: tuple[int, int] = (0, 0), stacks: bool = False
) -> Insertion:
    """Whole lines `text` after the line on which `node` ends; a comment at the end of that line stays with it.

    After a compound statement, comment lines that are indented like its body stay with it too. `blank_lines` are put
    before and after the text, whatever stands there already. Refused when another statement follows on the line.
    """
    return lines_at(source, _end_offset(source, node), _framed(text, blank_lines), stacks=stacks)


def end_of_class(source: PythonSource, node: ast.ClassDef, text: str, *, blank_lines: int = 1) -> Insertion:
    """`text` (not indented) as the last thing in the class, after `blank_lines` empty lines."""
    text = indent(text, body_indentation(source, node))
    return after_statement(source, node, text, blank_lines=(blank_lines, 0))


def end_of_module_definitions(source: PythonSource, text: str, *, blank_lines: int = 2) -> Insertion:
    """`text` at module level after the last function or class, before the likes of `if __name__ == "__main__"`.

    In a module without definitions it goes after the last statement; into an empty file, without blank lines.
    """
    body = source.tree.body
    definitions = [n for n in body if isinstance(n, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))]
    if not body:
        return lines_at(source, len(source.data), text)
    return after_statement(source, (definitions or body)[-1], text, blank_lines=(blank_lines, 0))


def _framed(text: str, blank_lines: tuple[int, int]) -> str:
    return "\n" * blank_lines[0] + text.rstrip("\n") + "\n" + "\n" * blank_lines[1]


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    lineno: int = node.lineno  # type: ignore[attr-defined]
    return min([lineno, *(d.lineno for d in decorators)])


def _continues(source: PythonSource, line: int) -> bool:
    """Whether the line before `line` ends in a backslash."""
    if line < 2:
        return False
    return source.data[source.line_start(line - 1) : source.line_start(line)].rstrip(b"\r\n").endswith(b"\\")


def _end_offset(source: PythonSource, node: ast.stmt) -> int:
    line: int = node.end_lineno  # type: ignore[assignment]
    tail = source.data[source.end(node) : source.line_end(line)].strip(b" \t\r\n\f")
    if tail and not tail.startswith(source.comment):
        raise _refuse(source, node, "another statement on the same line", "a statement that ends its line")
    if hasattr(node, "body"):
        line = _with_body_comments(source, node, line)
    return source.line_end(line)


def _with_body_comments(source: PythonSource, node: ast.stmt, line: int) -> int:
    """The last line of a compound statement, counting comment lines below it that are indented like its body."""
    own = len(source.margin(_first_line(node)))
    for number in range(line + 1, len(source.line_starts) + 1):
        if not source.line(number).strip():
            continue
        if not source.is_comment(number) or len(source.margin(number)) <= own:
            break
        line = number
    return line


def _refuse(source: PythonSource, node: ast.AST, found: str, expected: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(source.place(node), found, expected, "put it on a line of its own", "anchor-line"))
