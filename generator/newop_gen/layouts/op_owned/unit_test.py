"""The generated unit test: the same made-up tables and reference numbers as elsewhere, these layouts' own rules."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Table
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
