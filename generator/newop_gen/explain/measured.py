"""Measured against SOL: how much of the roofline each collected point reaches, and which points stand out.

A large gap between model and measurement is the guide's "wrong op decomposition". A point that is faster than its SOL
says that the formula counts too much. A larger problem reaches at least what a smaller one does, so a point that falls
well below its smaller neighbour was measured badly, or the formula leaves something out from there on.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model.op import Op, Table, key_params
from ..problems import Place, Problem, SpecError
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from ..spec.rules.placeholder import PLACEHOLDER
from ..tables.filed import FiledTable, file_table
from ..tables.filing import Member
from ..tables.read import read
from .analysis import Explained, explain_at
from .points import Value, Values, default_value, run_time_names
from .systems import System

# A point is named when it reaches less than half of what its smaller neighbour on some axis reaches.
DROP = 0.5


@dataclass(frozen=True)
class MeasuredPoint:
    """One row that was kept: its line in the file (its number in parquet), its latency (ms), and the SOL there."""

    line: int
    latency: float
    explained: Explained
    path: tuple[object, ...]

    @property
    def utilisation(self) -> float:
        """SOL over latency: 1 is the roofline."""
        return self.explained.times.sol / self.latency if self.latency > 0 else float("inf")


@dataclass(frozen=True)
class Measured:
    """A table against the formula."""

    phase: PhaseName
    file: str
    points: tuple[MeasuredPoint, ...]
    repeated: int
    axes: int

    @property
    def median(self) -> float:
        return statistics.median(p.utilisation for p in self.points)

    @property
    def outliers(self) -> list[MeasuredPoint]:
        """Points that are faster than SOL, or far below a smaller neighbour, the worst first."""
        floors = self._floors()
        odd = [p for p in self.points if p.utilisation > 1 or p.utilisation < DROP * floors[p.path]]
        return sorted(odd, key=lambda p: -p.utilisation if p.utilisation > 1 else p.utilisation)

    def _floors(self) -> dict[tuple[object, ...], float]:
        """By point: the best utilisation among its next smaller neighbours, one per axis."""
        floors = {p.path: 0.0 for p in self.points}
        for axis in range(1, self.axes + 1):
            lines: dict[tuple[object, ...], list[MeasuredPoint]] = {}
            for p in self.points:
                lines.setdefault(p.path[: len(p.path) - axis] + p.path[len(p.path) - axis + 1 :], []).append(p)
            for line in lines.values():
                line.sort(key=lambda p: p.path[-axis])  # type: ignore[arg-type, return-value]
                for smaller, p in itertools.pairwise(line):
                    floors[p.path] = max(floors[p.path], min(smaller.utilisation, 1.0))
        return floors


def is_placeholder(op: Op) -> bool:
    """Whether the formula is the one that `init` writes, which nothing is measured against."""
    return any(part.name == PLACEHOLDER for phase in op.phases for part in op.sol(phase).parts)


def spec_tables(op: Op, spec: Path) -> dict[str, Path]:
    """The file of each table, by its member: the first that the spec names for it and that is there."""
    files: dict[str, Path] = {}
    for entry in op.spec.data:
        table = op.table_of(entry.phase)
        path = spec.parent / entry.file
        if path.is_file():
            files.setdefault(table.member, path)
    return files


def measured_tables(op: Op, files: Mapping[str, Path], system: System) -> list[Measured]:
    """Every phase that has a table. `files` maps a table's member to its file, CSV or parquet. Raises `SpecError` for a
    bad row, and for parquet where there is no pyarrow."""
    out = []
    for table in op.tables:
        if table.member not in files:
            continue
        path = files[table.member]
        model = _read(op, table, path)
        for phase in table.phases:
            points = []
            for keys, leaf in model.leaves.items():
                if table.phase_column and keys[0] != phase:
                    continue
                values = row_values(op, table, phase, keys)
                if values is None:
                    continue
                try:
                    explained = explain_at(op, phase, values, system)
                except SolValueError:
                    continue
                points.append(MeasuredPoint(model.rows[keys].line, leaf.latency, explained, keys))
            if points:
                axes = len(op.nesting(phase).axes)
                out.append(Measured(phase, path.name, tuple(points), len(model.repeats), axes))
    return out


def _read(op: Op, table: Table, path: Path) -> FiledTable:
    """The table as `data check` reads it. Raises `SpecError` for the first thing that keeps a row from being read."""
    reading = read(path)
    raw = reading.usable()
    faults = [finding.problem for finding in reading.findings if finding.severity == "error"]
    if faults:
        raise SpecError(faults)
    filed = file_table(op, table, raw)
    if filed.bad:
        row, why = filed.bad[0]
        found = f"the table can't be read: {raw.where(row.line)}: {why}"
        raise SpecError(Problem(Place(str(path)), found, "rows as the spec's nesting says", "", "table"))
    return filed


def row_values(op: Op, table: Table, phase: PhaseName, keys: tuple[object, ...]) -> Values | None:
    """Arguments that ask for a row, or None where a key is an expression that can't be turned back."""
    nesting = op.nesting(phase)
    path = list(keys[1:] if table.phase_column else keys)
    values: Values = {"prefix": 0} if op.spec.axis.prefix != "none" else {}
    for key, found in zip(nesting.keys, path):
        if key.lookup is not None:
            return None
        params = key_params(key)
        found_values: tuple[object, ...] = tuple(found) if key.params else (found,)  # type: ignore[arg-type]
        for name, value in zip(params, found_values):
            values[name] = _plain(value)
    for axis, value in zip(nesting.axes, path[len(nesting.keys) :]):
        values[axis.axis] = _plain(value)
    for name in (*run_time_names(op), *op.params):
        # Decode tables often have no sequence axis: the op does not depend on it there.
        if name in values:
            continue
        if name in op.params and name in op.formula(phase).inputs:
            return None
        # What neither the table nor the formula depends on in this phase.
        values[name] = default_value(op, name) if name in op.params else 1
    return values


def _plain(value: object) -> Value:
    if isinstance(value, Member):
        return value.mode
    return value if isinstance(value, (int, str)) else str(value)


def typical_values(op: Op, files: Mapping[str, Path]) -> Values:
    """Params of a collected row of middling size: what a point has where `--at` says nothing.

    Modes and texts are those of the first row. Of the rows that have them it is the one with the median product of
    `int` params: tables begin with their smallest sizes, at which little is worth explaining.
    """
    for table, phase in _tables(op):
        if table.member not in files:
            continue
        found: dict[tuple[int, ...], Values] = {}
        first: Values = {}
        for keys in _read(op, table, files[table.member]).leaves:
            if table.phase_column and keys[0] != phase:
                continue
            values = row_values(op, table, phase, keys)
            if values is None:
                continue
            params: Values = {n: v for n, v in values.items() if n in op.params}
            texts: Values = {n: v for n, v in params.items() if not isinstance(v, int)}
            first = first or texts
            if texts == first:
                found.setdefault(tuple(v for v in params.values() if isinstance(v, int)), params)
        if found:
            return found[sorted(found, key=math.prod)[(len(found) - 1) // 2]]
    return {}


def _tables(op: Op) -> Iterator[tuple[Table, PhaseName]]:
    for table in op.tables:
        for phase in table.phases:
            yield table, phase
