"""The op in Python: classes over the compiled ones, which bind the table views to a database and compute nothing."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Op
from ...render import fragment
from ...render.code import call
from ...render.python import literal
from .facts import EngineFacts
from .table_view import View, views
from .view import EngineOp, EnginePhase


@dataclass(frozen=True)
class ShellClass:
    """The class of one phase."""

    phase: EnginePhase
    view: View

    @property
    def head(self) -> str:
        return call(f"class {self.phase.class_name}", [f"_core.{self.phase.class_name}", "OpShellKit"], ":", 0)

    @property
    def about(self) -> str:
        return f"{self.phase.owner.op.name}, {self.phase.phase} phase: {self.phase.owner.op.spec.summary}"

    @property
    def bound(self) -> str:
        arguments = ["cls", "database", literal(self.view.attribute), literal(self.phase.table.member)]
        return call("_bind_view", arguments, "", 8)


@dataclass(frozen=True)
class ShellView:
    """The module as its template sees it."""

    owner: EngineOp

    @property
    def op(self) -> Op:
        return self.owner.op

    @property
    def facts(self) -> EngineFacts:
        return self.owner.facts

    @property
    def about(self) -> str:
        tables = " and ".join(f"``{table.table.stem}``" for table in self.owner.tables)
        return f"The compiled engine answers, from the perf tables {tables}."

    @property
    def classes(self) -> list[ShellClass]:
        return [ShellClass(phase, self._view(phase)) for phase in self.owner.phases]

    def _view(self, phase: EnginePhase) -> View:
        made = views(self.owner, phase.table)
        return next(view for view in made if any(phase.phase in s.phases for s in view.sets))


def render(op: EngineOp) -> str:
    """The text of `operations/<op>.py`."""
    return fragment(op.facts.templates, "shell.py.j2", m=ShellView(op), facts=op.facts)


def shim(op: EngineOp) -> str:
    """The text of the module at the old place."""
    return fragment(op.facts.templates, "shim.py.j2", op=op.op, facts=op.facts)


def inventory(op: EngineOp) -> list[str]:
    """Every function of the shell, as upstream's contract tests list them."""
    return sorted([*(f"{phase.class_name}.load_data" for phase in op.phases), "_bind_view"])
