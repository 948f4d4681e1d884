"""Text of which every line is written down: what is said beside a table, an entry in a list of YAML.

A line that tells of measurements has holes for what they hold, each of one form: `total_raw_rows: <count>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..plan import Creation
from .found import Found

if TYPE_CHECKING:
    from ..checkout.source import Source
    from ..plan import Edit
    from .allowed import Allowed
    from .vocabulary import Vocabulary

HOLES: Mapping[str, str] = {
    "<count>": r"[0-9]+",
    "<percent>": r"[0-9]+\.[0-9]{2}",
    "<names>": r"[A-Za-z0-9_.+-]+(?:, [A-Za-z0-9_.+-]+)*",
    "<quoted>": r"[ -&(-\[\]-~]*",
}
"""What may stand in a hole: a number, plain names, or what single quotes hold as it is."""
_HOLE = re.compile("|".join(map(re.escape, HOLES)))


def findings(edit: Edit, source: Source | None, words: Vocabulary, allowed: Allowed) -> Iterator[Found]:
    """Lines that the step's words don't have. In those, `{backend}` and `{version}` stand for the two directories that
    a new file lies in."""
    text, known = edit.text if not isinstance(edit, Creation) else edit.content, words.lines
    if isinstance(edit, Creation):
        _, backend, version, _ = f"///{edit.path}".rsplit("/", 3)
        known = frozenset(line.replace("{backend}", backend).replace("{version}", version) for line in known)
    forms = [re.compile(_form(line)) for line in sorted(known) if _HOLE.search(line)]
    for number, line in enumerate(text.decode("utf-8", "replace").replace("\r\n", "\n").split("\n"), 1):
        if line not in known and not any(form.fullmatch(line) for form in forms):
            yield Found(number, "a line that says something else")


def _form(line: str) -> str:
    """What matches a line with holes."""
    said, holes = _HOLE.split(line), _HOLE.findall(line)
    return re.escape(said[0]) + "".join(HOLES[hole] + re.escape(text) for hole, text in zip(holes, said[1:]))
