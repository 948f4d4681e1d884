"""A fresh build of a checkout's extension, loaded in place of whatever else there is under its name.

It is loaded from where it was built, without a copy: a finder that is asked first answers for its name.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import sys
from typing import Any


class NotTheBuild(Exception):
    """The file is not the one that was built."""


def serve_extension(name: str, path: str, sha256: str) -> None:
    """From now on, importing `name` gives the library at `path`. Raises `NotTheBuild` when that has another digest."""
    with open(path, "rb") as stream:
        found = hashlib.sha256(stream.read()).hexdigest()
    if found != sha256:
        raise NotTheBuild(f"{path} is not what was built: its digest is {found[:12]}, and was {sha256[:12]}")
    sys.meta_path.insert(0, _Finder(name, path))


def served(name: str, path: str) -> None:
    """Imports the extension, and raises `NotTheBuild` when that gave another file."""
    module = importlib.import_module(name)
    if not os.path.samefile(module.__file__ or "", path):
        raise NotTheBuild(f"{name} was loaded from {module.__file__}, not from {path}")


class _Finder:
    def __init__(self, name: str, path: str) -> None:
        self._name, self._path = name, path

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        loader = importlib.machinery.ExtensionFileLoader(name, self._path)
        return importlib.util.spec_from_file_location(name, self._path, loader=loader)
