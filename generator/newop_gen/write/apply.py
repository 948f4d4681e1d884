"""From a plan to the checkout, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..plan import FileChange, Plan, Prepared, Target
from . import fs, paths
from .dirt import check_git
from .errors import refused
from .receipts import OpReceipt
from .record import SpecRef, record
from .recover import RecoveryReport
from .session import Session
from .state import Home
from .transaction import OnEvent, Transaction, changed_meanwhile


@dataclass(frozen=True)
class Receipt:
    """What a run did. `changed` and `created` are empty when there was nothing to do; `notes` are for the user;
    `recovered` says what an interrupted earlier run had left and was put right first; `contents` has what would become
    of each file, where a dry run of an update was asked; `prepared` is the plan that was carried out, made anew where a
    file had changed since."""

    ops: tuple[OpReceipt, ...] = ()
    changed: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    recovered: RecoveryReport = field(default_factory=RecoveryReport)
    contents: tuple[Target, ...] = ()
    prepared: Prepared | None = field(default=None, repr=False)

    @property
    def nothing(self) -> bool:
        return not (self.changed or self.created or self.removed)


def put_in(
    run: Session,
    prepared: Prepared,
    *,
    allow_dirty: bool = False,
    specs: Mapping[str, SpecRef] | None = None,
    on_event: OnEvent | None = None,
) -> Receipt:
    """Write a plan's changes: afterwards, or after the next command should this process die, the checkout is as it was
    or as planned, never between.

    Raises `CheckoutRefused` (nothing written), `IoFault` and `Stopped` (everything put back), `Interrupted` (run
    `newop-gen recover`).
    """
    changes = prepared.changes
    if not changes:
        return Receipt(recovered=run.recovered, prepared=prepared)
    targets = checked_targets(run.home, prepared, run.known, allow_dirty=allow_dirty)
    new = record(run.home, prepared, run.known, specs or {}, made_for(run.home, targets))
    texts = {op: receipt.dump() for op, receipt in new.items()}
    notes = Transaction(run.home, "apply", targets, texts, on_event=on_event).run(run.signals)
    return Receipt(
        tuple(new.values()),
        tuple(c.path for c in changes if c.before is not None),
        tuple(c.path for c in changes if c.before is None),
        (),
        tuple(notes),
        run.recovered,
        prepared=prepared,
    )


def check_plan(home: Home, prepared: Prepared, known: Mapping[str, OpReceipt], *, allow_dirty: bool = False) -> None:
    """The refusals of an apply that can be known without writing, for a dry run. Raises `CheckoutRefused`."""
    if stale(prepared.plan):
        raise changed_meanwhile(str(prepared.plan.root))
    checked_targets(home, prepared, known, allow_dirty=allow_dirty)


def checked_targets(
    home: Home, prepared: Prepared, known: Mapping[str, OpReceipt], *, allow_dirty: bool
) -> list[Target]:
    """The targets of a plan, after every check that needs no writing. Raises `CheckoutRefused`."""
    targets = targets_of(home, prepared.changes)
    check_git(home, {t.path: t.before for t in targets}, list(known.values()), allow_dirty=allow_dirty)
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


def targets_of(home: Home, changes: Sequence[FileChange]) -> list[Target]:
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


def stale(plan: Plan) -> bool:
    """Whether a file that the plan was made from is another one now."""
    with fs.opened(plan.root) as root:
        return any(fs.content(root, path) != data for path, data in plan.sources.items())


def made_for(home: Home, targets: list[Target]) -> list[str]:
    """Directories that new files need and that don't exist yet, outermost first."""
    with home.open_base() as base:
        return list(dict.fromkeys(d for t in targets if t.before is None for d in paths.missing_parents(base, t.path)))
