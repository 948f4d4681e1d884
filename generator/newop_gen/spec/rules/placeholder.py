"""A formula, or words, that nobody has written yet."""

from __future__ import annotations

from collections.abc import Mapping

from ..nodes import Loc
from ..report import Report

TODO = "TODO"
"""First word of a text that `init` leaves to a human."""
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
    params: object = report.spec.params
    texts: list[tuple[Loc, object]] = [(("summary",), report.spec.summary)]
    # In a spec that has other errors anything can be anything.
    if isinstance(params, Mapping):
        texts += [(("params", name, "meaning"), getattr(param, "meaning", None)) for name, param in params.items()]
    for loc, text in texts:
        if isinstance(text, str) and text.partition(" ")[0].rstrip(":") == TODO:
            found = f"{text[:40]!a} will stand in docstrings and in the description of the pull request"
            report.warn(loc, "todo", found, "say it in your own words")
