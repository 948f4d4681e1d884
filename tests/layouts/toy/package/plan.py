"""The plan of an op in a tree of the toy's shape."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from ...checkout.tree import Tree
from ...edits.python.bracket import insert_element
from ...edits.python.find import assigned_dict
from ...edits.python.place import end_of_module_definitions
from ...model.op import Op
from ...plan import Step
from ...render import fragment
from ...render.python import literal
from ...sol.render.python import PythonDialect, render_formula
from ..base import Facts
from ..common.settle import StepDraft, finish
from ..common.steps import plan_each
from ..python.listed import draft, need

DIALECT = PythonDialect(
    names=lambda name: name,
    sixteen_bit="bfloat16",
    flops=lambda quant: f"peak({quant})",
    mem_bw="MEM_BW",
    quant_literal=literal,
)


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: Facts) -> list[Step]:
    return plan_each(ops, facts, lambda op, spec_path: finish([_entries(op, tree), _answers(op, tree, facts)]))


def _entries(op: Op, tree: Tree) -> StepDraft:
    step = StepDraft(op.name, "enum", "Entries in the table of ops")
    source = need(tree, tree.at("sdk/registry.py"))
    table = assigned_dict(source, source.tree, "OPS")
    taken = {key.value: key for key in table.keys if isinstance(key, ast.Constant)}
    for phase in op.phases:
        name = f"{phase}_{op.name}"
        element = insert_element(source, table, f"{literal(name)}: {literal(op.query(phase).method)}")
        step.drafts.append(draft(source, element, table, taken.get(name), name, telling=False))
    return step


def _answers(op: Op, tree: Tree, facts: Facts) -> StepDraft:
    step = StepDraft(op.name, "query", "Functions that answer")
    source = need(tree, tree.at("sdk/registry.py"))
    for query in op.queries:
        lines = render_formula(query.formula, DIALECT, 4)
        arguments = [*query.run_time, *op.params]
        text = fragment(facts.layout, "answer.py.j2", op=op, query=query, arguments=arguments, lines=lines)
        step.drafts.append(draft(source, end_of_module_definitions(source, text)))
    return step
