"""0.7 and 0.8: `_load_op_data` finds the loader in `func_map` and wraps its table in `LoadedOpData`."""

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

NAME = "func_map"


class FuncMap:
    """Loaders registered in func_map, tables are LoadedOpData (0.7, 0.8)."""

    name = NAME
    title = "Loaders registered in func_map, tables are LoadedOpData (0.7, 0.8)"

    def probes(self, tree: Tree) -> list[Probe]:
        return guarded(self._ask, Prober(tree))

    def _ask(self, p: Prober) -> None:
        p.files()
        p.enum_members()
        p.loaders()
        p.wrapper()
        p.sources(False)
        p.given(False)
        p.errors()
        p.corrections()
        p.methods(
            "_query_silicon_or_hybrid",
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
        return Prober(tree).facts(NAME, wrapper=True)

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from ..parts.database.plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


LAYOUT = FuncMap()
