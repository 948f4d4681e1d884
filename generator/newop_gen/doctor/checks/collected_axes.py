"""Axes that the collected tables are too thin for: interpolation between the points of one value, and below the first.

Whether they are shows in the tables alone, so that both are run: the loader on the checkout's own files, then the
tree's own helper between the points that came out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..finding import Finding, Severity
from ..flow import called
from ..loaders import Loader
from ..nests import Chain
from ..queries import QueryMethod
from ..sdk import DATABASE, Definition
from ..subject import Subject
from ..suspicion import Suspicion
from .axes import SPELLINGS, lookup_helpers, meanings, nestings

CODES = {
    "single-valued-axis": "a query interpolates on an axis of which one value was collected, and fails there",
    "negative-below-grid": "a query extrapolates below the smallest collected value, and gives a negative time",
}
# Of these quantities there can be one: a request, a token.
FROM_ONE = (SPELLINGS[0], SPELLINGS[2])


def find(subject: Subject) -> Iterator[Finding]:
    """Nothing: what is collected is not in the code."""
    yield from ()


def suspect(subject: Subject) -> Iterator[Suspicion]:
    lookups = lookup_helpers(subject)
    for query in subject.queries.found:
        seen: set[tuple[str, str]] = set()
        for node in query.definition.nodes:
            if not isinstance(node, ast.Call):
                continue
            for suspicion in (*_between(node, query, lookups, subject), *_below(node, query, subject)):
                key = (suspicion.finding.code, suspicion.loader.name)
                if key not in seen:
                    seen.add(key)
                    yield suspicion


def _between(node: ast.Call, query: QueryMethod, lookups: dict[str, int], subject: Subject) -> Iterator[Suspicion]:
    """A look-up of a point in a table's slice: `helper(x, y, z, slice, "method")`."""
    axes = lookups.get(called(node))
    if axes is None or len(node.args) <= axes or any(isinstance(a, ast.Starred) for a in node.args):
        return
    for loader, chain, left in _slices(node.args[axes], query, subject):
        if len(left) != axes:
            continue
        wanted = [a.value for a in node.args[axes + 1 :] if isinstance(a, ast.Constant)]
        names = [ast.unparse(key) for key in left]
        finding = Finding(
            "single-valued-axis",
            Severity.FAILS,
            query.definition.place(node),
            subject.queries.names_of(query),
            f"{called(node)} is asked for points between the collected ones, on axes of which one has a single value "
            f"in every table that {loader.name} was run on",
            "make it an exact key of the table, as a size that a model has is; or collect more values of it",
        )
        task = {
            "kind": "between",
            "depth": len(chain.keys),
            "axes": axes,
            "helper": _reference(called(node), subject),
            "arguments": wanted,
        }
        yield Suspicion(finding, loader, task, lambda answer, names=names: _single(answer, names))  # type: ignore[misc]


def _single(answer: dict[str, Any], names: list[str]) -> str | None:
    """What was measured when one axis has a single value in each slice and a look-up on it did not work out."""
    flat = [name for name, count in zip(names, answer["single"]) if count == answer["slices"]]
    if not flat or not answer["failed"] or answer["worked"]:
        return None
    failure = answer["failed"][0]
    return (
        f"{' and '.join(flat)} has one value in {answer['slices']} of {answer['slices']} slices, and on that value, "
        f"between the others of {Path(failure['file']).name}, the answer is {failure['what']}"
    )


def _below(node: ast.Call, query: QueryMethod, subject: Subject) -> Iterator[Suspicion]:
    """A search for the neighbours of a value that may lie outside: `bracket(value, list(curve), inner_only=False)`."""
    if len(node.args) < 2 or not _lets_outside(node):
        return
    line = _line_helper(query, subject)
    if line is None or not _may_be_one(node.args[0], query):
        return
    for part in ast.walk(node.args[1]):
        for loader, chain, left in _slices(part, query, subject):
            if len(left) != 1:
                continue
            finding = Finding(
                "negative-below-grid",
                Severity.WRONG,
                query.definition.place(node),
                subject.queries.names_of(query),
                f"below the smallest collected value, {line} goes on along the line of the first two: the answer can "
                "fall below 0, and nothing stops it",
                "hold the value at the smallest collected one, or collect from 1 on",
            )
            task = {
                "kind": "below",
                "depth": len(chain.keys),
                "bracket": _reference(called(node), subject),
                "line": _reference(line, subject),
            }
            yield Suspicion(finding, loader, task, _negative)


def _negative(answer: dict[str, Any]) -> str | None:
    if not answer["negative"]:
        return None
    return (
        f"{answer['negative']} of {answer['curves']} curves are negative at 1, as low as {answer['lowest']:.4g} ms in "
        f"{Path(answer['file']).name}"
    )


def _slices(
    node: ast.AST, query: QueryMethod, subject: Subject
) -> Iterator[tuple[Loader, Chain, tuple[ast.expr, ...]]]:
    """The parts of tables that an expression can be, with the keys that are left below it."""
    for chain in query.chains(node):
        if not chain.walked:
            for loader, keys in nestings(subject, query.attribute(chain)):
                yield loader, chain, keys[len(chain.keys) :]


def _lets_outside(node: ast.Call) -> bool:
    given = [k.value for k in node.keywords if k.arg == "inner_only"] or list(node.args[2:3])
    return any(isinstance(g, ast.Constant) and g.value is False for g in given)


def _line_helper(query: QueryMethod, subject: Subject) -> str | None:
    """The helper that draws the line: it is given two lists and a value."""
    for node in query.definition.nodes:
        if not (isinstance(node, ast.Call) and called(node) in subject.queries.point_helpers and len(node.args) == 3):
            continue
        if all(isinstance(a, ast.List) and len(a.elts) == 2 for a in node.args[:2]):
            return called(node)
    return None


def _may_be_one(value: ast.expr, query: QueryMethod) -> bool:
    words = meanings(query.definition, value)
    return any(words & spelling for spelling in FROM_ONE)


def _reference(name: str, subject: Subject) -> dict[str, Any]:
    """How the child gets at a helper: its module, its class, and what the class's `__init__` sets that is constant."""
    definition = subject.code.by_name[name][0]
    owner = definition.owner.name if definition.owner else None
    state = _constants(subject) if owner == DATABASE else {}
    return {"module": subject.code.module_of(definition.source), "owner": owner, "function": name, "state": state}


def _constants(subject: Subject) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for definition in subject.code.by_name.get("__init__", ()):
        if definition.owner is not None and definition.owner.name == DATABASE:
            found |= dict(_set_in(definition))
    return found


def _set_in(definition: Definition) -> Iterator[tuple[str, Any]]:
    for node in definition.nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.Constant, ast.Dict)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Attribute) and (isinstance(node.value, ast.Constant) or not node.value.keys):
                yield target.attr, {} if isinstance(node.value, ast.Dict) else node.value.value
