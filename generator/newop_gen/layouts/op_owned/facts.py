"""What a tree with op-owned tables says about itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..base import Loading, Rules
from ..python.facts import PythonFacts


@dataclass(frozen=True, kw_only=True)
class OpOwnedFacts(PythonFacts):
    """Facts of one tree.

    - `package`: the import name of the SDK (`aiconfigurator.sdk`);
    - `engine`: what finds values between measured points, `interpolation` (the spec's methods, pre-interpolation
      and policy outside the range) or `perf_interp` (its own rules);
    - `family_first`: tables are filed under `<system>/<family>/<backend>/<version>`, with a sidecar that covers them;
    - `seq_split`: `Operation` takes the factor by which context parallelism divides tokens;
    - `support_matrix`: `_LazySupportMatrix` lists its keys per backend and resolves them;
    - `shims`: directory of the compatibility modules (`core` only);
    - `import_contract`, `opspec_coverage`: test modules that must name each new module and op class;
    - `afd`: the module that sorts ops by name into attention and FFN workers.
    """

    package: str
    engine: Literal["interpolation", "perf_interp"]
    family_first: bool = False
    seq_split: bool = False
    support_matrix: bool = False
    shims: str | None = None
    import_contract: str | None = None
    opspec_coverage: str | None = None
    engine_step: str | None = None
    afd: str | None = None

    @property
    def rules(self) -> Rules:
        """How an op answers: by the release's own rules, where `perf_interp` is what interpolates."""
        own = self.engine == "perf_interp"
        return Rules(
            peak=self.peak,
            empirical="utilisation",
            hybrid="missing",
            between="perf_interp" if own else "spec",
            outside="held" if own else "spec",
            fills_grid=not own,
            source_tags=self.source_tags,
            loading=Loading(modules=("operations.{op}",), sources=True, lazy=True),
        )

    def module_file(self, name: str) -> str:
        """Path of the module `name` of the operations package."""
        return f"{self.operations.removesuffix('__init__.py')}{name}.py"
