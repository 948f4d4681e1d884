"""Ready-made specs that come with the tool: which of them stands for an op of a checkout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...model.columns import column_names
from ...model.op import Op, axis_column, key_columns
from ...resources import specs_dir
from ...sol.findings import SolSyntax
from ...spec.load import load_spec
from ...spec.model import Nesting
from .existing import Existing

_NUMBERED = re.compile(r"(_[0-9]+)*")
"""What the name of a spec has behind the op's when it is of some releases only."""

UNKEYED = frozenset({"power"})
"""What a generated loader reads without being told."""


def fitting(existing: Existing) -> list[Path]:
    """The ready-made specs of the op's name whose levels are made of the columns that the checkout's loader makes its
    levels of, in the same order; where those can't be read, whose columns are all that the loader reads."""
    named = [
        path
        for path in sorted((specs_dir() / "upstream").glob("*.yaml"))
        if path.stem.startswith(existing.name) and _NUMBERED.fullmatch(path.stem.removeprefix(existing.name))
    ]
    return [path for path in named if _fits(Op.from_spec(load_spec(path).spec), existing)]


def renamed(path: Path, op: str, like: str, *, compared: bool) -> str:
    """The text of a ready-made spec as one of an op of another name; it says so when its nesting was not compared."""
    lines = path.read_text(encoding="utf-8").splitlines()
    body = [line for line in lines if not line.startswith("# yaml-language-server:")]
    head = [
        "# yaml-language-server: $schema=newop-spec.schema.json",
        f"# Written by `newop-gen init --like {like}`: a copy of the ready-made spec {path.name} under another name.",
        f"# TODO all of it is {like}'s, the formula of its SOL too: change what your op does otherwise.",
        "# `newop-gen schema > newop-spec.schema.json` lets an editor check and complete it.",
    ]
    if not compared:
        head.insert(
            3, f"# TODO the nesting that the checkout's loader of {like} makes can't be read: compare it with this one."
        )
    return "\n".join([*head, *(f"op: {op}" if line.startswith("op: ") else line for line in body)]) + "\n"


def _fits(op: Op, existing: Existing) -> bool:
    if existing.unread:
        columns = {c for phase in op.phases for c in _all_columns(op.nesting(phase))}
        columns |= {table.phase_column for table in op.tables if table.phase_column}
        return columns | UNKEYED == existing.columns | UNKEYED
    if len(op.phases) > 1 and len({repr(op.nesting(phase)) for phase in op.phases}) > 1:
        return False
    nesting = op.nesting(op.phases[0])
    levels = levels_of(nesting)
    roles = [axis.axis if axis.axis in ("x", "b", "s") else "" for axis in nesting.axes]
    return (
        len(levels) == len(existing.levels)
        and roles == [role for role, _ in existing.axes]
        and all(own <= set(level.value.columns) for own, level in zip(levels, existing.levels))
    )


def levels_of(nesting: Nesting) -> list[set[str]]:
    """The columns of each level, keys first."""
    keys = [{c for text in key_columns(key) for c in _columns(text)} for key in nesting.keys]
    return [*keys, *(set(_columns(axis_column(axis))) for axis in nesting.axes)]


def _all_columns(nesting: Nesting) -> set[str]:
    columns = {c for level in levels_of(nesting) for c in level}
    return columns.union(*(_columns(text) for text in (nesting.latency.column, nesting.rows) if text))


def _columns(text: str) -> Iterator[str]:
    try:
        yield from column_names(text)
    except SolSyntax:
        yield text
