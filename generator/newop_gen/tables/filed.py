"""A raw table filed as a spec says: leaves by their path, and what became of each row that is none."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from ..model.columns import column_names
from ..model.op import Op, Table, key_columns
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from .filing import Filing, Leaf, Path
from .grid import Grid, grid_of
from .progress import advanced
from .raw import RawTable, Row, Rows

ROWS_AT_ONCE = 1 << 14
"""Rows that are filed at a time."""


@dataclass
class FiledTable:
    """`rows` are the first rows of their paths, `repeats` the later ones with that first row; `bad` can't be read."""

    op: Op
    table: Table
    leaves: dict[Path, Leaf] = field(default_factory=dict)
    rows: dict[Path, Row] = field(default_factory=dict)
    repeats: list[tuple[Row, Path, Leaf]] = field(default_factory=list)
    bad: list[tuple[Row, str]] = field(default_factory=list)
    left_out: int = 0

    def points(self, phase: PhaseName) -> dict[Path, dict[tuple[int, ...], float]]:
        """Latencies (ms) by their place on the axes, below each combination of exact keys of `phase`."""
        start = (phase,) if self.table.phase_column else ()
        depth = len(start) + len(self.op.nesting(phase).keys)
        found: dict[Path, dict[tuple[int, ...], float]] = {}
        for path, leaf in self.leaves.items():
            if path[: len(start)] == start:
                found.setdefault(path[len(start) : depth], {})[cast("tuple[int, ...]", path[depth:])] = leaf.latency
        return found

    def grids(self, phase: PhaseName) -> Mapping[Path, Grid]:
        return {keys: grid_of(points) for keys, points in self.points(phase).items()}


def file_table(op: Op, table: Table, raw: RawTable) -> FiledTable:
    """Every row of `raw`, in order: the first row of a path is kept, as the loaders do."""
    return _filed(op, table, raw.rows, Filing(op, table))


def file_parts(op: Op, table: Table, raw: RawTable) -> Iterator[FiledTable]:
    """The same, of very many rows some at a time: all those of one combination of exact keys are in one part, in their
    order. What is held is one part."""
    filing = Filing(op, table)
    parts = [raw.rows]
    if len(raw.rows) > ROWS_AT_ONCE:
        parts = _parted(op, table, raw.rows, filing)
    done = 0
    for rows in parts:
        yield _filed(op, table, rows, filing)
        done += len(rows)
        advanced(str(raw.path), done, len(raw.rows))


def _filed(op: Op, table: Table, rows: Rows, filing: Filing) -> FiledTable:
    model = FiledTable(op, table)
    for row in rows:
        try:
            kept = filing.filed(row.cells)
        except (KeyError, TypeError, ValueError, SolValueError) as fault:
            model.bad.append((row, f"{type(fault).__name__}: {fault}"))
            continue
        if kept is None:
            model.left_out += 1
        elif kept[0] in model.leaves:
            model.repeats.append((row, *kept))
        else:
            model.leaves[kept[0]], model.rows[kept[0]] = kept[1], row
    return model


def _parted(op: Op, table: Table, rows: Rows, filing: Filing) -> list[Rows]:
    """The rows in parts of `ROWS_AT_ONCE`, more where one combination of keys has more. A row that is none of the op's,
    or can't be read, is in any of them."""
    columns = [name for name in _key_columns(op, table) if name in rows.columns]
    start = 1 if table.phase_column else 0
    numbers: dict[Path, int] = {}
    told: dict[tuple[str, ...], int] = {}  # by the texts of the keys
    counts: list[int] = [0]
    group = array("I")
    for row, texts in enumerate(zip(*map(rows.column, columns)) if columns else itertools.repeat((), len(rows))):
        number = told.get(texts)
        if number is None:
            number = 0
            try:
                kept = filing.filed(rows[row].cells)
            except (KeyError, TypeError, ValueError, SolValueError):
                kept = None
            if kept is not None:
                phase = cast("PhaseName", kept[0][0]) if start else table.phases[0]
                keys = kept[0][: start + len(op.nesting(phase).keys)]
                number = told[texts] = numbers.setdefault(keys, len(numbers) + 1)
                if number == len(counts):
                    counts.append(0)
        counts[number] += 1
        group.append(number)
    part_of, part, size = [], 0, 0
    for count in counts:
        if size and size + count > ROWS_AT_ONCE:
            part, size = part + 1, 0
        part_of.append(part)
        size += count
    parts = [array("I") for _ in range(part + 1)]
    for row, number in enumerate(group):
        parts[part_of[number]].append(row)
    return [rows.at(numbers_of) for numbers_of in parts]


def _key_columns(op: Op, table: Table) -> Iterator[str]:
    """The columns that decide on a row's phase and exact keys."""
    names = [table.phase_column] if table.phase_column else []
    for phase in table.phases:
        for key in op.nesting(phase).keys:
            names += [name for column in key_columns(key) for name in column_names(column)]
    yield from dict.fromkeys(names)
