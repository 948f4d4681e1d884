"""Tables on a terminal. Where output is no terminal, commands print their plain lines instead."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from ..text import printable
from .output import wanted

# What a word of a state is shown in; words say it, too, for those who see no colours.
STYLES = {
    "as applied": "green", "drifted": "bold red", "partial": "bold red", "gone": "bold red", "compute": "cyan",
    "memory": "magenta",
}  # fmt: skip


def on_terminal() -> bool:
    """Whether results go to a person's terminal."""
    return sys.stdout.isatty()


def show_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, title: str = "") -> None:
    """Print a table to the terminal: the first `left` columns of words, the others of numbers, to the right."""
    if wanted.quiet:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..review.terminal import wants_colour

    colours = "auto" if wants_colour(sys.stdout) else None
    console = Console(file=sys.stdout, color_system=colours, highlight=False, emoji=False)  # type: ignore[arg-type]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=Text(printable(title)) if title else None)
    table.title_justify = "left"
    for number, name in enumerate(head):
        table.add_column(name, justify="left" if number < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell), style=STYLES.get(cell, "")) for cell in row))
    console.print(table)
