"""Dicts that live for one call, in a cache that knows dicts by `id` and keeps no reference."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..nests import nest_of
from ..sdk import Definition
from ..subject import Subject

CODES = {
    "stale-cache": "a helper caches by the id of a dict, and is given one that is thrown away: it answers from another"
}


def find(subject: Subject) -> Iterator[Finding]:
    cached = _cached_parameters(subject)
    if not cached:
        return
    for query in subject.queries.found:
        for node in query.definition.nodes:
            number = cached.get(called(node))
            if number is None or not isinstance(node, ast.Call) or len(node.args) <= number:
                continue
            value = query.definition.flow.sole(node.args[number])
            if not _made_here(value) or query.chains(value):
                continue
            yield Finding(
                "stale-cache",
                Severity.WRONG,
                query.definition.place(node),
                subject.queries.names_of(query),
                f"{called(node)} remembers what it made of a dict by its id and keeps no reference: this dict is "
                "thrown away after the call, the next one can get its id, and with it the answer for this one",
                "pass a part of the table itself, or build the dict once when the table is loaded",
            )
            break


def _made_here(value: ast.expr) -> bool:
    """Whether an expression makes a new dict each time."""
    return isinstance(value, (ast.Dict, ast.DictComp)) or nest_of(value) is not None or called(value) == "dict"


def _cached_parameters(subject: Subject) -> dict[str, int]:
    """Helpers that cache by `id(parameter)` without keeping it: number of the parameter (without self) by name."""
    found = {}
    for definition in subject.code.definitions:
        names = [a.arg for a in definition.node.args.args if a.arg not in ("self", "cls")]
        for node in definition.nodes:
            if called(node) == "id" and isinstance(node, ast.Call) and len(node.args) == 1:
                argument = node.args[0]
                if isinstance(argument, ast.Name) and argument.id in names and not _kept(definition, argument.id):
                    found[definition.name] = names.index(argument.id)
    # Whoever hands its parameter on to such a helper is one, too.
    for _ in range(2):
        for definition in subject.code.definitions:
            names = [a.arg for a in definition.node.args.args if a.arg not in ("self", "cls")]
            for node in definition.nodes:
                number = found.get(called(node))
                if number is None or not isinstance(node, ast.Call) or len(node.args) <= number:
                    continue
                argument = node.args[number]
                if isinstance(argument, ast.Name) and argument.id in names and definition.name not in found:
                    found[definition.name] = names.index(argument.id)
    return found


def _kept(definition: Definition, name: str) -> bool:
    """Whether the parameter itself is stored, so that its id stays taken; or is compared with what was stored."""
    for node in definition.nodes:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Subscript) for t in node.targets):
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            if any(isinstance(p, ast.Name) and p.id == name for p in parts):
                return True
        if isinstance(node, ast.Compare) and any(isinstance(o, (ast.Is, ast.IsNot)) for o in node.ops):
            sides = [node.left, *node.comparators]
            if any(isinstance(s, ast.Name) and s.id == name for s in sides) and not any(
                isinstance(s, ast.Constant) for s in sides
            ):
                return True
    return False
