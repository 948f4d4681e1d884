"""Bringing applied ops to what their specs say now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..write.apply import Receipt
from ..write.record import SpecRef
from ..write.session import session
from ..write.state import Home
from ..write.transaction import OnEvent
from ..write.update import bring_up, plan_update
from .remove import plan_removal

if TYPE_CHECKING:
    from ..prepare import PlanOver


def update_op(
    root: str | os.PathLike[str],
    ops: tuple[str, ...],
    plan_over: PlanOver,
    *,
    old_plan_over: PlanOver | None = None,
    specs: Mapping[str, SpecRef] | None = None,
    force: bool = False,
    dry_run: bool = False,
    on_event: OnEvent | None = None,
    wait: float = 10.0,
) -> Receipt:
    """Bring `ops` from what was put in to what their specs say now: the bytes are those of `remove_op` and then a fresh
    apply, in one transaction.

    `plan_over` plans the new specs. What was put in is said by the receipts, or by `old_plan_over`, which plans the old
    ones. Raises as `remove_op`: with a hand edit inside an insertion, `Conflict`, and nothing is written.
    """
    home = Home.of(root)
    with session(home, "update", wait=wait, create=not dry_run) as run:
        removal = plan_removal(home, ops, run.known, old_plan_over, force=force)
        update = plan_update(run, removal, plan_over(removal.after(home)), specs)
        return bring_up(run, update, dry_run=dry_run, on_event=on_event)
