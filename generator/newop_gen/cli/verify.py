"""`newop-gen verify`: run an applied op in the user's checkout against the reference evaluator."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..problems import Exit
from .output import Progress, caution, emit_json, error_line, wanted


@click.command("verify", short_help="Run an applied op and hold its answers against the spec.")
@click.argument("spec", type=click.Path(path_type=Path), metavar="SPEC")
@click.option(
    "--checkout",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A repository root, a `src` root or an installed package to which the spec was applied.",
)
@click.option(
    "--python",
    type=click.Path(path_type=Path),
    metavar="PY",
    help="The interpreter that runs the checkout (default: this one when it has numpy, scipy and pandas, else the "
    "practice environment).",
)
@click.option(
    "--data",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A perf table to verify on, instead of the spec's own; once per table. The name tells which table it is.",
)
@click.option("--cli", "run_cli", is_flag=True, help="Also run `aiconfigurator cli default` (minutes).")
@click.option("--model", metavar="NAME", help="The model for --cli (default: the first one that has the op).")
@click.option(
    "--upstream-tests", is_flag=True, help="Also run upstream's unit tests before and after (minutes; needs git)."
)
@click.option(
    "--no-build", is_flag=True, help="Don't build a checkout whose ops are compiled: its files alone are looked at."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (newop-gen/verify/1).")
def command(
    spec: Path,
    checkout: Path,
    python: Path | None,
    data: tuple[Path, ...],
    run_cli: bool,
    model: str | None,
    upstream_tests: bool,
    no_build: bool,
    as_json: bool,
) -> int:
    """Run an applied op in its checkout and hold every answer against the spec.

    A child process imports the checkout and asks the op on a small system made for the purpose: on a made-up table,
    and on the spec's own (or --data). What the answers should be is worked out from the spec alone, by code that
    shares nothing with the generated one. Nothing is written into the checkout.

    Where ops are compiled, cargo builds the checkout first, in the tool's cache (minutes the first time, seconds
    afterwards; `newop-gen cache` says what is kept), and the op's Rust unit tests are run, too.

    \b
    Examples:
      newop-gen verify new_op.yaml --checkout ~/aiconfigurator
      newop-gen verify new_op.yaml --checkout ~/aiconfigurator --python ~/aiconfigurator/.venv/bin/python
      newop-gen verify new_op.yaml --checkout practice --json

    Exit codes: 0 everything holds, or with --no-build what can be checked without; 1 a check falls short, or the
    checkout does not compile; 2 spec or usage; 3 the op is not in the checkout, or the checkout is not supported; 5 no
    interpreter can run it, or no cargo can build it.
    """
    from ..data.units import unit_doubts
    from ..spec.load import load_spec
    from ..verify.run import Options, verify
    from ..verify.show import as_json as to_json
    from ..verify.show import show

    loaded = load_spec(spec)
    caution(unit_doubts(loaded, data))
    options = Options(python, data, build=not no_build, cli=run_cli, model=model, upstream_tests=upstream_tests)
    with Progress() as progress:
        report = verify(loaded, checkout, options, progress)
    if as_json:
        emit_json(to_json(report))
    elif not wanted.quiet:
        from rich.console import Console

        from ..review.terminal import wants_colour

        colours = "auto" if wants_colour(sys.stdout) else None
        # FORCE_COLOR and the like make no terminal of a file.
        terminal = sys.stdout.isatty()
        show(
            report,
            Console(file=sys.stdout, color_system=colours, force_terminal=terminal, highlight=False, emoji=False),  # type: ignore[arg-type]
        )
    else:
        for broken in report.broken:
            error_line(f"{broken.check}: {broken.cause.words if broken.cause else broken.asserts}")
    return Exit.DONE if report.passed else Exit.FOUND
