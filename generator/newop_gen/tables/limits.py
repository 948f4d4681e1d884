"""How large a table may be. Each limit is told before anything is decoded, where the file says what it holds."""

from __future__ import annotations

from .findings import Finding, error

MAX_BYTES = 1 << 30
"""Of a file, and of the pages of a parquet file when they are decompressed."""
MAX_ROWS = 10_000_000
MAX_COLUMNS = 1_000
MAX_CELLS = 200_000_000
MAX_LINE = 1 << 20
"""Characters of a line of text."""


def too_large(file: str, *, size: int = 0, rows: int = 0, columns: int = 0) -> list[Finding]:
    """A finding for each limit that is passed; `size` is in bytes."""
    passed = []
    if size > MAX_BYTES:
        passed.append((f"{_mebibytes(size)} of data", f"at most {_mebibytes(MAX_BYTES)}"))
    if rows > MAX_ROWS:
        passed.append((f"{rows:,} rows", f"at most {MAX_ROWS:,}"))
    if columns > MAX_COLUMNS:
        passed.append((f"{columns:,} columns", f"at most {MAX_COLUMNS:,}"))
    if not passed and rows * columns > MAX_CELLS:
        passed.append((f"{rows:,} rows of {columns:,} columns", f"at most {MAX_CELLS:,} cells"))
    return [error(file, 0, f"the table has {found}", expected, "", "size") for found, expected in passed]


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MiB"
