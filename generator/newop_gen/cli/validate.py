"""`newop-gen validate`: everything that is wrong with specs, without a checkout."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import Exit
from .output import complain, say


@click.command("validate", short_help="Check specs and report every error with its place.")
@click.argument("specs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="SPEC...")
def command(specs: tuple[Path, ...]) -> int:
    """Check specs by themselves: every error of every file, with line, column and what was expected.

    What depends on a checkout (names that are taken there, models to wire into) is checked by `apply --dry-run`.

    \b
    Examples:
      newop-gen validate new_op.yaml
      newop-gen validate specs/*.yaml
    """
    from ..spec.load import load_specs

    for loaded in load_specs(specs):
        complain(loaded.warnings, "warning")
        say(f"{loaded.path}: ok, op {loaded.spec.op}")
    return Exit.DONE
