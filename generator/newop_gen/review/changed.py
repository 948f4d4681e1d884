"""The diff of files whose old and new bytes are all that is known: what an update makes of what was put in.

Where a plan is at hand its own edits say what changes (`diff`); here lines are compared.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .diff import headed, hunk_text, is_binary, quoted
from .hunks import CONTEXT, Hunk, Line, split

if TYPE_CHECKING:
    from ..plan import Target


def changed(files: Iterable[Target], prefix: str = "", most: int | None = None) -> bytes:
    """A patch for `git apply` of `files`. With `most`, that many lines of each hunk of a perf table; such a one, and
    one with binary files, is for reading alone."""
    return b"".join(part for file in files for part in _file(file, f"{prefix}{file.path}", most))


def _file(file: Target, path: str, most: int | None) -> Iterator[bytes]:
    before, after = file.before, file.after
    old, new = quoted(f"a/{path}"), quoted(f"b/{path}")
    yield f"diff --git {old} {new}\n".encode()
    if before is None:
        yield b"new file mode 100644\n"
    if after is None:
        yield b"deleted file mode 100644\n"
    old, new = "/dev/null" if before is None else old, "/dev/null" if after is None else new
    if is_binary(before or b"") or is_binary(after or b""):
        yield f"Binary files {old} and {new} differ\n".encode()
        return
    if before or after:
        yield f"--- {headed(old)}\n+++ {headed(new)}\n".encode()
    for hunk in _hunks(split(before or b""), split(after or b"")):
        yield from hunk_text(hunk, most if file.data else None)


def _hunks(old: list[bytes], new: list[bytes]) -> Iterator[Hunk]:
    head = _alike(old, new)
    tail = min(_alike(old[::-1], new[::-1]), min(len(old), len(new)) - head)
    # Files are long and what changes is short: only the middle, with its context, is compared.
    start, rest = max(0, head - CONTEXT), max(0, tail - CONTEXT)
    old, new = old[start : len(old) - rest], new[start : len(new) - rest]
    for group in difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        lines: list[Line] = []
        for tag, a, b, c, d in group:
            if tag == "equal":
                lines += [Line(" ", line) for line in old[a:b]]
            else:
                lines += [Line("-", line) for line in old[a:b]] + [Line("+", line) for line in new[c:d]]
        yield Hunk(start + group[0][1] + 1, start + group[0][3] + 1, lines)


def _alike(old: list[bytes], new: list[bytes]) -> int:
    """How many lines at the beginning are the same."""
    count = 0
    for one, other in zip(old, new):
        if one != other:
            break
        count += 1
    return count
