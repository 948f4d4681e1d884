"""`newop-gen recover`: after a crash."""

from __future__ import annotations

from pathlib import Path

import click

from ..problems import Exit
from .output import emit_json, say
from .safety import checkout_option, recovery_data, tell_recovery

SCHEMA = "newop-gen/recover/1"


@click.command("recover", short_help="Bring a checkout to all-old or all-new after a crash.")
@checkout_option
@click.option(
    "--keep-edits",
    is_flag=True,
    help="Leave files that were edited after the crash as they are, and put the others back.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was recovered as JSON (newop-gen/recover/1).")
def command(checkout: Path, keep_edits: bool, as_json: bool) -> int:
    """Bring a checkout to all-old or all-new after an apply, remove or update that was interrupted.

    Every command that writes does this first; without an interrupted run nothing is changed. Exit code 6 when a file
    was edited after the crash and would have to be put back: nothing is changed, and both versions are named.

    \b
    Examples:
      newop-gen recover --checkout ~/aiconfigurator
      newop-gen recover --checkout . --keep-edits
    """
    from ..checkout.tree import Tree
    from ..write.recover import recover

    report = recover(Tree.open(checkout).root, keep_edits=keep_edits)
    if as_json:
        from ..review.report import tool

        emit_json({"schema": SCHEMA, "tool": tool(), "checkout": str(checkout), **recovery_data(report)})
        return Exit.DONE
    tell_recovery(report)
    if report.outcome == "nothing":
        say(f"nothing to recover in {checkout}")
    else:
        state = "before" if report.outcome == "put back" else "after"
        for file in report.files:
            say(file)
        say(f"{report.outcome}: these files are as {state} {report.command}")
    return Exit.DONE
