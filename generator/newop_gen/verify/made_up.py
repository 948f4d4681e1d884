"""A made-up table per perf file: values mean nothing, and are chosen so that every kind of mistake moves a number.

- No two axes have the same values or slopes, so that swapped axes show; latency and energy lie in planes of their own
  over the axes, so that between points there is one right value for linear, triangles and cubic alike.
- Power differs from row to row, so that energy can't be made up from latency.
- Every key is there once more with another latency, later in the file: it must lose.
- One row has a blank power, which is 0 W.
- Rows of other kernels, phases or conditions stand between the op's own where the spec leaves some out.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model.columns import column_names, compared_texts, number_column
from ..model.op import Op, Table, axis_column, key_columns, key_params
from ..model.synthetic import key_texts
from ..sol.evaluate import evaluate
from ..spec.model import Nesting, PhaseName
from ..tables.filing import MILLISECONDS

# Values of the column that an axis is made of. No two axes share one; b, s and x may be doubled (MTP drafts, beams).
AXIS_VALUES: Mapping[str, tuple[int, ...]] = {"b": (1, 2, 4, 10), "s": (48, 96, 208, 800), "x": (1, 8, 16, 112)}
PARAM_AXIS_VALUES = (12, 24, 60)
KEY_VALUES = ((32, 64), (40, 88), (56, 104), (72, 136), (120, 152))
TEXTS = (("alpha", "beta"), ("gamma", "delta"))

# ms and W*ms per unit of an axis, outermost axis first; no ratio of two is that of the other two.
SLOPES = ((0.0131, 3.7), (0.00217, 0.41), (0.0353, 11.3))
ORIGIN = (1.75, 260.0)
STEPS = (0.37, 0.53)  # from one grid to the next
TILTS = ((1.0, 1.0), (1.19, 0.83))  # of the first table and of the second
PROVENANCE = ("framework", "version", "device", "op_name", "kernel_source")


@dataclass(frozen=True)
class MadeUp:
    """One table as text, and the line of the row that has no power."""

    text: str
    blank: int


def made_up(op: Op, table: Table) -> MadeUp:
    """The made-up table of one perf file."""
    rows: list[dict[str, str]] = []
    for phase in table.phases if table.phase_column else (None,):
        rows += _rows(op, table, phase, len(rows))
    names = dict.fromkeys([*PROVENANCE, *(n for row in rows for n in row), "power"])
    # A blank power at the far end of the last grid; a repeated row for every third key, all of them behind the first.
    rows[-1] = {**rows[-1], "power": ""}
    blank = len(rows) + 1
    latency = {n for p in table.phases for n in column_names(op.nesting(p).latency.column)}
    repeats = [{**r, **{n: repr(float(r[n]) * 7.3) for n in latency if n in r}} for r in rows[::3]]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(names), restval="", lineterminator="\n")
    writer.writeheader()
    for row in [*rows, *repeats]:
        writer.writerow({"framework": "made-up", "op_name": op.name, "kernel_source": "any", **row})
    return MadeUp(out.getvalue(), blank)


def _rows(op: Op, table: Table, phase: PhaseName | None, start: int) -> list[dict[str, str]]:
    nesting = op.nesting(phase or table.phases[0])
    rows = []
    for number, (cells, at) in enumerate(_combinations(op, nesting)):
        level = start + number // max(1, _grid_size(nesting))  # each grid at a height of its own
        latency, energy = (
            tilt * (origin * (1 + step * level) + sum(SLOPES[i][which] * v for i, v in enumerate(at)))
            for which, (origin, step, tilt) in enumerate(zip(ORIGIN, STEPS, TILTS[op.tables.index(table) % 2]))
        )
        row = dict(cells)
        if table.phase_column and phase:
            row[table.phase_column] = op.phase_value(phase)
        row.update(_latency_cells(nesting, latency))
        row["power"] = repr(energy / latency)
        rows.append(row)
    return rows


def _grid_size(nesting: Nesting) -> int:
    size = 1
    for axis in nesting.axes:
        size *= len(AXIS_VALUES.get(axis.axis, PARAM_AXIS_VALUES))
    return size


def _latency_cells(nesting: Nesting, latency: float) -> dict[str, str]:
    """The latency in the unit and the columns that it is read from: all of it in the first, 0 in the others."""
    names = column_names(nesting.latency.column)
    value = latency / MILLISECONDS[nesting.latency.unit]
    return {name: repr(value) if i == 0 else "0.0" for i, name in enumerate(names)}


def _combinations(op: Op, nesting: Nesting) -> Iterator[tuple[dict[str, str], list[int]]]:
    """(cells, axis values) of every row, keys slowest. A column that serves twice keeps its first role."""
    columns = _columns(op, nesting)
    expressions = [number_column(axis_column(a)) for a in nesting.axes]
    axes = [column_names(axis_column(a))[0] for a in nesting.axes]
    order = [*(c for c in columns if c not in axes), *axes]
    for values in itertools.product(*(columns[c] for c in order)):
        cells = dict(zip(order, values))
        at = [int(evaluate(e, cells)) for e in expressions]  # type: ignore[arg-type]
        yield {n: str(v) for n, v in cells.items()}, at


def _columns(op: Op, nesting: Nesting) -> dict[str, Sequence[object]]:
    """Values per CSV column."""
    out: dict[str, Sequence[object]] = {}
    numbers, texts = itertools.cycle(KEY_VALUES), itertools.cycle(TEXTS)
    for axis in nesting.axes:
        for i, name in enumerate(column_names(axis_column(axis))):
            out.setdefault(name, AXIS_VALUES.get(axis.axis, PARAM_AXIS_VALUES) if i == 0 else (7,))
    for key in nesting.keys:
        for param, column in zip(key_params(key), key_columns(key)):
            kind = op.params[param].type
            if kind == "str":
                left_out = ("left_out",) if key.only else ()
                out.setdefault(
                    column, (*(tuple(key.only) or key_texts(op, param, key.alias) or next(texts)), *left_out)
                )
            elif kind != "int":
                out.setdefault(column, tuple(op.params[param].modes) or ("bfloat16",))
            else:
                for name in column_names(column):
                    out.setdefault(name, next(numbers))
    if nesting.rows:
        told = compared_texts(nesting.rows)
        for name in column_names(nesting.rows):
            out.setdefault(name, (*told[name], "left_out") if name in told else (0, 1))
    # Keys of one tuple belong together, and a table of thousands of rows proves no more than one of hundreds.
    size = 1
    for name, values in out.items():
        keep = max(1, min(len(values), 512 // size))
        out[name] = values[:keep]
        size *= keep
    return out
