"""A layout whose op code is in `sdk/perf_database.py`: loaders, tables and queries of all ops in one module."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..base import Probe, Rules
from ..python.probes import guarded
from .probes import DatabaseProber

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step
    from .facts import DatabaseFacts

# What every such layout interpolates with, and where quant modes are collected.
INTERPOLATION = (
    "_extrapolate_data_grid",
    "_nearest_1d_point_helper",
    "_interp_1d",
    "_interp_2d_linear",
    "_interp_3d",
    "_update_support_matrix",
)


@dataclass
class DatabaseLayout:
    """A `Layout` out of what such layouts differ in.

    `templates` are directories, the most specific first. `tables` are the questions about how a table gets into the
    database, `methods` those of `PerfDatabase` that the inserted code calls. `wrapper` says whether a table is wrapped
    in `LoadedOpData`; without, it is a `dict` or None. `listed` gives the layout's own words, for `Layout.words`.
    """

    name: str
    title: str
    templates: tuple[str, ...]
    tables: Callable[[DatabaseProber], None]
    listed: Callable[[], Mapping[str, Vocabulary]]
    methods: tuple[str, ...]
    wrapper: bool

    def probes(self, tree: Tree) -> list[Probe]:
        prober = DatabaseProber(tree)
        return guarded(prober.questions, lambda: self._ask(prober))

    def _ask(self, p: DatabaseProber) -> None:
        p.files()
        p.questions.enum_members()
        p.loaders()
        self.tables(p)
        p.errors()
        p.corrections()
        p.methods(*self.methods)
        p.operation_base()
        p.questions.model_files()
        p.idiom()

    def facts(self, tree: Tree) -> DatabaseFacts:
        return DatabaseProber(tree).facts(self.name, self.templates, wrapper=self.wrapper)

    def rules(self, tree: Tree) -> Rules:
        return self.facts(tree).rules

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from .plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        return self.listed()
