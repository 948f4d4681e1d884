"""A layout that no release has: one module holds a table of ops, and a function per query answers with its SOL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...edits.python.find import assigned_dict, attempt
from ..base import Facts, Probe, Rules

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step

NAME = "toy"


class Toy:
    name = NAME
    title = "A table of ops, and a function each"

    def probes(self, tree: Tree) -> list[Probe]:
        source = tree.python(tree.at("sdk/registry.py"))
        ops, problem = attempt(assigned_dict, source, source.tree, "OPS") if source else (None, None)
        return [
            Probe("registry", "is there sdk/registry.py?", source is not None),
            Probe(
                "ops",
                "does it have a table of ops in a dict literal OPS?",
                ops is not None,
                problem.found if problem else "",
                source.place(ops) if source and ops else None,
            ),
        ]

    def facts(self, tree: Tree) -> Facts:
        return Facts(
            layout=NAME, suffix=".txt", sixteen_bit="bfloat16", quants={}, systems=tree.places.systems, tests=None
        )

    def rules(self, tree: Tree) -> Rules:
        return Rules(
            peak="figure",
            empirical="constant",
            hybrid="any",
            between="spec",
            outside="spec",
            fills_grid=False,
            source_tags=False,
            loading=None,  # no tables
        )

    def plan(self, ops: Sequence[tuple[Op, Path]], tree: Tree) -> list[Step]:
        from .plan import plan_ops

        return plan_ops(ops, tree, self.facts(tree))

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


LAYOUT = Toy()
