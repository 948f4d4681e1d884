"""What layouts of Python trees say of one, whichever family they are of."""

from __future__ import annotations

from dataclasses import dataclass

from ...sol.evaluate import PeakRule
from ..base import Facts


@dataclass(frozen=True, kw_only=True)
class PythonFacts(Facts):
    """Facts of one tree. Paths are relative to the checkout's root.

    - `templates`: where templates are looked for, most specific first;
    - `common`, `perf_database`, `operations`: the modules of the SDK (of a package `operations`, its `__init__.py`),
      `models`: those of its models;
    - `flops_helper`: there is a `_get_quant_tc_flops`;
    - `source_tags`: `PerformanceResult` takes `source=`;
    - `stubs`: upstream's test module that names every loader in a dict `_LOADER_STUBS`.
    """

    templates: tuple[str, ...]
    common: str
    perf_database: str
    operations: str
    models: tuple[str, ...]
    flops_helper: bool
    source_tags: bool
    stubs: str | None

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
