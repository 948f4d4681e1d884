"""Where a table's points lie: holes between measured ones, axes with one value, points that form no grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
            f"{said}{counted(len(details), 'hole')} in the grid, such as {details[0]}",
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


def ragged_notes(filed: FiledTable, phase: PhaseName) -> Iterator[str]:
    """Which grids of `phase` are not full, and what a query in the missing part gets on each layout.

    A note, not a finding: collectors stop at the sizes that fit into memory.
    """
    nesting = filed.op.nesting(phase)
    grids = filed.grids(phase)
    ragged = {keys: grid for keys, grid in grids.items() if grid.ragged and not grid.scattered}
    if not ragged:
        return
    said = f"{phase}: " if filed.table.phase_column and len(filed.table.phases) > 1 else ""
    missing = sum(grid.places - grid.points for grid in ragged.values())
    holes = sum(len(grid.holes) for grid in ragged.values())
    of = f"{len(ragged)} of {len(grids)} grids" if len(grids) > 1 else "the grid"
    worst = sorted(ragged.items(), key=lambda item: item[1].points / item[1].places)
    shown = "; ".join(f"{_fill(grid)}{_below(filed, phase, keys)}" for keys, grid in worst[:SHOWN_GRIDS])
    more = f"; and {len(worst) - SHOWN_GRIDS} more" if len(worst) > SHOWN_GRIDS else ""
    kinds = f"{holes} between measured ones, {missing - holes} at the ends" if holes else "all at the ends"
    yield f"{said}ragged: {of} lack {counted(missing, 'place')}, {kinds}: {shown}{more}"
    if holes:
        yield f"{said}at a hole: a query interpolates between the measured neighbours that there are"
    if missing > holes:
        yield f"{said}at a ragged end: {AT_THE_END[nesting.outside]}; from 0.11 on {HELD}"


def batch_notes(filed: FiledTable) -> Iterator[str]:
    """Whether the batches of the generation phase reach as far as aiconfigurator's search asks.

    A note, not a finding: a smaller range is a choice, but nobody hears of the candidates that it costs.
    """
    names = [axis.axis for axis in filed.op.nesting("generation").axes] if "generation" in filed.table.phases else []
    if "b" not in names:
        return
    at = names.index("b")
    ends = sorted(grid.values[at][-1] for grid in filed.grids("generation").values())
    if not ends or ends[0] >= SEARCHED_BATCH:
        return
    reach = f"{ends[0]}" if ends[0] == ends[-1] else f"{ends[0]} to {ends[-1]}, by exact keys"
    beyond = BEYOND[filed.op.nesting("generation").outside]
    yield (
        f"generation: batches are collected up to {reach}; aiconfigurator's search asks for up to {SEARCHED_BATCH}: "
        f"{beyond}; from 0.11 on {HELD}"
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
