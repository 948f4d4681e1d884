"""Made-up tables of an op, and the arguments that ask for their rows: what generated unit tests ask."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ...model.columns import column_names, typed
from ...model.op import Op, Query, Table, key_params, varying_params
from ...model.questions import Asking, formula_texts
from ...model.synthetic import POWER, Row, header, table_rows
from ...plan import Skip
from ...sol.evaluate import Gpu, SolValueError, evaluate
from ...sol.quants import Quant
from ...spec.model import PhaseName
from ..base import Facts

CASES = 6
LOSING = "99.0"
"""The latency of a row whose key stood before: it must lose."""


@dataclass(frozen=True)
class MadeUp:
    """The tables of one op in one tree."""

    op: Op
    facts: Facts
    gpu: Gpu

    @functools.cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The rows of each table, by its member."""
        return {t.member: table_rows(self.op, t) for t in self.op.tables}

    @property
    def unfilled(self) -> Skip | None:
        """Why there is no test: a table for which no made-up row was found that would be kept."""
        empty = [t.stem for t in self.op.tables if not self.rows[t.member]]
        why = f"no made-up row of {', '.join(empty)} would pass its conditions and column expressions"
        return Skip(f"unit test of {self.op.name}", why) if empty else None

    def written(self, table: Table) -> tuple[list[str], list[list[str]]]:
        """The columns of a table's file and its lines: every row, then the first one again with another latency."""
        rows = self.rows[table.member]
        names = header(self.op, table, rows)
        lines = [[self._cell(name, row) for name in names] for row in rows]
        if rows:  # a spec may let no made-up row in
            losing = self.latencies(rows[0].phase or table.phases[0])
            lines.append([LOSING if name in losing else cell for name, cell in zip(names, lines[0])])
        return names, lines

    def latencies(self, phase: PhaseName) -> list[str]:
        """The columns that a phase's latency is made of."""
        return list(column_names(self.op.nesting(phase).latency.column))

    @functools.cached_property
    def _other_cells(self) -> dict[str, str]:
        """Cells of the columns that the op does not read."""
        return {
            "framework": "TEST",
            "version": "0",
            "device": "none",
            "op_name": self.op.name if len(self.op.name) <= 24 else "op",
            "kernel_source": "k",
        }

    def _cell(self, name: str, row: Row) -> str:
        if name == "power":
            return repr(POWER)
        return row.cells.get(name, self._other_cells.get(name, ""))

    def asked(self, query: Query) -> list[tuple[Row, dict[str, Any]]]:
        """Some rows of the query's table and the arguments that ask for each, where some are found: those that between
        them go all the ways of the formula that rows go, and at least `CASES` evenly over the table."""
        rows = [r for r in self.rows[query.table.member] if r.phase in (None, query.phase)]
        found = [(row, self._arguments(query, row)) for row in rows]
        pairs = [(row, values) for row, values in found if values is not None]
        chosen, _ = self.asking(query).chosen(values for _, values in pairs)
        evenly = [values for _, values in pairs[:: max(1, len(pairs) // CASES)][:CASES]]
        chosen += [v for v in evenly if v not in chosen][: max(0, CASES - len(chosen))]
        return [(row, values) for row, values in pairs if values in chosen]

    def asking(self, query: Query) -> Asking:
        return Asking(query, self.gpu, self.facts.modes)

    def elsewhere(self, query: Query) -> list[dict[str, Any]]:
        """Arguments off the table, for the ways of the formula that no row goes."""
        asking = self.asking(query)
        asked = [values for _, values in self.asked(query)]
        _, seen = asking.chosen(asked)
        return asking.searched(seen, asked)

    def _arguments(self, query: Query, row: Row) -> dict[str, Any] | None:
        """Arguments of the query that ask for exactly this row, or None when none are found."""
        nesting = query.nesting
        path = list(row.path)
        values: dict[str, Any] = {}
        for axis, at in zip(nesting.axes, path[len(nesting.keys) :]):
            values[axis.axis] = at
        for key, found in zip(nesting.keys, path):
            params = key_params(key)
            if key.params:
                values.update(zip(params, cast(Sequence[Any], found)))
            elif key.lookup is None:
                values[params[0]] = found
        for key, found in zip(nesting.keys, path):
            if key.lookup is not None and not self._solve(key.lookup, key_params(key)[0], found, values):
                return None
        for name in query.run_time:
            values.setdefault(name, 0 if name == "prefix" else 16)
        for name, param in self.op.params.items():
            text = (*formula_texts(self.op, name), "alpha")[0]
            values.setdefault(name, {"int": 8, "str": text}.get(param.type) or (param.modes or ["bfloat16"])[0])
        return values

    def _solve(self, lookup: str, param: str, found: object, values: dict[str, Any]) -> bool:
        """Give `param` a value for which the key that is looked up is the one of the row."""
        declared = self.op.params[param]
        candidates: list[object] = [found, *declared.modes]
        if declared.type == "int":
            candidates += [*(v for v in values.values() if isinstance(v, int)), 1, 2, 4]
        for candidate in candidates:
            trial = {**values, param: candidate}
            try:
                asked = evaluate(typed(lookup, self.op.types()), self.quants(trial))
            except SolValueError:
                continue
            if asked == (self.facts.quant(str(found)) if isinstance(asked, Quant) else found):
                values[param] = candidate
                return True
        return False

    def quants(self, values: Mapping[str, object]) -> dict[str, Any]:
        """The arguments as formulas see them: modes as what they are in this tree."""
        return {n: self.facts.quant(str(v)) if n in self.op.quant_params else v for n, v in values.items()}

    def not_collected(self, query: Query, values: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments with an int or str key that no row has, or None where there is no such key."""
        for key in query.nesting.keys:
            for name in key_params(key):
                kind = self.op.params[name].type
                if not varying_params(key) and key.lookup is None and kind in ("int", "str"):
                    return {**values, name: 977 if kind == "int" else "not_collected"}
        return None
