"""From specs and a checkout to a checked plan: what `apply` and its relatives share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .problems import NewopError, Problem, SpecPlace

if TYPE_CHECKING:
    from .checkout.tree import Tree
    from .model.loaded import LoadedOp
    from .plan import Prepared

PlanOver = Callable[[Mapping[str, "bytes | None"]], "Prepared"]
"""Plans against the checkout as it is now with some files different: path relative to the tree's root -> bytes, or None
for a file that is to be taken as absent."""


def prepare(loaded: Sequence[LoadedOp], tree: Tree) -> Prepared:
    """Plan specs against a tree. Nothing is written. The plan has passed the guard, its changes the postcondition.

    Raises `CheckoutRefused` for a tree that isn't supported, a missing anchor, a taken name, or a plan that fails the
    guard or the postcondition; `Conflict` where the tree has another text than the specs would insert.
    """
    from .guard import check
    from .layouts.recognise import layout_of
    from .plan import Plan, Prepared

    layout = layout_of(tree)
    try:
        steps = layout.plan([(spec.op, spec.path) for spec in loaded], tree)
    except NewopError as error:
        raise type(error)(located(error.problems, loaded)) from None
    ops = [spec.op for spec in loaded]
    plan = Plan(str(tree.root), layout.name, tuple(op.name for op in ops), tuple(steps), tree.sources())
    check(plan, ops, layout.words())
    return Prepared.of(plan)


def planner(loaded: Sequence[LoadedOp], tree: Tree) -> PlanOver:
    """Plans specs against the checkout of a tree, whose files are read anew each time."""

    def plan_over(files: Mapping[str, bytes | None]) -> Prepared:
        from .checkout.overlay import OverlayTree

        return prepare(loaded, OverlayTree(tree, files))

    return plan_over


def located(problems: Iterable[Problem], loaded: Sequence[LoadedOp]) -> list[Problem]:
    """Problems with a place in a spec, which planning knows by its path alone, given their line and column."""
    by_op = {spec.spec.op: spec for spec in loaded}
    found = []
    for problem in problems:
        place = problem.place
        if isinstance(place, SpecPlace) and place.op in by_op:
            problem = replace(problem, place=by_op[place.op].places.offset(place.path, place.offset))
        found.append(problem)
    return found
