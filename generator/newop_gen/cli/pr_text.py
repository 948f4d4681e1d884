"""`newop-gen pr-text`: a description for the pull request."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import Exit


@click.command("pr-text", short_help="Print a description for the pull request, as Markdown.")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
@click.option(
    "--checkout",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Also tell the files, tests and notes of this checkout, whether the specs are applied there or not.",
)
@click.option(
    "--verification",
    "verifications",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A report of `verify --json` to tell of. May be repeated, one per spec.",
)
def command(specs: tuple[Path, ...], checkout: Path | None, verifications: tuple[Path, ...]) -> int:
    """Print a description for the pull request that adds the ops of some specs: what, why, files, SOL formula, data,
    tests, how verified. The first line serves as a title. Nothing is written.

    \b
    Examples:
      newop-gen pr-text new_op.yaml
      newop-gen pr-text new_op.yaml --checkout ~/aiconfigurator --verification verify.json > pr.md
    """
    from ..review.pr_text import pr_text
    from ..spec.load import load_specs
    from ..standing import prepare_or_tell
    from .reviewing import read_verifications, whole

    loaded = load_specs(specs)
    reports = {report.op: report for report in read_verifications(verifications, loaded)}
    planned = None
    if checkout is not None:
        found = whole(loaded, checkout, prepare_or_tell(loaded, checkout))
        planned = (found.prepared.plan, found.prepared.changes)
    click.echo(pr_text(loaded, planned, reports), nl=False)
    return Exit.DONE
