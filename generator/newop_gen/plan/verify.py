"""The postcondition of every plan, checked before anything is shown or written.

Nothing here trusts the merge: that the recorded spans are the whole difference is counted out byte by byte, and that
the results are Python is asked of the compiler. A failure is a fault of this program, never of the user; it is a
refusal all the same, so that nothing is written.
"""

from __future__ import annotations

import functools
import warnings
from typing import TYPE_CHECKING

from ..problems import CheckoutRefused, Place, Problem
from .merge import without_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import FileChange


def verify(changes: Iterable[FileChange]) -> None:
    """Raise `CheckoutRefused` (code "postcondition") with every change that does not hold what a plan promises:

    - taking the recorded spans out of the new bytes gives the old bytes;
    - spans are in order, inside the file, and don't overlap;
    - every changed or new Python file compiles.
    """
    problems = [problem for change in changes for problem in _faults(change)]
    if problems:
        raise CheckoutRefused(problems)


def _faults(change: FileChange) -> Iterable[Problem]:
    edges = [edge for span in change.spans for edge in span[:2]]
    if edges != sorted(edges) or (edges and (edges[0] < 0 or edges[-1] > len(change.after))):
        yield _fault(change, "the recorded insertions overlap or leave the file")
    elif without_spans(change) != (change.before or b""):
        yield _fault(change, "the new bytes without the recorded insertions are not the old bytes")
    if change.path.endswith(".py"):
        try:
            _compiles(change.after)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
            yield _broken_before(change) or _fault(
                change, f"the result would not compile ({_words(error)})", getattr(error, "lineno", 0) or 0
            )


@functools.lru_cache(maxsize=64)
def _compiles(code: bytes) -> None:
    """Raises as `compile` does. Both who shows a plan and who writes it ask; the same bytes are compiled once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user's own invalid escapes are no business of ours
        compile(code, "<planned>", "exec", dont_inherit=True)


def _broken_before(change: FileChange) -> Problem | None:
    """The problem that the file had already: a syntax tree can be read of more than can be compiled."""
    if change.before is None:
        return None
    try:
        _compiles(change.before)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return Problem(
            Place(change.path, getattr(error, "lineno", 0) or 0, getattr(error, "offset", 0) or 0),
            f"the file does not compile as it is ({_words(error)})",
            "valid Python",
            "mend the file, then run again",
            "target-syntax",
        )
    return None


def _words(error: Exception) -> str:
    return getattr(error, "msg", None) or str(error)


def _fault(change: FileChange, what: str, line: int = 0) -> Problem:
    return Problem(
        Place(change.path, line),
        f"internal check failed: {what}",
        "an edit that leaves the rest of the file alone",
        "nothing was written; please report it with the spec and the release",
        "postcondition",
    )
