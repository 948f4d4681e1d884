"""`newop-gen sandbox`: a release as a practice checkout."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import Exit
from .output import Progress, remark, say


@click.command("sandbox", short_help="Lay out a release as a practice checkout.")
@click.argument("version", metavar="VERSION")
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--repo",
    type=click.Path(path_type=Path),
    metavar="CLONE",
    help="Take the release's tag from this clone instead of its wheel.",
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    metavar="NAME",
    help="Take the measured tables of this system only (may be repeated); all systems are several 100 MB.",
)
def command(version: str, directory: Path, repo: Path | None, systems: tuple[str, ...]) -> int:
    """Lay out release VERSION as a source checkout under git in DIR, which must be empty or not exist.

    The release comes from its wheel, which is downloaded once, or from the tag of a clone. 0.9.0 and 0.11.0 have no
    usable wheel: they need a clone.

    \b
    Examples:
      newop-gen sandbox 0.8.0 practice
      newop-gen sandbox 0.8.0 practice --system h200_sxm
      newop-gen sandbox 0.9.0 practice --repo ~/src/aiconfigurator
    """
    from ..sandbox import make_sandbox

    with Progress(keep=True) as progress:
        made = make_sandbox(version, directory, repo, report=progress, systems=systems or None)
    say(f"{made} is a practice checkout of aiconfigurator {version.removeprefix('v')}")
    remark(f"next: newop-gen apply SPEC --checkout {directory} --dry-run")
    return Exit.DONE
