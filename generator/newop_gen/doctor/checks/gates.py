"""Names that the partitioner of attention and FFN workers (AFD) can't sort: it refuses a model for one of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...checkout.python import PythonSource
from ...layouts.common.afd import Partitioner
from ..finding import Finding, Severity
from ..flow import called
from ..subject import Subject

CODES = {"unsortable-op": "AFD partitioning can't tell which worker an operation belongs to, and refuses its model"}


def find(subject: Subject) -> Iterator[Finding]:
    source = subject.code.afd
    if source is None or not readable(subject):
        return
    partitioner = Partitioner.read(source)
    by_type = _sorted_by_type(source)
    seen: set[str] = set()
    for wiring in subject.wirings.found:
        label = wiring.label
        if wiring.phase == "encoder_ops" or label is None or label in seen or wiring.op in by_type:
            continue
        seen.add(label)
        if partitioner.side(label) is None and not partitioner.refuses_family(label):
            yield Finding(
                "unsortable-op",
                Severity.LATENT,
                wiring.definition.place(wiring.node),
                (wiring.op, label, wiring.model),
                f"{source.path} sorts operations by parts of their names, and has no rule for {label}: it refuses "
                f"{wiring.model} under AFD",
                "give it a name that the rules sort, or add a rule",
            )


def readable(subject: Subject) -> bool:
    """Whether the tree has no such partitioner, or one whose rules are understood for every name."""
    if subject.code.afd is None:
        return True
    partitioner = Partitioner.read(subject.code.afd)
    try:
        for label in {w.label for w in subject.wirings.found if w.label}:
            partitioner.side(label)
    except ValueError:
        return False
    return True


def _sorted_by_type(source: PythonSource) -> set[str]:
    """Operation classes that the rules tell by their class, not their name."""
    return {
        part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "")
        for node in ast.walk(source.tree)
        if called(node) == "isinstance" and isinstance(node, ast.Call) and len(node.args) == 2
        for part in ast.walk(node.args[1])
    }
