"""From a plan to the checkout, all of it or nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..plan import FileChange, Insertion, Plan, Replacement
from ..plan.verify import verify
from . import fs, paths, receipts
from .dirt import check_git
from .errors import refused, reported
from .receipts import CreatedFile, EditedFile, OpReceipt
from .recover import RecoveryReport, pending, recover_held
from .signals import Signals
from .state import Home
from .transaction import OnEvent, Target, Transaction, changed_meanwhile

Replan = Callable[[], Plan]


@dataclass(frozen=True)
class SpecRef:
    """Which spec an op came from: its path as given and the SHA-256 of its bytes."""

    path: str
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What a run did. `changed` and `created` are empty when there was nothing to do; `notes` are for the user;
    `recovered` says what an interrupted earlier run had left and was put right first."""

    ops: tuple[OpReceipt, ...] = ()
    changed: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    recovered: RecoveryReport = field(default_factory=RecoveryReport)

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
        made = made_for(home, targets)
        new = {op: receipt_of(home, plan, op, changes, made, known.get(op), (specs or {}).get(op)) for op in plan.ops}
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
    verify(changes)
    targets = targets_of(home, changes)
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
        targets[path] = Target(path, change.before, change.after, change.mode)
    return list(targets.values())


def _taken(base: int, path: str) -> bool:
    if paths.missing_parents(base, path):
        return False
    with paths.parent(base, path) as (fd, name):
        return fs.exists(fd, name)


def _stale(plan: Plan) -> bool:
    root = Path(plan.root)
    for path, data in plan.sources.items():
        try:
            if (root / path).read_bytes() != data:
                return True
        except OSError:
            return True
    return False


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


def receipt_of(
    home: Home,
    plan: Plan,
    op: str,
    changes: list[FileChange],
    made: list[str],
    old: OpReceipt | None,
    spec: SpecRef | None,
) -> OpReceipt:
    """What `op` has in the checkout once the changes are made: what the plan puts in, and what it found done."""
    from .. import __version__

    by_path = {change.path: change for change in changes}
    pieces: dict[str, list[receipts.Piece]] = {}
    created: dict[str, CreatedFile] = {}
    for change in changes:
        for span in change.spans:
            owner, _, key = span.label.partition(":")
            if owner == op and change.before is not None:
                found = receipts.piece(key, change.after, span.start, span.end, span.old)
                pieces.setdefault(change.path, []).append(found)
    for step in plan.steps:
        if step.op != op:
            continue
        for edit in step.edits:
            if isinstance(edit, (Insertion, Replacement)):
                if edit.done:
                    pieces.setdefault(edit.path, []).append(
                        _done_piece(home, plan, step.key, edit, by_path.get(edit.path), old)
                    )
            else:
                path = _canonical(home, edit.path)
                created[path] = CreatedFile(path, step.key, receipts.sha256(edit.content), len(edit.content))
    edited = []
    for path, parts in pieces.items():
        after = by_path[path].after if path in by_path else plan.sources[path]
        parts.sort(key=lambda p: p.offset)
        edited.append(EditedFile(_canonical(home, path), tuple(parts), receipts.sha256(after)))
    mine = [d for d in made if any(path.startswith(f"{d}/") for path in created)]
    before = [d for d in old.made if d not in mine] if old else []
    return OpReceipt(
        op,
        spec.path if spec else "",
        spec.digest if spec else "",
        __version__,
        plan.layout,
        tuple(edited),
        tuple(created.values()),
        tuple(sorted(before + mine)),
    )


def _done_piece(
    home: Home, plan: Plan, step: str, edit: Insertion | Replacement, change: FileChange | None, old: OpReceipt | None
) -> receipts.Piece:
    """The piece of an edit that stands in the file already, where it stands once the changes are made."""
    at = edit.offset if isinstance(edit, Insertion) else edit.start
    replaced = b"" if isinstance(edit, Insertion) else edit.old or _replaced(home, edit, old)
    data = plan.sources[edit.path]
    if change is not None:
        shift = 0
        for span in change.spans:
            if span.start - shift <= at:
                shift += span.end - span.start - len(span.old)
        at, data = at + shift, change.after
    return receipts.piece(step, data, at, at + len(edit.text), replaced)


def _replaced(home: Home, edit: Replacement, old: OpReceipt | None) -> bytes:
    path = _canonical(home, edit.path)
    for file in old.edited if old else ():
        for piece in file.pieces:
            if file.path == path and piece.text == edit.text:
                return piece.old
    return b""


def _canonical(home: Home, path: str) -> str:
    return paths.canonical(home.base, home.below(path))
