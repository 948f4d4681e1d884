"""Cells against what a spec reads in them: which columns, as what, and which values they may have."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from ..model.columns import column_names, row_types
from ..model.op import Op, Table, axis_column, key_columns, key_params
from ..sol.quants import canonical
from ..sol.types import Type
from ..spec.model import Key, PhaseName
from ..spec.rules.names import MODES
from ..spec.usual_columns import other_axis
from ..tables.findings import MOST_DETAILS, Finding, error, warning
from ..tables.raw import RawTable, Row
from ..text import counted
from .cell_places import CellPlaces, as_number

Use = Literal["phase", "int", "real", "text", "mode"]


@dataclass(frozen=True)
class Read:
    """One column as a spec reads it. `optional`: the spec has a value for tables without the column."""

    column: str
    use: Use
    param: str = ""
    optional: bool = False
    key: Key | None = field(default=None, compare=False, hash=False)


def reads(op: Op, table: Table, phase: PhaseName) -> list[Read]:
    """What a row of `phase` is read for, in the order of the nesting."""
    nesting = op.nesting(phase)
    found = [Read(table.phase_column, "phase")] if table.phase_column else []
    if nesting.rows:
        found += [Read(n, "text" if t is Type.STR else "int") for n, t in row_types(nesting.rows).items()]
    for key in nesting.keys:
        for param, column in zip(key_params(key), key_columns(key)):
            kind = op.params[param].type
            use: Use = "int" if kind == "int" else "text" if kind == "str" else "mode"
            found += [Read(name, use, param, key.default is not None, key) for name in column_names(column)]
    for axis in nesting.axes:
        found += [Read(name, "int") for name in column_names(axis_column(axis))]
    found += [Read(name, "real") for name in column_names(nesting.latency.column)]
    return list(dict.fromkeys(found))


def read_columns(op: Op, table: Table) -> set[str]:
    """The columns that a loader reads of the table, if they are there."""
    return {read.column for phase in table.phases for read in reads(op, table, phase)} | {"power"}


def axes_swapped(op: Op, table: Table, raw: RawTable) -> Iterator[Finding]:
    """Axes that read what is called like another one: such a table loads, and each answer is that of another point."""
    for axis in (axis for phase in table.phases for axis in op.nesting(phase).axes):
        text = axis_column(axis)
        columns = column_names(text)
        if other := other_axis(axis.axis, columns):
            place = CellPlaces(raw).header(columns[0])
            found = f"axis {axis.axis} reads {text}, which is called like axis {other}"
            yield warning(str(raw.path), place.line, found, "a column of the axis",
                          "are two columns of the spec swapped?", "axis-column", column=place.column)  # fmt: skip


def absent_columns(op: Op, table: Table, raw: RawTable) -> dict[str, Read]:
    """The columns that the spec reads and the table has not, by name."""
    every = [read for phase in table.phases for read in reads(op, table, phase)]
    return {read.column: read for read in every if read.column not in raw.columns and not read.optional}


def missing_columns(op: Op, table: Table, raw: RawTable) -> list[Finding]:
    """A finding for each column that is absent. One with space around its name is there: it was named when the table
    was read."""
    found = []
    spaced = {name.strip() for name in raw.columns if name != name.strip()}
    for column, read in absent_columns(op, table, raw).items():
        if column in spaced:
            continue
        near = difflib.get_close_matches(column, raw.columns, n=1, cutoff=0.6)
        what = f" (for {read.param})" if read.param else ""
        found.append(
            error(
                str(raw.path), 1 if not raw.parquet else 0, f"no column {column!a}{what}",
                f"the columns that the spec reads; the table has {', '.join(raw.columns)[:200]}",
                f"did you mean {near[0]}?" if near else "", "column-missing",
            )
        )  # fmt: skip
    return found


def phase_of(op: Op, table: Table, row: Row) -> PhaseName | None:
    """The phase of a row; None when the row is of none that the op uses."""
    if not table.phase_column:
        return table.phases[0]
    return next((p for p in table.phases if op.phase_value(p) == row.cells[table.phase_column]), None)


Wrong = tuple[str, str, str] | None
"""What is wrong, what was expected, and a code; None of a cell that can be read."""


def wrong_cell(op: Op, read: Read, text: str | None) -> Wrong:
    """What is wrong with a cell; a column that is not there has None for a text, and another check for it."""
    if text is None:
        return None
    shown = f"{read.column} is {text[:40]!a}" if text.strip() else f"{read.column} is empty"
    if read.use == "int" and not _is(int, text):
        hint = "a whole number" + (", without the point" if _is(float, text) and float(text) % 1 == 0 else "")
        return shown, hint, "not-int"
    if read.use == "real" and not (_is(float, text) and math.isfinite(float(text))):
        return shown, "a finite number", "not-number"
    if read.use == "mode" and read.key is not None:
        mode = canonical(read.key.alias.get(text, text))
        known = MODES[op.params[read.param].type]
        if mode not in known and not (read.key.only and text not in read.key.only):
            return (
                shown,
                f"a mode ({', '.join(known)}) or an alias",
                "mode-unknown",
            )
    return None


def check_cells(op: Op, table: Table, raw: RawTable) -> Iterator[Finding]:
    """Every cell that can't be read, those of a kind together."""
    kinds: dict[tuple[str, str, str], tuple[str, str, list[int], list[str]]] = {}
    places = CellPlaces(raw)
    by_phase = {phase: reads(op, table, phase) for phase in table.phases}
    # A column holds few different texts, and most tables have nothing wrong: row by row only where there is something.
    every = [read for rs in by_phase.values() for read in rs if read.column in raw.columns]
    if all(wrong_cell(op, read, text) is None for read in every for text in raw.rows.distinct(read.column)):
        return
    for row in raw.rows:
        phase = phase_of(op, table, row)
        for read in by_phase[phase] if phase else ():
            wrong = wrong_cell(op, read, row.cells.get(read.column))
            if wrong is not None:
                found, expected, code = wrong
                meant = as_number(row.cells[read.column]) if code != "mode-unknown" else ""
                hint = f"write {meant}" if meant else ""
                first = kinds.setdefault((read.column, expected, code), (found, hint, [], []))
                first[2].append(row.line)
                if len(first[3]) < MOST_DETAILS:
                    first[3].append(f"{places(row.line, read.column)}: {found}")
    for (column, expected, code), (found, hint, lines, details) in kinds.items():
        more = f", and {len(lines) - 1} rows like it" if len(lines) > 1 else ""
        at = places(lines[0], column).column
        yield error(str(raw.path), lines, found + more, expected, hint, code, details, column=at)


def check_power(raw: RawTable) -> Iterator[Finding]:
    """The power column, which is read where there is one."""
    if "power" not in raw.columns:
        return
    bad, empty, negative, zero, filled = [], [], [], [], 0
    for row in raw.rows:
        text = row.cells["power"].strip()
        if not text:
            empty.append(row.line)
        elif not _is(float, text) or not math.isfinite(float(text)):
            bad.append(row.line)
        elif float(text) < 0:
            negative.append(row.line)
        elif float(text) == 0:
            zero.append(row.line)
        else:
            filled += 1
    file, places = str(raw.path), CellPlaces(raw)
    if bad:
        shown = next(row.cells["power"] for row in raw.rows if row.line == bad[0])
        more = f", and {len(bad) - 1} rows like it" if len(bad) > 1 else ""
        yield error(file, bad, f"power is {shown[:40]!a}{more}", "a finite number (W)", "", "power",
                    column=places(bad[0], "power").column)  # fmt: skip
    if negative:
        yield error(file, negative, f"power is negative in {counted(len(negative), 'row')}", "W", "", "power",
                    column=places(negative[0], "power").column)  # fmt: skip
    if (empty or zero) and filled:
        without = sorted(empty + zero)
        yield warning(file, without, f"{len(without)} rows have no power, {filled} have",
                      "power in each row, or in none", "energy is 0 there", "power-gaps")  # fmt: skip


def check_modes(op: Op, table: Table, raw: RawTable) -> Iterator[Finding]:
    """Modes that the table holds and the spec does not list, and the other way round."""
    for phase in table.phases:
        for read in reads(op, table, phase):
            if read.use != "mode" or read.column not in raw.columns or read.key is None:
                continue
            key, seen = read.key, dict[str, list[int]]()
            for row in raw.rows:
                text = row.cells[read.column]
                if phase_of(op, table, row) == phase and not (key.only and text not in key.only):
                    seen.setdefault(canonical(key.alias.get(text, text)), []).append(row.line)
            modes = op.params[read.param].modes
            for mode, lines in seen.items():
                if mode not in map(canonical, modes) and mode in MODES[op.params[read.param].type]:
                    yield warning(str(raw.path), lines, f"{len(lines)} rows of {read.param} {mode}",
                                  f"one of the spec's modes: {', '.join(modes)}",
                                  "add it to modes if the op has kernels for it", "mode-unlisted")  # fmt: skip


def _is(kind: type[int] | type[float], text: str) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True
