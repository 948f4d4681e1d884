"""The columns of a perf file, and which of them have empty cells: text tables, and parquet by its footer."""

from __future__ import annotations

import csv
import functools
from pathlib import Path

from ..problems import IoFault
from ..tables.arrow import ParquetTable, Unreadable, arrow

POINTER = b"version https://git-lfs"
HEAD_BYTES = 4096


@functools.cache
def reads_parquet() -> bool:
    """Whether parquet can be looked into here."""
    try:
        arrow()
    except IoFault:
        return False
    return True


def columns_of(path: Path) -> list[str]:
    """The columns; none for a Git LFS pointer, and for a file that can't be read (or not here)."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(POINTER):
        return []
    if path.suffix != ".parquet":
        lines = head.decode("utf-8", "replace").splitlines()
        return next(csv.reader(lines[:1]), [])
    footer = _footer(path)
    return footer.names if footer is not None else []


def columns_with_gaps(path: Path) -> dict[str, int]:
    """Columns with empty cells, and the line of the first (0 in parquet, which has none)."""
    if path.suffix == ".parquet":
        return _nulls(path)
    data = path.read_bytes()
    # Most tables have none, and are too large to be parsed for nothing.
    if data.startswith(POINTER) or not any(gap in data for gap in (b",,", b",\n", b",\r", b"\n,")):
        return {}
    found: dict[str, int] = {}
    lines = csv.reader(data.decode("utf-8", "replace").splitlines())
    header = next(lines, [])
    for row in lines:
        for name, cell in zip(header, row):
            if not cell.strip():
                found.setdefault(name, lines.line_num)
    return found


def _nulls(path: Path) -> dict[str, int]:
    footer = _footer(path)
    return dict.fromkeys(footer.nulls, 0) if footer is not None else {}


def _footer(path: Path) -> ParquetTable | None:
    if not reads_parquet():
        return None
    try:
        return ParquetTable(path)
    except (Unreadable, OSError):
        return None
