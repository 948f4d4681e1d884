"""What a layout of this family says about itself, and what is probed from the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...sol.quants import Quant


@dataclass(frozen=True)
class DatabaseFacts:
    """Facts of one tree of a layout.

    Paths are relative to the checkout's root. `sixteen_bit` is what the tree calls the 16-bit member of its quant
    enums. `flops_helper`: `PerfDatabase` has `_get_quant_tc_flops`. `source_tags`: `PerformanceResult` takes
    `source=`. `wrapper`: tables are `LoadedOpData`, registered through `func_map`.
    """

    layout: str
    common: str
    perf_database: str
    operations: str
    models: tuple[str, ...]
    suffix: str
    sixteen_bit: Literal["float16", "bfloat16"]
    flops_helper: bool
    source_tags: bool
    wrapper: bool
    tests: str | None
    stubs: str | None = None
    systems: str = ""
    quants: Mapping[str, Quant] = field(default_factory=dict)  # bytes and compute factor of the tree's own modes

    @property
    def flops_key(self) -> str:
        """Key of the 16-bit tensor core FLOPS in the system spec."""
        return f"{self.sixteen_bit}_tc_flops"

    def tag(self, source: str) -> str:
        """The `source=` argument of a `PerformanceResult` that does not come from the table, or nothing."""
        return f', source="{source}"' if self.source_tags else ""

    def table(self, attribute: str) -> str:
        """Code for a table as a plain dict: the interpolation helpers look for `dict`, which `UserDict` is not."""
        return f"self.{attribute}.data" if self.wrapper else f"self.{attribute}"
