"""One target file: its bytes, its syntax tree, and the way between line/column and byte offset."""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..problems import CheckoutRefused, Place, Problem

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(frozen=True)
class Source:
    """A file of the checkout: its bytes and lines, and a syntax tree of each language that it may be in.

    `path` is relative to the checkout root, with `/`. `data` are the bytes as read. "\\n" and "\\r\\n" end a line and
    nothing else does (unlike `str.splitlines`); a lone "\\r", which Python counts and editors don't, is refused.
    """

    path: str
    data: bytes

    @functools.cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @functools.cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; raises `CheckoutRefused` with the line when the file is not valid Python."""
        self._refuse_lone_cr()
        self._refuse_undecodable("valid Python")
        try:
            return ast.parse(self.data)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = f"{type(error).__name__}: {error.args[0] if error.args else ''}"
            line = getattr(error, "lineno", 0) or 0
            column = getattr(error, "offset", 0) or 0
            raise self._unparsed(what, line, column, "valid Python") from None

    @functools.cached_property
    def rust(self) -> Node:
        """The root of a Rust file's syntax tree; raises `CheckoutRefused` with the line when it is not valid Rust."""
        from ..kinds.rust import first_fault, parse

        self._refuse_lone_cr()
        self._refuse_undecodable("valid Rust")
        tree = parse(self.data)
        if (fault := first_fault(tree)) is not None:
            raise self._unparsed(*fault, "valid Rust")
        return tree.root_node

    def _unparsed(self, what: str, line: int, column: int, expected: str) -> CheckoutRefused:
        return CheckoutRefused(
            Problem(
                Place(self.path, line, column),
                f"the file does not parse ({what})",
                expected,
                "the file is a Git LFS pointer: run `git lfs pull`"
                if self.data.startswith(b"version https://git-lfs")
                else "resolve conflict markers or restore the file, then run again",
                "target-syntax",
            )
        )

    def _refuse_lone_cr(self) -> None:
        at = -1
        while (at := self.data.find(b"\r", at + 1)) >= 0:
            if self.data[at + 1 : at + 2] != b"\n":
                line = self.data.count(b"\n", 0, at) + 1
                raise CheckoutRefused(
                    Problem(
                        Place(self.path, line),
                        "a carriage return without a line feed",
                        "lines that end in LF or CRLF",
                        "convert the file's line ends, then run again",
                        "target-newline",
                    )
                )

    def _refuse_undecodable(self, expected: str) -> None:
        """A parser reads past bytes of no meaning in a comment, which an import or a compiler does not."""
        try:
            self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            before = self.data[: error.start]
            raise CheckoutRefused(
                Problem(
                    Place(self.path, before.count(b"\n") + 1, error.start - before.rfind(b"\n")),
                    f"the file does not parse (the byte 0x{self.data[error.start]:02x} is no {self.encoding})",
                    expected,
                    "save the file as UTF-8, then run again",
                    "target-syntax",
                )
            ) from None

    @functools.cached_property
    def memo(self) -> dict[tuple[str, ast.AST], object]:
        """What has been found out about nodes of `tree`, by whoever asked first: many ops look at the same places."""
        return {}

    @functools.cached_property
    def encoding(self) -> str:
        """The file's encoding: of Python what it reads ("utf-8", or what a coding cookie says), without the mark."""
        if not self.path.endswith((".py", ".pyi")):
            return "utf-8"
        try:
            name = tokenize.detect_encoding(io.BytesIO(self.data).readline)[0]
        except SyntaxError:  # `tree` refuses such a file with a better message
            return "utf-8"
        return "utf-8" if name == "utf-8-sig" else name

    @functools.cached_property
    def newline(self) -> bytes:
        """The newline of the file's first line."""
        at = self.data.find(b"\n")
        return b"\r\n" if at > 0 and self.data[at - 1 : at] == b"\r" else b"\n"

    @functools.cached_property
    def line_starts(self) -> list[int]:
        """Byte offset at which each line starts (index 0 is line 1)."""
        starts = [0]
        data = self.data
        i = 0
        while True:
            n = data.find(b"\n", i)
            if n < 0:
                break
            starts.append(n + 1)
            i = n + 1
        return starts

    @property
    def _bom(self) -> int:
        return 3 if self.data.startswith(b"\xef\xbb\xbf") else 0

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

    def line_start(self, line: int) -> int:
        return self.line_starts[line - 1] + (self._bom if line == 1 else 0)

    def line_end(self, line: int) -> int:
        """Byte offset just past the newline of `line` (or the end of the file)."""
        return self.line_starts[line] if line < len(self.line_starts) else len(self.data)

    def text(self, node: ast.AST) -> str:
        """The node's own source text."""
        return self.data[self.start(node) : self.end(node)].decode(self.encoding)

    def place(self, node: ast.AST) -> Place:
        return Place(self.path, getattr(node, "lineno", 0), getattr(node, "col_offset", -1) + 1)
