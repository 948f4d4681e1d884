"""A spec in the making: every decision, with the reason that is written beside it as a comment."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..spec.model import NAME_PATTERN, PhaseName
from ..spec.reserved import reserved_op, reserved_param


@dataclass(frozen=True)
class ParamDraft:
    """`type` as a spec spells it. `wide`: a width in elements, which the placeholder formula counts."""

    type: str
    modes: tuple[str, ...] = ()
    note: str = ""
    wide: bool = False
    meaning: str = ""


@dataclass(frozen=True)
class KeyDraft:
    """One exact level; several `params` make a tuple."""

    params: tuple[str, ...]
    columns: tuple[str, ...]
    alias: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    default: str | int | None = None
    fallback: str | None = None


@dataclass(frozen=True)
class NestingDraft:
    keys: tuple[KeyDraft, ...]
    axes: tuple[tuple[str, str], ...]
    """(axis, column expression), in the order of the dict."""
    method: str
    latency: str = "latency"
    unit: str = "ms"
    rows: str = ""
    outside: str = "error"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntryDraft:
    """A data entry; `blank` are the fields that are not known, so that it is written as a comment."""

    file: str
    phase: PhaseName | None
    system: str
    backend: str
    version: tuple[str, ...] = ("newest",)
    blank: tuple[str, ...] = ()


@dataclass(frozen=True)
class Draft:
    """All that a first spec says. `nestings` has an entry per phase that is used; `formula` is the FLOPs and bytes of
    the placeholder per phase."""

    op: str
    summary: str
    origin: str
    params: Mapping[str, ParamDraft]
    used: tuple[PhaseName, ...]
    table: str
    query: str
    query_why: str
    nestings: Mapping[PhaseName, NestingDraft]
    phase_column: str = ""
    phase_values: Mapping[PhaseName, str] = field(default_factory=dict)
    prefix: str = "none"
    entries: tuple[EntryDraft, ...] = ()
    remarks: tuple[str, ...] = ()
    empirical: float = 0.7

    @property
    def one_nesting(self) -> bool:
        return len(set(map(repr, self.nestings.values()))) == 1

    @property
    def formulas(self) -> dict[PhaseName, tuple[str, str]]:
        """The placeholder of each phase, (FLOPs, bytes): what the tokens of a call bring along, at 16 bits."""
        return {phase: self._formula(phase) for phase in self.used}

    def _formula(self, phase: PhaseName) -> tuple[str, str]:
        tokens = "x" if self.query == "x" else "b * s" if phase == "context" else "b"
        wide = [name for name, p in self.params.items() if p.wide][:6]
        width = f" * ({' + '.join(wide)})" if len(wide) > 1 else f" * {wide[0]}" if wide else ""
        return f"2 * {tokens}{width}", f"2 * {tokens}{width}"


def op_name(text: str) -> str:
    """A name that an op can have, made of `text`: a file's stem, or what somebody typed. A fitting one stays."""
    if re.fullmatch(NAME_PATTERN, text) and not reserved_op(text):
        return text
    name = _snake(text)
    name = name if len(name) > 1 and name[0].isalpha() else f"op_{name}".rstrip("_")
    name = name[:40].rstrip("_")
    return f"{name}_op" if reserved_op(name) else name


def param_names(columns: Iterable[str], types: Mapping[str, str]) -> dict[str, str]:
    """A name for the param of each column: its own where a param can have it."""
    names: dict[str, str] = {}
    for column in columns:
        name = _snake(column)[:40].strip("_") or "key"
        if not name[0].isalpha():
            name = f"p_{name}"
        if len(name) < 2 or reserved_param(name):
            name = f"{name}_{'size' if types.get(column) == 'int' else 'name'}"
        stem, number = name, 2
        while name in names.values():
            name, number = f"{stem}_{number}", number + 1
        names[column] = name
    return names


def _snake(text: str) -> str:
    out = "".join(c.lower() if c.isascii() and c.isalnum() else "_" for c in text)
    while "__" in out:
        out = out.replace("__", "_")
    return out.strip("_")


def growth(points: Mapping[tuple[int, ...], float], axis: int) -> float | None:
    """How latency grows along an axis at its upper end: the median exponent of its last two values, or None."""
    lines: dict[tuple[int, ...], list[tuple[int, float]]] = {}
    for point, latency in points.items():
        if latency > 0 and point[axis] > 0:
            lines.setdefault(point[:axis] + point[axis + 1 :], []).append((point[axis], latency))
    slopes = []
    for line in lines.values():
        (low, first), (high, last) = sorted(line)[-2:] if len(line) > 1 else ((1, 1.0), (1, 1.0))
        if high > low:
            slopes.append(math.log(last / first) / math.log(high / low))
    return sorted(slopes)[len(slopes) // 2] if slopes else None
