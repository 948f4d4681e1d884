"""What a verification says to a file: failures, what was skipped, a summary; no table, no blanks at the end of lines."""

from __future__ import annotations

import io

import pytest

from newop_gen.verify.result import BuildReport, Cause, CheckResult, Failure, Report
from newop_gen.verify.show import as_json, show

LONG = "what is asserted, in words that go on for longer than any line has room, " * 3
RESULTS = (
    *(CheckResult(f"measured ({n})", LONG, "passed", 7, 0.0, 1e-12, note=LONG) for n in range(40)),
    CheckResult("unit-test", LONG, "skipped", note="no pytest"),
    CheckResult("cli", LONG, "passed", 3, note="chose agg"),
    CheckResult(
        "between", LONG, "failed", 9, 0.5, 1e-9, (Failure(LONG, "1.0", "2.0\n  and so on   "),), 2, Cause("slope", LONG)
    ),
)


def _shown(terminal):
    from rich.console import Console

    report = Report("an_op", "spec.yaml", "practice", "func_map", "python", ("made-up",), RESULTS, 1.25)
    stream = io.StringIO()
    show(report, Console(file=stream, width=80, force_terminal=terminal, color_system=None, highlight=False))
    return stream.getvalue()


def test_a_file_gets_what_matters_in_plain_lines():
    lines = _shown(False).splitlines()
    assert lines == [
        "unit-test: skipped: no pytest",
        "cli: ok: chose agg",
        "",
        "between: 2 of 9 assertions fail",
        f"  {LONG}".rstrip(),
        "    expected 1.0",
        "    found    2.0",
        "  and so on",
        "  and 1 more",
        f"  probable cause: {LONG} [slope]",
        "",
        "an_op in practice (func_map): 43 checks, 292 assertions, 1 skipped, 1 failed (1.2 s)",
    ]
    assert not any(line != line.rstrip() for line in lines)


@pytest.mark.parametrize("terminal", [False, True])
def test_what_was_not_built_is_said_first(terminal):
    from rich.console import Console

    build = BuildReport(False, "--no-build", "", "", 0.0)
    report = Report("an_op", "spec.yaml", "practice", "engine", "", (), RESULTS[:1], 1.25, build=build)
    stream = io.StringIO()
    show(report, Console(file=stream, width=80, force_terminal=terminal, color_system=None, highlight=False))
    first = stream.getvalue().splitlines()[0]
    assert first.strip() == "not built (--no-build): the op is compiled, and nothing that it answers was asked"
    assert as_json(report)["build"]["built"] is False


def test_a_terminal_gets_the_table_too():
    shown = _shown(True)
    assert "measured (39)" in shown and "what is asserted" in shown and "1 failed" in shown
