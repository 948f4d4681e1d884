"""The plan: all steps of one run, and the bytes that it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .merge import merge
from .model import Edit, FileChange, Step


@dataclass(frozen=True)
class Plan:
    """All steps of one run over one checkout.

    `sources` maps each target path to the bytes that the plan was made from.
    """

    root: str
    layout: str
    ops: tuple[str, ...]
    steps: tuple[Step, ...]
    sources: Mapping[str, bytes] = field(repr=False)

    @property
    def pending(self) -> list[Edit]:
        return [e for s in self.steps for e in s.edits if not e.done]

    def changes(self) -> list[FileChange]:
        """The changes of all files, merged. Raises `Conflict` when two edits of the run want the same bytes."""
        return merge(self)

    def step_edits(self) -> Iterable[tuple[Step, Edit]]:
        for step in self.steps:
            for edit in step.edits:
                yield step, edit
