"""`newop-gen pr-text`: a description for the pull request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..problems import Exit

if TYPE_CHECKING:
    from ..layouts.crate import Crate
    from ..model.loaded import LoadedOp
    from ..plan import Prepared


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
    from ..model.loaded import load_ops
    from ..review.pr_text import pr_text
    from .reviewing import read_verifications

    loaded = load_ops(specs)
    reports = {report.op: report for report in read_verifications(verifications, loaded)}
    planned, crate = _planned(loaded, checkout) if checkout is not None else (None, None)
    click.echo(pr_text(loaded, planned, reports, crate), nl=False)
    return Exit.DONE


def _planned(loaded: Sequence[LoadedOp], checkout: Path) -> tuple[Prepared, Crate | None]:
    from ..checkout.tree import Tree
    from ..layouts.recognise import layout_of
    from ..runs.whole import whole
    from ..standing import prepare_or_tell

    tree = Tree.open(checkout)
    prepared = whole(loaded, tree, prepare_or_tell(loaded, tree, checkout)).prepared
    return prepared, layout_of(tree).rules(tree).crate
