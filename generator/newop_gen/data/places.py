"""Where a table's points lie: holes between measured ones, axes with one value, points that form no grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..spec.model import PhaseName
from .filed import FiledTable
from .findings import MOST_DETAILS, Finding, warning
from .grid import Grid
from .read import RawTable

_Keys = tuple[object, ...]


def check_places(filed: FiledTable, raw: RawTable, phase: PhaseName) -> Iterator[Finding]:
    """Findings about the grids of `phase`, one for each kind."""
    names = [axis.axis for axis in filed.op.nesting(phase).axes]
    grids = filed.grids(phase)
    first = _first_lines(filed, phase, len(names))
    said = f"{phase}: " if filed.table.phase_column and len(filed.table.phases) > 1 else ""
    file = str(raw.path)
    holed = [keys for keys, grid in grids.items() if grid.holes]
    if holed:
        details = [f"{_point(names, h)}{_below(filed, phase, keys)}" for keys in holed for h in grids[keys].holes]
        yield warning(
            file,
            [first[keys] for keys in holed],
            f"{said}{len(details)} holes in the grid, such as {details[0]}",
            "a measurement wherever smaller and larger sizes have one",
            "a query there interpolates over the hole",
            "hole",
            details[:MOST_DETAILS],
        )
    for n, name in enumerate(names):
        single = [keys for keys, grid in grids.items() if len(grid.values[n]) == 1]
        if single:
            example = f"{name}={grids[single[0]].values[n][0]}{_below(filed, phase, single[0])}"
            yield warning(
                file,
                [first[keys] for keys in single],
                f"{said}{name} has one value in {len(single)} of {len(grids)} combinations of keys, such as {example}",
                "two values or more on each axis",
                "queries for other values raise",
                "single-value",
            )
    scattered = [keys for keys, grid in grids.items() if grid.scattered]
    if scattered:
        yield warning(
            file,
            [first[keys] for keys in scattered],
            f"{said}points are scattered in {len(scattered)} of {len(grids)} combinations of keys: "
            f"{_fill(grids[scattered[0]])}{_below(filed, phase, scattered[0])}",
            "a grid: the same sizes on each axis",
            "interpolation needs neighbours",
            "scattered",
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
