"""0.11: op-owned tables in the package `aiconfigurator_core`, with shims in `aiconfigurator` at the old place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...base import Probe, Rules
from ...python.probes import guarded
from ..probes import OwnedProber

if TYPE_CHECKING:
    from ....checkout.tree import Tree
    from ....guard.vocabulary import Vocabulary
    from ....model.op import Op
    from ....plan import Step
    from ..facts import OpOwnedFacts

NAME = "core"
TEMPLATES = ("core", "op_owned", "sources")


class Core:
    """Op-owned tables in aiconfigurator_core, shims at the old place (0.11)."""

    name = NAME
    title = "Op-owned tables in aiconfigurator_core, shims at the old place (0.11)"

    def probes(self, tree: Tree) -> list[Probe]:
        prober = OwnedProber.of_core(tree)
        return guarded(lambda _: _ask(prober), prober)

    def facts(self, tree: Tree) -> OpOwnedFacts:
        """Facts of a tree whose required probes all hold."""
        return OwnedProber.of_core(tree).owned(NAME, TEMPLATES, shims=tree.at("sdk/operations"))

    def rules(self, tree: Tree) -> Rules:
        return self.facts(tree).rules

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from ..plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


def _ask(prober: OwnedProber) -> None:
    prober.ask_all(core=True)
    prober.shims(prober.tree.at("sdk"))


LAYOUT = Core()
