"""AISimulate 0.13: the same engine in another repository, whose library holds more than the ops."""

from __future__ import annotations

from .layout import EngineLayout

LAYOUT = EngineLayout(
    "aisimulate",
    "Compiled ops with shells in aisimulate_core (AISimulate 0.13)",
    "aisimulate",
    extension="aisimulate._runtime",
)
