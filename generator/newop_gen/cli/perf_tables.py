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


def named_tables(loaded: Sequence[LoadedSpec]) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about the tables under `data`, without a look at their rows: that each is there, and has the
    columns that the spec reads. A missing one is a warning: a spec may be written before its table is collected."""
    errors: list[Problem] = []
    warnings: list[Problem] = []
    for spec in loaded:
        from ..data.cells import missing_columns
        from ..model.op import Op
        from ..tables.read import read

        op = Op.from_spec(spec.spec) if spec.spec.data else None
        asked = set()
        for number, entry in enumerate(spec.spec.data):
            assert op is not None
            path, table = spec.path.parent / entry.file, op.table_of(entry.phase)
            if (path, table.member) in asked:
                continue
            asked.add((path, table.member))
            if not path.is_file():
                found = f"data file {entry.file} is not there"
                place, hint = spec.places(("data", number, "file")), "apply needs it"
                warnings.append(Problem(place, found, "a file next to the spec", hint, "data-missing"))
                continue
            try:
                raw = read(path).table
            except SpecError:
                continue  # parquet can't be read here, which is no mistake of the spec
            if raw is not None:
                errors += [finding.problem for finding in missing_columns(op, table, raw)]
    return errors, warnings


def check_files(op: Op, files: Mapping[str, Path]) -> None:
    """The same for tables named on a command line, by their member. Raises `SpecError`, also for a missing file."""
    from ..data.loading import errors
    from ..tables.read import read

    tables = [(table, files[table.member]) for table in op.tables if table.member in files]
    problems = [finding.problem for table, path in tables for finding in errors(op, table, read(path))]
    if problems:
        # A file that is another table has columns missing, and then whatever else.
        raise SpecError([problem for problem in problems if problem.code == "column-missing"] or problems)
