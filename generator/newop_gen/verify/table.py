"""A perf table as the spec means it: rows to leaves, first row of a key wins. The loaders under test are not involved.

Nothing is shared with what renders them: columns are read with `csv`, their expressions by the SOL evaluator.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Union

from ..model.columns import column_names, number_column, real_column, row_condition, row_types, typed
from ..model.op import Op, Query, Table, axis_column, key_columns, key_params
from ..sol.evaluate import SolValueError, evaluate
from ..sol.quants import canonical
from ..sol.types import Type
from ..spec.model import Alike, Key, Nesting, PhaseName
from .facts import VerifyFacts

MILLISECONDS = {"ms": 1.0, "us": 1e-3, "s": 1e3}


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
    model = TableModel(op, table)
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            kept = filed(op, table, row)
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


def filed(op: Op, table: Table, row: Mapping[str, str]) -> tuple[Path, Leaf] | None:
    """(path, leaf) of a row, or None for one that is not the op's. Raises `KeyError` for a column that it lacks,
    `TypeError`, `ValueError` or `SolValueError` for a cell that can't be read."""
    start: Path = ()
    phase = table.phases[0]
    if table.phase_column:
        told = next((p for p in table.phases if op.phase_value(p) == row[table.phase_column]), None)
        if told is None:
            return None
        phase, start = told, (told,)
    nesting = op.nesting(phase)
    if nesting.rows and not evaluate(row_condition(nesting.rows), _cells(row, row_types(nesting.rows))):
        return None
    keys: list[Any] = []
    for key in nesting.keys:
        if key.only and _text(row, key_columns(key)[0], key) not in key.only:
            return None
        values = [_key(op, key, p, c, row) for p, c in zip(key_params(key), key_columns(key))]
        keys.append(tuple(values) if key.params else values[0])
    axes = [_number(row, axis_column(a)) for a in nesting.axes]
    column = nesting.latency.column
    measured = evaluate(real_column(column), {n: float(row[n]) for n in column_names(column)})
    latency = float(measured) * MILLISECONDS[nesting.latency.unit]  # type: ignore[arg-type]
    power = float(row.get("power") or 0.0)
    return (*start, *keys, *axes), Leaf(latency, power, latency * power)


def _cells(row: Mapping[str, str], types: Mapping[str, Type]) -> dict[str, Any]:
    return {name: row[name] if kind is Type.STR else int(row[name]) for name, kind in types.items()}


def _number(row: Mapping[str, str], column: str, default: object = None) -> int:
    def cell(name: str) -> int:
        # A missing column is a KeyError, unless there is a default for it.
        return int(row[name]) if default is None or name in row else int(str(default))

    return int(evaluate(number_column(column), {n: cell(n) for n in column_names(column)}))  # type: ignore[arg-type]


def _text(row: Mapping[str, str], column: str, key: Key) -> str:
    return row[column] if key.default is None or column in row else str(key.default)


def _key(op: Op, key: Key, param: str, column: str, row: Mapping[str, str]) -> Any:
    kind = op.params[param].type
    if kind == "int":
        return _number(row, column, key.default)
    text = _text(row, column, key)
    text = key.alias.get(text, text)
    return text if kind == "str" else Member(kind, canonical(text))


# asking a table


class Missing(Exception):
    """The table has no such key. `level` is the key's params, `asked` what was asked for."""

    def __init__(self, level: tuple[str, ...], asked: object) -> None:
        self.level = level
        self.asked = asked
        super().__init__(f"{', '.join(level)} = {asked}")


def asked_keys(op: Op, nesting: Nesting, values: Mapping[str, Any], facts: VerifyFacts) -> Iterator[tuple[Key, Any]]:
    """The exact keys that a query with these params asks for, before fallbacks."""
    for key in nesting.keys:
        params = key_params(key)
        if key.params:
            yield key, tuple(key_value(op, p, values[p]) for p in params)
        elif key.lookup:
            yield key, evaluate(typed(key.lookup, op.types()), quantised(op, values, facts))
        else:
            yield key, key_value(op, params[0], values[params[0]])


def select(op: Op, query: Query, grids: Mapping[Path, Any], values: Mapping[str, Any], facts: VerifyFacts) -> Path:
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


def quantised(op: Op, values: Mapping[str, Any], facts: VerifyFacts) -> dict[str, Any]:
    """Values for the evaluator: modes with their figures in this tree."""
    return {n: facts.quant(str(v)) if n in op.quant_params else v for n, v in values.items()}


def encoded(value: Any, facts: VerifyFacts) -> Any:
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


def arguments(op: Op, values: Mapping[str, Any], facts: VerifyFacts) -> dict[str, Any]:
    """Arguments of a query as they are sent."""
    return {
        name: {"enum": [op.params[name].type, facts.mode_name(str(value))]} if name in op.quant_params else value
        for name, value in values.items()
    }
