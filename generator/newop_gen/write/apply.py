"""From a plan to the checkout, all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..plan import FileChange, Plan, Target
from ..plan.postcondition import check_postcondition
from . import fs, paths, receipts
from .dirt import check_git
from .errors import refused, reported
from .receipts import OpReceipt
from .record import SpecRef, record
from .recover import RecoveryReport, pending, recover_held
from .signals import Signals
from .state import Home
from .transaction import OnEvent, Transaction, changed_meanwhile

Replan = Callable[[], Plan]


@dataclass(frozen=True)
class Receipt:
    """What a run did. `changed` and `created` are empty when there was nothing to do; `notes` are for the user;
    `recovered` says what an interrupted earlier run had left and was put right first; `contents` has what would become
    of each file, where a dry run of an update was asked."""

    ops: tuple[OpReceipt, ...] = ()
    changed: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    recovered: RecoveryReport = field(default_factory=RecoveryReport)
    contents: tuple[Target, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.changed or self.created or self.removed)


def apply_plan(
    plan: Plan,
    *,
    allow_dirty: bool = False,
    replan: Replan | None = None,
    on_event: OnEvent | None = None,
    specs: Mapping[str, SpecRef] | None = None,
    wait: float = 10.0,
) -> Receipt:
    """Write a plan's changes: afterwards, or after the next command should this process die, the checkout is as it was
    or as planned, never between.

    An interrupted earlier run is recovered first. When a file that the plan was made from has changed since, `replan`
    is called, inside the lock; without it that is a refusal. `allow_dirty`: targets may have changes that are in no
    commit. `on_event(what, path)` is told "stage" and "write" for each target. `specs` are noted in the receipts.
    `wait` is how long, in seconds, another run's lock is waited for. A plan with nothing to do changes nothing, not
    even the modification time of anything.

    Raises `CheckoutRefused` (nothing written), `IoFault` and `Stopped` (everything put back), `Interrupted` (run
    `newop-gen recover`).
    """
    home = Home.of(plan.root)
    if not plan.pending:
        with home.lock(wait=wait, create=False):
            if not pending(home) and not _stale(plan):
                return Receipt()
    with reported("apply"), Signals() as signals, home.lock(wait=wait):
        recovered = recover_held(home)
        plan = _fresh(plan, replan)
        changes = plan.changes()
        if not changes:
            return Receipt(recovered=recovered)
        known = receipts.read_all(home)
        targets = check_changes(home, changes, list(known.values()), allow_dirty=allow_dirty)
        new = record(home, plan, changes, known, specs or {}, made_for(home, targets))
        texts = {op: receipt.dump() for op, receipt in new.items()}
        notes = Transaction(home, "apply", targets, texts, on_event=on_event).run(signals)
    return Receipt(
        tuple(new.values()),
        tuple(c.path for c in changes if c.before is not None),
        tuple(c.path for c in changes if c.before is None),
        (),
        tuple(notes),
        recovered,
    )


def check_plan(plan: Plan, *, allow_dirty: bool = False) -> None:
    """The refusals of `apply_plan` that can be known without writing, for a dry run. Raises `CheckoutRefused`."""
    home = Home.of(plan.root)
    if _stale(plan):
        raise changed_meanwhile(str(plan.root))
    check_changes(home, plan.changes(), list(receipts.read_all(home).values()), allow_dirty=allow_dirty)


def check_changes(home: Home, changes: list[FileChange], known: list[OpReceipt], *, allow_dirty: bool) -> list[Target]:
    """The targets of changes, after every check that needs no writing. Raises `CheckoutRefused`."""
    targets = targets_of(home, changes)
    check_postcondition(changes)
    check_git(home, {t.path: t.before for t in targets}, known, allow_dirty=allow_dirty)
    with home.open_base() as base:
        for target in targets:
            found = paths.read(base, target.path)
            if target.before is None and (found is not None or _taken(base, target.path)):
                raise refused(
                    home.shown(target.path),
                    "this file exists already",
                    "no file here",
                    "move it away, then run again",
                    "exists",
                )
            paths.check_writable(base, target.path, found[1] if found else None)
    return targets


def targets_of(home: Home, changes: list[FileChange]) -> list[Target]:
    """The changes by canonical path. Raises `CheckoutRefused` when two of them are one file, or one leaves the base."""
    targets: dict[str, Target] = {}
    for change in changes:
        path = paths.canonical(home.base, home.below(change.path))
        if path in targets:
            raise refused(
                change.path,
                f"this file is planned twice, under another name of {path}",
                "one name for each file",
                "",
                "twice",
            )
        targets[path] = replace(change, path=path)
    return list(targets.values())


def _taken(base: int, path: str) -> bool:
    if paths.missing_parents(base, path):
        return False
    with paths.parent(base, path) as (fd, name):
        return fs.exists(fd, name)


def _stale(plan: Plan) -> bool:
    with fs.opened(plan.root) as root:
        return any(fs.content(root, path) != data for path, data in plan.sources.items())


def _fresh(plan: Plan, replan: Replan | None) -> Plan:
    if not _stale(plan):
        return plan
    if replan is not None:
        again = replan()
        if os.path.realpath(again.root) == os.path.realpath(plan.root) and not _stale(again):
            return again
    raise changed_meanwhile(str(plan.root))


def made_for(home: Home, targets: list[Target]) -> list[str]:
    """Directories that new files need and that don't exist yet, outermost first."""
    with home.open_base() as base:
        return list(dict.fromkeys(d for t in targets if t.before is None for d in paths.missing_parents(base, t.path)))
