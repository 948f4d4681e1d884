"""What is wrong with a text of the SOL language, as data.

The reader of a spec knows in which file and where in it a text stands; this package only knows the text. So a finding
has an offset into the text, and the reader turns it into a `Problem` with file, line and column.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 40


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, `length` characters from `offset` (counted from 0).

    `found` and `expected` are clauses without a final stop, `suggestion` says what to do; all three are printable
    ASCII, whatever the text was.
    """

    offset: int
    length: int
    found: str
    expected: str = ""
    suggestion: str = ""


class SolSyntax(Exception):
    """The text is not an expression; `findings` is never empty."""

    def __init__(self, findings: Iterable[Fault]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(f"at {f.offset}: {f.found}" for f in self.findings))


def shown(text: str) -> str:
    """`text` quoted for a message: printable ASCII only, and never long."""
    if len(text) > _SHOWN:
        text = text[: _SHOWN - 3] + "..."
    return ascii(text)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A suggestion that names the nearest known word, or nothing."""
    near = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
