"""A perf table as it is in its file: columns, and rows of text with their place."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, overload

from ..problems import SpecError
from .column import Cells
from .findings import Finding


class Row(NamedTuple):
    """`line` is where the row ends in a text file, or its number in a parquet file, from 1."""

    line: int
    cells: Mapping[str, str]


class Rows(Sequence[Row]):
    """Rows of a table: all, or some. Each is made when it is asked for; what is held is the columns."""

    def __init__(self, columns: Mapping[str, Cells], lines: Sequence[int], at: Sequence[int] | None = None) -> None:
        self._columns = columns
        self._lines = lines
        self._at = at

    def __len__(self) -> int:
        return len(self._lines) if self._at is None else len(self._at)

    def __iter__(self) -> Iterator[Row]:
        names = list(self._columns)
        lines = self._lines if self._at is None else map(self._lines.__getitem__, self._at)
        for line, cells in zip(lines, zip(*map(self.column, names))):
            yield Row(line, dict(zip(names, cells)))

    @overload
    def __getitem__(self, number: int) -> Row: ...
    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...
    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self[n] for n in range(*number.indices(len(self)))]
        row = number if self._at is None else self._at[number]
        return Row(self._lines[row], {name: cells[row] for name, cells in self._columns.items()})

    def lines(self) -> Sequence[int]:
        """The place of each row."""
        return self._lines if self._at is None else array("I", map(self._lines.__getitem__, self._at))

    @property
    def columns(self) -> Collection[str]:
        return self._columns.keys()

    def column(self, name: str) -> Iterator[str]:
        """The cells of a column."""
        cells = self._columns[name]
        return iter(cells) if self._at is None else map(cells.__getitem__, self._at)

    def distinct(self, name: str) -> Iterator[str]:
        """The different cells of a column, in the order of the rows; some may come again."""
        cells = self._columns[name]
        return cells.distinct() if self._at is None else cells.distinct_at(self._at)

    def where(self, column: str, wanted: Callable[[str], bool]) -> Rows:
        """The rows whose cell of a column is wanted."""
        keep = {text for text in self.distinct(column) if wanted(text)}
        return self.at(n for n, text in enumerate(self.column(column)) if text in keep)

    def holding(self, wanted: Callable[[Mapping[str, str]], bool]) -> Rows:
        """The rows whose cells are wanted."""
        return self.at(n for n, row in enumerate(self) if wanted(row.cells))

    def at(self, numbers: Iterable[int]) -> Rows:
        """The rows of these numbers, from 0."""
        at = numbers if self._at is None else map(self._at.__getitem__, numbers)
        return Rows(self._columns, self._lines, array("I", at))


@dataclass(frozen=True)
class RawTable:
    """Cells are text, as a loader gets them; a null of a parquet file is an empty text. Rows have the cells of the
    columns that were asked for."""

    path: Path
    columns: tuple[str, ...]
    rows: Rows = field(repr=False)
    parquet: bool = False

    def where(self, line: int) -> str:
        return f"{'row' if self.parquet else 'line'} {line}"


@dataclass(frozen=True)
class Reading:
    """A file that was read: `table` is None where nothing can be made of it. `findings` are about its form."""

    table: RawTable | None
    findings: tuple[Finding, ...] = ()

    def usable(self) -> RawTable:
        """The table. Raises `SpecError` with every finding when there is none."""
        if self.table is None:
            raise SpecError(finding.problem for finding in self.findings)
        return self.table
