"""Text of which every line is written down: what is said beside a table, an entry in a list of YAML."""

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
    """Lines that the step's words don't have. In those, `{backend}` and `{version}` stand for the two directories that
    a new file lies in."""
    text, known = edit.text if not isinstance(edit, Creation) else edit.content, words.lines
    if isinstance(edit, Creation):
        _, backend, version, _ = f"///{edit.path}".rsplit("/", 3)
        known = frozenset(line.replace("{backend}", backend).replace("{version}", version) for line in known)
    for number, line in enumerate(text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"), 1):
        if line not in known:
            yield Found(number, "a line that says something else")
