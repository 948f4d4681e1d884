"""What each column of a table holds, whatever it is called."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from ..problems import Place, Problem
from ..sol.check import compile_expr
from ..sol.tree import Name
from ..sol.types import Type
from ..spec.model import COLUMN_PATTERN
from ..tables.column import count_distinct
from ..tables.raw import RawTable, Rows

Kind = Literal["int", "whole", "real", "text", "gaps", "empty"]

MOST_VALUES = 1 << 16
"""Different cells that are held of a column: a size or a text has fewer."""
_INT = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True)
class Column:
    """`kind`: int; whole (integers written as 4.0); real; text; gaps (numbers with empty cells); empty.

    `values` are the distinct cells in the order of the file, of very many the first; `count` is how many there are.
    `low` and `high` are there for numbers."""

    name: str
    kind: Kind
    values: tuple[str, ...]
    count: int
    low: float = math.nan
    high: float = math.nan

    @property
    def constant(self) -> bool:
        return self.count <= 1

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
            return f"{self.name} ({self.count} values: {shown}{', ...' if self.count > 3 else ''})"
        low, high = (f"{int(v)}" if v.is_integer() and abs(v) < 1e15 else f"{v:g}" for v in (self.low, self.high))
        return f"{self.name} ({self.count} values, {low} to {high})"


def renamed(name: str) -> str:
    """A name near to `name` that a spec can have for a column: `Latency (us)` is latency_us."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain if re.fullmatch(COLUMN_PATTERN, plain) else f"column_{plain}".strip("_")[:64]


def unreadable(name: str, place: Place) -> Problem:
    """That the column `name`, which is wanted, has a name that no spec can say."""
    expected = "a column name of letters, digits and underscores"
    return Problem(place, f"the column name {name!a}", expected, f"rename it, e.g. {renamed(name)}", "init-name")


def profile(table: RawTable, rows: Rows | None = None) -> dict[str, Column]:
    """The columns by name, of all rows or of some."""
    some = table.rows if rows is None else rows
    return {name: _column(name, some) for name in table.columns}


def _column(name: str, rows: Rows) -> Column:
    values: dict[str, None] = {}
    seen = _Seen()
    for text in rows.distinct(name):
        if text in values:
            continue
        if len(values) < MOST_VALUES:
            values[text] = None
        seen.add(text)
    count = len(values) if len(values) < MOST_VALUES else count_distinct(rows.column(name))
    if not seen.filled:
        return Column(name, "empty", (), 0)
    if seen.sort == "text":
        return Column(name, "text", tuple(values), count)
    return Column(name, "gaps" if seen.empty else seen.sort, tuple(values), count, seen.low, seen.high)


class _Seen:
    """What cells are, all together."""

    def __init__(self) -> None:
        self.sort: Kind = "int"
        self.filled = self.empty = False
        self.low, self.high = math.inf, -math.inf

    def add(self, text: str) -> None:
        if not text.strip():
            self.empty = True
            return
        self.filled = True
        if self.sort == "text":
            return
        number = _number(text)
        if number is None:
            self.sort = "text"
            return
        if not _INT.fullmatch(text):
            self.sort = "whole" if number.is_integer() and self.sort != "real" else "real"
        self.low, self.high = min(self.low, number), max(self.high, number)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
