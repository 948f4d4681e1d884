"""A formula that nobody has written yet."""

from __future__ import annotations

from ..report import Report

PLACEHOLDER = "placeholder"
"""Name of the part that `init` writes where only a human knows the formula."""


def check_placeholder(report: Report) -> None:
    """Numbers of a placeholder look like any others, so it is said each time the spec is read."""
    for loc, sol, _ in report.sols():
        for number, part in enumerate(sol.parts):
            if part.name == PLACEHOLDER:
                found = "the SOL is a placeholder: SOL, EMPIRICAL and HYBRID mean nothing yet"
                suggestion = "write the FLOPs and bytes of the op, and give the part another name"
                report.warn((*loc, "parts", number, "name"), "sol-placeholder", found, suggestion)
