"""A plan with the changes that it adds up to, checked."""

from __future__ import annotations

from dataclasses import dataclass

from .model import FileChange
from .postcondition import check_postcondition
from .whole import Plan


@dataclass(frozen=True)
class Prepared:
    """A plan, and its `changes`, which hold what a plan promises (`postcondition`). It is made once by `of` and handed
    on, from planning to showing and writing: neither merges or checks again."""

    plan: Plan
    changes: tuple[FileChange, ...]

    @classmethod
    def of(cls, plan: Plan) -> Prepared:
        """Raises `Conflict` when two edits want the same bytes, `CheckoutRefused` with what a plan's promise lacks."""
        changes = tuple(plan.changes())
        check_postcondition(changes)
        return cls(plan, changes)
