"""The diff for people: coloured on a terminal, with long data shortened; plain where there is no terminal."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

from ..text import printable
from .diff import FileDiff, StepDiff, step_diffs

if TYPE_CHECKING:
    from rich.console import Console

    from ..plan import Plan
    from .hunks import Line

# Lines of a perf table that are shown, here and in a dry run's plain diff; a patch has them all.
DATA_LINES = 5


def wants_colour(stream: IO[str]) -> bool:
    """Whether to colour what goes to `stream`: a terminal that is not dumb, and NO_COLOR not set (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def show(plan: Plan, stream: IO[str], most: int | None = DATA_LINES) -> None:
    """Write the plan's diff to the terminal `stream`, in colour when it wants it; of a new perf table `most` lines, or
    all (None)."""
    from rich.console import Console

    colours = "auto" if wants_colour(stream) else None
    console = Console(file=stream, color_system=colours, highlight=False, markup=False, emoji=False)  # type: ignore[arg-type]
    for diff in step_diffs(plan):
        _show_step(console, diff, most)


def _show_step(console: Console, diff: StepDiff, most: int | None) -> None:
    _line(console, f"# {diff.heading}", "bold")
    for remark in diff.remarks:
        _line(console, f"# {remark}", "yellow")
    for file in diff.files:
        _show_file(console, file, most)
    _line(console, "", "")


def _show_file(console: Console, file: FileDiff, most: int | None) -> None:
    _line(console, f"--- {'/dev/null' if file.created else f'a/{file.path}'}", "bold")
    _line(console, f"+++ b/{file.path}", "bold")
    if file.created is not None and file.binary:
        _line(console, f"  (binary, {len(file.created.content)} bytes)", "dim")
    for hunk in file.hunks:
        lines = hunk.lines
        cut = most is not None and file.created is not None and file.created.data and len(lines) > most
        _line(console, hunk.header, "cyan")
        for line in lines[:most] if cut else lines:
            _line(console, _shown(line), {"+": "green", "-": "red"}.get(line.sign, ""))
        if cut and most is not None:
            _line(console, f"  (and {len(lines) - most} more lines)", "dim")


def _shown(line: Line) -> str:
    text = line.data.decode("utf-8", "replace")
    return line.sign + printable(text.removesuffix("\n").removesuffix("\r"), keep="\t")


def _line(console: Console, text: str, style: str) -> None:
    # Never wrapped or cropped: a diff is copied from the terminal.
    console.print(printable(text, keep="\t"), style=style or None, soft_wrap=True)
