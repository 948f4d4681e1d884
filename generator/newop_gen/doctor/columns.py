"""The columns of a perf file, and which of them have empty cells: text tables, and parquet by its footer."""

from __future__ import annotations

import csv
import functools
import importlib.util
from pathlib import Path
from typing import Any

POINTER = b"version https://git-lfs"
HEAD_BYTES = 4096


@functools.cache
def reads_parquet() -> bool:
    """Whether parquet can be looked into here."""
    return importlib.util.find_spec("pyarrow") is not None


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
    return list(footer.schema.to_arrow_schema().names) if footer is not None else []


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
    if footer is None:
        return {}
    found: dict[str, int] = {}
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        for at in range(group.num_columns):
            column = group.column(at)
            if column.statistics is not None and column.statistics.null_count:
                found[column.path_in_schema] = 0
    return found


def _footer(path: Path) -> Any:
    if not reads_parquet():
        return None
    import pyarrow  # type: ignore[import-untyped]
    import pyarrow.parquet  # type: ignore[import-untyped]

    try:
        return pyarrow.parquet.read_metadata(path)
    except (pyarrow.ArrowException, OSError):
        return None
