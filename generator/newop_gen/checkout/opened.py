"""Bytes of a file as what its suffix says."""

from __future__ import annotations

from .python import PythonSource
from .rust import RustSource
from .source import Source

_VIEWS: dict[str, type[Source]] = {".py": PythonSource, ".pyi": PythonSource, ".rs": RustSource}


def source_of(path: str, data: bytes) -> Source:
    """The file with its language's view, where there is one for it."""
    suffix = path[path.rfind(".") :] if "." in path else ""
    return _VIEWS.get(suffix, Source)(path, data)
