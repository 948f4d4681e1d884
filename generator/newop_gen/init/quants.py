"""Columns of quant modes: which enum, which modes, and which spellings need an alias."""

from __future__ import annotations

from dataclasses import dataclass

from ..sol.quants import SIXTEEN_BIT, canonical
from ..spec.rules.names import MODES
from .profile import Column
from .vocabulary import MODE_SPELLINGS, QUANT_LIKE, QUANT_OF


@dataclass(frozen=True)
class QuantFound:
    """`alias` maps a cell to its mode where it is not a mode's own name."""

    enum: str
    modes: tuple[str, ...]
    alias: dict[str, str]


def find_quant(column: Column) -> QuantFound | None:
    """The quant modes that a text column holds, or None when it holds something else."""
    if column.kind != "text":
        return None
    named = bool(QUANT_LIKE.search(column.name))
    first = next(enum for pattern, enum in QUANT_OF if pattern.search(column.name))
    for enum in dict.fromkeys((first, *MODES)) if named else (first,):
        modes = [_mode(enum, value) for value in column.values]
        if not all(modes):
            continue
        alias = {v: m for v, m in zip(column.values, modes) if m and canonical(v) != m}
        if alias and not named:  # a kernel that happens to be called 'half' is no quant mode
            continue
        return QuantFound(enum, tuple(dict.fromkeys(m for m in modes if m)), alias)
    return None


def _mode(enum: str, value: str) -> str | None:
    known = MODES[enum]
    sixteen = SIXTEEN_BIT if SIXTEEN_BIT in known else "half"
    if value in known:
        return value
    mode = canonical(MODE_SPELLINGS.get(value.lower(), value))
    mode = sixteen if mode == SIXTEEN_BIT else mode
    return mode if mode in known else None
