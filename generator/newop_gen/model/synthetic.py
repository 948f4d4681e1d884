"""A small made-up perf table for an op: distinct latencies, axes of unlike length, every key typed.

Used by the generated unit test (`verify` makes tables of its own). The values mean nothing; they are chosen so that
swapped axes, a lost row or a wrong key show: no two rows have the same latency, and no two axes the same values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..sol.evaluate import SolValueError, Value, evaluate
from ..sol.types import Type
from ..spec.model import Nesting, PhaseName
from .columns import column_names, compared_texts, milliseconds, number_column, row_condition
from .op import PARAM_TYPES, Op, Table, axis_column, key_columns, key_params
from .questions import formula_texts

# Values of the columns that an axis is made of. Primes apart so that b and s can't be taken for one another.
AXIS_VALUES: Mapping[str, tuple[int, ...]] = {"b": (1, 2, 5), "s": (16, 64, 144), "x": (1, 16, 96)}
PARAM_AXIS_VALUES = (8, 16, 40)
KEY_VALUES = (32, 64)
TEXT_VALUES = ("alpha", "beta")
POWER = 500.0  # W
MAX_ROWS = 96
MAX_TRIED = 20_000
"""Combinations of cells that are tried: a condition over many columns that none meets ends, too."""


@dataclass(frozen=True)
class Row:
    """One row of the table: its CSV cells, and the keys that it is filed under (enum members by mode name)."""

    phase: PhaseName | None
    cells: Mapping[str, str]
    path: tuple[object, ...]
    latency: float  # ms


def table_rows(op: Op, table: Table) -> list[Row]:
    """Rows of a synthetic table, at most `MAX_ROWS` per phase, first row of each key only."""
    rows: list[Row] = []
    for phase in table.phases if table.phase_column else (None,):
        nesting = op.nesting(phase or table.phases[0])
        rows += _rows(op, table, nesting, phase, len(rows))
    return rows


def _rows(op: Op, table: Table, nesting: Nesting, phase: PhaseName | None, start: int) -> list[Row]:
    for candidates in _fewer(_candidates(op, nesting)):
        rows, whole = _filled(op, table, nesting, phase, start, candidates)
        if whole:
            break
    return rows


def _fewer(candidates: dict[str, Sequence[object]]) -> Iterator[dict[str, Sequence[object]]]:
    """The candidates, then with fewer numbers: texts and modes are what answers differ by, and stay."""
    yield candidates
    for least in (2, 1):
        for name, values in candidates.items():
            if isinstance(values[0], int) and len(values) > least:
                candidates = {**candidates, name: values[:least]}
                yield candidates


def _filled(
    op: Op,
    table: Table,
    nesting: Nesting,
    phase: PhaseName | None,
    start: int,
    candidates: Mapping[str, Sequence[object]],
) -> tuple[list[Row], bool]:
    """The first `MAX_ROWS` rows, and whether these are all."""
    rows: list[Row] = []
    seen = set()
    for values in itertools.islice(itertools.product(*candidates.values()), MAX_TRIED):
        cells = dict(zip(candidates, values))
        path = _path(op, nesting, cells)
        if path is None or path in seen:
            continue
        if len(rows) >= MAX_ROWS:
            return rows, False
        seen.add(path)
        latency = round(0.25 + 0.015625 * (start + len(rows)), 6)
        text = {name: str(value) for name, value in cells.items()}
        if table.phase_column and phase:
            text[table.phase_column] = op.phase_value(phase)
        cells_of_latency = _latency_cells(nesting, latency)
        text.update(cells_of_latency)
        # What a loader reads, which is another number in its last bit where the unit is another.
        read = milliseconds(float(next(iter(cells_of_latency.values()))), nesting.latency.unit)
        rows.append(Row(phase, text, path, read))
    return rows, True


def _latency_cells(nesting: Nesting, latency: float) -> dict[str, str]:
    """The latency in the columns that it is read from: all of it in the first, 0 in the others."""
    factor = {"ms": 1.0, "us": 1000.0, "ns": 1e6, "s": 0.001}[nesting.latency.unit]
    names = column_names(nesting.latency.column)
    return {name: repr(latency * factor) if i == 0 else "0.0" for i, name in enumerate(names)}


def _candidates(op: Op, nesting: Nesting) -> dict[str, Sequence[object]]:
    """Raw values per CSV column. A column that is used twice keeps its first role."""
    out: dict[str, Sequence[object]] = {}
    for key in nesting.keys:
        for param, column in zip(key_params(key), key_columns(key)):
            kind = op.params[param].type
            if PARAM_TYPES.get(kind) is Type.STR:
                out.setdefault(column, tuple(key.only) or key_texts(op, param, key.alias) or TEXT_VALUES)
            elif kind != "int":
                out.setdefault(column, tuple(op.params[param].modes) or ("bfloat16",))
            else:
                for name in column_names(column):
                    out.setdefault(name, KEY_VALUES)
    for axis in nesting.axes:
        values = AXIS_VALUES.get(axis.axis, PARAM_AXIS_VALUES)
        for i, name in enumerate(column_names(axis_column(axis))):
            out.setdefault(name, values if i == 0 else (0,))
    if nesting.rows:
        texts = compared_texts(nesting.rows)
        for name in column_names(nesting.rows):
            out.setdefault(name, texts.get(name, (0, 1)))
    return out


def key_texts(op: Op, param: str, alias: Mapping[str, str]) -> tuple[str, ...]:
    """Texts of a key's column: those that have another name there, and those that formulas tell apart."""
    return (*alias, *(text for text in formula_texts(op, param) if text not in alias.values()))


def _path(op: Op, nesting: Nesting, cells: Mapping[str, object]) -> tuple[object, ...] | None:
    """Keys of a row, or None for one that is not filed (row condition, division by zero)."""
    numbers: dict[str, Value] = dict(cells)  # type: ignore[arg-type]
    try:
        if nesting.rows and not evaluate(row_condition(nesting.rows), numbers):
            return None
        path: list[object] = []
        for key in nesting.keys:
            values = []
            for param, column in zip(key_params(key), key_columns(key)):
                kind = op.params[param].type
                if kind == "int":
                    values.append(evaluate(number_column(column), numbers))
                else:
                    text = str(cells[column])
                    values.append(key.alias.get(text, text))
            path.append(tuple(values) if key.params else values[0])
        path += [evaluate(number_column(axis_column(axis)), numbers) for axis in nesting.axes]
    except SolValueError:
        return None
    return tuple(path)


def header(op: Op, table: Table, rows: Sequence[Row], power: bool = True) -> list[str]:
    """Column names of the CSV: upstream's provenance columns, the op's own, power last."""
    names = dict.fromkeys(["framework", "version", "device", "op_name", "kernel_source"])
    names.update(dict.fromkeys(name for row in rows for name in row.cells))
    return [*names, "power"] if power else list(names)
