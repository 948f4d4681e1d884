"""A checkup as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import __version__
from .checks import codes
from .finding import Checkup, Finding, Severity

SCHEMA = "newop-gen/doctor/1"
MARKS = {Severity.WRONG: "wrong", Severity.FAILS: "fails", Severity.LATENT: "latent", Severity.LIMIT: "limit"}


def lines(checkup: Checkup) -> list[str]:
    """What people read: findings by code, most serious first, each with its place; limits; what was not looked at."""
    found: list[str] = []
    meanings = codes()
    for code, group in _by_code(checkup.findings):
        found += [f"{code}: {meanings[code]}"]
        told = ""
        for finding in group:
            found.append(f"  {_place(finding)}: {MARKS[finding.severity]}: {_subject(finding)}{finding.what}")
            if finding.effect and finding.effect != told:
                found.append(f"      measured: {finding.effect}")
            told = finding.effect
        mends = dict.fromkeys(f.mend for f in group)
        found += [f"  to mend it: {mend}" for mend in mends]
        found.append("")
    looked = ", ".join(f"{number} {kind}" for kind, number in checkup.looked_at.items())
    count = len(checkup.findings)
    found.append(f"{count} finding{'' if count == 1 else 's'} in {looked}")
    for code, group in _by_code(checkup.limits):
        found.append(f"no defect, but to be known: {code}: {meanings[code]}")
        found += [f"  {_place(limit)}: {_subject(limit)}{limit.what}" for limit in group]
        found += [f"  in its place: {mend}" for mend in dict.fromkeys(limit.mend for limit in group)]
    found += [f"not looked at: {note}" for note in checkup.not_looked_at]
    return found


def _by_code(findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    order = list(Severity)
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.code, []).append(finding)
    return sorted(groups.items(), key=lambda g: (min(order.index(f.severity) for f in g[1]), list(codes()).index(g[0])))


def _subject(finding: Finding) -> str:
    """The name that the finding is about, unless it says so itself."""
    name = finding.names[0]
    return "" if name in finding.what else f"{name}: "


def _place(finding: Finding) -> str:
    return f"{finding.place.file}:{finding.place.line}" if finding.place.line else finding.place.file


def as_json(checkup: Checkup, checkout: str) -> dict[str, Any]:
    """The format `newop-gen/doctor/1`."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "checkout": checkout,
        "layout": checkup.layout,
        "looked_at": checkup.looked_at,
        "not_looked_at": list(checkup.not_looked_at),
        "findings": [
            {"code": f.code, "severity": f.severity.value, **_where(f), "effect": f.effect or None, "mend": f.mend}
            for f in checkup.findings
        ],
        "limits": [{"code": f.code, **_where(f), "instead": f.mend} for f in checkup.limits],
    }


def _where(finding: Finding) -> dict[str, Any]:
    return {
        "file": finding.place.file,
        "line": finding.place.line,
        "names": list(finding.names),
        "what": finding.what,
    }
