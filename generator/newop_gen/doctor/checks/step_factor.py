"""Generation operations that leave out the factor for speculative decoding steps (MTP)."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..subject import Subject
from ..wirings import Wiring

CODES = {"step-factor-missing": "a generation operation runs once per step where the others are scaled by MTP"}

STEPS = "nextn"  # what configurations call the number of speculative steps


def find(subject: Subject) -> Iterator[Finding]:
    by_model: dict[str, list[Wiring]] = {}
    for wiring in subject.wirings.found:
        if wiring.phase == "generation_ops":
            by_model.setdefault(wiring.model, []).append(wiring)
    for model, wirings in by_model.items():
        factors = _factors(model, subject)
        if not factors:
            continue
        scaled = [w for w in wirings if _uses(w, factors)]
        bare = [w for w in wirings if w not in scaled and w.scale is not None and not _is_group(w, subject)]
        if not scaled:
            continue
        for wiring in bare:
            assert wiring.scale is not None
            yield Finding(
                "step-factor-missing",
                Severity.WRONG,
                wiring.definition.place(wiring.node),
                tuple(n for n in (wiring.op, wiring.label, model) if n),
                f"{wiring.label or wiring.op} of {model} is scaled by {ast.unparse(wiring.scale)}, without "
                f"{sorted(factors)[0]}, which {len(scaled)} other generation operations of the model have: with "
                f"speculative steps it counts too often (1.8 times at one step accepted at .85)",
                f"multiply its scale factor by self.{sorted(factors)[0]}",
            )


def _factors(model: str, subject: Subject) -> set[str]:
    """Attributes of a model class that are worked out from the number of speculative steps (`nextn`)."""
    found = set()
    for name in subject.wirings.family(model):
        for definition in subject.wirings.methods.get(name, ()):
            for node in definition.nodes:
                if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
                    continue
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if (
                        isinstance(target, ast.Attribute)
                        and target.attr.lstrip("_") != STEPS
                        and _worked_out(node.value)
                    ):
                        found.add(target.attr)
    return found


def _worked_out(value: ast.expr) -> bool:
    """A quotient with the number of steps in it, or what a function of the tree makes of it: not a copy of it."""
    quotient = any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) for n in ast.walk(value)) and _has_steps(
        value
    )
    return quotient or any(
        isinstance(n, ast.Call) and called(n) not in vars(builtins) and any(_has_steps(a) for a in n.args)
        for n in ast.walk(value)
    )


def _has_steps(value: ast.expr) -> bool:
    return any(
        (isinstance(n, ast.Attribute) and n.attr.lstrip("_") == STEPS) or (isinstance(n, ast.Name) and n.id == STEPS)
        for n in ast.walk(value)
    )


def _uses(wiring: Wiring, factors: set[str]) -> bool:
    if wiring.scale is None:
        return False
    origins = wiring.definition.flow.origins(wiring.scale)
    return any(isinstance(n, ast.Attribute) and n.attr in factors for n in origins)


def _is_group(wiring: Wiring, subject: Subject) -> bool:
    """Operations that only hold others take no scale of their own: theirs come with them."""
    return any(
        isinstance(n, ast.Call) and n is not wiring.node and _name(n) in subject.queries.op_names
        for part in (*wiring.node.args, *(k.value for k in wiring.node.keywords))
        for n in wiring.definition.flow.origins(part)
    )


def _name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
