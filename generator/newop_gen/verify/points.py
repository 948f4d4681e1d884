"""Points to ask a query at, as values of its arguments, and the speed of light there by the reference evaluator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..layouts.base import Facts
from ..model.op import Op, Query, key_params
from ..model.questions import formula_texts
from ..sol.evaluate import Gpu, SolTimes, SolValueError, evaluate_formula
from ..tables.filing import Member, Path
from .table import looked_up, quantised

Values = dict[str, Any]


def path_values(op: Op, query: Query, path: Path, facts: Facts, prefix: int = 0) -> Values | None:
    """Arguments of a query that ask for exactly the leaf at `path` (without its phase), or None when none are found.

    With a prefix that the table is looked up at, `s` is that much shorter; None when nothing is left of it.
    """
    nesting = query.nesting
    keys, at = path[: len(nesting.keys)], path[len(nesting.keys) :]
    values: Values = {a.axis: v for a, v in zip(nesting.axes, at)}
    if query.takes_prefix:
        values["prefix"] = prefix
        if "s" in values:
            values["s"] -= prefix
            if values["s"] < 1:
                return None
    searched = []
    for key, found in zip(nesting.keys, keys):
        params = key_params(key)
        if key.params:
            values.update({p: _plain(v) for p, v in zip(params, found)})
        elif key.lookup is None:
            values[params[0]] = _plain(found)
        else:
            searched.append((key.lookup, params[0], found))
    fill(op, query, values)
    for lookup, param, found in searched:
        if not _solve(op, lookup, param, found, values, facts):
            return None
    return {name: values[name] for name in (*query.run_time, *op.params)}


def _plain(key: Any) -> Any:
    return key.mode if isinstance(key, Member) else key


def fill(op: Op, query: Query, values: Values) -> None:
    """Something for every argument that `values` has nothing for."""
    for name in query.run_time:
        values.setdefault(name, 0 if name == "prefix" else 16)
    for name, param in op.params.items():
        if name not in values:
            text = (*formula_texts(op, name), "alpha")[0]
            values[name] = {"int": 8, "str": text}.get(param.type) or (param.modes or ["bfloat16"])[0]


def _solve(op: Op, lookup: str, param: str, found: Any, values: Values, facts: Facts) -> bool:
    """Gives `param` a value for which the key that is looked up is `found`."""
    kind = op.params[param].type
    if kind == "int":
        near = [found * k for k in (1, 2, 4, 8)] + [found + k for k in (-1, 1)]
        candidates: Sequence[Any] = [n for n in (*near, *range(1, 1025)) if n >= 1]
    else:
        candidates = [_plain(found)]
        if sum(v for v in values.values() if isinstance(v, int)) % 2:
            # Other values that ask for the same key are asked about, too.
            candidates = [*(m for m in op.params[param].modes or () if m != _plain(found)), *candidates]
    for candidate in candidates:
        try:
            if looked_up(op, param, lookup, {**values, param: candidate}, facts) == found:
                values[param] = candidate
                return True
        except SolValueError:
            continue
    return False


def speed_of_light(op: Op, query: Query, values: Mapping[str, Any], gpu: Gpu, facts: Facts) -> SolTimes | None:
    """The SOL times of a query, or None where the formula has no value."""
    known = {"prefix": 0, **quantised(op, values, facts)}
    try:
        return evaluate_formula(query.formula, known, gpu, modes=facts.modes)
    except SolValueError:
        return None
