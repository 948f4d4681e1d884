"""Which table of an op a file is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

from ..model.op import Op, Table
from ..problems import Place, Problem, SpecError
from ..spec.model import PhaseName

PHASE_WORDS = {
    **dict.fromkeys(("context", "ctx", "prefill", "prompt", "encode"), "context"),
    **dict.fromkeys(("generation", "gen", "decode", "decoding"), "generation"),
}
"""What files and columns call a phase."""


def phase_of_word(word: str) -> PhaseName | None:
    return cast("PhaseName | None", PHASE_WORDS.get(word.lower()))


def phase_of_name(name: str) -> PhaseName | None:
    """The phase that a file's name says, if it says one."""
    told = {phase_of_word(word) for word in re.split(r"[^a-z]+", name.lower())} - {None}
    return told.pop() if len(told) == 1 else None


def table_of(op: Op, path: Path, phase: PhaseName | None = None) -> Table:
    """The op's table that the file at `path` holds: the only one, or that of the phase that is given or in its name.

    Raises `SpecError` when it can't be told, or the op does not use the phase.
    """
    if len(op.tables) == 1 and (phase is None or phase in op.phases):
        return op.tables[0]
    named = [table for table in op.tables if table.stem in path.name]
    wanted = phase or (named[0].phases[0] if len(named) == 1 else phase_of_name(path.name))
    fitting = [table for table in op.tables if wanted in table.phases]
    if wanted is None or not fitting:
        found = f"{op.name} has no table of the {wanted} phase" if wanted else "it can't be told which table this is"
        expected = f"a file name with {' or '.join(p for t in op.tables for p in t.phases)}"
        suggestion = "say which with --phase"
        raise SpecError(Problem(Place(str(path)), found, expected, suggestion, "data-phase"))
    return fitting[0]
