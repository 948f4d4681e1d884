"""The points that an op is explained at: `--at b=8,s=4096,param1=3584`, and what is taken where nothing is said."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Union

from ..model.op import Op
from ..problems import Place, Problem, SpecError
from ..sol.quants import canonical
from ..spec.model import PhaseName

Value = Union[int, str]
Values = dict[str, Value]

# A mid-sized prefill and its decode: where nothing is said.
RUN_TIME = {"x": 4096, "b": 8, "s": 4096, "prefix": 0}


def run_time_names(op: Op) -> tuple[str, ...]:
    if op.tokens:
        return ("x",)
    return ("b", "s") if op.spec.axis.prefix == "none" else ("b", "s", "prefix")


def parse_points(op: Op, texts: tuple[str, ...], measured: Mapping[str, Value]) -> list[Values]:
    """One point per text, completed by `measured` values (those of a collected row) and defaults.

    Raises `SpecError` with everything that is wrong: an unknown name, a value of the wrong type, a mode that the op
    does not have.
    """
    problems: list[Problem] = []
    points = []
    for text in texts or ("",):
        given: Values = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            _take(op, part, given, problems)
        points.append({**_defaults(op, measured), **given})
    if problems:
        raise SpecError(problems)
    return points


def _take(op: Op, part: str, given: Values, problems: list[Problem]) -> None:
    name, given_one, value = (t.strip() for t in part.partition("="))
    known = (*run_time_names(op), *op.params)
    place = Place("--at")
    if not given_one:
        problems.append(Problem(place, f"{part!r} without a value", "NAME=VALUE", "", "at"))
        return
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        problems.append(
            Problem(
                place, f"no {name!r} in this op", ", ".join(known), f"did you mean {near[0]}?" if near else "", "at"
            )
        )
        return
    param = op.params.get(name)
    if param is None or param.type == "int":
        low = 0 if name == "prefix" else 1
        if not value.isascii() or not value.isdigit() or not low <= int(value[:18]) <= 2**53:
            problems.append(Problem(place, f"{name}={value}", f"an integer from {low}", "", "at"))
        else:
            given[name] = int(value)
    elif param.type == "str":
        given[name] = value
    elif canonical(value) not in map(canonical, param.modes):
        problems.append(Problem(place, f"{name}={value}", f"one of {', '.join(param.modes)}", "", "at"))
    else:
        given[name] = canonical(value)


def _defaults(op: Op, measured: Mapping[str, Value]) -> Values:
    values: Values = {name: RUN_TIME[name] for name in run_time_names(op)}
    for name in op.params:
        values[name] = measured[name] if name in measured else default_value(op, name)
    return values


def default_value(op: Op, name: str) -> Value:
    """What a param has where neither `--at` nor a collected row says anything."""
    param = op.params[name]
    if param.type == "int":
        return 4096
    return _first_row(op, name) if param.type == "str" else canonical((param.modes or ["bfloat16"])[0])


def _first_row(op: Op, name: str) -> str:
    """A value that the formula knows, where it looks constants up by this param."""
    for phase in op.phases:
        constants = op.sol(phase).constants
        if constants is not None and constants.by == name:
            return str(next(iter(constants.rows)))
    return "unknown"


def describe(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def for_phase(op: Op, phase: PhaseName, values: Mapping[str, Value]) -> Values:
    """Values of a phase: in generation the prefix is part of s."""
    return {**values, "prefix": 0} if phase == "generation" and "prefix" in values else dict(values)
