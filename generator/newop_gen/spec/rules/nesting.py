"""The nesting against the axis decision, the method and the params."""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Alike, Key, Nesting, NestingAxis, PhaseName, Targets
from ..nodes import Loc
from ..report import Report
from .expressions import bare_column

AXES_OF_METHOD = {"linear": (1, 2), "bilinear": (2, 3), "cubic": (3, 3)}
"""How many axes each method takes, from and to."""

RUN_TIME = ("x", "b", "s")

_SINGLE_ONLY = ("column", "default", "alias", "only", "fallback", "nearest", "lookup")
_TEXT_ONLY = ("alias", "only", "fallback")


def check_nestings(report: Report) -> None:
    for loc, nesting, phases in report.nestings():
        _levels(report, loc, nesting)
        _axes(report, loc, nesting, phases)
        _method(report, loc, nesting)
        for number, key in enumerate(nesting.keys):
            _key(report, (*loc, "keys", number), key)
        _columns(report, loc, nesting)
        if nesting.pre_interpolate is not None:
            _targets(report, (*loc, "pre_interpolate"), nesting.pre_interpolate, nesting.axes)


def key_columns(key: Key) -> list[tuple[str, str, Loc]]:
    """(param, column expression, loc below the key) of each param of a key that has as many columns as params."""
    if key.params:
        columns = key.columns or key.params
        field = "columns" if key.columns else "params"
        return [(param, column, (field, i)) for i, (param, column) in enumerate(zip(key.params, columns))]
    if key.param is None:
        return []
    return [(key.param, key.column or key.param, ("column",) if key.column else ("param",))]


def axis_column(axis: NestingAxis) -> str:
    """The column expression of an axis."""
    return axis.column or axis.axis


def _levels(report: Report, loc: Loc, nesting: Nesting) -> None:
    """Every key and axis names a param that there is, and each param is one level."""
    seen: dict[str, str] = {}
    for at, name, what in _named(loc, nesting):
        if what == "key" and name in RUN_TIME:
            report.error(at, "axis", f"key {name!a}, which is known only at run time", "a param", "make it an axis")
        elif name not in report.spec.params and name not in RUN_TIME:
            report.unknown(at, "undeclared", what, name, _candidates(report, what))
        elif name in seen:
            report.error(at, "level-twice", f"{name!a} again, already {seen[name]}", "each level once")
        seen.setdefault(name, "a key" if what == "key" else "an axis")


def _named(loc: Loc, nesting: Nesting) -> Iterator[tuple[Loc, str, str]]:
    for i, key in enumerate(nesting.keys):
        if key.param is not None:
            yield (*loc, "keys", i, "param"), key.param, "key"
        for j, name in enumerate(key.params or []):
            yield (*loc, "keys", i, "params", j), name, "key"
    for i, axis in enumerate(nesting.axes):
        yield (*loc, "axes", i, "axis"), axis.axis, "axis"


def _candidates(report: Report, what: str) -> list[str]:
    params = report.spec.params
    if what == "key":
        return list(params)
    return [*report.spec.axis.query.split(","), *(name for name, param in params.items() if param.type == "int")]


def _axes(report: Report, loc: Loc, nesting: Nesting, phases: tuple[PhaseName, ...]) -> None:
    """The run-time axes are those of the axis decision; others are int params."""
    given = [axis.axis for axis in nesting.axes]
    said: str = report.spec.axis.query
    query = said if set(given) & set(said.split(",")) else report.query
    decided = query.split(",")
    for number, name in enumerate(given):
        at = (*loc, "axes", number, "axis")
        if name in RUN_TIME and name not in decided:
            report.error(
                at, "axis", f"axis {name!a} although axis.query is {query}", " or ".join([*decided, "an int param"])
            )
        elif name in report.spec.params and report.spec.params[name].type != "int":
            found = f"axis {name!a}, which is of type {report.spec.params[name].type}"
            report.error(at, "axis", found, "an int param", "make it a key")
    missing = [name for name in decided if name not in given]
    needed = "context" in phases or len(missing) == len(decided)
    if missing and needed:
        found = f"no axis {' and '.join(missing)} although axis.query is {query}"
        expected = (
            "an axis for each of " + ", ".join(decided)
            if "context" in phases
            else "at least one of " + ", ".join(decided)
        )
        report.error((*loc, "axes"), "axis", found, expected, key=True)


def _method(report: Report, loc: Loc, nesting: Nesting) -> None:
    least, most = AXES_OF_METHOD[nesting.method]
    count = len(nesting.axes)
    if least <= count <= most or not count:
        return
    fitting = [name for name, (low, high) in AXES_OF_METHOD.items() if low <= count <= high]
    expected = f"{least} axes" if least == most else f"{least} or {most} axes"
    axes = f"{count} {'axis' if count == 1 else 'axes'}"
    suggestion = f"for {axes}: {' or '.join(fitting)}" if fitting else ""
    report.error((*loc, "method"), "method", f"method {nesting.method} with {axes}", expected, suggestion)


def _key(report: Report, loc: Loc, key: Key) -> None:
    if (key.param is None) == (key.params is None):
        found = "a key without param" if key.param is None else "a key with both param and params"
        report.error(loc, "key-form", found, "exactly one of param and params")
        return
    if key.params is not None:
        for field in _SINGLE_ONLY:
            if field in key.model_fields_set:
                report.error((*loc, field), "key-form", f"{field} of a tuple key", "only with param", key=True)
        if key.columns is not None and len(key.columns) != len(key.params):
            found = f"{len(key.columns)} columns for {len(key.params)} params"
            report.error((*loc, "columns"), "key-form", found, "a column for each param", key=True)
        if key.alike is not None:
            _alike(report, (*loc, "alike"), key.alike, key.params)
        return
    if "columns" in key.model_fields_set:
        report.error((*loc, "columns"), "key-form", "columns of a key with one param", "column", key=True)
    if "alike" in key.model_fields_set:
        suggestion = "use nearest or fallback"
        report.error((*loc, "alike"), "key-form", "alike of a key with one param", "params", suggestion, key=True)
    assert key.param is not None
    param = report.spec.params.get(key.param)
    if param is None:
        return
    if param.type == "int":
        for field in _TEXT_ONLY:
            if field in key.model_fields_set:
                suggestion = "leave rows out with 'rows: ...'" if field == "only" else ""
                found = f"{field} for the int param {key.param!a}"
                report.error((*loc, field), "key-type", found, "only for str and quant params", suggestion, key=True)
    elif key.nearest:
        found = f"nearest for {key.param!a}, which is of type {param.type}"
        report.error((*loc, "nearest"), "key-type", found, "an int param", "use fallback", key=True)
    _default(report, loc, key, key.param, param.type)
    if param.modes:
        for at, mode in _modes_of(loc, key):
            if mode not in param.modes:
                report.unknown(at, "modes", f"mode of {key.param}", mode, param.modes)
    for number, value in enumerate(key.only):
        if value in key.only[:number]:
            report.error((*loc, "only", number), "twice", f"{value!a} again", "each value once")


def _alike(report: Report, loc: Loc, alike: Alike, params: list[str]) -> None:
    """What a substitute shares and comes near to are params of the tuple, each named once; near is for numbers."""
    for number, name in enumerate(alike.same):
        at = (*loc, "same", number)
        if name not in params:
            report.unknown(at, "undeclared", "param of the key", name, params)
        elif name in alike.same[:number]:
            report.error(at, "twice", f"{name!a} again", "each param once")
    near = alike.nearest
    if near is None:
        return
    at = (*loc, "nearest")
    param = report.spec.params.get(near)
    if near not in params:
        report.unknown(at, "undeclared", "param of the key", near, params)
    elif near in alike.same:
        report.error(at, "twice", f"{near!a}, which must be the same", "another param of the key")
    elif param is not None and param.type != "int":
        report.error(
            at, "key-type", f"nearest {near!a}, which is of type {param.type}", "an int param", "add it to same"
        )


def _modes_of(loc: Loc, key: Key) -> Iterator[tuple[Loc, str]]:
    """The modes that a key of a quant param names."""
    if isinstance(key.default, str):
        yield (*loc, "default"), key.default
    if key.fallback is not None:
        yield (*loc, "fallback"), key.fallback
    for text, mode in key.alias.items():
        yield (*loc, "alias", text), mode


def _default(report: Report, loc: Loc, key: Key, name: str, kind: str) -> None:
    if key.default is None:
        return
    at = (*loc, "default")
    if (kind == "int") != isinstance(key.default, int):
        expected = "a whole number" if kind == "int" else "text"
        suggestion = f'write "{key.default}"' if isinstance(key.default, int) else ""
        report.error(at, "key-type", f"default {key.default!a} for {name!a} of type {kind}", expected, suggestion)
    if bare_column(key.column or name) is None:
        found = f"a default with the column expression {key.column!a}"
        report.error(at, "key-form", found, "a column that can be absent", "name one column", key=True)


def _columns(report: Report, loc: Loc, nesting: Nesting) -> None:
    """No column is filed twice, and none is both a level and what is measured."""
    phases = report.spec.phases
    taken = {column: "the latency" for column in (bare_column(nesting.latency.column), "power") if column}
    taken["power"] = "the power"
    if phases.table == "phase_column":
        taken[phases.column] = "the phase"
    levels: list[tuple[Loc, str, str]] = []
    for i, key in enumerate(nesting.keys):
        levels += [((*loc, "keys", i, *at), name, column) for name, column, at in key_columns(key)]
    for i, axis in enumerate(nesting.axes):
        levels.append(((*loc, "axes", i, "column" if axis.column else "axis"), axis.axis, axis_column(axis)))
    seen: set[str] = set()
    for at, name, column in levels:
        if name in seen:
            continue  # the level itself is there twice
        seen.add(name)
        if column in taken:
            suggestion = "" if at[-1] == "column" or isinstance(at[-1], int) else "name its column with 'column: ...'"
            report.error(
                at, "column-twice", f"column {column!a}, which is {taken[column]} already", "another column", suggestion
            )
        taken.setdefault(column, "another level")


def _targets(report: Report, loc: Loc, targets: Targets, axes: list[NestingAxis]) -> None:
    """Pre-interpolation runs on three levels (two are wrapped) and says what to fill in on each."""
    names = [axis.axis for axis in axes]
    if len(names) == 1:
        report.error(
            loc, "pre-interpolate", "pre-interpolation along one axis", "2 or 3 axes", "leave it out", key=True
        )
    for name in targets.values:
        if name not in names:
            report.unknown((*loc, "values", name), "pre-interpolate", "axis", name, names, key=True)
    missing = [name for name in names if name not in targets.values]
    if missing:
        found = f"no values for the axis {' and '.join(missing)}"
        suggestion = f"{missing[0]}: collected leaves an axis as it is"
        report.error((*loc, "values"), "pre-interpolate", found, "values for each axis", suggestion, key=True)
    for name, values in targets.values.items():
        if isinstance(values, list):
            _target_list(report, (*loc, "values", name), values)


def _target_list(report: Report, loc: Loc, values: list[int]) -> None:
    for number in range(1, len(values)):
        if values[number] <= values[number - 1]:
            report.error(
                (*loc, number), "pre-interpolate", f"{values[number]} after {values[number - 1]}", "rising values"
            )
