"""Op names for the shell to complete: those that have a receipt in the checkout that is named, or that one is in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_ops(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ops that are applied and not on the line yet."""
    from click.shell_completion import CompletionItem

    given = ctx.params.get(param.name or "") or ()
    return [CompletionItem(op) for op in applied(ctx) if op.startswith(incomplete) and op not in given]


def complete_specs_and_ops(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The same, and files: an argument that may be a spec or an op."""
    from click.shell_completion import CompletionItem

    return [*complete_ops(ctx, param, incomplete), CompletionItem(incomplete, type="file")]


def applied(ctx: click.Context) -> list[str]:
    """Names of the ops with a receipt; none where anything is amiss, since a prompt is no place for messages.

    Names of files are enough: nothing is read but directories.
    """
    try:
        from ..checkout.tree import Tree
        from ..write.receipts import DIRECTORY
        from ..write.state import Home

        home = Home.of(Tree.open(Path(ctx.params.get("checkout") or ".")).root)
        folder = home.state / DIRECTORY
        return sorted(path.stem for path in folder.iterdir() if path.suffix == ".json")
    except Exception:
        return []
