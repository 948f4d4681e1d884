"""Weights that no memory estimate counts: backends sum those of context operations only."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..subject import Subject
from ..wirings import Wiring

CODES = {"uncounted-weights": "an operation with weights is in generation only, and memory counts those of context"}


def find(subject: Subject) -> Iterator[Finding]:
    if not _context_alone_is_counted(subject):
        return
    heavy = _with_weights(subject)
    by_model: dict[str, list[Wiring]] = {}
    for wiring in subject.wirings.found:
        by_model.setdefault(wiring.model, []).append(wiring)
    for model, wirings in by_model.items():
        family = [w for name in subject.wirings.family(model) for w in by_model.get(name, ())]
        if not any(w.phase == "context_ops" for w in family):
            continue  # its context is built in a way that is not understood
        counted = [w for w in family if w.phase == "context_ops" and w.op in heavy]
        for wiring in wirings:
            if wiring.phase != "generation_ops" or wiring.op not in heavy or wiring.label is None:
                continue
            if any(_counterpart(wiring, other) for other in counted):
                continue
            yield Finding(
                "uncounted-weights",
                Severity.WRONG,
                wiring.definition.place(wiring.node),
                tuple(dict.fromkeys((wiring.op, wiring.label, model))),
                f"{wiring.label} of {model} has weights, and no operation of its context has them: memory is summed "
                f"over context operations alone, so these are never counted",
                "give the operation of the context that does the same work the weights, too",
            )


def _counterpart(wiring: Wiring, other: Wiring) -> bool:
    """Whether an operation of the context has the weights: the same layer's, by name or arguments."""
    if other.label is not None and _layer(other.label) == _layer(wiring.label or ""):
        return True
    return other.op == wiring.op and _built_with(other) == _built_with(wiring)


def _layer(label: str) -> str:
    return label.removeprefix("generation_").removeprefix("context_")


def _built_with(wiring: Wiring) -> list[str]:
    """The arguments after name and scale."""
    named = sorted(
        f"{k.arg}={ast.unparse(k.value)}" for k in wiring.node.keywords if k.arg not in ("name", "scale_factor")
    )
    return [*map(ast.unparse, wiring.node.args[2:]), *named]


def _context_alone_is_counted(subject: Subject) -> bool:
    """Whether backends go through `context_ops` for weights, and never through `generation_ops`."""
    counted: set[str] = set()
    for source in subject.code.backends:
        for node in subject.code.nodes_of(source):
            if isinstance(node, (ast.For, ast.GeneratorExp, ast.ListComp)):
                over = node.iter if isinstance(node, ast.For) else node.generators[0].iter
                if isinstance(over, ast.Attribute) and any(called(n) == "get_weights" for n in ast.walk(node)):
                    counted.add(over.attr)
    return "context_ops" in counted and "generation_ops" not in counted


def _with_weights(subject: Subject) -> set[str]:
    """Operation classes that set weights other than 0, themselves or by a class above."""
    own: set[str] = set()
    bases: dict[str, set[str]] = {}
    for source in subject.code.operations:
        for owner in source.tree.body:
            if not isinstance(owner, ast.ClassDef):
                continue
            bases[owner.name] = {ast.unparse(b).rpartition(".")[2] for b in owner.bases}
            for node in ast.walk(owner):
                if not (isinstance(node, ast.Assign) and any(_is_weights(t) for t in node.targets)):
                    continue
                if not (isinstance(node.value, ast.Constant) and not node.value.value):
                    own.add(owner.name)
    while True:
        more = {name for name, above in bases.items() if above & own} - own
        if not more:
            return own
        own |= more


def _is_weights(target: ast.expr) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == "_weights"
