"""The perf tables that specs name, checked before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..problems import Problem, SpecError

if TYPE_CHECKING:
    from ..model.op import Op
    from ..spec.load import LoadedSpec


def check_tables(loaded: Sequence[LoadedSpec]) -> None:
    """Raises `SpecError` with every error of the tables under `data` that are there, as `data check` tells them.

    A table that its loader can't read takes the whole database of its system and backend along, upstream's own ops too;
    so it never gets into a checkout. A file that is missing is the layout's to tell: it may be optional.
    """
    problems: list[Problem] = []
    for spec in loaded:
        if not spec.spec.data:
            continue
        from ..data.loading import errors
        from ..model.op import Op
        from ..tables.read import read

        op = Op.from_spec(spec.spec)
        asked = set()
        for entry in spec.spec.data:
            path = spec.path.parent / entry.file
            table = op.table_of(entry.phase)
            if (path, table.member) in asked or not path.is_file():
                continue
            asked.add((path, table.member))
            problems += [finding.problem for finding in errors(op, table, read(path))]
    if problems:
        raise SpecError(problems)


def check_files(op: Op, files: Mapping[str, Path]) -> None:
    """The same for tables named on a command line, by their member. Raises `SpecError`, also for a missing file."""
    from ..data.loading import errors
    from ..tables.read import read

    tables = [(table, files[table.member]) for table in op.tables if table.member in files]
    problems = [finding.problem for table, path in tables for finding in errors(op, table, read(path))]
    if problems:
        # A file that is another table has columns missing, and then whatever else.
        raise SpecError([problem for problem in problems if problem.code == "column-missing"] or problems)
