"""0.10: each op owns loader, cache and queries in `operations/<family>.py`; tables are parquet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .layout import OwnedLayout

if TYPE_CHECKING:
    from ...guard.vocabulary import Vocabulary


def _words() -> Mapping[str, Vocabulary]:
    from .words import OP_OWNED

    return OP_OWNED


# The loader reads its rows as in `sources`, whose reader moved along.
LAYOUT = OwnedLayout(
    "op_owned",
    "Each op owns its tables in a module of the operations package (0.10)",
    ("op_owned", "sources"),
    core=False,
    listed=_words,
)
