"""Where a cell stands in its file, for messages that send somebody there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..problems import Place
from ..tables.raw import RawTable


class CellPlaces:
    """Places of the cells of one table. Its file is read again, up to the line that is asked for."""

    def __init__(self, raw: RawTable) -> None:
        self._raw = raw
        self._number, self._line = 0, ""
        self._following: Iterator[str] = iter(())

    def __call__(self, line: int, column: str) -> Place:
        """Line and character, from 1, of the cell of `column` in the row that ends in `line`. Of a parquet file the
        number of the row and of the column. The character is 1 where it can't be told: in a row of several lines."""
        index = self._raw.columns.index(column) if column in self._raw.columns else 0
        if self._raw.parquet:
            return Place(str(self._raw.path), line, index + 1)
        return Place(str(self._raw.path), line, _character(self._text(line), index))

    def header(self, column: str) -> Place:
        """Where the name of `column` stands; the file as a whole where it has no header of its own."""
        return Place(str(self._raw.path)) if self._raw.parquet else self(1, column)

    def _text(self, line: int) -> str:
        """A line of the file, "" where there is none. Those that are asked for in order are found in one run."""
        if line < self._number or not self._number:
            self._number, self._line, self._following = 0, "", self._lines()
        while self._number < line:
            self._number, self._line = self._number + 1, next(self._following, "")
        return self._line

    def _lines(self) -> Iterator[str]:
        try:
            # As `csv` counts them, which other characters than these do not end a line for.
            with self._raw.path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
                for line in file:
                    yield line.rstrip("\r\n")
        except OSError:
            return


def _character(line: str, index: int) -> int:
    """Where cell `index` of a line begins, from 1."""
    if index == 0:
        return 1
    quoted, cells = False, 0
    for at, character in enumerate(line):
        if character == '"':
            quoted = not quoted  # a doubled one ends and begins
        elif character == "," and not quoted:
            cells += 1
            if cells == index:
                return at + 2
    return 1


def as_number(text: str) -> str:
    """The number that a text may mean, "" if none: `1,024`, `1 024` and `1_024` are 1024."""
    plain = re.sub(r"(?<=\d)[ ,_'](?=\d{3}(\D|$))", "", text.strip())
    try:
        float(plain)
    except ValueError:
        return ""
    return plain if plain != text and not re.search(r"[_a-zA-DF-Z]", plain) else ""
