"""What an op has in the support matrix of a database: per table, the quant modes that it was measured in."""

from __future__ import annotations

from dataclasses import dataclass

from .op import Op, Table, key_params


@dataclass(frozen=True)
class Supported:
    """One entry: the modes are the keys of a table's level for `param`. `above` are the params of each level above that
    one, outermost first, none for that of the phase."""

    table: Table
    param: str
    above: tuple[tuple[str, ...], ...]

    @property
    def name(self) -> str:
        """As upstream names its own: `context_mla`, or the table's name when there is one for both phases."""
        op = self.table.op
        return self.table.member if len(op.tables) == 1 else f"{self.table.phases[0]}_{op.name}"


def supported(op: Op) -> list[Supported]:
    """An entry per table that has a quant param as an exact key of its own; the first such key counts."""
    return [entry for table in op.tables if (entry := _entry(table)) is not None]


def _entry(table: Table) -> Supported | None:
    above: list[tuple[str, ...]] = [()] if table.phase_column else []
    for key in table.op.nesting(table.phases[0]).keys:
        params = tuple(key_params(key))
        if len(params) == 1 and params[0] in table.op.quant_params:
            return Supported(table, params[0], tuple(above))
        above.append(params)
    return None
