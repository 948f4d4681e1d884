"""Whole lines between statements.

Every function returns one `Insertion` of complete lines. In a file without a final newline an insertion at the end
starts with a newline instead of ending with one: the file still has none afterwards, and insertions still add up.
"""

from __future__ import annotations

import ast
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


def indentation(source: Source, node: ast.AST) -> str:
    """The whitespace before the statement `node`, as the file has it (spaces or tabs)."""
    return _line_indentation(source, _first_line(node))


def body_indentation(source: Source, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """The whitespace before the statements in the body of `node`."""
    first = node.body[0]
    if first.lineno == node.lineno:
        raise _refuse(source, first, "a body on the line of its `:`", "a body on lines of its own")
    return indentation(source, first)


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


def before_statement(source: Source, node: ast.stmt, text: str, *, blank_lines: tuple[int, int] = (0, 0)) -> Insertion:
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
    source: Source, node: ast.stmt, text: str, *, blank_lines: tuple[int, int] = (0, 0), stacks: bool = False
) -> Insertion:
    """Whole lines `text` after the line on which `node` ends; a comment at the end of that line stays with it.

    After a compound statement, comment lines that are indented like its body stay with it too. `blank_lines` are put
    before and after the text, whatever stands there already. Refused when another statement follows on the line.
    """
    return lines_at(source, _end_offset(source, node), _framed(text, blank_lines), stacks=stacks)


def end_of_class(source: Source, node: ast.ClassDef, text: str, *, blank_lines: int = 1) -> Insertion:
    """`text` (not indented) as the last thing in the class, after `blank_lines` empty lines."""
    text = indent(text, body_indentation(source, node))
    return after_statement(source, node, text, blank_lines=(blank_lines, 0))


def end_of_module_definitions(source: Source, text: str, *, blank_lines: int = 2) -> Insertion:
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


def _line_indentation(source: Source, line: int) -> str:
    data = source.data[source.line_start(line) : source.line_end(line)]
    return data[: len(data) - len(data.lstrip(b" \t"))].decode("ascii")


def _continues(source: Source, line: int) -> bool:
    """Whether the line before `line` ends in a backslash."""
    if line < 2:
        return False
    return source.data[source.line_start(line - 1) : source.line_start(line)].rstrip(b"\r\n").endswith(b"\\")


def _end_offset(source: Source, node: ast.stmt) -> int:
    line: int = node.end_lineno  # type: ignore[assignment]
    tail = source.data[source.end(node) : source.line_end(line)].strip(b" \t\r\n\f")
    if tail and not tail.startswith(b"#"):
        raise _refuse(source, node, "another statement on the same line", "a statement that ends its line")
    if hasattr(node, "body"):
        line = _with_body_comments(source, node, line)
    return source.line_end(line)


def _with_body_comments(source: Source, node: ast.stmt, line: int) -> int:
    """The last line of a compound statement, counting comment lines below it that are indented like its body."""
    own = len(_line_indentation(source, _first_line(node)))
    for number in range(line + 1, len(source.line_starts) + 1):
        text = source.data[source.line_start(number) : source.line_end(number)].strip()
        if not text:
            continue
        if not text.startswith(b"#") or len(_line_indentation(source, number)) <= own:
            break
        line = number
    return line


def _only_bom(source: Source) -> bool:
    return source.data == b"\xef\xbb\xbf"


def _refuse(source: Source, node: ast.AST, found: str, expected: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(source.place(node), found, expected, "put it on a line of its own", "anchor-line"))
