"""Results that do not say where they come from: the class takes a source, and counts as measured without one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..sdk import RESULT, Definition
from ..subject import Subject

CODES = {"untagged-result": "a formula's result is reported as measured"}


def find(subject: Subject) -> Iterator[Finding]:
    if not _takes_source(subject):
        return
    # Where the tree itself tags what comes from a formula, or what an operation rebuilds, all have to.
    formulas = [n for q in subject.queries.found for n in q.definition.nodes if _from_formula(n, q.definition)]
    tagging = 4 * sum(not _untagged(n) for n in formulas) > 3 * len(formulas)
    for query in subject.queries.found:
        yield from _formulas(query.definition, subject.queries.names_of(query), tagging)
    for op in subject.queries.operations.values():
        yield from _rebuilt(op.definition, (op.name, *(a.name for a in op.asks)))


def _takes_source(subject: Subject) -> bool:
    from ...checkout.python import PythonSource

    source: PythonSource | None = subject.code.tree.python(f"{subject.code.home}/performance_result.py")
    if source is None:
        return False
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.ClassDef) and node.name == RESULT):
            continue
        makers = [m for m in node.body if isinstance(m, ast.FunctionDef) and m.name in ("__init__", "__new__")]
        if any(a.arg == "source" for m in makers for a in (*m.args.args, *m.args.kwonlyargs)):
            return True
    return False


def _formulas(definition: Definition, names: tuple[str, ...], tagging: bool) -> Iterator[Finding]:
    """Results of formulas without a source: all of them, or, in a tree that does not tag a mode that was asked for,
    those that stand in for a measurement when there is none."""
    caught = {part for n in definition.nodes if isinstance(n, ast.ExceptHandler) for part in ast.walk(n)}
    untagged = [
        n for n in definition.nodes if _untagged(n) and _from_formula(n, definition) and (tagging or n in caught)
    ]
    if untagged:
        yield Finding(
            "untagged-result",
            Severity.WRONG,
            definition.place(untagged[0]),
            names,
            f"{len(untagged)} results of {definition.name} come from a formula and have no source: they are reported "
            'as "silicon"',
            'pass source="sol" or source="empirical"',
        )


def _untagged(node: ast.AST) -> bool:
    if called(node) != RESULT or not isinstance(node, ast.Call):
        return False
    return len(node.args) < 3 and not any(k.arg in ("source", None) for k in node.keywords)


def _from_formula(node: ast.AST, definition: Definition) -> bool:
    """Whether the latency of a result is what get_sol or get_empirical gave."""
    if called(node) != RESULT or not isinstance(node, ast.Call):
        return False
    latency = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg == "latency"), None)
    if latency is None:
        return False
    makers = {called(n) for n in definition.flow.origins(latency)}
    return any(m in ("get_sol", "get_empirical") for m in makers)


def _rebuilt(definition: Definition, names: tuple[str, ...]) -> Iterator[Finding]:
    """An operation that scales a query's result into a new one, and drops the source."""
    for node in definition.nodes:
        if _untagged(node) and any(called(n).startswith("query") for n in definition.flow.origins(node)):
            yield Finding(
                "untagged-result",
                Severity.WRONG,
                definition.place(node),
                names,
                'the result is built anew without the source of the query\'s: an estimate is reported as "silicon"',
                'pass source=getattr(result, "source", "silicon")',
            )
            return
