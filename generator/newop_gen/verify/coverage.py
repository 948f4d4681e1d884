"""Which wired models a real table has measurements for: what their ops ask, looked up in the collected keys. What an op
asks for follows from the tensor parallelism (heads are divided), so that each model is looked at with several.

No check: that an op is wired into a model whose sizes nobody has measured yet is for people to know, not a mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..model.op import Op, key_params
from ..sol.evaluate import SolValueError
from ..spec.model import PhaseName
from ..tables.filing import Member
from .bench import Bench
from .candidates import Built, Shelf
from .expectation import Dataset
from .result import Reach
from .table import Missing, asked_keys, select

SHOWN = 6
"""Collected values that are named."""

TENSOR_PARALLEL = (1, 2, 4, 8)
"""GPUs that a model's tensors are divided among, as far as it can be built so."""


def reaches(bench: Bench, shelf: Shelf, models: Iterable[Built]) -> Iterator[Reach]:
    """The reach of every set of tables that is the user's, over the models that have the op, at each TP."""
    real = [data for data in bench.datasets if not data.own]
    if not real:
        return  # nothing to look up: no model is built for it
    models = list(models)
    plain = {(m.model, str(m.taken)) for m in models if "tp_size" not in m.settings}
    for model in models:
        own = int(model.settings.get("tp_size", 1))
        if own != 1 and (model.model, str(model.taken)) in plain:
            continue  # it comes with the one on a single GPU
        for tp in TENSOR_PARALLEL if own == 1 else (own,):  # one that was made for more GPUs than one stays as it is
            built = model if tp == own else shelf.again(model, tp_size=tp)
            if built is None:
                continue
            for phase, params in _asked(bench.op, built):
                yield from (found for data in real if (found := _reach(bench, data, model.label, tp, phase, params)))


def _asked(op: Op, built: Built) -> Iterator[tuple[PhaseName, dict[str, Any]]]:
    """The params of each op of ours in a model, without repeats, by phase."""
    for phase in op.phases:
        asked: list[dict[str, Any]] = []
        for told in built.ops(phase):
            if told["class"] == op.class_name(phase) and (params := held_params(op, told)) not in asked:
                asked.append(params)
        yield from ((phase, params) for params in asked)


def held_params(op: Op, told: Mapping[str, Any]) -> dict[str, Any]:
    """The params that an op of a model was made with; modes by their canonical names."""
    held = told.get("held", {})
    return {name: _plain(held.get(name)) for name in op.params}


def _plain(value: Any) -> Any:
    return value["enum"][1] if isinstance(value, dict) and "enum" in value else value


def _reach(
    bench: Bench, data: Dataset, model: str, tp: int, phase: PhaseName, params: Mapping[str, Any]
) -> Reach | None:
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
    return Reach(data.name, tuple(bench.places.get(data.name, ())), model, tp, phase, asked, missing)


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
    """Lines for people: per set of tables, the models that it covers, at which TP, and what it lacks for the others."""
    by_table: dict[str, dict[str, list[Reach]]] = {}
    places: dict[str, tuple[str, ...]] = {}
    for reach in reached:
        places[reach.table] = reach.places
        by_table.setdefault(reach.table, {}).setdefault(reach.model, []).append(reach)
    for table, models in by_table.items():
        full = sum(all(r.covered for r in some) for some in models.values())
        also = f" (and {_listed(list(places[table][1:]), most)})" if len(places[table]) > 1 else ""
        yield f"{table}{also}: measured for {full} of {len(models)} wired models at every TP that could be built"
        groups: dict[tuple[str, str], list[str]] = {}
        for model, some in models.items():
            groups.setdefault(_standing(some), []).append(model)
        # Whole ones first, then by how much of them is there.
        ordered = sorted(groups, key=lambda standing: (standing[0].startswith("not"), standing[1] != ""))
        for where, why in ordered[:most]:
            yield f"  {where}: {_listed(groups[where, why], most)}{why}"
        if len(groups) > most:
            left = sum(len(groups[standing]) for standing in ordered[most:])
            yield f"  and {left} more that lack something (--json lists all)"


def _standing(some: list[Reach]) -> tuple[str, str]:
    """Where a model is covered, and in brackets the first that it lacks: "covered at TP 1, 2; not at TP 4"."""
    lacking = [r for r in some if not r.covered]
    bad = list(dict.fromkeys(r.tp for r in lacking))
    good = [tp for tp in dict.fromkeys(r.tp for r in some) if tp not in bad]
    parts = [f"covered at TP {_numbers(good)}"] if good else []
    if not lacking:
        return parts[0], ""
    parts.append(f"not {'' if good else 'covered '}at TP {_numbers(bad)}")
    first = lacking[0]
    gone = [r.phase for r in lacking if r.tp == first.tp]
    phases = f" in {' and '.join(dict.fromkeys(gone))}" if len(gone) < sum(r.tp == first.tp for r in some) else ""
    return "; ".join(parts), f" (TP {first.tp}: {first.missing}{phases})"


def _numbers(values: list[int]) -> str:
    return ", ".join(map(str, values))


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
            "tp": r.tp,
            "phase": r.phase,
            "asked": dict(r.asked),
            "covered": r.covered,
            "missing": r.missing,
        }
        for r in reached
    ]
