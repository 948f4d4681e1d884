"""A layout whose ops are computed in Rust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..base import Probe, Rules
from ..python.probes import guarded
from .probes import EngineProber

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step
    from .facts import EngineFacts


@dataclass
class EngineLayout:
    """A `Layout` out of what such layouts differ in: `package` is what users import, `extension` what Python imports
    the engine's library as where its classes say something else."""

    name: str
    title: str
    package: str
    extension: str = ""

    def probes(self, tree: Tree) -> list[Probe]:
        prober = self._prober(tree)
        return guarded(prober.questions, prober.ask_all)

    def facts(self, tree: Tree) -> EngineFacts:
        return self._prober(tree).facts(self.name)

    def rules(self, tree: Tree) -> Rules:
        return self.facts(tree).rules

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from .plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS

    def _prober(self, tree: Tree) -> EngineProber:
        return EngineProber(tree, self.package, self.extension)
