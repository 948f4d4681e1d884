"""Perf tables: what they hold are the user's measurements. Where a new one may go is said of any new file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..plan import Creation
from .found import Found

if TYPE_CHECKING:
    from ..checkout.source import Source
    from ..plan import Edit
    from .allowed import Allowed
    from .vocabulary import Vocabulary


def findings(edit: Edit, source: Source | None, words: Vocabulary, allowed: Allowed) -> Iterator[Found]:
    """A table that is there already: none is ever changed."""
    if not isinstance(edit, Creation):
        yield Found(0, "a change of a table")
