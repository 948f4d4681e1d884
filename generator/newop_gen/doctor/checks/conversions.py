"""Operations that the compiled engine step can't take over: nothing turns them into its description of a layer.

A limit, not a defect: the refusal is aloud, and the step in Python answers. No edit of the tree alone could lift it,
for the other half of a conversion is in the compiled core.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..sdk import Definition, definitions
from ..subject import Subject

CODES = {"unconverted-op": "the compiled engine step has no form for an operation, and refuses its model"}

# One that sorts a whole model's operations by class knows more than a handful of them.
FEWEST = 5


def find(subject: Subject) -> Iterator[Finding]:
    for definition in _converters(subject):
        if _falls_back(definition, subject):
            continue
        known = {name for node in definition.nodes for name in _tested(node)}
        seen: set[str] = set()
        for wiring in subject.wirings.found:
            if wiring.op in seen or wiring.phase == "encoder_ops":
                continue
            seen.add(wiring.op)
            if known & {owner.name for owner in subject.queries.lineage(wiring.op)}:
                continue
            yield Finding(
                "unconverted-op",
                Severity.LIMIT,
                wiring.definition.place(wiring.node),
                tuple(n for n in (wiring.op, wiring.label, wiring.model) if n),
                f"{definition.name} in {definition.source.path} goes by the class of an operation, and has no branch "
                f"for {wiring.op}: {wiring.model} can't be run with the compiled engine step",
                "keep to the step in Python for this model; a branch here needs its counterpart in the compiled core",
            )


def _converters(subject: Subject) -> Iterator[Definition]:
    """Functions that take an operation, go by its class, and raise for one that they don't know."""
    source = subject.code.engine
    for definition in definitions(source) if source else ():
        raises = isinstance(definition.node.body[-1], ast.Raise)
        known = {name for node in definition.nodes for name in _tested(node)} & subject.queries.op_names
        if raises and len(known) >= FEWEST:
            yield definition


def _falls_back(definition: Definition, subject: Subject) -> bool:
    """Whether something in the SDK catches what is raised: the model is answered by the step in Python then."""
    raised = {
        part.id for part in ast.walk(definition.node.body[-1]) if isinstance(part, ast.Name) and part.id[:1].isupper()
    }
    return any(
        isinstance(node, ast.ExceptHandler)
        and node.type is not None
        and raised & {ast.unparse(n).rpartition(".")[2] for n in ast.walk(node.type) if isinstance(n, ast.expr)}
        for source in subject.code.modules
        for node in subject.code.nodes_of(source)
    )


def _tested(node: ast.AST) -> Iterator[str]:
    """Classes that `isinstance(op, Class)` asks for."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        for part in ast.walk(node.args[1]) if len(node.args) == 2 else ():
            if isinstance(part, ast.Attribute):
                yield part.attr
            elif isinstance(part, ast.Name):
                yield part.id
