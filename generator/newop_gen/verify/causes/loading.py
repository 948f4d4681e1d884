"""Why a loader's table is not the file's."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...model.op import Table, key_params
from ...sol.quants import canonical
from ...spec.model import PhaseName
from ...tables.filing import Leaf, Member, Path
from ..bench import Bench
from ..expectation import Dataset, off
from ..result import Cause
from ..table import TableModel, decoded
from .errors import explain_error

LAST_WINS = Cause(
    "last-wins", "of rows that repeat a key the last one wins; the first one must (sources come active first)"
)
LEAF_FACTORY = Cause(
    "leaf-factory",
    "leaves are empty: the innermost level makes a dict for every key it is asked for, so that the test for a repeated "
    "key always finds one and the row is dropped",
)
ENERGY_LOST = Cause("energy-lost", "energy is not power * latency in the loaded leaves")
UNIT = "latency-unit"
ROW_FILTER = Cause(
    "row-filter", "rows are loaded that the spec leaves out (another phase, condition or value of a column)"
)


def explain_loader_error(found: Any) -> Cause:
    if found is None:
        return Cause("loader-none", "the loader gives None for a file that is there")
    if "could not convert string to float" in found["error"]["text"]:
        return Cause("blank-power", "a blank cell in the power column is an error; it must count as 0 W")
    return explain_error(found["error"]) or Cause(
        "loader-error", f"the loader fails with {found['error']['class']}: {found['error']['text'][:200]}"
    )


def explain_leaves(model: TableModel, found: Sequence[Any]) -> Cause | None:
    """What is wrong with the leaves that a loader made of the file of `model`."""
    got: dict[Path, Any] = {tuple(_loose(k) for k in path): leaf for path, leaf in found}
    if any(leaf == {} for leaf in got.values()):
        return LEAF_FACTORY
    wanted = {tuple(_loose_key(k) for k in path): leaf for path, leaf in model.leaves.items()}
    if set(got) == set(wanted):
        if _types_differ(model, found):
            return Cause(
                "key-type",
                "keys of the table have another type than the query asks with: quant modes are enum members, sizes "
                "integers, and keys that belong together one tuple",
            )
        return _values(model, wanted, got)
    return _shape(model, wanted, got)


def _types_differ(model: TableModel, found: Sequence[Any]) -> bool:
    exact = set(model.leaves)
    return not all(tuple(decoded(k) for k in path) in exact for path, _ in found)


def _values(model: TableModel, wanted: Mapping[Path, Leaf], got: Mapping[Path, Any]) -> Cause | None:
    """The keys are right: which rule gives these values?"""
    last = {tuple(_loose_key(k) for k in path): leaf for path, leaf in model.last.items()}

    def all_are(field: str, value: Callable[[Path], float]) -> bool:
        return all(
            isinstance(leaf, dict) and off(leaf.get(field, float("nan")), value(p), value(p)) < 1e-9
            for p, leaf in got.items()
        )

    if all_are("latency", lambda p: last[p].latency):
        return LAST_WINS
    if all_are("latency", lambda p: wanted[p].latency):
        if all_are("energy", lambda p: wanted[p].energy):
            return Cause("power-lost", "power is not the file's in the loaded leaves")
        if all_are("energy", lambda p: 0.0):
            return ENERGY_LOST
        return Cause("energy-wrong", "energy is not power * latency in the loaded leaves")
    for factor in (1e3, 1e-3, 1e6, 1e-6):
        if all_are("latency", lambda p, f=factor: wanted[p].latency * f):  # type: ignore[misc]
            return Cause(UNIT, f"latency is loaded in the wrong unit: {factor:g} times what the column says in ms")
    return Cause("latency-wrong", "latency is not read from the column, or the sum of columns, that the spec names")


def _shape(model: TableModel, wanted: Mapping[Path, Leaf], got: Mapping[Path, Any]) -> Cause | None:
    """The keys are wrong: which rule makes these keys? Phases of one table are nested each in its own way."""
    if not model.table.phase_column:
        return _levels(model, model.table.phases[0], set(wanted), set(got))
    for phase in model.table.phases:
        here, there = ({p[1:] for p in paths if p[0] == phase} for paths in (wanted, got))
        if here != there:
            return _levels(model, phase, here, there)
    return ROW_FILTER


def _levels(model: TableModel, phase: PhaseName, wanted: set[Path], got: set[Path]) -> Cause | None:
    nesting = model.op.nesting(phase)
    names = [*(", ".join(key_params(k)) for k in nesting.keys), *(a.axis for a in nesting.axes)]
    depth = len(names)
    for order in itertools.permutations(range(depth)):
        if order != tuple(range(depth)) and {tuple(p[i] for i in order) for p in wanted} == got:
            swapped = [names[i] for i in range(depth) if order[i] != i]
            return Cause(
                "nesting-order",
                f"the dict is nested in another order than the spec says: {' and '.join(swapped)} are swapped",
            )
    for i in range(depth):
        if {p[:i] + p[i + 1 :] for p in wanted} == got:
            return Cause(
                "key-ignored", f"the loader does not file rows by {names[i]}: rows of unlike {names[i]} share a leaf"
            )
    more, less = got - wanted, wanted - got
    if more and not less:
        return ROW_FILTER
    if less and not more:
        return Cause(
            "rows-lost", f"{len(less)} keys of the file are not in the table: rows are skipped that the op needs"
        )
    for i in range(depth):
        here, there = {p[i] for p in wanted}, {p[i] for p in got if len(p) == depth}
        if here != there:
            return Cause(
                "key-column",
                f"level {names[i]} of the dict holds {_some(there)} and not {_some(here)}: it is read from another "
                "column, or the column's expression is not the spec's",
            )
    return None


def _some(values: set[Any]) -> str:
    shown = sorted(map(str, values))
    return ", ".join(shown[:4]) + (", ..." if len(shown) > 4 else "")


def _loose(key: Any) -> str:
    """A key by what it says, whatever its type."""
    value = decoded(key)
    if isinstance(value, Member):
        return value.mode
    if isinstance(value, tuple):
        return str([_loose_key(v) for v in value])
    if isinstance(key, list):
        return str([_loose(v) for v in key])
    return _loose_key(value)


def _loose_key(key: Any) -> str:
    if isinstance(key, Member):
        return key.mode
    if isinstance(key, tuple):
        return str([_loose_key(v) for v in key])
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    return canonical(str(key))


def explain_registration(bench: Bench, data: Dataset, table: Table, raw: Any) -> Cause | None:
    """Why the database's table is not the one of its file."""
    if isinstance(raw, dict) and "error" in raw:
        error = raw["error"]
        if error["class"] == "KeyError" and "PerfDataFilename" in error["text"]:
            return Cause("not-registered", "the loader is not in func_map, so that the database can't be opened")
        if error["class"] == "AttributeError" and table.attribute in error["text"]:
            return Cause("not-loaded", f"PerfDatabase never sets {table.attribute}: the table is not loaded")
        return explain_loader_error(raw)
    others = [t for t in bench.op.tables if t is not table and t.member in data.models]
    if isinstance(raw, list):
        got = {tuple(decoded(k) for k in path): leaf for path, leaf in raw}
        for other in others:
            leaves = data.models[other.member].leaves
            if leaves and all(
                p in got and off(got[p].get("latency", 0.0), v.latency, v.latency) < 1e-12 for p, v in leaves.items()
            ):
                return Cause(
                    "wrong-file",
                    f"{table.attribute} holds the table of {other.member}: it is registered with that member's file",
                )
    if raw is None or raw == []:
        return Cause("not-loaded", f"{table.attribute} is empty although the file is there")
    return None
