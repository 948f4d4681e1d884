"""What an operation passes to its query: batch counted twice, beams not looked at, a cached prefix forgotten."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..degree import degree
from ..finding import Finding, Severity
from ..queries import Ask, OpClass
from ..subject import Subject

CODES = {
    "batch-counted-twice": "an operation passes tokens (batch times sequence) beside the batch",
    "beams-ignored": "an operation passes requests times beams as the batch, without looking at the beams",
    "prefix-ignored": "an operation whose work grows with the square of the sequence ignores the cached prefix",
    "missing-query": "an operation asks a query that the database hasn't got",
}


def find(subject: Subject) -> Iterator[Finding]:
    phases = phases_of(subject)
    for op in subject.queries.operations.values():
        for ask in op.asks:
            yield from _missing(op, ask, subject)
            yield from _twice(op, ask)
            yield from _beams(op, ask, phases.get(op.name, set()))
            yield from _prefix(op, ask, subject, phases.get(op.name, set()))


def phases_of(subject: Subject) -> dict[str, set[str]]:
    """The lists that models put each operation class into."""
    found: dict[str, set[str]] = {}
    for wiring in subject.wirings.found:
        found.setdefault(wiring.op, set()).add(wiring.phase)
    return found


def _missing(op: OpClass, ask: Ask, subject: Subject) -> Iterator[Finding]:
    if subject.code.database is None or ask.name in subject.queries.database_methods:
        return
    yield Finding(
        "missing-query",
        Severity.FAILS,
        op.definition.place(ask.node),
        (op.name, ask.name),
        f"{op.name} asks {ask.name}, which the database hasn't got: an AttributeError in every estimate",
        "add the query, or ask the one that there is",
    )


def _twice(op: OpClass, ask: Ask) -> Iterator[Finding]:
    inputs = [op.inputs(value) for _, value in ask.arguments]
    tokens = [i for i in inputs if "x" in i and "batch_size" not in i]
    if tokens and any("batch_size" in i and "x" not in i for i in inputs):
        if any("s" in i for i in inputs):
            return  # batch and sequence are both there; tokens are a third thing
        yield Finding(
            "batch-counted-twice",
            Severity.WRONG,
            op.definition.place(ask.node),
            (op.name, ask.name),
            f"{op.name} passes x where {ask.name} wants one request's share, beside the batch: in context x is batch "
            f"times sequence, so the batch counts twice (for batch 4, a sequence of 512 is asked as 2048)",
            "pass batch_size and s, or x alone",
        )


def _beams(op: OpClass, ask: Ask, phases: set[str]) -> Iterator[Finding]:
    inputs = [op.inputs(value) for _, value in ask.arguments]
    as_batch = any("x" in i and not i & {"batch_size", "s"} for i in inputs)
    if not as_batch or not any("s" in i and "x" not in i for i in inputs) or "beam_width" in op.reads:
        return
    if "generation_ops" not in phases and phases:
        return
    yield Finding(
        "beams-ignored",
        Severity.LATENT,
        op.definition.place(ask.node),
        (op.name, ask.name),
        f"{op.name} passes x as the batch: with beams, x is batch times beam width, and a wrong point is looked up "
        f"without a word",
        "raise for a beam_width other than 1, as other decode operations do, or pass batch_size",
    )


def _prefix(op: OpClass, ask: Ask, subject: Subject, phases: set[str]) -> Iterator[Finding]:
    if "prefix" in op.reads or not phases or "context_ops" not in phases:
        return
    for name, value in ask.arguments:
        if "s" not in op.inputs(value):
            continue
        for definition in subject.queries.behind(ask.name):
            parameter = name or _positional(ask, value, definition.node)
            grown = degree(definition, parameter) if parameter else 0
            if grown >= 2:
                yield Finding(
                    "prefix-ignored",
                    Severity.WRONG,
                    op.definition.place(ask.node),
                    (op.name, ask.name),
                    f"{op.name} passes s, the tokens to be computed, and not prefix, the cached ones, though the work "
                    f"of {ask.name} grows with the square of {parameter}: attention over the prefix is left out",
                    "pass prefix, and look up at s + prefix",
                )
                return


def _positional(ask: Ask, value: ast.expr, function: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    positions = [v for n, v in ask.arguments if n is None]
    names = [a.arg for a in function.args.args if a.arg not in ("self", "cls", "database")]
    at = positions.index(value) if value in positions else -1
    return names[at] if 0 <= at < len(names) else None
