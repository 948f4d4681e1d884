"""0.6: the branches of `PerfDatabase.__init__` call their loaders; a table is a `dict`, or None without a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .layout import INTERPOLATION, DatabaseLayout

if TYPE_CHECKING:
    from ...guard.vocabulary import Vocabulary
    from .probes import DatabaseProber


def _tables(p: DatabaseProber) -> None:
    p.direct_calls()
    p.sources(False)


def _words() -> Mapping[str, Vocabulary]:
    from .words import DIRECT

    return DIRECT


LAYOUT = DatabaseLayout(
    "direct",
    "Loaders called directly in PerfDatabase.__init__ (0.6)",
    ("direct", "func_map"),
    _tables,
    _words,
    methods=INTERPOLATION,
    wrapper=False,
)
