"""The checks, one module each: `find(subject)` yields findings. A new one is a module here and a line in `REGISTERED`.

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

REGISTERED = (
    "member_values",
    "registration",
    "undefined",
    "rows",
    "power",
    "lost_energy",
    "missing_keys",
    "axes",
    "stale_cache",
    "results",
    "modes",
    "sources",
    "gpu_keys",
    "arguments",
    "step_factor",
    "weights",
    "erased",
    "mixed_steps",
    "gates",
    "data_files",
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
