"""A spec has changed: what it put in goes, what it now says comes, in one transaction."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from ..plan import Target
from ..plan.postcondition import check_postcondition
from . import receipts, undo
from .apply import Receipt, made_for, targets_of
from .dirt import check_git
from .errors import reported
from .record import SpecRef, record
from .recover import recover_held
from .remove import Removal, plan_removal
from .replay import PlanOver
from .signals import Signals
from .state import Home
from .transaction import OnEvent, Transaction


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
    with reported("update"), Signals() as signals, home.lock(wait=wait, create=not dry_run):
        recovered = recover_held(home)
        known = receipts.read_all(home)
        removal = plan_removal(home, ops, known, old_plan_over, force=force)
        plan = plan_over({home.shown(t.path): t.after for t in removal.targets})
        changes = plan.changes()
        check_postcondition(changes)
        fresh = targets_of(home, changes)
        targets = join(removal, fresh)
        check_git(home, {t.path: t.before for t in targets}, list(known.values()), allow_dirty=True)
        before = {op: receipt for op, receipt in known.items() if op not in ops}
        made = [*made_for(home, targets), *(d for op in ops if op in known for d in known[op].made)]
        new = record(home, plan, changes, before, specs or {}, made)
        texts: dict[str, bytes | None] = {op: None for op in ops if op in known}
        texts.update((op, receipt.dump()) for op, receipt in new.items())
        same = all(known.get(op) is not None and known[op].dump() == text for op, text in texts.items())
        notes = list(removal.notes)
        if not dry_run and (targets or not same):
            for name, data in removal.copies.items():
                notes.append(f"a copy of what was there is kept as {undo.save(home, name, data)}")
            run = Transaction(home, "update", targets, texts, removal.dropped, on_event)
            notes += run.run(signals)
    return Receipt(
        tuple(new.values()),
        tuple(home.shown(t.path) for t in targets if t.before is not None and t.after is not None),
        tuple(home.shown(t.path) for t in targets if t.before is None),
        tuple(home.shown(t.path) for t in targets if t.after is None),
        tuple(notes),
        recovered,
        tuple(replace(t, path=home.shown(t.path)) for t in targets) if dry_run else (),
    )


def join(removal: Removal, fresh: list[Target]) -> list[Target]:
    """A removal and the changes planned on top of it, as one change of each file; files that stay the same are left
    out."""
    joined = {t.path: t for t in removal.targets}
    for target in fresh:
        under = joined.get(target.path)
        if under is None:
            joined[target.path] = target
            continue
        if under.after != target.before:
            raise AssertionError(f"{target.path} was planned against other bytes than the removal leaves")
        joined[target.path] = Target(target.path, under.before, target.after, target.mode, target.data)
    return [t for t in joined.values() if t.before != t.after]
