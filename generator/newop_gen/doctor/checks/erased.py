"""Operations that a model puts into a list which a builder empties afterwards."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..sdk import Definition
from ..subject import Subject
from ..wirings import LISTS, Wiring, list_name

CODES = {"erased-wiring": "an operation is put into a list that a later builder empties"}


def find(subject: Subject) -> Iterator[Finding]:
    starting = {
        (d, phase): start
        for methods in subject.wirings.methods.values()
        for d in methods
        for phase in LISTS
        if (start := _starts(d, phase)) is not None
    }
    for wiring in subject.wirings.found:
        builder = _eraser(wiring, subject, starting)
        if builder is None:
            continue
        yield Finding(
            "erased-wiring",
            Severity.WRONG,
            wiring.definition.place(wiring.node),
            tuple(n for n in (wiring.op, wiring.label, wiring.model) if n),
            f"{wiring.label or wiring.op} is put into {wiring.phase} of {wiring.model} in {wiring.definition.name}, "
            f"and {builder.name} (line {builder.node.lineno}) starts that list anew: the operation never counts",
            f"wire it in {builder.name}, after the list is started",
        )


def _eraser(wiring: Wiring, subject: Subject, starting: dict[tuple[Definition, str], ast.stmt]) -> Definition | None:
    """A method of the model's family that starts the list anew after the wiring, if there is one."""
    inside = [d for name in subject.wirings.family(wiring.model) for d in subject.wirings.methods.get(name, ())]
    below = [
        d
        for name in subject.wirings.classes
        if wiring.model in subject.wirings.family(name)
        for d in subject.wirings.methods.get(name, ())
    ]
    for method in dict.fromkeys([*inside, *below]):
        start = starting.get((method, wiring.phase))
        if start is None:
            continue
        if method is wiring.definition:
            # In the same method what counts is which comes last; branches are not followed.
            if start.lineno > wiring.statement.lineno and start in method.node.body:
                return method
            continue
        if method.name == "__init__" or wiring.definition.name != "__init__":
            continue
        if not _called_before(wiring, method):
            return method
    return None


def _starts(method: Definition, phase: str) -> ast.stmt | None:
    """The statement that sets the list to an empty one."""
    for node in method.nodes:
        if not (isinstance(node, ast.Assign) and any(list_name(t) == phase for t in node.targets)):
            continue
        if isinstance(node.value, ast.List) and not node.value.elts:
            return node
    return None


def _called_before(wiring: Wiring, method: Definition) -> bool:
    """Whether the constructor calls the builder itself, before it wires."""
    return any(
        called(n) == method.name and isinstance(n, ast.Call) and n.lineno < wiring.statement.lineno
        for n in wiring.definition.nodes
    )
