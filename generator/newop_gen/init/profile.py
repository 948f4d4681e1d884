"""What each column of a table holds, whatever it is called."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ..problems import Place, Problem
from ..sol.check import compile_expr
from ..sol.tree import Name
from ..sol.types import Type
from ..spec.model import COLUMN_PATTERN
from ..tables.read import RawTable, Row

Kind = Literal["int", "whole", "real", "text", "gaps", "empty"]

_INT = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True)
class Column:
    """`kind`: int; whole (integers written as 4.0); real; text; gaps (numbers with empty cells); empty.

    `values` are the distinct cells in the order of the file; `low` and `high` are there for numbers."""

    name: str
    kind: Kind
    values: tuple[str, ...]
    low: float = math.nan
    high: float = math.nan

    @property
    def constant(self) -> bool:
        return len(self.values) <= 1

    @property
    def readable(self) -> bool:
        """Whether a spec can name it."""
        return bool(re.fullmatch(COLUMN_PATTERN, self.name)) and isinstance(
            compile_expr(self.name, {self.name: Type.INT})[0], Name
        )

    def __str__(self) -> str:
        if self.constant:
            return f"{self.name} (always {self.values[0][:40]!a})" if self.values else f"{self.name} (empty)"
        if math.isnan(self.low):
            shown = ", ".join(value[:30] for value in self.values[:3])
            return f"{self.name} ({len(self.values)} values: {shown}{', ...' if len(self.values) > 3 else ''})"
        low, high = (f"{int(v)}" if v.is_integer() and abs(v) < 1e15 else f"{v:g}" for v in (self.low, self.high))
        return f"{self.name} ({len(self.values)} values, {low} to {high})"


def renamed(name: str) -> str:
    """A name near to `name` that a spec can have for a column: `Latency (us)` is latency_us."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain if re.fullmatch(COLUMN_PATTERN, plain) else f"column_{plain}".strip("_")[:64]


def unreadable(name: str, place: Place) -> Problem:
    """That the column `name`, which is wanted, has a name that no spec can say."""
    expected = "a column name of letters, digits and underscores"
    return Problem(place, f"the column name {name!a}", expected, f"rename it, e.g. {renamed(name)}", "init-name")


def profile(table: RawTable, rows: Sequence[Row] | None = None) -> dict[str, Column]:
    """The columns by name, of all rows or of some."""
    some = table.rows if rows is None else rows
    return {name: _column(name, dict.fromkeys(row.cells[name] for row in some)) for name in table.columns}


def _column(name: str, cells: Iterable[str]) -> Column:
    values = tuple(cells)
    filled = [v for v in values if v.strip()]
    if not filled:
        return Column(name, "empty", ())
    if all(_INT.fullmatch(v) for v in filled):
        kind: Kind = "int"
    elif all(_number(v) for v in filled):
        kind = "whole" if all(float(v).is_integer() for v in filled) else "real"
    else:
        return Column(name, "text", values)
    numbers = [float(v) for v in filled]
    return Column(name, "gaps" if len(filled) < len(values) else kind, values, min(numbers), max(numbers))


def _number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
