"""The checks, one module each: `find(subject)` yields findings. A new one is a module here and a line in `REGISTERED`.
One that depends on what was collected has a `suspect(subject)`, too: it yields suspicions, which are run to be proved.

`CODES` of a module says what its findings are called and what is wrong when there is one.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from ..finding import Finding
    from ..subject import Subject
    from ..suspicion import Suspicion

REGISTERED = (
    "member_values",
    "registration",
    "undefined",
    "rows",
    "power",
    "missing_file",
    "lost_energy",
    "missing_keys",
    "axes",
    "collected_axes",
    "stale_cache",
    "results",
    "modes",
    "sources",
    "gpu_keys",
    "arguments",
    "query_cache",
    "step_factor",
    "weights",
    "erased",
    "mixed_steps",
    "gates",
    "context_parallel",
    "conversions",
    "data_files",
    "empty_cells",
    "shared_rows",
    "silent_sites",
)


def modules() -> Iterator[ModuleType]:
    """The modules of all checks, in the order in which they are explained."""
    for name in REGISTERED:
        yield importlib.import_module(f"{__name__}.{name}")


def codes() -> dict[str, str]:
    """What each code means."""
    return {code: text for module in modules() for code, text in module.CODES.items()}


def run(subject: Subject) -> Iterator[Finding]:
    """The findings of all checks."""
    for module in modules():
        yield from module.find(subject)


def suspicions(subject: Subject) -> Iterator[Suspicion]:
    """What has to be run to be found."""
    for module in modules():
        if hasattr(module, "suspect"):
            yield from module.suspect(subject)
