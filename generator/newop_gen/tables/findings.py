"""What a check of a table finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..problems import Place, Problem

MOST_DETAILS = 1000
"""Sentences that a finding carries at most; its lines are all there."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One kind of thing about a table, at its first place.

    An `error` keeps the table from being loaded, or makes a query answer something wrong; a `warning` is loaded as the
    spec says, and is worth a look. `lines` are all the rows it is about: lines of a text file, row numbers of a parquet
    file, from 1. `details` are sentences about single ones, for people.
    """

    severity: Severity
    problem: Problem
    lines: tuple[int, ...] = ()
    details: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        return max(len(self.lines), len(self.details), 1)


def error(
    file: str, lines: int | Sequence[int], found: str, expected: str = "", suggestion: str = "", code: str = "",
    details: Sequence[str] = (), *, column: int = 1,
) -> Finding:  # fmt: skip
    """`lines` are the rows it is about, or one of them; 0 and none mean the file as a whole. `column` is the character
    in the first of them."""
    return _finding("error", file, lines, found, expected, suggestion, code, details, column)


def warning(
    file: str, lines: int | Sequence[int], found: str, expected: str = "", suggestion: str = "", code: str = "",
    details: Sequence[str] = (), *, column: int = 1,
) -> Finding:  # fmt: skip
    """As `error`."""
    return _finding("warning", file, lines, found, expected, suggestion, code, details, column)


def _finding(
    severity: Severity, file: str, lines: int | Sequence[int], found: str, expected: str, suggestion: str, code: str,
    details: Sequence[str], column: int,
) -> Finding:  # fmt: skip
    rows = tuple(filter(None, [lines] if isinstance(lines, int) else lines))
    place = Place(file, rows[0], column) if rows else Place(file)
    return Finding(severity, Problem(place, found, expected, suggestion, code), rows, tuple(details))
