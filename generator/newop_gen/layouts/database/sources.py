"""0.9: as `func_map`, but a loader gets `(path, kernel_source)` sources, the active backend's first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .layout import INTERPOLATION, DatabaseLayout

if TYPE_CHECKING:
    from ...guard.vocabulary import Vocabulary
    from .probes import DatabaseProber


def _tables(p: DatabaseProber) -> None:
    p.wrapper()
    p.sources(True)
    p.given(True)


def _words() -> Mapping[str, Vocabulary]:
    from .words import SOURCES

    return SOURCES


LAYOUT = DatabaseLayout(
    "sources",
    "Loaders read prioritised sources, interpolation.py, models package (0.9)",
    ("sources", "func_map"),
    _tables,
    _words,
    methods=("_query_silicon_or_hybrid", *INTERPOLATION),
    wrapper=True,
)
