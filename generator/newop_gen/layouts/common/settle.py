"""Is it there already? What every part asks of each of its edits before it goes into a plan.

An edit whose exact bytes stand in its scope is done. An edit whose names are taken by something else is a problem: a
conflict when other edits of the same op are in the tree (somebody edited what was inserted, or the spec has changed),
a taken name otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Union

from ...checkout.source import Source
from ...plan import Creation, Edit, Insertion, Replacement, Skip, Step
from ...problems import CheckoutRefused, Conflict, Place, Problem

Located = Union[Insertion, Creation, Replacement]


@dataclass(frozen=True)
class Draft:
    """An edit that may be there already. `taken` names the definition that stands in its way, if any.

    `telling`: finding it done shows that this tool was here. A one-line member or a table's assignment does not: a
    hand-written op of the same name has them too. `besides` are edits that this one needs as long as it is not there.
    """

    edit: Located
    taken: Place | None = None
    name: str = ""
    telling: bool = True
    besides: tuple[Insertion, ...] = ()


@dataclass
class StepDraft:
    """A step in the making."""

    op: str
    key: str
    title: str
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)


def settled(source: Source, insertion: Insertion, within: tuple[int, int] | None = None) -> Insertion:
    """`insertion`, or where its bytes stand already, marked done. `within` is a byte range; default: the whole file."""
    start, end = within or (0, len(source.data))
    at = source.data.find(insertion.text, start, end)
    return insertion if at < 0 else replace(insertion, offset=at, done=True)


def finish(drafts: Iterable[StepDraft]) -> list[Step]:
    """Steps of one op. Raises `Conflict` or `CheckoutRefused` with every name that is in the way."""
    drafts = list(drafts)
    everything = [d for step in drafts for d in step.drafts]
    started = any(d.edit.done and d.telling for d in everything)
    blocked = [d for d in everything if d.taken is not None and not d.edit.done]
    if not started:  # what is "done" is then another op's
        blocked = [d for d in everything if d.taken is not None]
    if blocked and started:
        raise Conflict(
            Problem(
                d.taken or Place(d.edit.path),
                f"{d.name} is not what the spec would insert",
                "the text as it was inserted",
                "the region was edited by hand or the spec has changed: see `newop-gen status` and `newop-gen update`",
                "edited",
            )
            for d in blocked
        )
    if blocked:
        raise CheckoutRefused(
            Problem(
                d.taken or Place(d.edit.path),
                f"the name {d.name} is taken",
                "a name that the checkout does not use yet",
                "choose another op name",
                "name-taken",
            )
            for d in blocked
        )
    return [
        Step(s.op, s.key, s.title, tuple(_edits(s)), tuple(s.notes), tuple(s.skips))
        for s in drafts
        if s.drafts or s.notes or s.skips
    ]


def _edits(step: StepDraft) -> list[Edit]:
    return [edit for d in step.drafts for edit in (d.edit, *(() if d.edit.done else d.besides))]
