"""pyarrow, in the one place that imports it: parquet read by row group and written, without threads.

Arrow's threads outlive the call that they were started for, and abort a short process that ends while one is still
starting (`terminate called without an active exception`, exit status 134). So nothing here starts one: `read_table`
reads ahead in threads of its own even with `use_threads=False`, `ParquetFile` without `pre_buffer` does not.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..problems import IoFault, Place, Problem

MAGIC = b"PAR1"
BATCH_ROWS = 1 << 15
"""Rows that are decoded at a time."""


class Unreadable(Exception):
    """The file is no parquet, or a damaged one; the message says why."""


@functools.cache
def arrow() -> Any:
    """The module `pyarrow`. Raises `IoFault` where it can't be imported: it comes with this tool."""
    try:
        pyarrow = importlib.import_module("pyarrow")
        importlib.import_module("pyarrow.parquet")
        importlib.import_module("pyarrow.compute")
    except ImportError as fault:
        raise IoFault(_missing(str(fault))) from None
    # The other pools keep what they once had, and have threads to give it back.
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())
    return pyarrow


def _missing(why: str) -> Problem:
    found = "pyarrow can't be imported"
    versions = [f"{name} {version}" for name in ("pyarrow", "numpy") if (version := _version(name))]
    return Problem(
        Place("pyarrow"),
        f"{found} ({', '.join(versions) or 'it is not installed'}: {why.strip().splitlines()[0][:200]})",
        "pyarrow 15 or newer, and beside numpy 1 one before 26",
        "pip install 'pyarrow>=15', or 'pyarrow>=15,<26' where numpy 1 is to stay",
        "pyarrow-missing",
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


class ParquetTable:
    """A parquet file that is open: its footer has been read, and nothing else."""

    def __init__(self, source: Path | bytes) -> None:
        """Raises `Unreadable`, and `OSError` for a path that can't be opened."""
        pa = arrow()
        opened = pa.BufferReader(source) if isinstance(source, bytes) else pa.OSFile(str(source), "rb")
        texts: list[str] = []
        try:
            self._file = pa.parquet.ParquetFile(opened, pre_buffer=False)
            self.schema = self._file.schema_arrow
            # A text that is there once in the file is there once in memory, however many rows have it.
            texts = [field.name for field in self.schema if _is_text(pa, field.type)]
            if texts:
                opened.seek(0)
                self._file = pa.parquet.ParquetFile(opened, pre_buffer=False, read_dictionary=texts)
        except (pa.ArrowException, OSError, ValueError) as fault:
            raise Unreadable(_first_line(fault)) from None

    @property
    def names(self) -> list[str]:
        """The columns, those of one name each."""
        return [str(name) for name in self.schema.names]

    @property
    def rows(self) -> int:
        return int(self._file.metadata.num_rows)

    @property
    def decoded_bytes(self) -> int:
        """The size of the pages when they are decompressed, as the footer has it."""
        metadata = self._file.metadata
        return sum(int(metadata.row_group(n).total_byte_size) for n in range(metadata.num_row_groups))

    @property
    def nulls(self) -> set[str]:
        """Columns with empty cells, where the footer has counted them."""
        metadata, found = self._file.metadata, set()
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            for column in (group.column(at) for at in range(group.num_columns)):
                if column.statistics is not None and column.statistics.null_count:
                    found.add(str(column.path_in_schema))
        return found

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[list[Any]]:
        """Arrays of the columns (all, or those of these names, in the order of `names`), some rows at a time. Raises
        `Unreadable` where the file is damaged."""
        pa = arrow()
        wanted = list(range(len(self.names))) if columns is None else [self.names.index(name) for name in columns]
        kept = None if columns is None else list(columns)
        try:
            for batch in self._file.iter_batches(BATCH_ROWS, columns=kept, use_threads=False):
                found = batch.columns
                yield [found[at] for at in (range(len(wanted)) if kept is not None else wanted)]
        except (pa.ArrowException, OSError, ValueError) as fault:
            raise Unreadable(_first_line(fault)) from None


def _is_text(pa: Any, kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0][:200]


def write_parquet(
    out: Any, names: Sequence[str], kinds: Sequence[type], batches: Iterable[Sequence[list[Any]]]
) -> None:
    """Write columns of `int`, `float` or `str`, some rows at a time; None is null."""
    pa = arrow()
    types = {int: pa.int64(), float: pa.float64(), str: pa.string()}
    schema = pa.schema([(name, types[kind]) for name, kind in zip(names, kinds)])
    with pa.parquet.ParquetWriter(out, schema) as writer:
        empty = True
        for columns in batches:
            arrays = [pa.array(cells, field.type) for cells, field in zip(columns, schema)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            empty = False
        if empty:
            writer.write_table(schema.empty_table())
