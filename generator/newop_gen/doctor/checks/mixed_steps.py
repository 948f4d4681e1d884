"""Operations that mixed steps (context and generation in one batch) model by their name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..degree import degree
from ..finding import Finding, Severity
from ..subject import Subject

CODES = {"merged-in-mixed-steps": "mixed steps ask a quadratic operation once for all requests together"}


def find(subject: Subject) -> Iterator[Finding]:
    known = _names_asked_for(subject)
    if not known:
        return
    seen: set[tuple[str, str | None]] = set()
    for wiring in subject.wirings.found:
        op = subject.queries.operations.get(wiring.op)
        label = wiring.counted_as
        if wiring.phase != "context_ops" or op is None or label is None or label in known:
            continue
        if (wiring.model, label) in seen:
            continue
        for ask in op.asks:
            names = [n for n, v in ask.arguments if n is not None and "s" in op.inputs(v)]
            if any(degree(d, n) >= 2 for d in subject.queries.behind(ask.name) for n in names):
                seen.add((wiring.model, label))
                yield Finding(
                    "merged-in-mixed-steps",
                    Severity.LATENT,
                    wiring.definition.place(wiring.node),
                    tuple(dict.fromkeys(n for n in (wiring.op, label, wiring.label, wiring.model) if n)),
                    f"mixed steps ask every context operation once for all requests merged, save those named "
                    f"{' or '.join(sorted(known))}: {label} grows with the square of the sequence, so merging "
                    f"changes its cost, and its decode part is not counted there",
                    f"name it {sorted(known)[0]} (operations may share a name), or state the approximation",
                )
                break


def _names_asked_for(subject: Subject) -> set[str]:
    """Operation names that the backends compare with, for context: what they leave out of the merged pass."""
    labels = {w.label for w in subject.wirings.found if w.phase == "context_ops" and w.label}
    return {
        side.value
        for source in subject.code.backends
        for n in subject.code.nodes_of(source)
        if isinstance(n, ast.Compare) and isinstance(n.ops[0], (ast.Eq, ast.NotEq))
        for side in (n.left, *n.comparators)
        if isinstance(side, ast.Constant) and isinstance(side.value, str) and side.value in labels
    }
