"""`Operation` subclasses: what the backends pass is handed on as the axis decision asks.

The backends pass `x = batch_size * s` (context) or `batch_size * beam_width` (generation), `batch_size`, `s` (context:
without the prefix) and, in context only, `prefix` (T4, T5).
"""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Op, Query
from ...render import fragment
from ...render.code import WIDTH, call
from ...sol.render.python import render_assignment
from ...spec.model import PhaseName
from .dialect import query_dialect
from .facts import PythonFacts
from .query import Argument


@dataclass(frozen=True)
class OperationView:
    """One `Operation` subclass."""

    op: Op
    phase: PhaseName
    query: Query
    facts: PythonFacts

    @property
    def name(self) -> str:
        return self.op.class_name(self.phase)

    @property
    def subject(self) -> str:
        return f"{self.phase} {self.op.name}"

    @property
    def arguments(self) -> list[Argument]:
        return [
            Argument(name, p.type if p.type in ("int", "str") else f"common.{p.type}", p.meaning)
            for name, p in self.op.params.items()
        ]

    @property
    def single_beam(self) -> bool:
        """Decode ops that count batch and sequence separately refuse beams, as upstream's do."""
        return self.phase == "generation" and not self.op.tokens

    @property
    def run_time(self) -> list[str]:
        """The code of the query's run-time arguments in this phase."""
        code = {"x": 'kwargs["x"]', "b": 'kwargs["batch_size"]', "s": 'kwargs["s"]'}
        code["prefix"] = 'kwargs.get("prefix", 0)' if self.phase == "context" else "0"
        return [code[name] for name in self.query.run_time]

    @property
    def asked(self) -> str:
        """The statement that asks the query. Arguments go by position: names would more than double the time that an
        answer from the query's `lru_cache` takes."""
        arguments = [*self.run_time, *(f"self._{argument.name}" for argument in self.arguments)]
        return call(f"result = database.{self.query.method}", arguments, "", 8)

    @property
    def weight_lines(self) -> list[str]:
        weights = self.op.weights(self.phase)
        if weights is None:
            return ["        self._weights = 0.0"]
        taken = {"self", "name", "scale_factor", *self.op.params}
        lines = render_assignment("self._weights", weights, query_dialect(self.facts), 8, WIDTH, taken)
        noted = len(lines) == 1 and len(lines[0]) + len("  # bytes") <= WIDTH
        return [lines[0] + "  # bytes"] if noted else lines


def render_operations(op: Op, facts: PythonFacts) -> list[tuple[str, str]]:
    """(class name, code) of every `Operation` subclass, in phase order."""
    views = [OperationView(op, p, op.query(p), facts) for p in op.phases]
    return [(v.name, fragment(facts.templates, "operation.py.j2", o=v, facts=facts)) for v in views]
