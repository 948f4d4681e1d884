"""What a tree whose ops are computed in Rust says about itself."""

from __future__ import annotations

from dataclasses import dataclass

from ..base import Facts, Rules
from ..crate import Crate


@dataclass(frozen=True, kw_only=True)
class EngineFacts(Facts):
    """Facts of one tree. Paths are relative to the checkout's root.

    - `templates`: where templates are looked for, most specific first;
    - `package`: the import name of the SDK with the ops (`aiconfigurator_core.sdk`), `application` that of the one with
      the shims (`aiconfigurator.sdk`);
    - `native`: the compiled module as classes name it and shells import it;
    - `operations` is the package's `__init__.py`, `shims` the directory of the old place's modules;
    - `table_views`: the module with `VIEW_KEY_LAYERS`;
    - `prepared_grid`: grids of several axes answer behind `PreparedGrid`; without it `perf_interp::query_value` does;
    - `invalid_perf_data`: `AicError` tells a malformed table from a missing one;
    - `scale_mutator`: `Op` has an exhaustive `set_scale_factor`;
    - `readiness`: the file with the exhaustive check of what a mode needs, or None;
    - `import_contract`, `definitions`: upstream's test modules that list each module, and each function of one;
    - `afd`: the module that sorts ops by name into attention and FFN workers.
    """

    templates: tuple[str, ...]
    crate: Crate
    package: str
    native: str
    application: str
    common: str
    operations: str
    table_views: str
    shims: str
    models: tuple[str, ...]
    prepared_grid: bool = False
    invalid_perf_data: bool = False
    scale_mutator: bool = False
    readiness: str | None = None
    import_contract: str | None = None
    definitions: str | None = None
    afd: str | None = None

    @property
    def rules(self) -> Rules:
        """How an op answers: by the compiled engine's own rules."""
        return Rules(
            peak="strict",
            empirical="utilisation",
            hybrid="missing",
            between="perf_interp",
            outside="blended",
            fills_grid=False,
            source_tags=True,
            loading=None,
            crate=self.crate,
        )

    def module_file(self, name: str) -> str:
        """Path of the shell `name` of the operations package."""
        return f"{self.operations.removesuffix('__init__.py')}{name}.py"
