"""Formulas and expressions: that they compile, with the names that are in scope where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ...sol.check import compile_expr, names
from ...sol.findings import SolSyntax
from ...sol.formula import KEY, compile_formula
from ...sol.parse import parse
from ...sol.tree import Bool, Compare, Name, Str, walk
from ...sol.types import Type
from ..model import Nesting, Spec
from ..nodes import Loc
from ..report import Report

IDLE_TYPES = frozenset({"KVCacheQuantMode", "CommQuantMode"})
"""Quant types whose modes have no peak FLOPS."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def bare_column(text: str) -> str | None:
    """The column that an expression is, None when it computes something."""
    return text if _COLUMN.fullmatch(text) else None


def check_query(report: Report) -> None:
    """The formulas are over the run-time names of the axis decision, and not all over those of the other one."""
    named = set(_words(_QUOTED.sub("", text) for text in _formulas(report.spec)))
    used = [name for name in ("b", "s", "x") if name in named]
    query = report.spec.axis.query
    if used and not set(used) & set(query.split(",")):
        report.meant = "b,s" if query == "x" else "x"
        found = f"axis.query is {query}, the formulas use {' and '.join(used)}"
        report.error(("axis", "query"), "axis", found, f"query: {report.meant}, or formulas over {query}")


def check_sol(report: Report) -> None:
    """Each formula, in every phase that it holds for."""
    idle = [name for name, param in report.spec.params.items() if param.type in IDLE_TYPES]
    for loc, sol, phases in report.sols():
        for phase in phases:
            formula, findings = compile_formula(sol, {**report.params(), **report.runtime(phase)}, idle=idle)
            for path, finding in findings:
                key = path[-1:] == (KEY,)
                report.findings((*loc, *(path[:-1] if key else path)), [finding], key=key)
            if phase == "context" and formula and report.spec.axis.prefix != "none" and "prefix" not in formula.inputs:
                found = f"the formula does not use prefix although axis.prefix is {report.spec.axis.prefix}"
                report.warn(loc, "prefix-unused", found, "SOL mode will not see a cached prefix", key=True)


def check_columns(report: Report) -> None:
    """Column expressions, row conditions and lookups of each nesting."""
    for loc, nesting, _ in report.nestings():
        _key_columns(report, loc, nesting)
        for i, axis in enumerate(nesting.axes):
            if axis.column is not None:
                _typed(report, (*loc, "axes", i, "column"), axis.column, _all(axis.column, Type.INT), Type.INT)
        column = nesting.latency.column
        _typed(report, (*loc, "latency", "column"), column, _all(column, Type.REAL), Type.REAL)
        if nesting.rows is not None:
            _rows(report, (*loc, "rows"), nesting.rows)


def _key_columns(report: Report, loc: Loc, nesting: Nesting) -> None:
    params = report.params()
    for i, key in enumerate(nesting.keys):
        at = (*loc, "keys", i)
        columns = [(key.param, key.column, (*at, "column"))]
        columns += [
            (name, text, (*at, "columns", j)) for j, (name, text) in enumerate(zip(key.params or [], key.columns or []))
        ]
        for name, text, place in columns:
            if name is None or text is None or name not in params:
                continue
            if params[name] is Type.INT:
                _typed(report, place, text, _all(text, Type.INT), Type.INT)
            else:
                _text_column(report, place, text, f"{name!a} of type {report.spec.params[name].type}")
        if key.lookup is not None and key.param in params:
            _typed(report, (*at, "lookup"), key.lookup, params, params[key.param])


def _text_column(report: Report, loc: Loc, text: str, of: str) -> None:
    """A text is read from one column; its name is one that an expression could have, too."""
    try:
        column = isinstance(parse(text), Name)
    except SolSyntax as error:
        if bare_column(text) is not None:
            report.findings(loc, error.findings)
            return
        column = False
    if not column:
        report.error(loc, "column", f"the expression {text!a} for {of}", "the name of a column")


def _rows(report: Report, loc: Loc, text: str) -> None:
    """A condition over columns: a column compared with a string is text, any other is a whole number."""
    try:
        tree = parse(text)
    except SolSyntax as error:
        report.findings(loc, error.findings)
        return
    env = dict.fromkeys(names(tree), Type.INT)
    for node in walk(tree):
        if isinstance(node, Compare) and (isinstance(node.left, Str) or isinstance(node.right, Str)):
            env.update({side.id: Type.STR for side in (node.left, node.right) if isinstance(side, Name)})
    _typed(report, loc, text, env, Type.BOOL)


def check_weight_expressions(report: Report) -> None:
    weights = report.spec.weights
    if weights is None:
        return
    if isinstance(weights, str):
        _typed(report, ("weights",), weights, report.params(), Type.REAL)
        return
    for phase in ("context", "generation"):
        if (text := getattr(weights, phase)) is not None:
            _typed(report, ("weights", phase), text, report.params(), Type.REAL)


def check_use(report: Report) -> None:
    """Every param is there for something."""
    used = set(_words(_texts(report.spec)))
    for _, nesting, _ in report.nestings():
        used |= {axis.axis for axis in nesting.axes}
        used |= {name for key in nesting.keys for name in [key.param, *(key.params or [])] if name is not None}
    for name in report.spec.params:
        if name not in used:
            found = f"param {name!a} is neither a level of the nesting nor in a formula"
            report.error(("params", name), "unused-param", found, "a use for it", "leave it out", key=True)


def _formulas(spec: Spec) -> Iterable[str]:
    """The texts of the formulas that stand for values."""
    for sol in (spec.sol, getattr(spec.sol, "context", None), getattr(spec.sol, "generation", None)):
        for part in getattr(sol, "parts", ()):
            yield from (text for text in (part.flops, part.precision, part.bytes) if text is not None)
        yield from getattr(sol, "let", {}).values()


def _texts(spec: Spec) -> Iterable[str]:
    """Every text that may use a param, and the names that select constants."""
    yield from _formulas(spec)
    for sol in (spec.sol, getattr(spec.sol, "context", None), getattr(spec.sol, "generation", None)):
        if constants := getattr(sol, "constants", None):
            yield constants.by
    weights = spec.weights
    texts = (
        [weights]
        if isinstance(weights, str)
        else [getattr(weights, phase, None) for phase in ("context", "generation")]
    )
    yield from (text for text in texts if text is not None)


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from _COLUMN.findall(text)


def _all(text: str, kind: Type) -> dict[str, Type]:
    """Any name is a column of that type."""
    return dict.fromkeys(_words([text]), kind)


def _typed(report: Report, loc: Loc, text: str, env: Mapping[str, Type], wanted: Type) -> None:
    """The expression compiles, and is of the type that is wanted there."""
    expr, findings = compile_expr(text, env)
    report.findings(loc, findings)
    if expr is None:
        return
    if isinstance(expr, Bool):
        report.error(loc, "formula-type", f"the constant {text!a}", "an expression", "leave it out")
        return
    fits = expr.type is wanted or expr.type is Type.ANY or (wanted is Type.REAL and expr.type is Type.INT)
    if not fits:
        words = {Type.INT: "a whole number", Type.REAL: "a number", Type.BOOL: "a condition", Type.STR: "a string"}
        report.error(loc, "formula-type", f"an expression of type {expr.type}", words.get(wanted, "a quant mode"))
