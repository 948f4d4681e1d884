"""What a tree whose ops are computed in Rust says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...sol.quants import Quant
from ..crate import Crate


@dataclass(frozen=True, kw_only=True)
class EngineFacts:
    """Facts of one tree. Paths are relative to the checkout's root.

    - `templates`: where templates are looked for, most specific first;
    - `package`: the import name of the SDK with the ops (`aiconfigurator_core.sdk`), `application` that of the one with
      the shims (`aiconfigurator.sdk`);
    - `native`: the compiled module as classes name it and shells import it;
    - `operations` is the package's `__init__.py`, `shims` the directory of the old place's modules;
    - `table_views`: the module with `VIEW_KEY_LAYERS`;
    - `sixteen_bit`: what the tree calls the 16-bit member of its quant enums;
    - `prepared_grid`: grids of several axes answer behind `PreparedGrid`; without it `perf_interp::query_value` does;
    - `invalid_perf_data`: `AicError` tells a malformed table from a missing one;
    - `sol_full_mode`: SOL_FULL is a mode that a query answers; without it only `evaluate_ops_sol_json` gives the parts;
    - `scale_mutator`: `Op` has an exhaustive `set_scale_factor`;
    - `readiness`: the file with the exhaustive check of what a mode needs, or None;
    - `import_contract`, `definitions`: upstream's test modules that list each module, and each function of one;
    - `catalog`: the collectors' list of table families; `manifest_script`, `manifest`: what is made anew when a table
      is added, and by what;
    - `afd`: the module that sorts ops by name into attention and FFN workers.
    """

    layout: str
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
    systems: str
    suffix: str
    sixteen_bit: Literal["float16", "bfloat16"]
    quants: Mapping[str, Quant] = field(default_factory=dict)
    prepared_grid: bool = False
    invalid_perf_data: bool = False
    sol_full_mode: bool = True
    scale_mutator: bool = False
    readiness: str | None = None
    tests: str | None = None
    import_contract: str | None = None
    definitions: str | None = None
    catalog: str | None = None
    manifest: str | None = None
    manifest_script: str | None = None
    afd: str | None = None

    def module_file(self, name: str) -> str:
        """Path of the shell `name` of the operations package."""
        return f"{self.operations.removesuffix('__init__.py')}{name}.py"
