"""How a row of a perf table becomes a leaf, as the spec means it. The loaders under test are not involved.

Nothing is shared with what renders them: expressions over columns are evaluated by the SOL evaluator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..model.columns import column_names, milliseconds, number_column, real_column, row_condition, row_types
from ..model.op import Op, Table, axis_column, key_columns, key_params
from ..sol.evaluate import evaluate
from ..sol.quants import canonical
from ..sol.tree import Expr, Name
from ..sol.types import Type
from ..spec.model import Key, Nesting, PhaseName

MILLISECONDS = {"ms": 1.0, "us": 1e-3, "ns": 1e-6, "s": 1e3}


class Member(NamedTuple):
    """A quant mode as a key: the enum that it is a member of, and its canonical name."""

    owner: str
    mode: str


class Leaf(NamedTuple):
    """What a key holds: latency in ms, power in W, energy in W*ms."""

    latency: float
    power: float
    energy: float


Path = tuple[Any, ...]


def put(root: dict[Any, Any], path: Path, leaf: Leaf) -> None:
    node = root
    for key in path[:-1]:
        node = node.setdefault(key, {})
    node[path[-1]] = leaf


def grids_of(op: Op, table: Table, phase: PhaseName, leaves: Mapping[Path, Leaf]) -> dict[Path, dict[Any, Any]]:
    """Leaves by their exact keys: {keys: nested dict over the axes}."""
    start = (phase,) if table.phase_column else ()
    depth = len(start) + len(op.nesting(phase).keys)
    found: dict[Path, dict[Any, Any]] = {}
    for path, leaf in leaves.items():
        if path[: len(start)] == start:
            put(found.setdefault(path[len(start) : depth], {}), path[depth:], leaf)
    return found


Row = Mapping[str, str]


class Filing:
    """How the rows of one table become leaves. Expressions over columns are resolved once, for all rows."""

    def __init__(self, op: Op, table: Table) -> None:
        self._column = table.phase_column
        self._told = {op.phase_value(phase): phase for phase in reversed(table.phases)}
        self._phases = {phase: _PhaseFiling(op, op.nesting(phase)) for phase in table.phases}
        self._first = table.phases[0]

    def filed(self, row: Row) -> tuple[Path, Leaf] | None:
        """(path, leaf) of a row, or None for one that is not the op's. Raises `KeyError` for a column that it lacks,
        `TypeError`, `ValueError` or `SolValueError` for a cell that can't be read."""
        if not self._column:
            return self._phases[self._first].filed(row)
        phase = self._told.get(row[self._column])
        kept = self._phases[phase].filed(row) if phase else None
        return ((phase, *kept[0]), kept[1]) if kept else None


class _PhaseFiling:
    def __init__(self, op: Op, nesting: Nesting) -> None:
        self._condition = row_condition(nesting.rows) if nesting.rows else None
        self._types = row_types(nesting.rows) if nesting.rows else {}
        self._keys = [
            (key, [_key(op, key, *pair) for pair in zip(key_params(key), key_columns(key))]) for key in nesting.keys
        ]
        self._axes = [_whole(axis_column(axis)) for axis in nesting.axes]
        self._measured = _evaluated(real_column(nesting.latency.column), nesting.latency.column, float)
        self._unit = nesting.latency.unit

    def filed(self, row: Row) -> tuple[Path, Leaf] | None:
        if self._condition is not None and not evaluate(self._condition, _cells(row, self._types)):
            return None
        path: list[Any] = []
        for key, readers in self._keys:
            if key.only and _text(row, key_columns(key)[0], key) not in key.only:
                return None
            values = [read(row) for read in readers]
            path.append(tuple(values) if key.params else values[0])
        path += [read(row) for read in self._axes]
        latency = milliseconds(float(self._measured(row)), self._unit)
        power = float(row.get("power") or 0.0)
        return tuple(path), Leaf(latency, power, latency * power)


def _cells(row: Row, types: Mapping[str, Type]) -> dict[str, Any]:
    return {name: row[name] if kind is Type.STR else int(row[name]) for name, kind in types.items()}


def _key(op: Op, key: Key, param: str, column: str) -> Callable[[Row], Any]:
    """What reads one param of a key."""
    kind = op.params[param].type
    if kind == "int":
        return _whole(column, key.default)

    def read(row: Row) -> str | Member:
        text = _text(row, column, key)
        text = key.alias.get(text, text)
        return text if kind == "str" else Member(kind, canonical(text))

    return read


def _text(row: Row, column: str, key: Key) -> str:
    return row[column] if key.default is None or column in row else str(key.default)


def _whole(column: str, default: object = None) -> Callable[[Row], int]:
    """What reads a whole number. A missing column is a `KeyError`, unless there is a default for it."""
    read = _evaluated(number_column(column), column, int, default)
    return lambda row: int(read(row))


def _evaluated(expr: Expr, text: str, number: Callable[[str], float], default: object = None) -> Callable[[Row], Any]:
    """What reads the value of an expression over columns; the value of a column's name is what is in the column."""
    columns = column_names(text)
    if isinstance(expr, Name) and default is None:
        [column] = columns
        return lambda row: number(row[column])

    def cell(row: Row, name: str) -> float:
        return number(row[name] if default is None or name in row else str(default))

    return lambda row: evaluate(expr, {name: cell(row, name) for name in columns})
