"""Standard output and error of the console script: any character, and a reader that leaves early.

A reader that has seen enough (`newop-gen ... | head -1`) changes neither what a command does nor its exit code: what it
would still print is dropped. So the code does not depend on when the reader left, and a pipe never stops an apply.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Outliving(io.FileIO):
    """A descriptor that goes on as the null device once nobody reads it."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            null = os.open(os.devnull, os.O_WRONLY)
            try:
                # The same number, so that the interpreter's own flush at its end is dropped, too.
                os.dup2(null, self.fileno())
            finally:
                os.close(null)
            return super().write(data)


def outlive_readers() -> None:
    """Make standard output and error such streams. Others than files (a test's buffers) only get the characters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):
            continue
        # A message may have characters that the terminal's encoding lacks; that must not be an error of its own.
        stream.reconfigure(errors="backslashreplace")
        raw = getattr(stream.buffer, "raw", stream.buffer)
        if isinstance(raw, io.FileIO):
            setattr(sys, name, _over(stream, raw))


def _over(stream: io.TextIOWrapper, raw: io.FileIO) -> io.TextIOWrapper:
    stream.flush()
    outliving = _Outliving(raw.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(outliving),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
