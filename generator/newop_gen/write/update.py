"""A spec has changed: what it put in goes, what it now says comes, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..plan import Prepared, Target
from . import undo
from .apply import Receipt
from .dirt import check_git
from .receipts import OpReceipt
from .record import SpecRef, record
from .remove import Removal
from .session import Session
from .targets import made_for, targets_of
from .transaction import OnEvent, Transaction


@dataclass(frozen=True)
class Update:
    """A removal and what comes in its place: files from one state to the other, and the receipts that say so."""

    removal: Removal
    targets: list[Target]
    receipts: dict[str, OpReceipt]

    def texts(self, known: Mapping[str, OpReceipt]) -> dict[str, bytes | None]:
        """By op, the receipt that it gets (None: its receipt goes)."""
        texts: dict[str, bytes | None] = {op: None for op in self.removal.ops if op in known}
        texts.update((op, receipt.dump()) for op, receipt in self.receipts.items())
        return texts


def plan_update(run: Session, removal: Removal, fresh: Prepared, specs: Mapping[str, SpecRef] | None = None) -> Update:
    """What brings a removal's ops to what their specs say now: the bytes are those of the removal and then a fresh
    apply. `fresh` is planned over the files as the removal leaves them. Looks at the checkout, changes nothing."""
    home, known, ops = run.home, run.known, removal.ops
    targets = join(removal, targets_of(home, fresh.changes))
    check_git(home, {t.path: t.before for t in targets}, list(known.values()), allow_dirty=True)
    before = {op: receipt for op, receipt in known.items() if op not in ops}
    made = [*made_for(home, targets), *(d for op in ops if op in known for d in known[op].made)]
    return Update(removal, targets, record(home, fresh, before, specs or {}, made))


def bring_up(run: Session, update: Update, *, dry_run: bool = False, on_event: OnEvent | None = None) -> Receipt:
    """Write an update: all of it or nothing; with `dry_run` say what it would change. Raises as `put_in`."""
    home, known, targets = run.home, run.known, update.targets
    texts, removal = update.texts(known), update.removal
    same = all(known.get(op) is not None and known[op].dump() == text for op, text in texts.items())
    notes = list(removal.notes)
    if not dry_run and (targets or not same):
        for name, data in removal.copies.items():
            notes.append(f"a copy of what was there is kept as {undo.save(home, name, data)}")
        transaction = Transaction(home, "update", targets, texts, removal.dropped, on_event)
        notes += transaction.run(run.signals)
    return Receipt(
        tuple(update.receipts.values()),
        tuple(home.shown(t.path) for t in targets if t.before is not None and t.after is not None),
        tuple(home.shown(t.path) for t in targets if t.before is None),
        tuple(home.shown(t.path) for t in targets if t.after is None),
        tuple(notes),
        run.recovered,
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
