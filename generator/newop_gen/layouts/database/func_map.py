"""0.7 and 0.8: `_load_op_data` finds the loader in `func_map` and wraps its table in `LoadedOpData`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .layout import INTERPOLATION, DatabaseLayout

if TYPE_CHECKING:
    from ...guard.vocabulary import Vocabulary
    from .probes import DatabaseProber


def _tables(p: DatabaseProber) -> None:
    p.wrapper()
    p.sources(False)
    p.given(False)


def _words() -> Mapping[str, Vocabulary]:
    from .words import FUNC_MAP

    return FUNC_MAP


LAYOUT = DatabaseLayout(
    "func_map",
    "Loaders registered in func_map, tables are LoadedOpData (0.7, 0.8)",
    ("func_map",),
    _tables,
    _words,
    methods=("_query_silicon_or_hybrid", *INTERPOLATION),
    wrapper=True,
)
