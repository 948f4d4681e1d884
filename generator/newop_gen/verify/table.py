"""A perf table as the spec means it: rows to leaves, first row of a key wins. The loaders under test are not involved.

Nothing is shared with what renders them: columns are read with `csv`, their expressions by the SOL evaluator.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Union

from ..layouts.base import Facts
from ..model.columns import column_names, number_column, real_column, row_condition, row_types, typed
from ..model.op import Op, Query, Table, axis_column, key_columns, key_params
from ..sol.evaluate import SolValueError, evaluate
from ..sol.quants import canonical
from ..sol.tree import Expr, Name
from ..sol.types import Type
from ..spec.model import Alike, Key, Nesting, PhaseName

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
Node = Union[dict[Any, Any], Leaf]


class BadRow(Exception):
    """A row that no loader can read. `number` counts lines from 1, with the header."""

    def __init__(self, number: int, why: str) -> None:
        self.number = number
        super().__init__(f"line {number}: {why}")


@dataclass
class TableModel:
    """The leaves of one table. `repeated` rows have a key that an earlier one has, `left_out` are not the op's.

    Paths begin with the phase where a column of the file tells phases apart.
    """

    op: Op
    table: Table
    leaves: dict[Path, Leaf] = field(default_factory=dict)
    rows: dict[Path, int] = field(default_factory=dict)
    last: dict[Path, Leaf] = field(default_factory=dict)
    repeated: int = 0
    left_out: int = 0
    ignoring_kernel: bool = False

    def grids(self, phase: PhaseName) -> dict[Path, dict[Any, Any]]:
        """The nodes below each combination of exact keys that a query of `phase` may ask for."""
        return grids_of(self.op, self.table, phase, self.leaves)

    def root(self, phase: PhaseName) -> Node:
        """The table, or one phase of it, as nested dicts."""
        start = (phase,) if self.table.phase_column else ()
        root: dict[Any, Any] = {}
        for path, leaf in self.leaves.items():
            if path[: len(start)] == start:
                put(root, path[len(start) :], leaf)
        return root


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


def read_table(op: Op, table: Table, text: str) -> TableModel:
    """The table in the CSV `text`. Raises `BadRow` for the first row that can't be read."""
    model, filing = TableModel(op, table), Filing(op, table)
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            kept = filing.filed(row)
        except (KeyError, TypeError, ValueError, SolValueError) as error:
            why = f"no column {error}" if isinstance(error, KeyError) else f"{type(error).__name__}: {error}"
            raise BadRow(number, why) from None
        if kept is None:
            model.left_out += 1
            continue
        path, leaf = kept
        model.last[path] = leaf
        if path in model.leaves:
            model.repeated += 1
            continue
        model.leaves[path] = leaf
        model.rows[path] = number
    return model


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
        self._unit = MILLISECONDS[nesting.latency.unit]

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
        latency = float(self._measured(row)) * self._unit
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


# asking a table


class Missing(Exception):
    """The table has no such key. `level` is the key's params, `asked` what was asked for."""

    def __init__(self, level: tuple[str, ...], asked: object) -> None:
        self.level = level
        self.asked = asked
        super().__init__(f"{', '.join(level)} = {asked}")


def asked_keys(op: Op, nesting: Nesting, values: Mapping[str, Any], facts: Facts) -> Iterator[tuple[Key, Any]]:
    """The exact keys that a query with these params asks for, before fallbacks."""
    for key in nesting.keys:
        params = key_params(key)
        if key.params:
            yield key, tuple(key_value(op, p, values[p]) for p in params)
        elif key.lookup:
            yield key, evaluate(typed(key.lookup, op.types()), quantised(op, values, facts))
        else:
            yield key, key_value(op, params[0], values[params[0]])


def select(op: Op, query: Query, grids: Mapping[Path, Any], values: Mapping[str, Any], facts: Facts) -> Path:
    """The exact keys in `grids` that answer a query: those asked for, else fallbacks and nearest ones. Raises
    `Missing` with the first level that has nothing."""
    chosen: Path = ()
    for key, wanted in asked_keys(op, query.nesting, values, facts):
        there = dict.fromkeys(path[len(chosen)] for path in grids if path[: len(chosen)] == chosen)
        if wanted not in there and key.fallback is not None:
            wanted = key_value(op, key_params(key)[0], key.fallback)
        if wanted not in there and key.nearest and there:
            wanted = min(there, key=lambda k: (abs(k - wanted), k))
        if wanted not in there and key.alike is not None:
            wanted = stand_in(key, key.alike, list(there), wanted)
        if wanted not in there:
            raise Missing(key_params(key), wanted)
        chosen = (*chosen, wanted)
    return chosen


def stand_in(key: Key, alike: Alike, collected: Sequence[Path], asked: Path) -> Path:
    """The collected tuple that answers for `asked`: the same in the params that the spec names, then the nearest in the
    one that it may differ in; of several, the first in the file. `asked` itself when none is alike."""
    params = key_params(key)
    same = [params.index(name) for name in alike.same]
    found = [t for t in collected if all(t[i] == asked[i] for i in same)]
    if alike.nearest is None:
        return found[0] if found else asked
    at = params.index(alike.nearest)
    return min(found, key=lambda t: abs(t[at] - asked[at]), default=asked)


def key_value(op: Op, param: str, value: Any) -> Any:
    """A param's value as a key: modes as members of their enum."""
    kind = op.params[param].type
    return value if kind in ("int", "str") else Member(kind, canonical(str(value)))


def quantised(op: Op, values: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Values for the evaluator: modes with their figures in this tree."""
    return {n: facts.quant(str(v)) if n in op.quant_params else v for n, v in values.items()}


def encoded(value: Any, facts: Facts) -> Any:
    """A key as the child writes it: enum members and tuples as objects, modes by the tree's own names."""
    if isinstance(value, Member):
        return {"enum": [value.owner, facts.mode_name(value.mode)]}
    if isinstance(value, tuple):
        return {"tuple": [encoded(v, facts) for v in value]}
    return value


def decoded(value: Any) -> Any:
    """A key that came from the child."""
    if isinstance(value, dict) and "enum" in value:
        return Member(value["enum"][0], canonical(value["enum"][1]))
    if isinstance(value, dict) and "tuple" in value:
        return tuple(decoded(v) for v in value["tuple"])
    return value


def arguments(op: Op, values: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Arguments of a query as they are sent."""
    return {
        name: {"enum": [op.params[name].type, facts.mode_name(str(value))]} if name in op.quant_params else value
        for name, value in values.items()
    }
