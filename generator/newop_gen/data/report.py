"""What a check found, as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..tables.findings import Finding
from .check import Checked

SCHEMA = "newop-gen/data-check/1"


def report(
    checked: Checked, *, file: Path, op: str, table: str, systems: Sequence[str], exit_code: int
) -> dict[str, Any]:
    """The JSON answer of `newop-gen data check` (docs/schemas/data-check-1.schema.json)."""
    from .. import __version__

    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "file": str(file),
        "op": op,
        "table": table,
        "systems": list(systems),
        "exit_code": exit_code,
        "rows": checked.rows,
        "points": checked.points,
        "repeated": checked.repeats,
        "left_out": checked.left_out,
        "notes": list(checked.notes),
        "findings": [_finding(finding) for finding in checked.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    problem = finding.problem
    return {
        "severity": finding.severity,
        "code": problem.code,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "found": problem.found,
        "expected": problem.expected,
        "suggestion": problem.suggestion,
        "count": finding.count,
        "lines": list(finding.lines),
        "details": list(finding.details),
    }
