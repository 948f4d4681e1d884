"""Messages: problems and remarks to standard error, results to standard output, nothing that acts on the terminal.

Who runs a command in a script may want less: `--quiet` leaves errors, what a check found, and asked-for data (JSON, a
patch).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from ..problems import Problem
from ..text import counted, printable

if TYPE_CHECKING:
    from types import TracebackType

    from rich.status import Status

    from ..spec.load import LoadedSpec

__all__ = [
    "Progress", "Wanted", "caution", "complain", "counted", "emit_json", "error_line", "print_bytes", "reading_tables",
    "remark", "say", "tell_unwired", "wanted",
]  # fmt: skip


@dataclass
class Wanted:
    """What the running command was asked to print. `emitted`: a JSON document was printed."""

    quiet: bool = False
    as_json: bool = False
    emitted: bool = False


# One command runs per process; the group makes it anew for each (a test runs many).
wanted = Wanted()


def complain(problems: Iterable[Problem], kind: str = "error") -> None:
    """Print each problem to standard error, one after the other; further lines of a message are indented."""
    for problem in problems:
        error_line(str(problem), kind)


def caution(warnings: Iterable[Problem]) -> None:
    """What to think about in a spec. Commands that are about what it will do say so; quiet runs and others don't."""
    if not wanted.quiet:
        complain(warnings, "warning")


def error_line(text: str, kind: str = "error") -> None:
    """One message to standard error, "error: ..."; the first word is coloured on a terminal (not with NO_COLOR)."""
    label = f"{kind}:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb":
        label = click.style(label, fg="red" if kind == "error" else "yellow", bold=True)
    click.echo(f"{label} {_clean(text)}", err=True)


def remark(text: str) -> None:
    """A line for people to standard error, where it is in nobody's way."""
    if not wanted.quiet:
        click.echo(_clean(text), err=True)


def tell_unwired(specs: Iterable[LoadedSpec]) -> None:
    """A note for each op that no model uses: right for one that others build upon, and else forgotten."""
    for loaded in specs:
        if not loaded.spec.wiring:
            remark(f"note: {loaded.spec.op} is wired nowhere: it can be queried, no model uses it (docs/wiring.md)")


def say(text: str) -> None:
    """A line of the result to standard output."""
    if not wanted.quiet:
        click.echo(_clean(text))


def emit_json(data: dict[str, Any]) -> None:
    """The result as JSON. A command prints one document."""
    wanted.emitted = True
    click.echo(json.dumps(data, indent=2, ensure_ascii=True))


def print_bytes(data: bytes) -> None:
    """A result that is not text: a patch holds the bytes of files, whatever their encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


class Progress(AbstractContextManager["Progress"]):
    """What is going on, on standard error: a spinner with the latest line on a terminal, a line each elsewhere.

    Call it with each step; lines that start with spaces are details, which only a terminal gets. `keep`: each line
    stays on the terminal, too, because it says something that is true afterwards.
    """

    def __init__(self, *, keep: bool = False) -> None:
        self._terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._status: Status | None = None
        self._keep, self._line = keep, ""

    def __call__(self, text: str) -> None:
        if wanted.quiet:
            return
        if not self._terminal:
            if not text.startswith(" "):
                remark(text)
            return
        from rich.text import Text

        if self._status is None:
            from rich.console import Console

            self._status = Console(stderr=True, highlight=False, emoji=False).status("")
            self._status.start()
        self._kept()
        self._line = text
        # One line, whatever the width: what is wrapped can't be taken away neatly.
        self._status.update(Text(printable(text.strip())[: max(10, self._status.console.width - 4)]))

    def _kept(self) -> None:
        if self._keep and self._line and self._status is not None:
            # Above the spinner; never wrapped, so that paths can be copied.
            self._status.console.print(printable(self._line), markup=False, soft_wrap=True)

    def done(self) -> None:
        """Clear the spinner; what is printed next stands where it was."""
        if self._status is not None:
            self._kept()
            self._status.stop()
            self._status = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()


@contextmanager
def reading_tables() -> Iterator[None]:
    """Inside this block a terminal shows how far the work on a long table is; elsewhere nothing is said of it."""
    from ..tables.progress import heard_by

    with Progress() as progress:

        def tell(what: str, done: int, of: int) -> None:
            progress(f"  {os.path.basename(what)}: {done:,}{f' of {of:,}' if of else ''} rows")

        with heard_by(tell):
            yield


def _clean(text: str) -> str:
    return printable(text.rstrip("\n"), keep="\n\t").replace("\n", "\n    ")
