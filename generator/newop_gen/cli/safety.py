"""What `remove`, `update`, `status` and `recover` share: options, and telling what was done."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..text import printable
from .output import counted, emit_json, print_bytes, remark, say, wanted

if TYPE_CHECKING:
    from ..write.apply import Receipt
    from ..write.recover import RecoveryReport

checkout_option = click.option(
    "--checkout",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A repository root, a `src` root or an installed package.",
)
force_option = click.option(
    "--force", is_flag=True, help="Take out insertions that somebody edited, too; a copy of each file is kept."
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print what was changed as JSON (newop-gen/change/1)."
)

SCHEMA = "newop-gen/change/1"


def names_op(argument: str) -> bool:
    """Whether an argument is an op's name rather than the path of a spec: a bare name that no file has."""
    return bool(re.fullmatch(r"[a-z][a-z0-9_]{1,47}", argument)) and not Path(argument).exists()


def tell(
    done: str,
    ops: Sequence[str],
    checkout: Path,
    receipt: Receipt,
    *,
    dry_run: bool = False,
    as_json: bool = False,
    full: bool = False,
) -> None:
    """What a run changed, file by file; what one would change as a diff, with perf tables cut short unless `full`."""
    if as_json:
        emit_json(_change(done.removesuffix("d"), ops, checkout, receipt, dry_run))
        return
    tell_recovery(receipt.recovered)
    names = ", ".join(ops)
    if receipt.nothing:
        state = f" {'is' if len(ops) == 1 else 'are'} not applied" if done == "removed" else ""
        say(f"nothing to do: {names}{state} in {checkout}")
    else:
        if receipt.contents and not wanted.quiet:
            _show(receipt, checkout, full)
        for verb, paths in (("change", receipt.changed), ("create", receipt.created), ("delete", receipt.removed)):
            for path in paths:
                say(f"{verb} {path}")
        if dry_run:
            say(f"dry run: {names} would be {done}; nothing was written")
        else:
            counts = ", ".join(
                f"{counted(len(paths), 'file')} {verb}"
                for verb, paths in (
                    ("changed", receipt.changed),
                    ("created", receipt.created),
                    ("deleted", receipt.removed),
                )
                if paths
            )
            say(f"{done} {names} in {checkout}: {counts}")
    for note in receipt.notes:
        remark(f"note: {note}")


def _show(receipt: Receipt, checkout: Path, full: bool) -> None:
    from ..checkout.tree import Tree
    from ..review.changed import changed
    from ..review.diff import git_prefix
    from ..review.terminal import DATA_LINES, wants_colour

    text = changed(receipt.contents, git_prefix(Tree.open(checkout).root), None if full else DATA_LINES)
    if not sys.stdout.isatty():
        print_bytes(text)
        return
    colours = {"+": "green", "-": "red", "@": "cyan"} if wants_colour(sys.stdout) else {}
    for line in text.decode("utf-8", "replace").splitlines():
        click.secho(printable(line, keep="\t"), fg=colours.get(line[:1]))


def _change(command: str, ops: Sequence[str], checkout: Path, receipt: Receipt, dry_run: bool) -> dict[str, Any]:
    from ..review.report import tool

    return {
        "schema": SCHEMA,
        "tool": tool(),
        "command": command,
        "mode": "dry-run" if dry_run else "apply",
        "outcome": "nothing-to-do" if receipt.nothing else "pending" if dry_run else "done",
        "checkout": str(checkout),
        "ops": list(ops),
        "changed": list(receipt.changed),
        "created": list(receipt.created),
        "removed": list(receipt.removed),
        "notes": list(receipt.notes),
        "recovered": recovery_data(receipt.recovered),
    }


def recovery_data(report: RecoveryReport) -> dict[str, Any]:
    """What an interrupted run had left, as JSON data."""
    return {
        "outcome": report.outcome,
        "command": report.command,
        "files": list(report.files),
        "notes": list(report.notes),
    }


def tell_recovery(report: RecoveryReport) -> None:
    """What an interrupted run had left, and what became of it."""
    if report.outcome == "nothing":
        return
    remark(f"an interrupted {report.command} was found and {report.outcome}: {counted(len(report.files), 'file')}")
    for note in report.notes:
        remark(f"note: {note}")
