"""0.9: as `func_map`, but a loader gets `(path, kernel_source)` sources, the active backend's first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..layout import INTERPOLATION, DatabaseLayout

if TYPE_CHECKING:
    from ....guard.vocabulary import Vocabulary
    from ...python.probes import Prober

NAME = "sources"


def _tables(p: Prober) -> None:
    p.wrapper()
    p.sources(True)
    p.given(True)


def _words() -> Mapping[str, Vocabulary]:
    from .words import WORDS

    return WORDS


LAYOUT = DatabaseLayout(
    NAME,
    "Loaders read prioritised sources, interpolation.py, models package (0.9)",
    _tables,
    _words,
    methods=("_query_silicon_or_hybrid", *INTERPOLATION),
    wrapper=True,
)
