"""The package that a checkout is of: its import name, as `begin` gives it."""

from __future__ import annotations

import importlib
from typing import Any

_begun = [""]


def begin(package: str) -> None:
    _begun[0] = package


def package() -> str:
    return _begun[0]


def upstream(name: str = "") -> Any:
    """A module of the package, or the package itself."""
    return importlib.import_module(f"{package()}.{name}" if name else package())


def sdk(name: str) -> Any:
    """A module of the SDK, as the package's users import it."""
    return upstream(f"sdk.{name}")
