"""The perf tables that specs name, checked before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..model.loaded import LoadedOp
from ..model.op import Op, Table
from ..problems import Problem, SpecError
from ..tables.read import read, read_head
from .cells import missing_columns, read_columns


def check_tables(loaded: Sequence[LoadedOp]) -> None:
    """Raises `SpecError` with every error of the tables under `data` that are there, as `data check` tells them.

    A table that its loader can't read takes the whole database of its system and backend along, upstream's own ops too;
    so it never gets into a checkout. A file that is missing is the layout's to tell: it may be optional.
    """
    from .loading import errors  # rows are filed by code that a look at the columns has no need of

    problems = [
        finding.problem
        for spec in loaded
        for _, op, table, path in _named(spec)
        if path.is_file()
        for finding in errors(op, table, read(path, read_columns(op, table)))
    ]
    if problems:
        raise SpecError(problems)


def named_tables(loaded: Sequence[LoadedOp]) -> tuple[list[Problem], list[Problem]]:
    """Errors and warnings about the tables under `data`, without a look at their rows: that each is there, is a table,
    and has the columns that the spec reads. A missing one is a warning: a spec may be written before its table is
    collected."""
    mistakes: list[Problem] = []
    warnings: list[Problem] = []
    for spec in loaded:
        for number, op, table, path in _named(spec):
            if not path.is_file():
                found = f"data file {spec.spec.data[number].file} is not there"
                place, hint = spec.places(("data", number, "file")), "apply needs it"
                warnings.append(Problem(place, found, "a file next to the spec", hint, "data-missing"))
                continue
            reading = read_head(path)
            mistakes += [finding.problem for finding in reading.findings if finding.severity == "error"]
            if reading.table is not None:
                mistakes += [finding.problem for finding in missing_columns(op, table, reading.table)]
    return mistakes, warnings


def check_files(op: Op, files: Mapping[str, Path]) -> None:
    """As `check_tables`, for tables named on a command line, by their member; a missing file is an error, too."""
    from .loading import errors

    tables = [(table, files[table.member]) for table in op.tables if table.member in files]
    problems = [f.problem for table, path in tables for f in errors(op, table, read(path, read_columns(op, table)))]
    if problems:
        # A file that is another table has columns missing, and then whatever else.
        raise SpecError([problem for problem in problems if problem.code == "column-missing"] or problems)


def _named(spec: LoadedOp) -> Iterator[tuple[int, Op, Table, Path]]:
    """The entries under `data` by their number, each file once for a table that it is."""
    if not spec.spec.data:
        return
    op = spec.op
    asked: set[tuple[Path, str]] = set()
    for number, entry in enumerate(spec.spec.data):
        path, table = spec.path.parent / entry.file, op.table_of(entry.phase)
        if (path, table.member) not in asked:
            asked.add((path, table.member))
            yield number, op, table, path
