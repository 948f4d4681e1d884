"""What a layout says of a tree whose op code is in `sdk/perf_database.py`."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import Loading, Rules
from ..python.facts import PythonFacts


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts(PythonFacts):
    """Facts of one tree. `wrapper`: tables are `LoadedOpData`, registered through `func_map`. `reads_sources`: loaders
    get `(path, kernel_source)` pairs."""

    wrapper: bool
    reads_sources: bool

    @property
    def rules(self) -> Rules:
        """How an op answers: as its spec says, whatever the release."""
        return Rules(
            peak=self.peak,
            empirical="constant",
            hybrid="any",
            between="spec",
            outside="spec",
            fills_grid=True,
            source_tags=self.source_tags,
            loading=Loading(modules=("perf_database",), sources=self.reads_sources, lazy=False),
        )

    def table(self, attribute: str) -> str:
        """Code for a table as a plain dict: the interpolation helpers look for `dict`, which `UserDict` is not."""
        return f"self.{attribute}.data" if self.wrapper else f"self.{attribute}"
