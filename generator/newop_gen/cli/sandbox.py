"""`newop-gen sandbox`: a release as a practice checkout."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import Exit
from .output import Progress, remark, say


def _show_python(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    from ..sandbox.runtime import runtime_python

    click.echo(runtime_python(remark))
    ctx.exit()


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
@click.option("--show-python", is_flag=True, is_eager=True, expose_value=False, callback=_show_python,
              help="Print the interpreter that runs code in a sandbox (made at first use) and end.")  # fmt: skip
def command(version: str, directory: Path, repo: Path | None, systems: tuple[str, ...]) -> int:
    """Lay out release VERSION as a source checkout under git in DIR, which must be empty or not exist.

    The release comes from its wheel, which is downloaded once, or from the tag of a clone. 0.9.0 and 0.11.0 have no
    usable wheel: they need a clone. 0.12.0 and aisimulate-0.13.0 also need the crate of their engine, which cargo
    fetches once.

    \b
    Examples:
      newop-gen sandbox 0.8.0 practice
      newop-gen sandbox 0.8.0 practice --system h200_sxm
      newop-gen sandbox 0.9.0 practice --repo ~/src/aiconfigurator
      newop-gen sandbox aisimulate-0.13.0 practice --system h200_sxm
      PYTHONPATH=practice/src "$(newop-gen sandbox --show-python)" -c "import aiconfigurator"
    """
    from ..sandbox import ENGINES, make_sandbox

    with Progress(keep=True) as progress:
        made = make_sandbox(version, directory, repo, report=progress, systems=systems or None)
    title = ENGINES[version].title if version in ENGINES else f"aiconfigurator {version.removeprefix('v')}"
    say(f"{made} is a practice checkout of {title}")
    remark(f"next: newop-gen apply SPEC --checkout {directory} --dry-run")
    return Exit.DONE
