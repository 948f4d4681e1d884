"""A layout whose ops own their tables, each in a module of the operations package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..base import Probe, Rules
from ..python.probes import guarded
from .probes import OwnedProber

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step
    from .facts import OpOwnedFacts


@dataclass
class OwnedLayout:
    """A `Layout` out of what such layouts differ in: with `core`, the SDK is in a package of its own, with shims at the
    old place. `templates` are directories, the most specific first. `listed` gives the layout's words."""

    name: str
    title: str
    templates: tuple[str, ...]
    core: bool
    listed: Callable[[], Mapping[str, Vocabulary]]

    def probes(self, tree: Tree) -> list[Probe]:
        prober = OwnedProber(tree, core=self.core)
        return guarded(prober.questions, prober.ask_all)

    def facts(self, tree: Tree) -> OpOwnedFacts:
        return OwnedProber(tree, core=self.core).facts(self.name, self.templates)

    def rules(self, tree: Tree) -> Rules:
        return self.facts(tree).rules

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from .plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        return self.listed()
