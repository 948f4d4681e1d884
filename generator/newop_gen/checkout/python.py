"""A Python file: its syntax tree, and the way from the places of `ast` to byte offsets."""

from __future__ import annotations

import ast
import functools
import io
import tokenize

from ..problems import CheckoutRefused, Place
from .source import Source


class PythonSource(Source):
    """A Python file of the checkout."""

    comment = b"#"

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises `CheckoutRefused` with the line when the file is not valid Python."""
        self._refuse_lone_cr()
        self._refuse_undecodable("valid Python")
        try:
            return ast.parse(self.data)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            why = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
            line, column = getattr(error, "lineno", 0) or 0, getattr(error, "offset", 0) or 0
            raise self._unparsable(why, line, column, "valid Python") from None

    @functools.cached_property
    def memo(self) -> dict[tuple[str, ast.AST], object]:
        """What has been found out about nodes of `tree`, by whoever asked first: many ops look at the same places."""
        return {}

    @functools.cached_property
    def _cookie(self) -> str:
        try:
            name = tokenize.detect_encoding(io.BytesIO(self.data).readline)[0]
        except SyntaxError:  # `tree` refuses such a file with a better message
            return "utf-8"
        return "utf-8" if name == "utf-8-sig" else name

    @property
    def encoding(self) -> str:
        """The file's encoding as Python reads it ("utf-8", or what a coding cookie says), without the mark."""
        return self._cookie

    def offset(self, line: int, column: int) -> int:
        """Byte offset of an `ast` position (`column` counts UTF-8 bytes from 0, as in `ast`, whatever the encoding)."""
        start = self.line_start(line)
        if self.encoding == "utf-8":
            return start + column
        before = self.data[start : self.line_end(line)].decode(self.encoding).encode()[:column]
        return start + len(before.decode().encode(self.encoding))

    def start(self, node: ast.AST) -> int:
        """Byte offset of the node's first byte; for decorated definitions the decorator counts."""
        first = node
        decorators = getattr(node, "decorator_list", None)
        if decorators:
            line = min(d.lineno for d in decorators)
            return self.line_start(line)
        return self.offset(first.lineno, first.col_offset)  # type: ignore[attr-defined]

    def end(self, node: ast.AST) -> int:
        return self.offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def text(self, node: ast.AST) -> str:
        """The node's own source text."""
        return self.data[self.start(node) : self.end(node)].decode(self.encoding)

    def place(self, node: ast.AST) -> Place:
        return Place(self.path, getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1)

    def shared(self) -> list[tuple[int, int]]:
        """The statements that have no block."""
        try:
            nodes = [n for n in ast.walk(self.tree) if isinstance(n, ast.stmt) and not hasattr(n, "body")]
        except CheckoutRefused:
            return super().shared()
        return [(self.start(n), self.end(n)) for n in nodes]
