"""Which wired models a real table has measurements for: what their ops ask, looked up in the collected keys.

No check: that an op is wired into a model whose sizes nobody has measured yet is for people to know, not a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..model.op import Op, key_params
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from .bench import Bench
from .candidates import Built
from .expectation import Dataset
from .table import Member, Missing, asked_keys, select

SHOWN = 6
"""Collected values that are named."""


@dataclass(frozen=True)
class Reach:
    """What the op asks for in one phase of one model, and whether one set of tables has it.

    `asked` are its exact keys as texts; `missing` says which of them was not collected, "" where all were. `places`
    are the system/backend pairs that the spec gives the tables to.
    """

    table: str
    places: tuple[str, ...]
    model: str
    phase: PhaseName
    asked: Mapping[str, str]
    missing: str

    @property
    def covered(self) -> bool:
        return not self.missing


def reaches(bench: Bench, models: Iterable[Built]) -> Iterator[Reach]:
    """The reach of every set of tables that is the user's, over the models that have the op."""
    real = [data for data in bench.datasets if not data.own]
    for built in models:
        for phase in bench.op.phases:
            asked: list[dict[str, Any]] = []
            for told in built.ops(phase):
                if told["class"] == bench.op.class_name(phase) and (params := held_params(bench.op, told)) not in asked:
                    asked.append(params)
            for params in asked:
                yield from (found for data in real if (found := _reach(bench, data, built, phase, params)))


def held_params(op: Op, told: Mapping[str, Any]) -> dict[str, Any]:
    """The params that an op of a model was made with; modes by their canonical names."""
    held = told.get("held", {})
    return {name: _plain(held.get(name)) for name in op.params}


def _plain(value: Any) -> Any:
    return value["enum"][1] if isinstance(value, dict) and "enum" in value else value


def _reach(bench: Bench, data: Dataset, built: Built, phase: PhaseName, params: Mapping[str, Any]) -> Reach | None:
    """None where the set has no table of the phase, or what the op asks for can't be told."""
    query = bench.op.query(phase)
    if query.table.member not in data.models:
        return None
    grids = data.grids(query, "first")
    try:
        keys = [(key_params(key), wanted) for key, wanted in asked_keys(bench.op, query.nesting, params, bench.facts)]
        asked = {name: text for names, wanted in keys for name, text in _texts(names, wanted)}
    except (KeyError, TypeError, SolValueError):
        return None
    missing = ""
    try:
        select(bench.op, query, grids, params, bench.facts)
    except Missing as lack:
        depth = next(n for n, (names, _) in enumerate(keys) if names == lack.level)
        there = list(dict.fromkeys(path[depth] for path in grids))
        shown = ", ".join(_text(value) for value in there[:SHOWN])
        missing = f"{', '.join(lack.level)} = {_text(lack.asked)}; collected: {shown or 'nothing'}"
        missing += ", ..." if len(there) > SHOWN else ""
    return Reach(data.name, tuple(bench.places.get(data.name, ())), built.label, phase, asked, missing)


def _texts(names: tuple[str, ...], wanted: Any) -> list[tuple[str, str]]:
    if len(names) > 1 and isinstance(wanted, tuple) and not isinstance(wanted, Member):
        return [(name, _text(value)) for name, value in zip(names, wanted)]
    return [(names[0], _text(wanted))]


def _text(value: Any) -> str:
    if isinstance(value, Member):
        return value.mode
    if isinstance(value, tuple):
        return f"({', '.join(_text(v) for v in value)})"
    return str(value)


def told(reached: Iterable[Reach], most: int) -> Iterator[str]:
    """Lines for people: per set of tables, the models that it covers, and those that it does not and why."""
    by_table: dict[str, dict[str, list[Reach]]] = {}
    places: dict[str, tuple[str, ...]] = {}
    for reach in reached:
        places[reach.table] = reach.places
        by_table.setdefault(reach.table, {}).setdefault(reach.model, []).append(reach)
    for table, models in by_table.items():
        full = [model for model, some in models.items() if all(r.covered for r in some)]
        lacking = {model: some for model, some in models.items() if model not in full}
        also = f" (and {_listed(list(places[table][1:]), most)})" if len(places[table]) > 1 else ""
        yield f"{table}{also}: measured for {len(full)} of {len(models)} wired models that could be built"
        if full:
            yield f"  covered: {_listed(full, most)}"
        reasons: dict[str, list[str]] = {}
        for model, some in lacking.items():
            gone = [r for r in some if not r.covered]
            phases = "" if len(gone) == len(some) else f" in {' and '.join(dict.fromkeys(r.phase for r in gone))}"
            reasons.setdefault(f"{gone[0].missing}{phases}", []).append(model)
        for reason, names in list(reasons.items())[:most]:
            yield f"  not covered: {_listed(names, most)} ({reason})"
        if len(reasons) > most:
            yield f"  and {len(reasons) - most} more that are not covered (--json lists all)"


def _listed(names: list[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more


def as_data(reached: Iterable[Reach]) -> list[dict[str, Any]]:
    """The same as `newop-gen/verify/1` has it."""
    return [
        {
            "table": r.table,
            "places": list(r.places),
            "model": r.model,
            "phase": r.phase,
            "asked": dict(r.asked),
            "covered": r.covered,
            "missing": r.missing,
        }
        for r in reached
    ]
