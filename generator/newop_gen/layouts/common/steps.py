"""The steps of several ops, and the order in which a reviewer reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Step, StepKey
from ...problems import NewopError
from ..base import Facts, SixteenBit
from .modes import check_modes

LAST = (StepKey.TEST, StepKey.DATA)


def plan_each(ops: Sequence[tuple[Op, Path]], facts: Facts, plan_op: Callable[[Op, Path], list[Step]]) -> list[Step]:
    """Steps of every op, in order. All problems of all ops are gathered; the gravest kind decides the exit code. An op
    that names a quant mode which the tree lacks is refused."""
    steps: list[Step] = []
    failures: list[NewopError] = []
    for op, spec_path in ops:
        try:
            check_modes(op, facts.quants, spec_path)
            steps += plan_op(op, spec_path)
        except NewopError as error:
            failures.append(error)
    if failures:
        gravest = min(failures, key=lambda e: e.exit_code)
        raise type(gravest)(p for e in failures for p in e.problems)
    return steps


def in_order(steps: Sequence[Step], more: Sequence[Step]) -> list[Step]:
    """`more` after the operations, as the guide has it: test and data come last."""
    last = next((i for i, step in enumerate(steps) if step.key in LAST), len(steps))
    return [*steps[:last], *more, *steps[last:]]


def wiring_steps(
    op: Op, tree: Tree, models: tuple[str, ...], sixteen_bit: SixteenBit, taken_over: tuple[str, ...] = ()
) -> list[Step]:
    """The step that puts the op into model lists, where its spec wires it. Models are Python in every release."""
    if not op.spec.wiring:
        return []
    from ...wiring import WiringFacts, plan_wiring

    return [plan_wiring(op, tree, WiringFacts(models, sixteen_bit, taken_over=taken_over))]
