"""A report for people (on a terminal a table, then what is wrong) and for programs (`newop-gen/verify/1`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import __version__
from ..text import printable
from .coverage import as_data, told
from .result import BuildReport, CheckResult, Report

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SCHEMA = "newop-gen/verify/1"
SHOWN_MODELS = 4
MARKS = {"passed": ("ok", "green"), "failed": ("FAILED", "bold red"), "skipped": ("skipped", "yellow")}


def as_json(report: Report) -> dict[str, Any]:
    """The report as `docs/schemas/verify-1.schema.json` has it."""
    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "op": report.op,
        "spec": report.spec,
        "spec_sha256": report.spec_sha256,
        "checkout": report.checkout,
        "layout": report.layout,
        "python": report.python,
        "tables": list(report.tables),
        "passed": report.passed,
        "coverage": as_data(report.reached),
        "build": None if report.build is None else vars(report.build),
        "seconds": round(report.seconds, 3),
        "causes": [{"code": c.code, "words": c.words} for c in report.causes],
        "checks": [_check(r) for r in report.results],
    }


def _check(r: CheckResult) -> dict[str, Any]:
    return {
        "check": r.check,
        "asserts": r.asserts,
        "status": r.status,
        "points": r.points,
        # Infinity is no JSON: an answer that is no number has no deviation.
        "worst": r.worst if r.worst is None or r.worst < float("inf") else None,
        "tolerance": r.tolerance,
        "failed": r.failed,
        "failures": [{"where": f.where, "expected": f.expected, "found": f.found} for f in r.failures],
        "cause": None if r.cause is None else {"code": r.cause.code, "words": r.cause.words},
        "note": r.note,
    }


def show(report: Report, console: Console) -> None:
    """On a terminal a table of all checks; everywhere what a reader has to know: each failure with its probable cause,
    what was skipped and why, what the real tables cover, a summary. Lines are never wrapped outside of the table."""

    def line(text: str = "", style: str | None = None) -> None:
        for part in text.splitlines() or [""]:
            console.print(printable(part).rstrip(), style=style, markup=False, soft_wrap=True)

    if report.build is not None and not report.build.built:
        line(not_built(report.build), "bold yellow")
    if console.is_terminal:
        console.print(_table(report))
    else:
        for r in report.results:
            if r.status == "skipped" or r.check == "cli":  # what `cli` found is in its note
                line(f"{r.check}: {MARKS[r.status][0]}" + (f": {r.note}" if r.note else ""))
    for r in report.broken:
        line()
        line(f"{r.check}: {r.failed} of {r.points} assertions fail", "bold red")
        for f in r.failures:
            line(f"  {f.where}\n    expected {f.expected}\n    found    {f.found}")
        if r.failed > len(r.failures):
            line(f"  and {r.failed - len(r.failures)} more")
        if r.cause:
            line(f"  probable cause: {r.cause.words} [{r.cause.code}]", "yellow")
    for text in told(report.reached, SHOWN_MODELS):
        line(text)
    skipped = sum(r.status == "skipped" for r in report.results)
    points = sum(r.points for r in report.results)
    summary = f"{report.op} in {report.checkout} ({report.layout}): {len(report.results)} checks, {points} assertions"
    summary += f", {skipped} skipped" if skipped else ""
    summary += f", {len(report.broken)} failed" if report.broken else ", all hold"
    line()
    line(f"{summary} ({report.seconds:.1f} s)", "bold")


def not_built(build: BuildReport) -> str:
    """What stands first in every report on a compiled op that was not asked anything."""
    return f"not built ({build.why}): the op is compiled, and nothing that it answers was asked"


def _table(report: Report) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("check", overflow="fold")
    table.add_column("what is asserted", overflow="fold")
    table.add_column("points", justify="right")
    table.add_column("worst", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for r in report.results:
        word, style = MARKS[r.status]
        worst = "" if r.worst is None else "-" if r.worst == float("inf") else f"{r.worst:.1e}" if r.worst else "0"
        about = Text(printable(r.asserts))
        if r.note:
            about.append("\n")
            about.append(printable(r.note), style="dim")
        table.add_row(Text(printable(r.check)), about, str(r.points), worst, Text(word, style=style))
    return table
