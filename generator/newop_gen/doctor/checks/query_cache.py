"""Queries whose answers are not kept, where those of the others are, and arguments that a kept answer can't go by."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..queries import OpClass
from ..sdk import DATABASE, Definition
from ..subject import Subject

CODES = {
    "uncached-query": "the answers of a query are worked out each time, where those of the others are kept",
    "unhashable-argument": "a query whose answers are kept is asked with a list or a dict: TypeError",
}
PREFIX = "query_"
UNHASHABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MAKERS = ("list", "dict", "set", "sorted", "defaultdict")


def find(subject: Subject) -> Iterator[Finding]:
    queries = [
        d
        for d in subject.code.definitions
        if d.owner is not None and d.owner.name == DATABASE and d.name.startswith(PREFIX)
    ]
    kept = {d.name for d in queries if _keeps(d)}
    if 2 * len(kept) > len(queries):
        for definition in queries:
            if definition.name not in kept:
                yield Finding(
                    "uncached-query",
                    Severity.LATENT,
                    definition.place(),
                    definition.names,
                    f"{len(kept)} of {len(queries)} queries keep their answers, and {definition.name} works each out "
                    "anew: it is asked again and again with the same arguments, for every layer, step and candidate",
                    "decorate it with functools.lru_cache as the queries beside it are",
                )
    for op in subject.queries.operations.values():
        yield from _unhashable(op, kept)


def _keeps(definition: Definition) -> bool:
    return any("cache" in ast.unparse(d) for d in definition.node.decorator_list)


def _unhashable(op: OpClass, kept: set[str]) -> Iterator[Finding]:
    for ask in op.asks:
        if ask.name not in kept:
            continue
        for name, value in ask.arguments:
            made = _made(op, value)
            if made is None:
                continue
            yield Finding(
                "unhashable-argument",
                Severity.FAILS,
                op.definition.place(ask.node),
                (op.name, ask.name),
                f"{ask.name} keeps its answers by its arguments, and {name or 'one'} is {ast.unparse(made)}, which has "
                "no hash: a TypeError each time",
                "pass a tuple",
            )


def _made(op: OpClass, value: ast.expr) -> ast.expr | None:
    """The expression that makes an argument, when that is a list, dict or set: also one that `__init__` keeps."""
    flow = op.definition.flow
    behind = flow.sole(value)
    if isinstance(behind, ast.Attribute) and isinstance(behind.value, ast.Name) and behind.value.id == "self":
        given = [
            n.value
            for n in ast.walk(op.owner)
            if isinstance(n, (ast.Assign, ast.AnnAssign)) and n.value is not None
            for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
            if isinstance(t, ast.Attribute) and t.attr == behind.attr
        ]
        behind = given[0] if len(given) == 1 else behind
    return behind if isinstance(behind, UNHASHABLE) or called(behind) in MAKERS else None
