"""The postcondition of every plan, checked before anything is shown or written.

Nothing here trusts the merge: that the recorded spans are the whole difference is counted out byte by byte, and that
each result can still be read as what it is, is asked of its kind (Python of the compiler, Rust of a parser). A failure
is a fault of this program, never of the user; it is a refusal all the same, so that nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..kinds import Kind, kind_of
from ..problems import CheckoutRefused, Place, Problem
from .merge import without_spans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import FileChange


def check_postcondition(changes: Iterable[FileChange]) -> None:
    """Raise `CheckoutRefused` (code "postcondition") with every change that does not hold what a plan promises:

    - taking the recorded spans out of the new bytes gives the old bytes;
    - spans are in order, inside the file, and don't overlap;
    - every changed or new file is of a kind that is known by its suffix, and its new bytes are of that kind.
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
    kind = kind_of(change.path)
    if kind is None:
        yield _fault(change, "nothing here can tell whether a file of this kind is sound")
        return
    why = kind.unsound(change.after)
    if why is None:
        return
    if change.data:
        found = f"the table would not {kind.fails} ({why})"  # whose bytes are the user's
        yield Problem(Place(change.path, why.line), found, kind.valid, "give the table in this form", "table-form")
    else:
        yield _broken_before(kind, change) or _fault(change, f"the result would not {kind.fails} ({why})", why.line)


def _broken_before(kind: Kind, change: FileChange) -> Problem | None:
    """The problem that the file had already: a syntax tree can be read of more than can be compiled."""
    why = None if change.before is None else kind.unsound(change.before)
    if why is None:
        return None
    return Problem(
        Place(change.path, why.line, why.column),
        f"the file does not {kind.fails} as it is ({why})",
        kind.valid,
        "mend the file, then run again",
        "target-syntax",
    )


def _fault(change: FileChange, what: str, line: int = 0) -> Problem:
    return Problem(
        Place(change.path, line),
        f"internal check failed: {what}",
        "an edit that leaves the rest of the file alone",
        "nothing was written; please report it with the spec and the release",
        "postcondition",
    )
