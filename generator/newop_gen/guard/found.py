"""What a reader of inserted text answers with, and which reader a file has.

A reader is a module of this package, named by the suffix of the files that it reads. It has one function:

    findings(edit, source, words, allowed) -> Iterator[Found]

`edit` is a pending insertion, replacement or new file; `source` is the file as it was planned against, None for a new
one; `words` are those of the step, written out for the op; `allowed` is what the op's spec brings besides.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from ..checkout.source import Source
    from ..plan import Edit
    from .allowed import Allowed
    from .vocabulary import Vocabulary

READERS: Mapping[str, str] = {
    ".py": "python",
    ".rs": "rust",
    ".yaml": "lines",
    ".csv": "tables",
    ".txt": "tables",
    ".parquet": "tables",
}
"""By suffix. A file of any other is refused: what nobody reads may say anything."""


@dataclass(frozen=True)
class Found:
    """Something that nothing allows: what it is, and on which line of the inserted text (from 1; 0 for all of it)."""

    line: int
    what: str


class Reader(Protocol):
    """A module of this package that reads inserted text of one kind of file."""

    def findings(self, edit: Edit, source: Source | None, words: Vocabulary, allowed: Allowed) -> Iterator[Found]:
        """What in the edit nothing allows."""
        ...


def reader_of(path: str) -> Reader | None:
    """The reader of a file, loaded when there is something to read; None where there is none for its suffix."""
    name = path.rpartition("/")[2]
    module = READERS.get(name[name.rfind(".") :] if "." in name else "")
    return None if module is None else cast(Reader, importlib.import_module(f"{__package__}.{module}"))
