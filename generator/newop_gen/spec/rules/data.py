"""Data files: which table they hold and where they go."""

from __future__ import annotations

import re

from ..nodes import Loc
from ..report import Report

_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def check_data(report: Report) -> None:
    per_phase = report.spec.phases.table == "per_phase"
    seen: dict[tuple[object, ...], int] = {}
    for number, data in enumerate(report.spec.data):
        loc = ("data", number)
        if data.phase is None and per_phase:
            report.error(loc, "phase", "a data file without phase", f"phase: {' or '.join(report.used)}")
        elif data.phase is not None and not per_phase:
            found = f"phase although phases.table is {report.spec.phases.table}"
            report.error((*loc, "phase"), "phase", found, "one file for all phases", "leave it out", key=True)
        elif data.phase is not None and data.phase not in report.used:
            report.error((*loc, "phase"), "phase", f"{data.phase}, which the op does not use", ", ".join(report.used))
        _paths(report, loc, data.file, data.system, data.version)
        versions = tuple(data.version) if isinstance(data.version, list) else (data.version,)
        if (first := seen.setdefault((data.phase, data.system, data.backend, versions), number)) != number:
            place = report.places(("data", first))
            found = f"a second file for the same place, first at {place.line}:{place.column}"
            report.error(loc, "twice", found, "one file per table, system, backend and version")


def _paths(report: Report, loc: Loc, file: str, system: str, version: str | list[str]) -> None:
    """Names that stay where they are put, on every file system."""
    names: list[tuple[Loc, str]] = [((*loc, "file"), file), ((*loc, "system"), system)]
    if isinstance(version, list):
        names += [((*loc, "version", i), text) for i, text in enumerate(version)]
    else:
        names.append(((*loc, "version"), version))
    for at, text in names:
        if ".." in text:
            report.error(at, "path", f"'..' in {text!a}", "a name without it")
        elif any(_DEVICES.fullmatch(part) or part.endswith(".") for part in text.split("/")):
            report.error(at, "path", f"{text!a}, which some systems reserve", "another name")
