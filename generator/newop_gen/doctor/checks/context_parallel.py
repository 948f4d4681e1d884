"""Operations under context parallelism, where each rank has a part of the sequence: refused ones, and ones that count
the whole sequence on every rank.

The tree says what an operation has to do: the base class takes a number of parts, and raises for more than one unless a
class attribute says that the operation was made for it.

Whether a refusal is a defect depends on what the operation counts. Tokens (`x`) can be divided by the number of parts.
A batch of sequences can't: a share of its tokens is no batch and sequence that was measured, and to refuse is right.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ..finding import Finding, Severity
from ..sdk import OPERATION, definitions
from ..subject import Subject
from ..wirings import Wiring

CODES = {
    "parts-refused": "an operation is given a part of the sequence, and its class is not said to work on parts",
    "parts-ignored": "an operation says that it works on a part of the sequence, and counts all of it",
    "parts-not-given": "an operation is given no part of the sequence where the others of its model are",
}
PHASE = "context_ops"  # a decode step has one token: nothing to divide
TOKENS = {"x", "s"}  # what backends call the number of tokens


@dataclass(frozen=True)
class Gate:
    """What the base class asks: `parameter` (how many parts), `flag` (the class attribute), `kept` (the instance
    attribute that has the number)."""

    parameter: str
    flag: str
    kept: str


def find(subject: Subject) -> Iterator[Finding]:
    gate = _gate(subject)
    if gate is None:
        return
    by_model: dict[str, list[Wiring]] = {}
    for wiring in subject.wirings.found:
        if wiring.phase == PHASE:
            by_model.setdefault(wiring.model, []).append(wiring)
    for model, wirings in by_model.items():
        given = [w for w in wirings if _parts(w, gate) is not None]
        for wiring in given:
            if _flag(wiring.op, gate, subject) is False:
                yield _refused(wiring, gate, subject)
            elif not _divides(wiring.op, gate, subject):
                yield _ignored(wiring, gate)
        if 2 * len(given) > len(wirings):
            yield from _left_out(model, [w for w in wirings if w not in given], given, gate, subject)


def _gate(subject: Subject) -> Gate | None:
    """The test in the base class's `__init__` that raises for a parameter unless a class attribute is set."""
    for definition in (d for source in subject.code.operations for d in definitions(source)):
        if definition.owner is None or definition.owner.name != OPERATION or definition.name != "__init__":
            continue
        for node in definition.nodes:
            if not (isinstance(node, ast.If) and any(isinstance(s, ast.Raise) for s in node.body)):
                continue
            tested = {
                n.left.id for n in ast.walk(node.test) if isinstance(n, ast.Compare) and isinstance(n.left, ast.Name)
            }
            flags = [
                n.operand.attr
                for n in ast.walk(node.test)
                if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.Not) and isinstance(n.operand, ast.Attribute)
            ]
            for kept in definition.nodes:
                if isinstance(kept, (ast.Assign, ast.AnnAssign)) and isinstance(kept.value, ast.Name):
                    target = kept.targets[0] if isinstance(kept, ast.Assign) else kept.target
                    if kept.value.id in tested and flags and isinstance(target, ast.Attribute):
                        return Gate(kept.value.id, flags[0], target.attr)
    return None


def _flag(name: str, gate: Gate, subject: Subject) -> bool | None:
    """What a class, or the nearest that it inherits from, says; None when it is not a constant."""
    for owner in subject.queries.lineage(name):
        for node in owner.body:
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if any(isinstance(t, ast.Name) and t.id == gate.flag for t in targets):
                    value = node.value
                    return bool(value.value) if isinstance(value, ast.Constant) else None
    return None


def _parts(wiring: Wiring, gate: Gate) -> ast.expr | None:
    return next((k.value for k in wiring.node.keywords if k.arg == gate.parameter), None)


def _refused(wiring: Wiring, gate: Gate, subject: Subject) -> Finding:
    place = wiring.definition.place(wiring.node)
    names = tuple(n for n in (wiring.op, wiring.label, wiring.model) if n)
    given = f"{wiring.label or wiring.op} is given {gate.parameter}, and {wiring.op}"
    if _by_batch(wiring.op, subject):
        return Finding(
            "parts-refused",
            Severity.LIMIT,
            place,
            names,
            f"{given}, which counts batch and sequence separately, refuses a part of the sequence: under context "
            f"parallelism {wiring.model} raises, rather than count what was never measured",
            f"run {wiring.model} without context parallelism",
        )
    return Finding(
        "parts-refused",
        Severity.LATENT,
        place,
        names,
        f"{given} does not set {gate.flag}: under context parallelism {wiring.model} can't be built",
        f"divide the token count by self.{gate.kept} in the query, and set {gate.flag} = True",
    )


def _by_batch(name: str, subject: Subject) -> bool:
    """Whether an operation asks by batch and sequence, and not by a number of tokens that parts could share."""
    asking = [op for owner in subject.queries.lineage(name) if (op := subject.queries.operations.get(owner.name))]
    return bool(asking) and "batch_size" in asking[0].reads and "x" not in asking[0].reads


def _divides(name: str, gate: Gate, subject: Subject) -> bool:
    """Whether anything in a class looks at the number of parts, itself or with a method of the base class that does.
    (That the base class keeps it is no use of it.)"""
    lineage = subject.queries.lineage(name)
    lent = {
        method.name
        for owner in lineage
        if owner.name == OPERATION
        for method in owner.body
        if isinstance(method, ast.FunctionDef) and method.name != "__init__" and _mentions(method, {gate.kept})
    }
    return any(_mentions(owner, {gate.kept, *lent}) for owner in lineage if owner.name != OPERATION)


def _mentions(node: ast.AST, attributes: set[str]) -> bool:
    return any(isinstance(n, ast.Attribute) and n.attr in attributes for n in ast.walk(node))


def _ignored(wiring: Wiring, gate: Gate) -> Finding:
    return Finding(
        "parts-ignored",
        Severity.WRONG,
        wiring.definition.place(wiring.node),
        tuple(n for n in (wiring.op, wiring.label, wiring.model) if n),
        f"{wiring.label or wiring.op} is given {gate.parameter}, and nothing in {wiring.op} looks at self.{gate.kept}: "
        "under context parallelism every rank counts the whole sequence, as many times too much as there are ranks",
        f"divide the token count by self.{gate.kept} in the query",
    )


def _left_out(model: str, bare: list[Wiring], given: list[Wiring], gate: Gate, subject: Subject) -> Iterator[Finding]:
    """Operations that were not made for parts of a sequence, and that nothing tells how many there are. One whose class
    says that it was is left without the number on purpose: where its work does not grow with the sequence of a rank."""
    number = {ast.unparse(p) for w in given if (p := _parts(w, gate)) is not None}
    per_request = _per_request(subject)
    for wiring in bare:
        op, label = subject.queries.operations.get(wiring.op), wiring.label
        if op is None or label is None or any(part in label for part in per_request):
            continue
        if _flag(wiring.op, gate, subject) is not False or not TOKENS & op.reads:
            continue
        parts = wiring.definition.flow.origins(wiring.node)
        if number & {ast.unparse(n) for n in parts if isinstance(n, (ast.Name, ast.Attribute))}:
            continue
        yield Finding(
            "parts-not-given",
            Severity.WRONG,
            wiring.definition.place(wiring.node),
            (wiring.op, label, model),
            f"{len(given)} other context operations of {model} are given {gate.parameter}, and {label} is not: under "
            "context parallelism it counts the whole sequence on every rank",
            f"divide the token count by self.{gate.kept} in its query, set {gate.flag} = True, and pass "
            f"{gate.parameter}={min(number)}",
        )


def _per_request(subject: Subject) -> set[str]:
    """Parts of names for which backends count requests in the place of tokens: `"text" in op._name`."""
    return {
        node.left.value
        for source in subject.code.backends
        for node in subject.code.nodes_of(source)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and isinstance(node.left, ast.Constant)
        if isinstance(node.left.value, str) and "name" in ast.unparse(node.comparators[0])
    }
