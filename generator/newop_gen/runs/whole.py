"""The whole plan of specs, also where it was carried out already: what a review shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..problems import NewopError

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..model.loaded import LoadedOp
    from ..plan import Plan, Prepared


@dataclass(frozen=True)
class Whole:
    """All that specs change in a checkout: `prepared` as if none of it were there, and what is true of it now.

    `done` names the steps (op, key, title) of which the checkout has all; None where that is not to be told.
    """

    prepared: Prepared
    state: str
    notes: tuple[str, ...] = ()
    done: frozenset[tuple[str, str, str]] | None = frozenset()


def whole(loaded: Sequence[LoadedOp], tree: Tree, prepared: Prepared) -> Whole:
    """What specs change in a checkout, counting what is in it already: a review of an applied op shows all of it.

    Where what was put in can't be told apart any more, the plan is what is left to do, and a note says so.
    """
    # An edit that several ops share (`once`) may be there for another one.
    done = {step.op for step, edit in prepared.plan.step_edits() if edit.done and not getattr(edit, "once", False)}
    if not done:
        return Whole(prepared, "Nothing is written yet.")
    state = "All of it is in the checkout." if not prepared.plan.pending else "Part of it is in the checkout."
    try:
        before = _before(loaded, tree, tuple(spec.spec.op for spec in loaded if spec.spec.op in done))
    except NewopError as error:
        notes = tuple(f"what is in the checkout already is not shown: {problem}" for problem in error.problems)
        return Whole(prepared, state, notes)
    return Whole(before, state, done=_steps_done(prepared.plan))


def _steps_done(plan: Plan) -> frozenset[tuple[str, str, str]]:
    """Steps with nothing left to do. Those of one name (an op wired in several places) are done when each one is."""
    left = {(step.op, step.key, step.title) for step in plan.steps if not step.done}
    return frozenset((step.op, step.key, step.title) for step in plan.steps) - left


def _before(loaded: Sequence[LoadedOp], tree: Tree, applied: tuple[str, ...]) -> Prepared:
    """The specs planned over the checkout without the ops in `applied`. Nothing is written."""
    from ..prepare import planner
    from ..write.receipts import read_all
    from ..write.state import Home
    from .remove import plan_removal

    mine = [spec for spec in loaded if spec.spec.op in applied]
    home = Home.of(tree.root)
    removal = plan_removal(home, applied, read_all(home), planner(mine, tree))
    return planner(loaded, tree)(removal.after(home))
