"""The generated unit test: the same made-up tables and reference numbers as elsewhere, these layouts' own rules."""

from __future__ import annotations

from dataclasses import dataclass

from ...checkout.tree import Tree
from ...model.op import Op, Table
from ...plan import Skip
from ...render import fragment
from ..common.data_files import new_file
from ..common.settle import StepDraft
from ..python.unit_test import TestView
from .facts import OpOwnedFacts
from .module import ModuleView


@dataclass(frozen=True)
class OwnedTestView(TestView):
    """The test module as its template sees it."""

    facts: OpOwnedFacts
    module: ModuleView

    @property
    def first_class(self) -> str:
        """A class that loads the tables, by a name that is exported."""
        return self.module.classes[0]

    def keeps_rows(self, table: Table) -> bool:
        """Whether a loaded table has the rows of the file and no others."""
        return self.module.facts.engine != "interpolation" or not table.nesting.pre_interpolate


def plan_unit_test(op: Op, tree: Tree, facts: OpOwnedFacts, module: ModuleView) -> StepDraft:
    """The test file, where the checkout has a test tree."""
    step = StepDraft(op.name, "test", "Unit test")
    if facts.tests is None:
        step.skips.append(Skip(f"unit test of {op.name}", "the checkout has no tests/unit/sdk/database"))
        return step
    view = OwnedTestView(op, facts, module)
    if view.unfilled:
        step.skips.append(view.unfilled)
        return step
    text = fragment(facts.templates, "test.py.j2", t=view, facts=facts)
    step.drafts.append(new_file(tree, f"{facts.tests}/test_{op.name}.py", text.encode("utf-8")))
    return step
