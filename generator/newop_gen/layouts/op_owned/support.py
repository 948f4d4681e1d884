"""The support matrix: an op with quant keys registers the modes that the spec lists and the table holds."""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Op, Table, key_params
from ...render import fragment
from ...render.code import import_from, statement, tupled
from ...render.python import literal
from .facts import OpOwnedFacts
from .module import ModuleView

ROOM = 34
"""Columns for a name in the comment behind a statement that goes down one level."""


@dataclass(frozen=True)
class SupportEntry:
    """One key of the matrix: `levels` say what each level is above the one whose keys are the modes."""

    module: ModuleView
    table: Table
    param: str
    levels: tuple[str, ...]

    @property
    def op(self) -> Op:
        return self.table.op

    @property
    def key(self) -> str:
        """As upstream names its own: `context_mla`, or the table's name when there is one for both phases."""
        return self.table.member if len(self.op.tables) == 1 else f"{self.table.phases[0]}_{self.op.name}"

    @property
    def owner(self) -> str:
        return self.module.owner

    @property
    def import_owner(self) -> str:
        return import_from(f"{self.module.facts.package}.operations.{self.op.name}", [self.owner], 12)

    @property
    def modes(self) -> str:
        """The statement that lists the modes that the op has kernels for."""
        names = [literal(self.module.facts.mode_name(m)) for m in self.op.params[self.param].modes]
        return statement("kernels = ", f"[{', '.join(names)}]", 12)


def support_entries(module: ModuleView) -> list[SupportEntry]:
    """An entry per table that has a quant param as an exact key of its own; the first such key counts."""
    return [entry for table in module.op.tables if (entry := _entry(module, table)) is not None]


def _entry(module: ModuleView, table: Table) -> SupportEntry | None:
    levels = ["below the phase"] if table.phase_column else []
    for key in module.op.nesting(table.phases[0]).keys:
        params = key_params(key)
        if len(params) == 1 and params[0] in module.op.quant_params:
            return SupportEntry(module, table, params[0], tuple(levels))
        name = ", ".join(params)
        levels.append(f"below {name}" if len(name) <= ROOM else "below the next key")
    return None


def render_resolver(entries: list[SupportEntry], facts: OpOwnedFacts) -> str:
    """The branches of `_LazySupportMatrix._resolve`."""
    return "\n".join(fragment(facts.templates, "resolve.py.j2", e=e, facts=facts) for e in entries)


def render_snapshot(entries: list[SupportEntry]) -> str:
    """The statement that keeps `_update_support_matrix` in step."""
    head = statement("for key in ", tupled([literal(e.key) for e in entries]), 8, ":")
    return f"        {head}\n            self.supported_quant_mode[key] = _LazySupportMatrix(self).get(key, [])\n"
