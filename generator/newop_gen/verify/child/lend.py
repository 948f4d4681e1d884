"""What a checkout that was never installed or built lacks, lent to it so that it can be imported.

Nothing of this is in the way of a checkout that has the real thing.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import os
import sys
import types
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any


def keep_offline() -> None:
    """Models whose configuration a release does not bring are not fetched from anywhere."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise urllib.error.URLError("verify asks no network")

    urllib.request.urlopen = refuse


def lend(roots: Sequence[str], package: str) -> list[str]:
    """Lends what `package` misses below `roots`; gives the names of compiled modules that may be stood in for."""
    _lend_version(package)
    return _lend_compiled(roots)


def _lend_version(package: str) -> None:
    """A checkout that was never installed has no metadata, and asks for its version when it is imported."""
    known = importlib.metadata.version

    def version(distribution_name: str) -> str:
        try:
            return known(distribution_name)
        except importlib.metadata.PackageNotFoundError:
            if distribution_name.startswith(package):
                return "0"
            raise

    importlib.metadata.version = version


def _lend_compiled(roots: Sequence[str]) -> list[str]:
    """Since 0.11 a package imports a compiled engine, which a source tree has no build of: only its `.pyi`. Estimates
    in Python don't need it; whatever does is told so when it is called."""
    names = set()
    for root in roots:
        for package in sorted(os.listdir(root) if os.path.isdir(root) else ()):
            folder = os.path.join(root, package)
            for file in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):
                stem, extension = os.path.splitext(file)
                if extension == ".pyi" and stem.startswith("_") and stem != "__init__":
                    names.add(f"{package}.{stem}")
    if names:
        # At the end, so that a module that was built is found before.
        sys.meta_path.append(_Compiled(names))
    return sorted(names)


class _Compiled(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: set[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if fullname in self._names else None

    def exec_module(self, module: types.ModuleType) -> None:
        def missing(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)

            def refuse(*_: Any, **__: Any) -> Any:
                raise RuntimeError(f"{module.__name__} is not built in this checkout, and {name} needs it")

            return type(name, (), {"__new__": refuse, "__module__": module.__name__})

        module.__getattr__ = missing  # type: ignore[method-assign]
