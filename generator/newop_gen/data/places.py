"""Where a table's points lie: holes between measured ones, axes with one value, points that form no grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..model.op import Op, Table
from ..spec.model import PhaseName
from ..tables.filed import FiledTable
from ..tables.findings import MOST_DETAILS, Finding, warning
from ..tables.grid import Grid
from ..tables.raw import RawTable
from ..text import counted

SHOWN_GRIDS = 3
# The largest batch that a search asks generation ops for, in aggregated and in decode workers: `max_batch_size` and
# `decode_max_batch_size` of upstream's sweeps, the same from 0.6 to 0.11. Prefill workers take one request.
SEARCHED_BATCH = 512
BEYOND = {
    "error": "beyond it the search drops the candidate (outside: error)",
    "clamp": "beyond it the value at the edge answers (outside: clamp)",
    "extrapolate": "beyond it the line through the last two values answers (outside: extrapolate)",
}
AT_THE_END = {
    "error": "a query raises, as beyond the collected range (outside: error)",
    "clamp": "the last measured value along each axis is held (outside: clamp)",
    "extrapolate": "the line through the last two measured values goes on (outside: extrapolate)",
}
HELD = "the share of the SOL that the nearest measured point reaches is held (docs/layouts.md)"

_Keys = tuple[object, ...]


class PhasePlaces:
    """The grids of one phase: findings, one for each kind, and notes. Given a part of the table at a time."""

    def __init__(self, op: Op, table: Table, raw: RawTable, phase: PhaseName) -> None:
        self._op, self._table, self._phase, self._file = op, table, phase, str(raw.path)
        self._names = [axis.axis for axis in op.nesting(phase).axes]
        self._said = f"{phase}: " if table.phase_column and len(table.phases) > 1 else ""
        self._grids = 0
        self._holed: list[int] = []
        self._holes: list[str] = []
        self._hole_count = 0
        self._single: list[list[int]] = [[] for _ in self._names]
        self._examples = [""] * len(self._names)
        self._scattered: list[int] = []
        self._scattered_example = ""
        self._ragged: list[tuple[float, int, str]] = []
        self._ragged_count = self._missing = self._inner = 0

    def add(self, filed: FiledTable) -> None:
        first = _first_lines(filed, self._phase, len(self._names))
        for keys, grid in filed.grids(self._phase).items():
            self._grids += 1
            line, below = first[keys], _below(filed, self._phase, keys)
            if grid.holes:
                self._holed.append(line)
                self._hole_count += len(grid.holes)
                wanted = MOST_DETAILS - len(self._holes)
                self._holes += [f"{_point(self._names, hole)}{below}" for hole in grid.holes[:wanted]]
            for n, name in enumerate(self._names):
                if len(grid.values[n]) == 1:
                    self._examples[n] = self._examples[n] or f"{name}={grid.values[n][0]}{below}"
                    self._single[n].append(line)
            if grid.scattered:
                self._scattered.append(line)
                self._scattered_example = self._scattered_example or f"{_fill(grid)}{below}"
            elif grid.ragged:
                self._missing += grid.places - grid.points
                self._inner += len(grid.holes)
                self._ragged.append((grid.points / grid.places, line, f"{_fill(grid)}{below}"))
                if len(self._ragged) > 2 * MOST_DETAILS:
                    self._ragged = sorted(self._ragged)[:MOST_DETAILS]
                self._ragged_count += 1

    def findings(self) -> Iterator[Finding]:
        if self._holed:
            yield warning(
                self._file,
                self._holed,
                f"{self._said}{counted(self._hole_count, 'hole')} in the grid, such as {self._holes[0]}",
                "a measurement wherever smaller and larger sizes have one",
                "a query there interpolates over the hole",
                "hole",
                self._holes,
            )
        for name, single, example in zip(self._names, self._single, self._examples):
            if single:
                of = f"{len(single)} of {self._grids} combinations of keys, such as {example}"
                yield warning(
                    self._file,
                    single,
                    f"{self._said}{name} has one value in {of}",
                    "two values or more on each axis",
                    "queries for other values raise",
                    "single-value",
                )
        if self._scattered:
            yield warning(
                self._file,
                self._scattered,
                f"{self._said}points are scattered in {len(self._scattered)} of {self._grids} combinations of keys: "
                f"{self._scattered_example}",
                "a grid: the same sizes on each axis",
                "interpolation needs neighbours",
                "scattered",
            )

    def notes(self) -> Iterator[str]:
        """Which grids are not full, and what a query in the missing part gets on each layout.

        A note, not a finding: collectors stop at the sizes that fit into memory.
        """
        if not self._ragged:
            return
        count, missing, holes = self._ragged_count, self._missing, self._inner
        of = f"{count} of {self._grids} grids" if self._grids > 1 else "the grid"
        shown = "; ".join(text for _, _, text in sorted(self._ragged)[:SHOWN_GRIDS])
        more = f"; and {count - SHOWN_GRIDS} more" if count > SHOWN_GRIDS else ""
        kinds = f"{holes} between measured ones, {missing - holes} at the ends" if holes else "all at the ends"
        yield f"{self._said}ragged: {of} lack {counted(missing, 'place')}, {kinds}: {shown}{more}"
        if holes:
            yield f"{self._said}at a hole: a query interpolates between the measured neighbours that there are"
        if missing > holes:
            outside = AT_THE_END[self._op.nesting(self._phase).outside]
            yield f"{self._said}at a ragged end: {outside}; from 0.11 on {HELD}"


class Batches:
    """Whether the batches of the generation phase reach as far as aiconfigurator's search asks.

    A note, not a finding: a smaller range is a choice, but nobody hears of the candidates that it costs.
    """

    def __init__(self, op: Op, table: Table) -> None:
        self._op = op
        used = "generation" in table.phases
        names = [axis.axis for axis in op.nesting("generation").axes] if used else []
        self._at = names.index("b") if "b" in names else None
        self._least = self._most = 0

    def add(self, filed: FiledTable) -> None:
        if self._at is None:
            return
        for grid in filed.grids("generation").values():
            end = grid.values[self._at][-1]
            self._least, self._most = min(self._least or end, end), max(self._most, end)

    def notes(self) -> Iterator[str]:
        if not self._most or self._least >= SEARCHED_BATCH:
            return
        reach = f"{self._least}" if self._least == self._most else f"{self._least} to {self._most}, by exact keys"
        beyond = BEYOND[self._op.nesting("generation").outside]
        yield (
            f"generation: batches are collected up to {reach}; aiconfigurator's search asks for up to "
            f"{SEARCHED_BATCH}: {beyond}; from 0.11 on {HELD}"
        )


def _first_lines(filed: FiledTable, phase: PhaseName, axes: int) -> dict[_Keys, int]:
    """Where each combination of exact keys begins in the file."""
    start = (phase,) if filed.table.phase_column else ()
    first: dict[_Keys, int] = {}
    for path, row in filed.rows.items():
        if path[: len(start)] == start:
            first.setdefault(path[len(start) : len(path) - axes], row.line)
    return first


def _fill(grid: Grid) -> str:
    return f"{grid.points} of {grid.places} places are filled"


def _point(names: Sequence[str], values: Sequence[int]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, values))


def _below(filed: FiledTable, phase: PhaseName, keys: _Keys) -> str:
    """The exact keys of a grid, for a message."""
    texts = []
    for key, value in zip(filed.op.nesting(phase).keys, keys):
        name = key.param or "(" + ", ".join(key.params or []) + ")"
        texts.append(f"{name}={getattr(value, 'mode', value)}")
    return f" at {', '.join(texts)}" if texts else ""
