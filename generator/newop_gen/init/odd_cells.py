"""Single cells that are not what their column is: named before a whole column is taken for something else."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Literal

from ..data.cell_places import CellPlaces, as_number
from ..problems import Problem, SpecError
from ..spec.usual_columns import BATCH, SEQUENCE, SIZES, STEP, TOKENS
from ..tables.raw import RawTable
from .vocabulary import PROVENANCE, is_counter, is_power, is_time

FEW = 0.1
"""Cells that are odd are fewer than this share of their column; more of them are what the column is."""
FEW_OF_A_NUMBER = 0.5
"""The same for a column that is called like a latency or a run-time size."""
LEAST = 3
"""Cells alike that tell what a column is."""
SHOWN = 20
MOST_KNOWN = 1 << 16
"""Texts of a column whose sort is held."""

SIZE_NAMES = frozenset((*BATCH, *SEQUENCE, *STEP, *TOKENS, *SIZES))
_INT = re.compile(r"-?[0-9]+")

_Sort = Literal["int", "whole", "real", "empty", "text"]


def refuse_odd_cells(tables: Sequence[RawTable], settled: Collection[str]) -> None:
    """Raises `SpecError` with file, line and character of each cell that is no number in a column of numbers.

    `settled` are columns that somebody has said what to do with. Who measured, where and when may hold anything.
    """
    problems = [problem for table in tables for problem in _odd(table, settled)]
    if problems:
        raise SpecError(problems[:SHOWN])


def _odd(table: RawTable, settled: Collection[str]) -> Iterator[Problem]:
    places = CellPlaces(table)
    for name in table.columns:
        if name in settled or name.lower() in PROVENANCE or _beside(name):
            continue
        sorts = Counter(_sorts(table, name))
        wanted, odd = _judged(name, sorts)
        count = sum(sorts[sort] for sort in odd)
        others = len(table.rows) - count
        if not count or others < LEAST:
            continue
        if count > max(1, len(table.rows) * (FEW_OF_A_NUMBER if _named(name) else FEW)):
            continue
        bad = ((number, sort) for number, sort in enumerate(_sorts(table, name)) if sort in odd)
        for number, sort in itertools.islice(bad, SHOWN):
            row = table.rows[number]
            text = row.cells[name]
            found = f"{name} is empty" if sort == "empty" else f"{name} is {text[:40]!a}"
            meant = str(int(float(text))) if sort == "whole" else as_number(text)
            mend = f"write {meant}" if meant else "mend the cell, or take the row out"
            hint = mend if _read_as_a_number(name) else f"{mend}; if it is no number: --ignore {name}, or --key {name}"
            expected = f"{wanted}, as in the other {others} rows"
            yield Problem(places(row.line, name), found, expected, hint, "init-cell")


def _sorts(table: RawTable, name: str) -> Iterator[_Sort]:
    """What each cell of a column is."""
    known: dict[str, _Sort] = {}
    for text in table.rows.column(name):
        sort = known.get(text)
        if sort is None:
            sort = _sort(text)
            if len(known) < MOST_KNOWN:
                known[text] = sort
        yield sort


def _beside(name: str) -> bool:
    """Whether a column is measured beside the latency and not read: what it holds does not matter."""
    return is_counter(name) and name != "power"


def _named(name: str) -> bool:
    """Whether a column's name says that it holds numbers."""
    return name.lower() in SIZE_NAMES or is_time(name)


def _read_as_a_number(name: str) -> bool:
    """Whether a column of this name is measured, so that it can't be a key."""
    return name == "power" or is_time(name)


def _judged(name: str, sorts: Collection[_Sort]) -> tuple[str, frozenset[_Sort]]:
    """What the column holds, by most of its cells and its name, and the sorts of cells that are odd in it."""
    measured = is_time(name) or is_power(name) or "real" in sorts
    # A row without power is loaded as one; `data check` says how many there are.
    gaps: frozenset[_Sort] = frozenset() if name == "power" else frozenset({"empty"})
    if measured:
        return "a number", gaps | {"text"}
    return "a whole number", gaps | {"text", "whole"}


def _sort(text: str) -> _Sort:
    if not text.strip():
        return "empty"
    if _INT.fullmatch(text):
        return "int"
    try:
        value = float(text)
    except ValueError:
        return "text"
    return "text" if not math.isfinite(value) else "whole" if value.is_integer() else "real"
