"""Which column is the latency, in which unit, and whether power was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..problems import Place, Problem, SpecError
from .profile import Column, unreadable
from .vocabulary import AVERAGE_WORDS, TIME_WORDS, UNIT_WORDS, is_counter, is_power, is_time, unit_of, words_of

_NUMBERS = ("int", "whole", "real")


@dataclass(frozen=True)
class LatencyFound:
    """`column` is an expression over columns; `said` tells people how it was found."""

    column: str
    unit: str
    said: str


def find_latency(columns: Mapping[str, Column], file: str) -> LatencyFound:
    """Raises `SpecError` when no column, or no single one, can be told to be the latency."""
    named = [name for name, c in columns.items() if c.kind in _NUMBERS and is_time(name)]
    plain = [name for name in named if _plain(name)]
    exact = [name for name in plain if name.lower() == "latency"] or plain
    chosen = exact if len(exact) == 1 else [name for name in named if columns[name].kind != "int"] or named
    if not chosen:  # the only thing that was measured
        real = [n for n, c in columns.items() if c.kind in ("real", "whole") and not is_counter(n)]
        chosen = real if len(real) == 1 else []
    if unnamed := [name for name in chosen if not columns[name].readable]:
        raise SpecError(unreadable(name, Place(file, 1, 1)) for name in unnamed)
    units = {unit_of(name) or "ms" for name in chosen}
    if not chosen or len(units) > 1 or len(chosen) > 4:
        what = f"{', '.join(chosen)} may all be latencies" if chosen else "no column is a latency"
        raise SpecError(
            Problem(Place(file, 1, 1), what, "one column that says so, such as 'latency' in ms",
                    "say which it is: --latency COLUMN, or --latency 'COLUMN + COLUMN' --unit us", "init-latency")
        )  # fmt: skip
    unit = units.pop()
    total = " + ".join(chosen)
    said = f"{total}, taken to be in {unit}" + (": the sum of all that are named as times" if len(chosen) > 1 else "")
    if rest := [name for name in named if name not in chosen and columns[name].readable]:
        said += f" (--latency for {', '.join(rest)})"
    return LatencyFound(total, unit, said)


def _plain(name: str) -> bool:
    """Whether a name says nothing but that it is a time, how it was averaged and in which unit."""
    return set(words_of(name)) <= TIME_WORDS | AVERAGE_WORDS | set(UNIT_WORDS)


def power_said(columns: Mapping[str, Column]) -> str:
    """What there is to say about measured power."""
    if "power" in columns:
        column = columns["power"]
        if column.kind in _NUMBERS:
            return f"power in W ({column.low:g} to {column.high:g}): energy is power times latency"
        if column.kind == "gaps":
            return "power in W is empty in some rows: their energy is 0"
        if column.kind != "empty":
            return "the column power is not a number in every row: energy will be wrong or rows refused"
    alike = [n for n in columns if is_power(n) and n != "power"]
    if alike:
        return f"no column power, so energy is 0 ({', '.join(alike)} looks like it: loaders read 'power' only)"
    return "no column power: energy is 0"
