"""A raw table filed as a spec says: leaves by their path, and what became of each row that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from ..model.op import Op, Table
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from .filing import Filing, Leaf, Path
from .grid import Grid, grid_of
from .raw import RawTable, Row


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
    model, filing = FiledTable(op, table), Filing(op, table)
    for row in raw.rows:
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
