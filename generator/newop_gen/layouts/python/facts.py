"""What a layout of this family says about itself, and what is probed from the tree."""

from __future__ import annotations

from dataclasses import dataclass

from ...sol.evaluate import PeakRule
from ..base import Facts


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts(Facts):
    """Facts of one tree of a layout.

    Paths are relative to the checkout's root. `flops_helper`: there is a `_get_quant_tc_flops`. `source_tags`:
    `PerformanceResult` takes `source=`. `wrapper`: tables are `LoadedOpData`, registered through `func_map`.
    `reads_sources`: loaders get `(path, kernel_source)` pairs.
    """

    common: str
    perf_database: str
    operations: str
    models: tuple[str, ...]
    flops_helper: bool
    source_tags: bool
    wrapper: bool
    reads_sources: bool
    stubs: str | None = None

    @property
    def peak(self) -> PeakRule:
        """The helper takes a system's own figure; without one the generated code multiplies the 16-bit peak."""
        return "figure" if self.flops_helper else "factor"

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
