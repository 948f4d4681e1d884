"""What a layout is: probes that recognise a tree, and a plan for an op in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..problems import Place

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..guard.vocabulary import Vocabulary
    from ..model.op import Op
    from ..plan import Step


@dataclass(frozen=True)
class Probe:
    """One question to a tree.

    `required` probes decide whether the layout fits; the others are facts that the layout's rendering depends on.
    `detail` says what was found, or the nearest thing to it.
    """

    name: str
    asks: str
    found: bool
    detail: str = ""
    where: Place | None = None
    required: bool = True


class Layout(Protocol):
    """One way in which releases arrange their op code. A layout is a package that registers one of these."""

    name: str
    title: str

    def probes(self, tree: Tree) -> list[Probe]:
        """All probes of this layout, in the order in which they are explained."""
        ...

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        """Steps for each op (with the path of its spec, which data files are relative to), against one tree.

        Raises `CheckoutRefused` with every missing anchor and taken name, `Conflict` when a definition of the op's
        name differs from what would be inserted.
        """
        ...

    def words(self) -> Mapping[str, Vocabulary]:
        """By step key, what inserted code may hold whatever the spec says, as the layout's `words.py` has it. A step
        that isn't named inserts no code."""
        ...


@dataclass(frozen=True)
class Detection:
    """What probing a tree gave: the layout that fits, or none; and every layout's probes."""

    layout: Layout | None
    probes: dict[str, list[Probe]]

    def missing(self, name: str) -> list[Probe]:
        return [p for p in self.probes[name] if p.required and not p.found]
