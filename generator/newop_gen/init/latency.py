"""Which column is the latency, in which unit, and whether power was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..problems import Place, Problem, SpecError
from .profile import Column, renamed, unreadable
from .vocabulary import LATENCY, LATENCY_LIKE, NOT_LATENCY, POWER_LIKE, UNITS

_NUMBERS = ("int", "whole", "real")


@dataclass(frozen=True)
class LatencyFound:
    """`column` is an expression over columns; `said` tells people how it was found."""

    column: str
    unit: str
    said: str


def find_latency(columns: Mapping[str, Column], file: str) -> LatencyFound:
    """Raises `SpecError` when no column, or no single one, can be told to be the latency."""
    numbers = {n.lower(): n for n, c in columns.items() if c.kind in _NUMBERS and c.readable}
    for name in LATENCY:
        if name in numbers:
            column = numbers[name]
            unit = unit_of(column) or "ms"
            return LatencyFound(column, unit, f"{column}, taken to be in {unit}")
    # Keys are ints; of several measured columns those that are named as times make the latency together.
    real = [n for n in numbers.values() if columns[n].kind != "int" and not NOT_LATENCY.search(n)]
    timed = [n for n in real if LATENCY_LIKE.search(n)] or [
        n for n in numbers.values() if LATENCY_LIKE.search(n) and unit_of(n) and not NOT_LATENCY.search(n)
    ]
    chosen = timed or (real if len(real) == 1 else [])
    units = {unit_of(name) or "ms" for name in chosen}
    if not chosen and (named := _unreadable(columns)):
        raise SpecError(unreadable(name, Place(file, 1, 1)) for name in named)
    if not chosen or len(units) > 1 or len(chosen) > 4:
        what = f"{', '.join(chosen or real)} may all be latencies" if chosen or real else "no column is a latency"
        raise SpecError(
            Problem(Place(file, 1, 1), what, "one column that says so, such as 'latency' in ms",
                    "say which it is: --latency COLUMN, or --latency 'COLUMN + COLUMN' --unit us", "init-latency")
        )  # fmt: skip
    unit = units.pop()
    total = " + ".join(chosen)
    said = f"{total}, taken to be in {unit}" + (": the sum of all that are named as times" if len(chosen) > 1 else "")
    return LatencyFound(total, unit, said)


def _unreadable(columns: Mapping[str, Column]) -> list[str]:
    """Columns that are called like a latency, with a name that no spec can say."""
    numbers = {n: renamed(n) for n, c in columns.items() if c.kind in _NUMBERS and not c.readable}
    return [n for n, plain in numbers.items() if LATENCY_LIKE.search(plain) and not NOT_LATENCY.search(plain)]


def unit_of(column: str) -> str:
    """The unit that a column's name ends in, or ""."""
    return next((unit for pattern, unit in UNITS if pattern.search(column.lower())), "")


def power_said(columns: Mapping[str, Column]) -> str:
    """What there is to say about measured power."""
    if "power" in columns:
        column = columns["power"]
        if column.kind in _NUMBERS:
            return f"power in W ({column.low:g} to {column.high:g}): energy is power times latency"
        return "the column power is not a number in every row: energy will be wrong or rows refused"
    alike = [n for n in columns if POWER_LIKE.search(n)]
    if alike:
        return f"no column power, so energy is 0 ({', '.join(alike)} looks like it: loaders read 'power' only)"
    return "no column power: energy is 0"
