"""From a plan to the checkout, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..plan import Prepared, Target
from .receipts import OpReceipt
from .record import SpecRef, record
from .recover import RecoveryReport
from .session import Session
from .targets import checked_targets, made_for
from .transaction import OnEvent, Transaction


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
