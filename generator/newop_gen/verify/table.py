"""A perf table as the spec means it: rows to leaves, first row of a key wins. The loaders under test are not involved.

Nothing is shared with what renders them: rows are read with `csv`, and filed by `tables.filing`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..layouts.base import Facts
from ..model.columns import typed
from ..model.op import Op, Query, Table, key_params
from ..sol.evaluate import Quant, SolValueError, evaluate
from ..sol.quants import canonical
from ..spec.model import Alike, Key, Nesting
from ..tables.filing import Filing, Leaf, Member, Path


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
    last: dict[Path, Leaf] = field(default_factory=dict)
    repeated: int = 0
    left_out: int = 0


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
    return model


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
            yield key, looked_up(op, params[0], key.lookup, values, facts)
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


def looked_up(op: Op, param: str, lookup: str, values: Mapping[str, Any], facts: Facts) -> Any:
    """The key that an expression over params asks a level for. Raises `SolValueError` where it has no value."""
    value = evaluate(typed(lookup, op.types()), quantised(op, values, facts))
    return key_value(op, param, value.name) if isinstance(value, Quant) else value


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
