"""From a plan to the checkout."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..write.apply import Receipt, put_in
from ..write.errors import changed_meanwhile
from ..write.journal import pending
from ..write.record import SpecRef
from ..write.session import session
from ..write.state import Home
from ..write.targets import stale
from ..write.transaction import OnEvent

if TYPE_CHECKING:
    from ..model.loaded import LoadedOp
    from ..plan import Prepared
    from ..prepare import PlanOver


def apply_plan(
    prepared: Prepared,
    plan_over: PlanOver | None = None,
    *,
    home: Home | None = None,
    allow_dirty: bool = False,
    specs: Mapping[str, SpecRef] | None = None,
    on_event: OnEvent | None = None,
    wait: float = 10.0,
) -> Receipt:
    """Write a plan's changes: all of them or nothing, whatever happens to this process.

    An interrupted earlier run is recovered first. When a file that the plan was made from has changed since, it is made
    again by `plan_over`, under the lock; without that it is refused. `allow_dirty`: targets may have changes that are
    in no commit. `specs` are noted in the receipts. `on_event(what, path)` is told "stage" and "write" for each target.
    `wait` is how long, in seconds, another run's lock is waited for. A plan with nothing to do changes nothing, not
    even the modification time of anything.

    Raises `CheckoutRefused` (nothing written), `IoFault` and `Stopped` (everything put back), `Interrupted` (run
    `newop-gen recover`).
    """
    home = home or Home.of(prepared.plan.root)
    if not prepared.plan.pending:
        with home.lock(wait=wait, create=False):
            if not pending(home) and not stale(prepared.plan):
                return Receipt(prepared=prepared)
    with session(home, "apply", wait=wait) as run:
        prepared = _fresh(prepared, plan_over)
        return put_in(run, prepared, allow_dirty=allow_dirty, specs=specs, on_event=on_event)


def refs(loaded: Iterable[LoadedOp]) -> dict[str, SpecRef]:
    """What receipts note of the specs of ops."""
    return {spec.spec.op: SpecRef(str(spec.path), spec.sha256) for spec in loaded}


def _fresh(prepared: Prepared, plan_over: PlanOver | None) -> Prepared:
    root = prepared.plan.root
    if not stale(prepared.plan):
        return prepared
    if plan_over is not None:
        again = plan_over({})
        if os.path.realpath(again.plan.root) == os.path.realpath(root) and not stale(again.plan):
            return again
    raise changed_meanwhile(str(root))
