"""Columns of a nesting by what they are called: right in form, and likely another axis."""

from __future__ import annotations

from ...sol.check import names
from ...sol.findings import SolSyntax
from ...sol.parse import parse
from ..report import Report
from ..usual_columns import other_axis
from .nesting import axis_column


def check_axis_columns(report: Report) -> None:
    """With two columns swapped a table loads, and every answer is that of another point."""
    for loc, nesting, _ in report.nestings():
        for number, axis in enumerate(nesting.axes):
            text = axis_column(axis)
            try:
                other = other_axis(axis.axis, names(parse(text)))
            except SolSyntax:
                continue  # told by another rule
            if other:
                found = f"axis {axis.axis} reads {text}, which is called like axis {other}"
                report.warn((*loc, "axes", number, "column"), "axis-column", found, "are two columns swapped?")
