"""0.6: the branches of `PerfDatabase.__init__` call their loaders; a table is a `dict`, or None without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..base import Probe
from ..parts.database.probes import Prober, guarded

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step
    from ..parts.database.facts import DatabaseFacts

NAME = "direct"


class Direct:
    """Loaders called directly in PerfDatabase.__init__ (0.6)."""

    name = NAME
    title = "Loaders called directly in PerfDatabase.__init__ (0.6)"

    def probes(self, tree: Tree) -> list[Probe]:
        return guarded(self._ask, Prober(tree))

    def _ask(self, p: Prober) -> None:
        p.files()
        p.enum_members()
        p.loaders()
        p.direct_calls()
        p.sources(False)
        p.errors()
        p.corrections()
        p.methods(
            "_extrapolate_data_grid",
            "_nearest_1d_point_helper",
            "_interp_1d",
            "_interp_2d_linear",
            "_interp_3d",
            "_update_support_matrix",
        )
        p.operation_base()
        p.model_files()
        p.idiom()

    def facts(self, tree: Tree) -> DatabaseFacts:
        """Facts of a tree whose required probes all hold."""
        return Prober(tree).facts(NAME, wrapper=False)

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from ..parts.database.plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


LAYOUT = Direct()
