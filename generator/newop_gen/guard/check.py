"""Every pending edit of a plan against what its spec allows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ..checkout.opened import source_of
from ..plan import Creation
from ..problems import CheckoutRefused, Place, Problem
from .allowed import Allowed
from .found import Found, reader_of
from .patterns import names_of, written_out
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    from ..checkout.source import Source
    from ..model.op import Op
    from ..plan import Edit, Plan, Step

_PLAIN_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*")


def check(plan: Plan, ops: Sequence[Op], words: Mapping[str, Vocabulary]) -> None:
    """Raise `CheckoutRefused` (code "guard") with everything in the plan's pending edits that no spec accounts for.
    `words` are those of the plan's layout.

    A failure is a fault of this program, or of a spec that made it render something that was never foreseen. Nothing
    was written. Edits that are done are the checkout's own text by now and aren't asked about.
    """
    check = _Check(plan, ops, words)
    problems = [
        _problem(edit.path, step, found)
        for step, edit in plan.step_edits()
        if not edit.done
        for found in check.edit(step, edit)
    ]
    if problems:
        raise CheckoutRefused(problems)


class _Check:
    """What is looked up once: files of a plan, and the words of a step written out for an op."""

    def __init__(self, plan: Plan, ops: Sequence[Op], words: Mapping[str, Vocabulary]) -> None:
        self._plan, self._words = plan, words
        self._allowed = {op.name: Allowed.of(op) for op in ops}
        self._names = {op.name: names_of(op) for op in ops}
        self._written: dict[tuple[str, str], Vocabulary] = {}
        self._files: dict[str, Source | None] = {}

    def edit(self, step: Step, edit: Edit) -> Iterator[Found]:
        """What is wrong with one edit."""
        words, name = self._words_of(step, edit.path), edit.path.rpartition("/")[2]
        if words is None:
            yield Found(0, "code, in a step that has none")
            return
        if isinstance(edit, Creation):
            if not _PLAIN_PATH.fullmatch(edit.path) or not words.places(edit.path):
                yield Found(0, f"a new file {name!a}")
                return
            if edit.mode != 0o644:
                yield Found(0, f"a new file with mode {edit.mode:o}")
                return
        reader = reader_of(edit.path)
        if reader is None:
            yield Found(0, f"a change of {name!a}, a file that nothing here reads")
        else:
            yield from reader.findings(edit, self._source(edit), words, self._allowed[step.op])

    def _words_of(self, step: Step, path: str) -> Vocabulary | None:
        """Those of the step for files of this suffix (`operations.rs`), where it has some of their own."""
        suffixed = f"{step.key}{path[path.rfind('.') :]}"
        key = suffixed if suffixed in self._words else step.key
        if key not in self._words:
            return None
        if (step.op, key) not in self._written:
            self._written[step.op, key] = written_out(self._words[key], self._names[step.op])
        return self._written[step.op, key]

    def _source(self, edit: Edit) -> Source | None:
        if edit.path not in self._files:
            data = None if isinstance(edit, Creation) else self._plan.sources.get(edit.path)
            self._files[edit.path] = None if data is None else source_of(edit.path, data)
        return self._files[edit.path]


def _problem(path: str, step: Step, found: Found) -> Problem:
    where = f" (line {found.line} of it)" if found.line else ""
    return Problem(
        Place(path),
        f"internal check failed: {step.op}:{step.key} would put in {found.what}{where}, which is not in the spec",
        "code made of the spec's own names, numbers and strings",
        "nothing was written; please report it with the spec and the release",
        "guard",
    )
