"""0.12 and main: ops are variants of a compiled engine, with shells over their classes in `aiconfigurator_core`."""

from __future__ import annotations

from .layout import EngineLayout

LAYOUT = EngineLayout("engine", "Compiled ops with shells in aiconfigurator_core (0.12, main)", "aiconfigurator")
