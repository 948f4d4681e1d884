"""A layout that no release has: one module holds a table of ops, and a function per op and phase answers with its SOL.

`test_toy_layout.py` puts this file into a copy of the tool, as `layouts/toy/__init__.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...edits.python.bracket import insert_element
from ...edits.python.find import assigned_dict, attempt
from ...edits.python.place import end_of_module_definitions
from ...problems import Place
from ...render import fragment
from ...render.python import literal
from ...sol.render.python import PythonDialect, render_formula
from ..base import Facts, Probe, Rules
from ..common.settle import Draft, StepDraft, finish, settled

if TYPE_CHECKING:
    from ...checkout.tree import Tree
    from ...guard.vocabulary import Vocabulary
    from ...model.op import Op
    from ...plan import Step

NAME = "toy"
DIALECT = PythonDialect(
    names=lambda name: name,
    sixteen_bit="bfloat16",
    flops=lambda quant: f"peak({quant})",
    mem_bw="MEM_BW",
    quant_literal=literal,
)


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
        return [step for op, _ in ops for step in _plan_op(op, tree)]

    def words(self) -> Mapping[str, Vocabulary]:
        from .words import WORDS

        return WORDS


def _plan_op(op: Op, tree: Tree) -> list[Step]:
    source = tree.python(tree.at("sdk/registry.py"))
    assert source is not None
    table = assigned_dict(source, source.tree, "OPS")
    named = {k.value: k for k in table.keys if hasattr(k, "value")}
    enum = StepDraft(op.name, "enum", "Entries in the table of ops")
    query = StepDraft(op.name, "query", "Functions that answer")
    for phase in op.phases:
        key = f"{phase}_{op.name}"
        entry, *besides = insert_element(source, table, f"{literal(key)}: {literal(op.query(phase).method)}")
        place: Place | None = source.place(named[key]) if key in named else None
        enum.drafts.append(Draft(settled(source, entry), place, key, False, tuple(besides)))
    for one in op.queries:
        lines = render_formula(one.formula, DIALECT, 4)
        arguments = [*one.run_time, *op.params]
        text = fragment(NAME, "answer.py.j2", name=one.method, arguments=arguments, lines=lines, op=op)
        query.drafts.append(Draft(settled(source, end_of_module_definitions(source, text))))
    return finish([enum, query])


LAYOUT = Toy()
