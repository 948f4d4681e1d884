"""What a check of a table finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..problems import Place, Problem

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing about a table. An `error` keeps it from being loaded, or makes a query answer something wrong; a
    `warning` is loaded as the spec says, and is worth a look. `count` is how many rows it is about."""

    severity: Severity
    problem: Problem
    count: int = 1


def error(file: str, line: int, found: str, expected: str = "", suggestion: str = "", code: str = "") -> Finding:
    """`line` counts from 1: a line of a text file, a row of a parquet file; 0 is the file as a whole."""
    return Finding("error", Problem(Place(file, line, int(line > 0)), found, expected, suggestion, code))


def warning(
    file: str, line: int, found: str, expected: str = "", suggestion: str = "", code: str = "", count: int = 1
) -> Finding:
    """As `error`."""
    return Finding("warning", Problem(Place(file, line, int(line > 0)), found, expected, suggestion, code), count)
