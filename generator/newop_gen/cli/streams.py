"""Standard output and error of the console script: any character, and a reader that leaves early.

A reader that has seen enough (`newop-gen ... | head -1`), a disk that is full, or a descriptor that was closed before
the start changes neither what a command does nor its exit code: what it would still print is dropped. So the code does
not depend on who reads, and no stream stops an apply. What standard output loses to anything but a reader's leaving is
said on the other stream, where that can be.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Outliving(io.FileIO):
    """A descriptor that goes on as the null device once nothing more can be written to it."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data) or 0
        except BrokenPipeError:
            self._drop()
        except OSError as error:
            self._drop()
            if self.fileno() == 1:
                said = f"warning: standard output can't be written ({error.strerror}): what is left of it is dropped\n"
                with contextlib.suppress(OSError):
                    os.write(2, said.encode("ascii", "backslashreplace"))
        return super().write(data) or 0

    def _drop(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        try:
            # The same number, so that the interpreter's own flush at its end is dropped, too.
            os.dup2(null, self.fileno())
        finally:
            os.close(null)


def outlive_readers() -> None:
    """Make standard output and error such streams. Others than files (a test's buffers) only get the characters."""
    _occupy()
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is None:  # it was closed before the start
            null = io.BufferedWriter(io.FileIO(number, "w", closefd=False))
            setattr(sys, name, io.TextIOWrapper(null, encoding="utf-8", errors="backslashreplace"))
            continue
        if not isinstance(stream, io.TextIOWrapper):
            continue
        # A message may have characters that the terminal's encoding lacks; that must not be an error of its own.
        stream.reconfigure(errors="backslashreplace")
        raw = getattr(stream.buffer, "raw", stream.buffer)
        if isinstance(raw, io.FileIO):
            setattr(sys, name, _over(stream, raw))


def _occupy() -> None:
    """Give the three descriptors that were closed before the start to the null device: a file opened later would get
    such a number, and what is printed by whoever knows no other."""
    while (null := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(null)


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
