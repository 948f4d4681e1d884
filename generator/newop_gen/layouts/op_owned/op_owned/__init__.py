"""0.10: each op owns loader, cache and queries in `operations/<family>.py`; tables are parquet."""

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

NAME = "op_owned"
# The loader reads its rows as in `sources`, whose reader moved along.
TEMPLATES = ("op_owned", "sources")


class OpOwned:
    """Each op owns its tables in a module of the operations package (0.10)."""

    name = NAME
    title = "Each op owns its tables in a module of the operations package (0.10)"

    def probes(self, tree: Tree) -> list[Probe]:
        prober = OwnedProber.of(tree)
        return guarded(lambda _: prober.ask_all(core=False), prober)

    def facts(self, tree: Tree) -> OpOwnedFacts:
        """Facts of a tree whose required probes all hold."""
        return OwnedProber.of(tree).owned(NAME, TEMPLATES)

    def rules(self, tree: Tree) -> Rules:
        return self.facts(tree).rules

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from ..plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


LAYOUT = OpOwned()
