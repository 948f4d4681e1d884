"""Compiled templates, kept as Python keeps its modules: beside their source, in `__pycache__`.

Compiling the templates of one op takes longer than reading all files that it goes into. What Python's own settings
say of bytecode (`PYTHONPYCACHEPREFIX`, `PYTHONDONTWRITEBYTECODE`) holds here too; where a file can't be written the
template is compiled again the next time.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache


class Beside(BytecodeCache):
    """A file per template, found by the template's path; Jinja holds it against the template's text."""

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        assert filename is not None  # templates are files
        return importlib.util.cache_from_source(filename)

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            bucket.bytecode_from_string(Path(bucket.key).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        path = Path(bucket.key)
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, bucket.bytecode_to_string())


def _replace(path: Path, data: bytes) -> None:
    """Whole or not at all, whoever reads or writes it at the same time."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    with part.open("xb") as file:
        file.write(data)
    part.replace(path)
