"""What an op put in, found out without a receipt: by planning its spec again, over the files as they were before.

In a fresh clone the spec is there and git's history is there. The last version of each file that has nothing of the op
is what the spec is planned over; that gives the exact bytes and their surroundings, as a receipt would have them.
Without history the edits that the planner recognises are cut out line by line. Either way the answer is only used when
planning the spec over the result gives the file as it stands, byte for byte (`proves`).

Planning is the caller's: `trace` says from a plan over the files as they are what to plan over next, `receipts_of`
makes receipts of that plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from ..plan import Creation, Insertion, Plan, Prepared, Replacement
from ..problems import CheckoutRefused
from . import paths
from .errors import refused
from .git import Repository
from .locate import Region, cut
from .receipts import OpReceipt, Piece, sha256
from .record import record, whole_lines
from .state import Home

Edits = list["Insertion | Replacement"]


@dataclass(frozen=True)
class Trace:
    """`ops` that have something in the checkout; `over`: the files that it is in as they were before, by plan path;
    `standing`: the created files as they stand, by their path from the base."""

    ops: frozenset[str]
    over: Mapping[str, bytes | None]
    standing: Mapping[str, bytes]


def trace(home: Home, now: Plan, ops: Sequence[str]) -> Trace:
    """What a plan over the files as they are recognises of `ops`. Raises `CheckoutRefused` when what an op replaced
    can't be told any more."""
    done: dict[str, Edits] = {}
    over: dict[str, bytes | None] = {}
    standing: dict[str, bytes] = {}
    found = set()
    for step, edit in now.step_edits():
        if step.op not in ops or not edit.done:
            continue
        found.add(step.op)
        if isinstance(edit, Creation):
            over[edit.path] = None
            standing[paths.canonical(home.base, home.below(edit.path))] = edit.content
        else:
            done.setdefault(edit.path, []).append(edit)
    for path, edits in done.items():
        over[path] = _before(home, path, now.sources[path], edits)
    return Trace(frozenset(found), over, standing)


def receipts_of(home: Home, past: Prepared, of: Trace) -> dict[str, OpReceipt]:
    """A receipt for each op of a trace, as far as its spec can tell: `past` is planned over `of.over`.

    A created file that the planner recognises is recorded as it stands: a perf table may be the same in other bytes.
    """
    receipts = record(home, past, {}, {}, ())
    return {op: _as_standing(receipt, of.standing) for op, receipt in receipts.items() if op in of.ops}


def _as_standing(receipt: OpReceipt, standing: Mapping[str, bytes]) -> OpReceipt:
    created = tuple(
        replace(file, digest=sha256(data), size=len(data)) if (data := standing.get(file.path)) is not None else file
        for file in receipt.created
    )
    return replace(receipt, created=created)


def proves(again: Prepared, files: Mapping[str, bytes | None], recognised: Collection[str]) -> bool:
    """Whether a plan, made over the files as a removal leaves them, gives the files as they stand (by plan path).

    Of a perf table in `recognised` it is enough that the plan makes one there: its rows were compared before.
    """
    changes = {change.path: change for change in again.changes}
    return all(
        (change := changes.get(path)) is not None and (change.after == data or (change.data and path in recognised))
        for path, data in files.items()
    )


def _before(home: Home, path: str, data: bytes, edits: Edits) -> bytes:
    """The file without the op: from history, else by cutting out what was recognised."""
    if home.repository is not None:
        old = _from_history(home.repository, paths.canonical(home.base, home.below(path)), data, edits)
        if old is not None:
            return old
    regions = []
    for edit in edits:
        if isinstance(edit, Replacement) and edit.old == edit.text:
            raise refused(
                path,
                "what the op replaced here is not known any more",
                "a receipt, or a version from before in git's history",
                "take it out by hand, or remove it in the checkout that it was applied in",
                "unknown-old",
            )
        start = edit.offset if isinstance(edit, Insertion) else edit.start
        region = whole_lines(data, Region(start, start + len(edit.text)))
        old_bytes = edit.old if isinstance(edit, Replacement) else b""
        regions.append((region, Piece("", start, edit.text, old_bytes)))
    return cut(data, list(dict.fromkeys(regions)))


def _from_history(repository: Repository, path: str, data: bytes, edits: Edits) -> bytes | None:
    """The newest committed version that has none of the edits' texts; with the file's own line ends."""
    # Short texts (a comma) are in every version; an op never consists of them alone.
    texts = {text for edit in edits if len(text := edit.text.replace(b"\r\n", b"\n").strip()) >= 8}
    try:
        for blob in repository.versions(path):
            plain = blob.replace(b"\r\n", b"\n")
            if not any(text in plain for text in texts):
                converted = b"\r\n" in data and b"\r\n" not in blob
                return blob.replace(b"\n", b"\r\n") if converted else blob
    except CheckoutRefused:  # an incomplete clone: older versions are elsewhere
        return None
    return None
