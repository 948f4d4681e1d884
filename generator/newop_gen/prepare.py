"""From spec files and a directory to a checked plan: what `apply` and its relatives share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .problems import NewopError, Problem, SpecPlace

if TYPE_CHECKING:
    from .checkout.tree import Tree
    from .plan import FileChange, Plan
    from .spec.load import LoadedSpec


@dataclass(frozen=True)
class Prepared:
    """Specs planned against a tree. The plan has passed the guard, its `changes` the postcondition."""

    plan: Plan
    changes: list[FileChange]


def prepare(loaded: Sequence[LoadedSpec], checkout: Path, tree: Tree | None = None) -> Prepared:
    """Plan checked specs against the checkout as it is now, or as `tree` has it. Nothing is written.

    Raises `CheckoutRefused` for a directory that isn't a supported checkout, a missing anchor, a taken name, or a plan
    that fails the guard or the postcondition; `Conflict` where the tree has another text than the specs would insert.
    """
    from .checkout.tree import Tree
    from .guard import check
    from .layouts.recognise import layout_of
    from .model.op import Op
    from .plan import Plan
    from .plan.postcondition import check_postcondition

    tree = tree or Tree.open(checkout)
    layout = layout_of(tree)
    ops = [(Op.from_spec(spec.spec), spec.path) for spec in loaded]
    try:
        steps = layout.plan(ops, tree)
    except NewopError as error:
        raise type(error)(located(error.problems, loaded)) from None
    plan = Plan(str(tree.root), layout.name, tuple(op.name for op, _ in ops), tuple(steps), tree.sources())
    check(plan, [op for op, _ in ops], layout.words())
    changes = plan.changes()
    check_postcondition(changes)
    return Prepared(plan, changes)


def located(problems: Iterable[Problem], loaded: Sequence[LoadedSpec]) -> list[Problem]:
    """Problems with a place in a spec, which planning knows by its path alone, given their line and column."""
    by_op = {spec.spec.op: spec for spec in loaded}
    found = []
    for problem in problems:
        place = problem.place
        if isinstance(place, SpecPlace) and place.op in by_op:
            problem = replace(problem, place=by_op[place.op].places.offset(place.path, place.offset))
        found.append(problem)
    return found
