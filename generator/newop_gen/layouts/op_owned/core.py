"""0.11: op-owned tables in the package `aiconfigurator_core`, with shims in `aiconfigurator` at the old place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .layout import OwnedLayout

if TYPE_CHECKING:
    from ...guard.vocabulary import Vocabulary


def _words() -> Mapping[str, Vocabulary]:
    from .words import CORE

    return CORE


LAYOUT = OwnedLayout(
    "core",
    "Op-owned tables in aiconfigurator_core, shims at the old place (0.11)",
    ("core", "op_owned", "sources"),
    core=True,
    listed=_words,
)
