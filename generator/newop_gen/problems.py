"""What can be wrong, where, and which exit code it means.

A `Problem` is data: a place, what was found, what was expected, what to do. Errors are gathered, never raised one at a
time, so an exception here carries a list of them.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from dataclasses import dataclass


class Exit(enum.IntEnum):
    """Exit codes of the command line. They are an interface: numbers never change meaning."""

    DONE = 0
    FOUND = 1
    SPEC = 2
    CHECKOUT = 3
    CONFLICT = 4
    IO = 5
    INTERRUPTED = 6


@dataclass(frozen=True, order=True)
class Place:
    """A position in a file; `line` and `column` count from 1, 0 means "the file as a whole"."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class SpecPlace(Place):
    """A place in the spec of `op` that is known by its path (`("wiring", 0, "args", "heads")`), not yet by its line.

    `offset` counts characters from 0 into the text that stands there. Whoever has read the spec can turn it into a
    `Place` with a line; until then it prints as the path.
    """

    op: str = ""
    path: tuple[str | int, ...] = ()
    offset: int = 0


def spec_place(op: str, path: tuple[str | int, ...], offset: int = 0) -> SpecPlace:
    """The place at `path` in the spec of `op`."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return SpecPlace(f"{op}: {steps.lstrip('.')}", op=op, path=path, offset=offset)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `found` and `expected` are complete clauses without a final stop ("unknown key 'parms'", "one of op, params, sol");
    `suggestion` says what to do ("did you mean 'params'?"). `code` is a stable short name for JSON output and tests.
    """

    place: Place
    found: str
    expected: str = ""
    suggestion: str = ""
    code: str = ""

    def __str__(self) -> str:
        text = f"{self.place}: {self.found}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.suggestion:
            text += f" ({self.suggestion})"
        return text


def near_names(wanted: str, names: Iterable[str], most: int = 3) -> list[str]:
    """Those of `names` that `wanted` may have meant, the likest first: whatever the case, and also a part of a name."""
    by_lower: dict[str, list[str]] = {}
    for name in names:
        by_lower.setdefault(name.lower(), []).append(name)
    low = wanted.lower()
    if low in by_lower:
        return by_lower[low][:most]
    like = difflib.get_close_matches(low, by_lower, n=most, cutoff=0.6)
    like += [name for name in by_lower if len(low) > 2 and low in name]
    return list(dict.fromkeys(name for key in like for name in by_lower[key]))[:most]


def did_you_mean(near: Iterable[str]) -> str:
    """A suggestion of near names, "" without any."""
    names = [repr(name) for name in near]
    return f"did you mean {' or '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}?" if names else ""


class NewopError(Exception):
    """Base of all errors that reach a user; `problems` is never empty."""

    exit_code: Exit = Exit.SPEC

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = [problems] if isinstance(problems, Problem) else list(problems)
        super().__init__("\n".join(str(p) for p in self.problems))

    def __str__(self) -> str:
        return "\n".join(str(p) for p in self.problems)


class SpecError(NewopError):
    """The spec is not usable. Nothing was written."""

    exit_code = Exit.SPEC


class CheckoutRefused(NewopError):
    """The checkout is not one that the tool can edit, or an anchor is missing. Nothing was written."""

    exit_code = Exit.CHECKOUT


class Conflict(NewopError):
    """Somebody edited what the tool inserted, or a definition of the same name differs. Nothing was written."""

    exit_code = Exit.CONFLICT


class IoFault(NewopError):
    """Reading or writing failed; what had been written was rolled back."""

    exit_code = Exit.IO


class Interrupted(NewopError):
    """An interrupted apply was found that could not be recovered without help."""

    exit_code = Exit.INTERRUPTED
