"""One target file, whatever it is written in: its bytes, its lines, and the way between line and byte offset.

What only a language knows, its syntax tree above all, is a view: `python.PythonSource`, `rust.RustSource`. `Tree` opens
each file as what its suffix says; two views share no common syntax tree, what they have in common is byte ranges.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
from dataclasses import dataclass
from typing import ClassVar

from ..problems import CheckoutRefused, Place, Problem


@dataclass(frozen=True)
class Source:
    """A file of the checkout.

    `path` is relative to the checkout root, with `/`. `data` are the bytes as read. "\\n" and "\\r\\n" end a line and
    nothing else does (unlike `str.splitlines`); a lone "\\r", which Python counts and editors don't, is refused where
    the file is parsed. Lines and columns of characters count from 1, byte offsets from 0.
    """

    path: str
    data: bytes

    comment: ClassVar[bytes] = b""
    """What begins a comment that ends with its line; empty where nothing is known to."""

    @functools.cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def encoding(self) -> str:
        """The encoding that the file's language reads it in, without a byte order mark."""
        return "utf-8"

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

    def line_of(self, offset: int) -> int:
        """The line that a byte offset is in."""
        return bisect.bisect_right(self.line_starts, offset)

    def line_start(self, line: int) -> int:
        return self.line_starts[line - 1] + (self._bom if line == 1 else 0)

    def line_end(self, line: int) -> int:
        """Byte offset just past the newline of `line` (or the end of the file)."""
        return self.line_starts[line] if line < len(self.line_starts) else len(self.data)

    def line(self, number: int) -> bytes:
        """The bytes of a line, with its newline."""
        return self.data[self.line_start(number) : self.line_end(number)]

    def margin(self, line: int) -> str:
        """The spaces and tabs that a line starts with."""
        data = self.line(line)
        return data[: len(data) - len(data.lstrip(b" \t"))].decode("ascii")

    def starts_line(self, offset: int) -> bool:
        """Whether only spaces and tabs stand before an offset on its line."""
        return not self.data[self.line_start(self.line_of(offset)) : offset].strip(b" \t")

    def rest_of_line(self, offset: int) -> bytes:
        """What follows an offset on its line, without the white space around it."""
        return self.data[offset : self.line_end(self.line_of(offset))].strip()

    def is_comment(self, line: int) -> bool:
        """Whether a line holds a comment and nothing else."""
        return bool(self.comment) and self.line(line).lstrip(b" \t").startswith(self.comment)

    def above_comments(self, line: int, stop: int = 0) -> int:
        """The first of the comment lines directly above `line` (and below the line `stop`), or `line` itself."""
        while line - 1 > stop and self.is_comment(line - 1):
            line -= 1
        return line

    def shared(self) -> list[tuple[int, int]]:
        """Byte ranges in which one insertion may need what another one brought (a comma, a line break). A piece that is
        for all goes with the last op that has something in its range. Nothing is known of a file without a view: there
        the whole file is such a range."""
        return [(0, len(self.data))]

    def _refuse_lone_cr(self) -> None:
        at = -1
        while (at := self.data.find(b"\r", at + 1)) >= 0:
            if self.data[at + 1 : at + 2] != b"\n":
                raise CheckoutRefused(
                    Problem(
                        Place(self.path, self.line_of(at)),
                        "a carriage return without a line feed",
                        "lines that end in LF or CRLF",
                        "convert the file's line ends, then run again",
                        "target-newline",
                    )
                )

    def _refuse_undecodable(self, expected: str) -> None:
        """A parser may read past bytes of no meaning in a comment, which its language does not."""
        try:
            self.data.decode(self.encoding)
        except UnicodeDecodeError as error:
            before = self.data[: error.start]
            raise CheckoutRefused(
                Problem(
                    Place(self.path, self.line_of(error.start), error.start - before.rfind(b"\n")),
                    f"the file does not parse (the byte 0x{self.data[error.start]:02x} is no {self.encoding})",
                    expected,
                    "save the file as UTF-8, then run again",
                    "target-syntax",
                )
            ) from None
        except (LookupError, UnicodeError) as error:  # what the file names is no encoding of text, or none at all
            raise CheckoutRefused(
                Problem(
                    Place(self.path, 1),
                    f"the file does not parse ({self.encoding!r} can't be its encoding: {error})",
                    expected,
                    "save the file as UTF-8, then run again",
                    "target-syntax",
                )
            ) from None

    def _unparsable(self, why: str, line: int, column: int, expected: str) -> CheckoutRefused:
        return CheckoutRefused(
            Problem(
                Place(self.path, line, column),
                f"the file does not parse ({why})",
                expected,
                "the file is a Git LFS pointer: run `git lfs pull`"
                if self.data.startswith(b"version https://git-lfs")
                else "resolve conflict markers or restore the file, then run again",
                "target-syntax",
            )
        )
