"""Perf tables as they are in their files. Nothing is interpreted here but the form: CSV or parquet, told by the first
bytes, never by the name."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

from ..problems import Place, Problem, SpecError
from .arrow import MAGIC
from .findings import error
from .limits import too_large
from .parquet_table import read_parquet
from .raw import Reading
from .text_table import read_text

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def read(path: Path, wanted: Collection[str] | None = None) -> Reading:
    """The table in `path`; with `wanted`, rows have the cells of these columns only. Raises `SpecError` when there is
    no such file, `IoFault` where pyarrow can't be imported and the file is parquet."""
    return _read(path, wanted, head=False)


def read_head(path: Path) -> Reading:
    """The columns of the table in `path`, and no rows: what its header or its footer says. Raises as `read`."""
    return _read(path, None, head=True)


def read_bytes(content: bytes, path: Path) -> Reading:
    """The table that a file at `path` with this content has. Raises as `read`."""
    file = str(path)
    if content.startswith(LFS_POINTER):
        return _pointer(file)
    if is_parquet(content):
        return read_parquet(path, content, None)
    return read_text(path, io.BytesIO(content), None)


def is_parquet(content: bytes) -> bool:
    """Whether what begins so is parquet."""
    return content.startswith(MAGIC)


def _read(path: Path, wanted: Collection[str] | None, *, head: bool) -> Reading:
    file = str(path)
    try:
        if path.exists() and not path.is_file():
            raise _absent(path, "it is no file")
        with path.open("rb") as opened:
            if large := too_large(file, size=path.stat().st_size):
                return Reading(None, tuple(large))
            first = opened.read(len(LFS_POINTER))
            if first.startswith(LFS_POINTER):
                return _pointer(file)
            if is_parquet(first):
                return read_parquet(path, path, wanted, head=head)
            opened.seek(0)
            return read_text(path, opened, wanted, head=head)
    except OSError as fault:
        raise _absent(path, fault.strerror or "it can't be opened") from None


def _pointer(file: str) -> Reading:
    found = "a Git LFS pointer, not the table itself"
    return Reading(None, (error(file, 0, found, "the table", "run `git lfs pull`", "lfs-pointer"),))


def _absent(path: Path, why: str) -> SpecError:
    return SpecError(Problem(Place(str(path)), f"the table can't be read ({why})", "a CSV or parquet file", "", "file"))
