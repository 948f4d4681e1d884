"""Taking ops out, by their receipts or, where there is none, by their specs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..write import receipts, remove, retrace
from ..write.apply import Receipt
from ..write.journal import pending
from ..write.receipts import OpReceipt
from ..write.remove import Removal
from ..write.session import session
from ..write.state import Home
from ..write.transaction import OnEvent

if TYPE_CHECKING:
    from ..prepare import PlanOver


def remove_op(
    root: str | os.PathLike[str],
    ops: tuple[str, ...],
    *,
    plan_over: PlanOver | None = None,
    force: bool = False,
    dry_run: bool = False,
    on_event: OnEvent | None = None,
    wait: float = 10.0,
) -> Receipt:
    """Take `ops` out of the checkout at `root`: byte for byte what was put in, whatever was edited elsewhere since.

    What to look for is said by the receipts; for an op without one, by its spec, which `plan_over` plans (under the
    lock). `force` takes out edited insertions, too, and keeps a copy of each file in the `kept` directory beside the
    receipts. `dry_run` makes every check and writes nothing.

    Raises `CheckoutRefused` when nothing says what an op put in, `Conflict` with the differences when an insertion was
    edited; otherwise as `apply_plan`.
    """
    home = Home.of(root)
    with home.lock(wait=wait, create=False):
        if dry_run or not pending(home):
            known = receipts.read_all(home)
            removal = plan_removal(home, ops, known, plan_over, force=force)
            if dry_run or not (removal.targets or any(op in known for op in ops)):
                return removal.receipt(home)  # nothing to do: nothing is touched, not even the lock
    with session(home, "remove", wait=wait) as run:
        removal = plan_removal(home, ops, run.known, plan_over, force=force)
        return remove.take_out(run, removal, on_event)


def plan_removal(
    home: Home,
    ops: tuple[str, ...],
    known: Mapping[str, OpReceipt],
    plan_over: PlanOver | None = None,
    *,
    force: bool = False,
) -> Removal:
    """What taking `ops` out changes. Looks at the checkout, changes nothing. Raises as `remove_op`."""
    unknown = [op for op in ops if op not in known]
    if not unknown or plan_over is None:
        if unknown:
            raise remove.no_receipt(home, unknown[0], known)
        removal = remove.plan_removal(home, ops, known, force=force)
    else:
        found_out = _found_out(home, unknown, plan_over)
        removal = remove.plan_removal(home, ops, known, found_out, force=force)
        if found_out and not force:
            remove.check_proof(home, removal, plan_over(removal.after(home)), found_out)
    removal.check_git(home, known)
    return removal


def _found_out(home: Home, ops: Sequence[str], plan_over: PlanOver) -> dict[str, OpReceipt]:
    """A receipt for each of `ops` that has something in the checkout, as far as its spec can tell."""
    trace = retrace.trace(home, plan_over({}).plan, ops)
    return retrace.receipts_of(home, plan_over(trace.over), trace) if trace.ops else {}
