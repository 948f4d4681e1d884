"""The support matrix: an op with quant keys registers the modes that the spec lists and the table holds."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Table
from ...model.supported import Supported, supported
from ...render import fragment
from ...render.code import import_from, statement, tupled
from ...render.python import literal
from .facts import OpOwnedFacts
from .module import ModuleView

ROOM = 34
"""Columns for a name in the comment behind a statement that goes down one level."""


@dataclass(frozen=True)
class SupportEntry:
    """One key of the matrix as its template sees it."""

    module: ModuleView
    entry: Supported

    @property
    def key(self) -> str:
        return self.entry.name

    @property
    def table(self) -> Table:
        return self.entry.table

    @property
    def levels(self) -> list[str]:
        """What is said of each level above the one whose keys are the modes."""
        names = [", ".join(params) or "the phase" for params in self.entry.above]
        return [f"below {name}" if len(name) <= ROOM else "below the next key" for name in names]

    @property
    def owner(self) -> str:
        return self.module.owner

    @property
    def import_owner(self) -> str:
        return import_from(f"{self.module.facts.package}.operations.{self.module.op.name}", [self.owner], 12)

    @property
    def modes(self) -> str:
        """The statement that lists the modes that the op has kernels for."""
        names = [literal(self.module.facts.mode_name(m)) for m in self.module.op.params[self.entry.param].modes]
        return statement("kernels = ", f"[{', '.join(names)}]", 12)


def support_entries(module: ModuleView) -> list[SupportEntry]:
    return [SupportEntry(module, entry) for entry in supported(module.op)]


def render_resolver(entries: list[SupportEntry], facts: OpOwnedFacts) -> str:
    """The branches of `_LazySupportMatrix._resolve`."""
    return "\n".join(fragment(facts.templates, "resolve.py.j2", e=e, facts=facts) for e in entries)


def render_snapshot(entries: list[SupportEntry]) -> str:
    """The statement that keeps `_update_support_matrix` in step."""
    head = statement("for key in ", tupled([literal(e.key) for e in entries]), 8, ":")
    return f"        {head}\n            self.supported_quant_mode[key] = _LazySupportMatrix(self).get(key, [])\n"
