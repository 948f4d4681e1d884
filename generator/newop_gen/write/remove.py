"""Taking out exactly what an op put in."""

from __future__ import annotations

import dataclasses
import difflib
import os
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ..kinds import is_table, kind_of
from ..plan import FileChange, Prepared, Span, StepKey, Target
from ..plan.merge import without_spans
from ..problems import Conflict, NewopError, Place, Problem
from . import undo
from .apply import Receipt
from .dirt import check_git
from .errors import conflict, refused
from .inspect import Drift, Found, inspect, shared_regions
from .locate import Region, cut
from .receipts import OpReceipt, Piece
from .retrace import proves
from .session import Session
from .state import Home
from .transaction import OnEvent, Transaction


@dataclass
class Removal:
    """What taking ops out changes: targets (base-relative), directories that may be left empty, notes for the user, and
    copies to be kept (name -> bytes) of what `force` takes out although somebody edited it."""

    ops: tuple[str, ...]
    targets: list[Target] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    copies: dict[str, bytes] = field(default_factory=dict)

    def after(self, home: Home) -> dict[str, bytes | None]:
        """The files as it leaves them, by plan path."""
        return {home.shown(target.path): target.after for target in self.targets}

    def check_git(self, home: Home, known: Mapping[str, OpReceipt]) -> None:
        """Raises `CheckoutRefused` while git is in the middle of something."""
        check_git(home, {t.path: t.before for t in self.targets}, list(known.values()), allow_dirty=True)

    def receipt(self, home: Home) -> Receipt:
        """What it would change."""
        changed = tuple(home.shown(t.path) for t in self.targets if t.after is not None)
        removed = tuple(home.shown(t.path) for t in self.targets if t.after is None)
        return Receipt((), changed, (), removed, tuple(self.notes))


def plan_removal(
    home: Home,
    ops: tuple[str, ...],
    known: Mapping[str, OpReceipt],
    found_out: Mapping[str, OpReceipt] | None = None,
    *,
    force: bool = False,
) -> Removal:
    """What taking `ops` out changes: byte for byte what was put in, whatever was edited elsewhere since. Looks at the
    checkout, changes nothing.

    What to look for is said by the receipts that are `known`; of an op without one, by what was `found_out`. `force`
    takes out edited insertions, too, and keeps a copy of each file in the `kept` directory beside the receipts. Raises
    `Conflict` with the differences when an insertion was edited.
    """
    removal = Removal(ops)
    problems: list[Problem] = []
    cuts: dict[str, tuple[bytes, list[tuple[Region, Piece]]]] = {}
    goes: dict[str, Target] = {}
    others = [receipt for op, receipt in known.items() if op not in ops]
    with home.open_base() as base:
        claimed = shared_regions(home, base, others)
        for op in ops:
            receipt = known.get(op) or (found_out or {}).get(op)
            if receipt is None:
                removal.notes.append(f"{op}: nothing of it is here")
                continue
            found = inspect(home, base, receipt)
            problems += _take(home, removal, found, cuts, goes, claimed, {f for o in others for f in o.files}, force)
    if problems:
        raise Conflict(problems)
    for path, (data, regions) in cuts.items():
        if regions:
            removal.targets.append(Target(path, data, _checked_cut(home, path, data, regions)))
    removal.targets += goes.values()
    return removal


def check_proof(home: Home, removal: Removal, again: Prepared, found_out: Mapping[str, OpReceipt]) -> None:
    """Without a receipt, only a removal that an apply turns round exactly is believed: `again` is planned over the
    files as the removal leaves them. Raises `CheckoutRefused`."""
    before = {home.shown(t.path): t.before for t in removal.targets}
    recognised = {home.shown(file.path) for receipt in found_out.values() for file in receipt.created}
    if not proves(again, before, recognised):
        raise refused(
            str(home.base),
            f"what {', '.join(found_out)} put in can't be told exactly: this checkout has no receipt of it, and "
            "applying the spec again would not give these files",
            "a checkout in which the op was applied from this spec",
            "remove it where it was applied, revert the commit that brought it, or take it out by hand",
            "not-exact",
        )


def take_out(run: Session, removal: Removal, on_event: OnEvent | None = None) -> Receipt:
    """Write a removal: all of it or nothing. Raises as `put_in`."""
    notes = list(removal.notes)
    for name, data in removal.copies.items():
        notes.append(f"a copy of what was there is kept as {undo.save(run.home, name, data)}")
    gone: dict[str, bytes | None] = {op: None for op in removal.ops if op in run.known}
    transaction = Transaction(run.home, "remove", removal.targets, gone, removal.dropped, on_event)
    notes += transaction.run(run.signals)
    return dataclasses.replace(removal.receipt(run.home), notes=tuple(notes), recovered=run.recovered)


def _take(
    home: Home,
    removal: Removal,
    found: Found,
    cuts: dict[str, tuple[bytes, list[tuple[Region, Piece]]]],
    goes: dict[str, Target],
    claimed: Mapping[str, set[tuple[int, int]]],
    owned: set[str],
    force: bool,
) -> list[Problem]:
    """Add what is to be taken out for one op; returns what stands in the way."""
    problems: list[Problem] = []
    for path, file in found.files.items():
        if file.data is None:
            removal.notes.append(f"{home.shown(path)}: this file is gone, nothing to take out")
            continue
        regions = cuts.setdefault(path, (file.data, []))[1]
        for region, piece in file.intact:
            if (region.start, region.end) in claimed.get(path, ()):
                removal.notes.append(f"{home.shown(path)}: what another op needs, too, stays ({piece.step})")
            elif not any(region == other for other, _ in regions):
                regions.append((region, piece))
        for piece in file.gone:
            removal.notes.append(f"{home.shown(path)}: already taken out by hand ({piece.step})")
        for drift in file.edited:
            if not force:
                problems.append(drift_problem(home, file.data, found.op, drift))
            else:
                regions.append((drift.region, drift.piece))
                removal.copies[_copy_name(path)] = file.data
    for path, file_ in found.created.items():
        if file_.data is None:
            continue
        if path in owned:
            removal.notes.append(f"{home.shown(path)}: another op needs this file, too; it stays")
        elif file_.intact or force:
            goes[path] = Target(path, file_.data, None, data=file_.step == StepKey.DATA and is_table(path))
            if not file_.intact:
                removal.copies[_copy_name(path)] = file_.data
        else:
            problems += conflict(
                home.shown(path),
                f"this file was created for {found.op} and has been edited since",
                "the file as it was created",
                "undo the edit, or pass --force: a copy is kept and named",
                "created-edited",
            ).problems
    removal.dropped += reversed(found.made)
    return problems


def drift_problem(home: Home, data: bytes, op: str, drift: Drift) -> Problem:
    """What was edited inside an insertion, as a difference."""
    place = Place(home.shown(drift.path), data.count(b"\n", 0, drift.region.start) + 1, 1)
    want, have = _lines(drift.piece.text), _lines(data[drift.region.start : drift.region.end])
    shown = "\n".join(difflib.unified_diff(want, have, "as inserted", "as found", lineterm=""))
    found = f"what {op} put in ({drift.piece.step}) has been edited\n{shown}\n"
    return Problem(
        place,
        found,
        "the text as it was inserted",
        "undo the edit, or pass --force: a copy of the file is kept and named",
        "insertion-edited",
    )


def _lines(data: bytes) -> list[str]:
    """Lines for a terminal: control characters are shown, not sent."""
    text = data.decode("utf-8", "backslashreplace")
    return [
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
        for line in text.split("\n")
    ]


def _checked_cut(home: Home, path: str, data: bytes, regions: list[tuple[Region, Piece]]) -> bytes:
    """The file without the regions, counted out a second time by other code, and asked whether it can still be read."""
    try:
        after = cut(data, regions)
    except AssertionError:
        raise conflict(home.shown(path), "insertions overlap in this file, so none can be taken out") from None
    spans = tuple(Span(r.start, r.end, "", p.old) for r, p in sorted(regions, key=lambda x: (x[0].start, x[0].end)))
    if without_spans(FileChange(path, after, data, spans=spans)) != after:
        raise refused(
            home.shown(path), "internal check failed: the file would not be what it was", "", "", "postcondition"
        )
    kind = kind_of(path)
    if kind is None:
        raise refused(
            home.shown(path),
            "internal check failed: nothing here can tell whether a file of this kind is sound",
            "",
            "",
            "postcondition",
        )
    if kind.unsound(data) is None and kind.unsound(after) is not None:
        raise conflict(
            home.shown(path),
            f"without what was put in, this file would not {kind.fails}",
            "edits elsewhere that stand on their own",
            "undo the edit around the insertion, or take it out by hand",
            "not-alone",
        )
    return after


def _copy_name(path: str) -> str:
    return f"{secrets.token_hex(4)}-{os.path.basename(path)}"


def no_receipt(home: Home, op: str, known: Collection[str]) -> NewopError:
    """The refusal of an op that nothing says anything of."""
    return refused(
        str(home.base),
        f"there is no receipt for an op {op} here",
        f"one of {', '.join(sorted(known))}" if known else "a receipt (a fresh clone has none)",
        "give the op's spec instead of its name",
        "no-receipt",
    )
