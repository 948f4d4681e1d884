"""Bytes changed outside recorded insertions, over every apply that a test makes in this process.

`watch` stands around `apply_plan`'s transaction: the plan's spans are taken out of what is on disk afterwards, by code
of its own, and the rest compared with what the files held before.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newop_gen.plan import FileChange, Prepared


@dataclass
class Tally:
    """`outside`: bytes that differ, over `files` changed or made by `applies` runs; `where` names the first of them."""

    applies: int = 0
    files: int = 0
    outside: int = 0
    where: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.applies += other.applies
        self.files += other.files
        self.outside += other.outside
        self.where += other.where

    def look(self, change: FileChange, now: bytes | None) -> None:
        """Count one file that was written: `now` is what it holds."""
        self.files += 1
        found = outside(change, now)
        if found:
            self.outside += found
            self.where.append(f"{change.path}: {found}")

    def __str__(self) -> str:
        return f"{self.outside} bytes changed outside recorded insertions, {self.files} files in {self.applies} applies"


def outside(change: FileChange, now: bytes | None) -> int:
    """How many bytes of a file, but for the recorded spans, are not as they were."""
    if now is None:
        return len(change.before or b"") or 1
    rest = bytearray(now)
    for start, end, _, old in sorted(change.spans, reverse=True):
        rest[start:end] = old
    return _different(change.before or b"", bytes(rest))


def _different(one: bytes, other: bytes) -> int:
    """The bytes between the first and the last difference."""
    if one == other:
        return 0
    shorter = min(len(one), len(other))
    first = next((n for n in range(shorter) if one[n] != other[n]), shorter)
    last = next((n for n in range(shorter - first) if one[-1 - n] != other[-1 - n]), shorter - first)
    return max(len(one), len(other)) - first - last


ALL = Tally()
"""Every apply of this process since `watch`."""


def watch(tally: Tally = ALL) -> None:
    """Look after each `apply_plan` of this process from now on."""
    from newop_gen.write import apply as applying

    check, transaction = applying.checked_targets, applying.Transaction
    planned: dict[str, Sequence[Any]] = {}

    @functools.wraps(check)
    def remembering(home: Any, prepared: Prepared, *rest: Any, **options: Any) -> Any:
        targets = check(home, prepared, *rest, **options)
        planned[str(home.base)] = list(zip(targets, prepared.changes, strict=True))
        return targets

    class Watched(transaction):  # type: ignore[misc,valid-type]
        def run(self, signals: Any) -> Any:
            notes = super().run(signals)
            tally.applies += 1
            for target, change in planned.pop(str(self.home.base)):
                path = Path(self.home.base, target.path)
                tally.look(change, path.read_bytes() if path.is_file() else None)
            return notes

    applying.checked_targets, applying.Transaction = remembering, Watched  # type: ignore[assignment,misc]
