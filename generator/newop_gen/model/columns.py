"""Column expressions: what a perf file's columns are typed as, from how they are used."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from ..sol.check import compile_expr, names
from ..sol.evaluate import SolValueError, evaluate
from ..sol.parse import parse
from ..sol.tree import Compare, Expr, Name, Str, walk
from ..sol.types import Type


def typed(text: str, env: Mapping[str, Type]) -> Expr:
    """The resolved tree of an expression of a checked spec."""
    expr, findings = compile_expr(text, env)
    if expr is None:
        raise AssertionError(f"an expression of a checked spec does not compile: {text!r}: {findings}")
    return expr


@functools.lru_cache(maxsize=1024)
def column_names(text: str) -> tuple[str, ...]:
    """Names of the columns that an expression reads, in order of first use."""
    return tuple(dict.fromkeys(n.id for n in walk(parse(text)) if isinstance(n, Name)))


@functools.lru_cache(maxsize=1024)
def number_column(text: str) -> Expr:
    """An integer key or axis as an expression over integer columns."""
    return typed(text, dict.fromkeys(column_names(text), Type.INT))


@functools.lru_cache(maxsize=1024)
def real_column(text: str) -> Expr:
    """A measured value as an expression over real columns."""
    return typed(text, dict.fromkeys(column_names(text), Type.REAL))


@functools.lru_cache(maxsize=1024)
def row_types(text: str) -> Mapping[str, Type]:
    """Types of the columns in a row condition: text where it is compared with text, integers elsewhere."""
    tree = parse(text)
    env = dict.fromkeys(names(tree), Type.INT)
    for name in compared_texts(text):
        env[name] = Type.STR
    return env


def compared_texts(text: str) -> dict[str, tuple[str, ...]]:
    """The columns of a row condition that are compared with text, and the texts they are compared with."""
    out: dict[str, tuple[str, ...]] = {}
    for node in walk(parse(text)):
        if isinstance(node, Compare):
            for side, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(side, Name) and isinstance(other, Str):
                    out[side.id] = (*out.get(side.id, ()), other.value)
    return out


@functools.lru_cache(maxsize=1024)
def row_condition(text: str) -> Expr:
    return typed(text, row_types(text))


def row_holds(text: str, cells: Mapping[str, str]) -> bool:
    """Whether a row condition is true of a row; false where a cell can't be read as the condition reads it."""
    try:
        types = row_types(text).items()
        values = {name: cells[name] if kind is Type.STR else int(cells[name]) for name, kind in types}
        return bool(evaluate(row_condition(text), values))
    except (ValueError, SolValueError):
        return False


def milliseconds(value: float, unit: str) -> float:
    """A measured time in ms. Small units are divided by, as loaders do: it is theirs to the last bit."""
    return value * 1000.0 if unit == "s" else value / {"ms": 1.0, "us": 1000.0, "ns": 1000000.0}[unit]
