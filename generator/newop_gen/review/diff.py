"""A plan as a diff: grouped and labelled by step, and as a whole a patch that `git apply` takes.

Everything that isn't diff stands in lines that start with "# ", before a file's header, where patch tools skip it.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..plan import Creation
from ..plan.merge import edits_by_file
from ..text import printable
from .hunks import FileState, Hunk, Line, split

if TYPE_CHECKING:
    from ..plan import Plan, Step
    from ..plan.merge import FileEdits

WHOLE = "--full shows all, and --patch FILE writes all, for `git apply`"


@dataclass(frozen=True)
class FileDiff:
    """What one step does to one file. A new file is `created` and has one hunk (none when it is empty or binary)."""

    path: str
    hunks: list[Hunk]
    created: Creation | None = None

    @property
    def binary(self) -> bool:
        return self.created is not None and is_binary(self.created.content)


@dataclass(frozen=True)
class StepDiff:
    """One step with its place among all: `number` counts from 1 to `total`."""

    number: int
    total: int
    step: Step
    files: list[FileDiff]

    @property
    def heading(self) -> str:
        text = f"Step {self.number} of {self.total} \u2014 {self.step.op}, {self.step.key}: {self.step.title}"
        return text + (" (done already)" if self.step.done and self.step.edits else "")

    @property
    def remarks(self) -> list[str]:
        """Notes and skips, one line each."""
        notes = [f"note: {note}" for note in self.step.notes]
        return notes + [f"skipped: {skip.what}: {skip.why}" for skip in self.step.skips]


def step_diffs(plan: Plan) -> list[StepDiff]:
    """Every step of the plan, in order, with what it changes after the steps before it."""
    files = edits_by_file(plan)
    states = {path: FileState(plan.sources[path]) for path, file in files.items() if file.creation is None}
    return [
        StepDiff(index + 1, len(plan.steps), step, list(_file_diffs(index, files, states)))
        for index, step in enumerate(plan.steps)
    ]


def _file_diffs(index: int, files: dict[str, FileEdits], states: dict[str, FileState]) -> Iterator[FileDiff]:
    for path, (creation, placed) in files.items():
        if creation is None:
            mine = [edit for edit in placed if edit.step == index]
            if mine:
                yield FileDiff(path, states[path].take(mine))
        elif creation[1] == index:
            content = creation[0].content
            lines = [] if is_binary(content) else [Line("+", line) for line in split(content)]
            yield FileDiff(path, [Hunk(1, 1, lines)] if lines else [], creation[0])


def is_binary(content: bytes) -> bool:
    """What git takes for binary, and what isn't UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return b"\0" in content


def patch(plan: Plan, prefix: str = "", most: int | None = None) -> bytes:
    """The plan's pending edits as one patch for `git apply`; b"" when nothing is pending.

    `prefix` is put before each path ("src/"): git wants paths relative to the repository. New binary files are given as
    git's binary literals. `git apply` checks every byte of context, `patch` can't do the binary part.

    With `most`, new perf tables are summed up: that many lines of each and how many more there are. That is for
    reading; `git apply` refuses it as corrupt, and writes nothing.
    """
    if not plan.pending:
        return b""
    parts: list[bytes] = []
    for diff in step_diffs(plan):
        parts += [f"# {printable(line)}\n".encode() for line in [diff.heading, *diff.remarks]]
        for file in diff.files:
            parts += _patched(file, prefix, most)
    return b"".join(parts)


def unified_diff(plan: Plan) -> str:
    """The same patch as text; bytes that aren't UTF-8 come out as U+FFFD (`patch` has them as they are)."""
    return patch(plan).decode("utf-8", "replace")


def _patched(file: FileDiff, prefix: str, most: int | None) -> Iterator[bytes]:
    old, new = quoted(f"a/{prefix}{file.path}"), quoted(f"b/{prefix}{file.path}")
    yield f"diff --git {old} {new}\n".encode()
    if file.created is not None:
        yield f"new file mode {0o100755 if file.created.mode & 0o111 else 0o100644:o}\n".encode()
        if file.binary:
            if most is not None and file.created.data:
                yield f"Binary files /dev/null and {new} differ\n".encode()
                yield f"# {len(file.created.content):,} bytes: {WHOLE}\n".encode()
            else:
                yield from _binary(file.created.content)
            return
        old = "/dev/null"
    if file.hunks:
        yield f"--- {headed(old)}\n+++ {headed(new)}\n".encode()
    for hunk in file.hunks:
        shown = most if file.created is not None and file.created.data else None
        yield from hunk_text(hunk, shown)


def hunk_text(hunk: Hunk, most: int | None = None) -> Iterator[bytes]:
    """A hunk as in a patch; with `most`, that many of its lines, and how many more there are."""
    yield hunk.header.encode() + b"\n"
    for line in hunk.lines[:most]:
        yield line.sign.encode() + line.data
        if not line.data.endswith(b"\n"):
            yield b"\n\\ No newline at end of file\n"
    if most is not None and len(hunk.lines) > most:
        yield f"# and {len(hunk.lines) - most:,} more lines: {WHOLE}\n".encode()


def headed(name: str) -> str:
    """A quoted path as it stands after "---" and "+++"."""
    # A name with a space ends with a tab, or what follows it would be taken for a date.
    return name + "\t" if " " in name and not name.startswith('"') else name


def quoted(path: str) -> str:
    """A path as git writes it in a header: in quotes with octal escapes when it has more than plain ASCII."""
    raw = path.encode("utf-8", "surrogateescape")
    if all(0x20 <= byte < 0x7F and byte not in b'"\\' for byte in raw):
        return path
    return '"' + "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\{b:03o}" for b in raw) + '"'


def _binary(content: bytes) -> Iterator[bytes]:
    """git's binary literal: lines of up to 52 bytes in base 85, the first character says how many."""
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    yield f"index {'0' * 40}..{blob}\nGIT binary patch\nliteral {len(content)}\n".encode()
    packed = zlib.compress(content)
    for at in range(0, len(packed), 52):
        chunk = packed[at : at + 52]
        size = len(chunk)
        yield bytes([size + 64 if size <= 26 else size + 70]) + base64.b85encode(chunk, pad=True) + b"\n"
    yield b"\nliteral 0\nHcmV?d00001\n\n"


def git_prefix(root: str | Path) -> str:
    """The path from the enclosing git repository to `root`, with a final "/"; "" at its top or outside of any.

    Told by the `.git` entry alone: git is not run.
    """
    root = Path(root).absolute()
    for parent in (root, *root.parents):
        if (parent / ".git").exists():
            relative = root.relative_to(parent).as_posix()
            return "" if relative == "." else f"{relative}/"
    return ""
