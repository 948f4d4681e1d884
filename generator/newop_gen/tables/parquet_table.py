"""Tables that are parquet, read column by column and some rows at a time."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from pathlib import Path

from .arrow import ParquetTable, Unreadable
from .cell_texts import cell_texts
from .column import Cells
from .findings import Finding, error
from .limits import too_large
from .progress import advanced
from .raw import RawTable, Reading, Rows
from .text_table import header_findings


def read_parquet(path: Path, source: Path | bytes, wanted: Collection[str] | None, *, head: bool = False) -> Reading:
    """The table in a file, of which only the wanted columns are decoded; with `head` none. Raises `IoFault` where
    pyarrow can't be imported."""
    file = str(path)
    try:
        table = ParquetTable(source)
        names = table.names
        if len(set(names)) < len(names):
            return Reading(None, tuple(header_findings(file, 1, names)))
        if large := too_large(file, rows=table.rows, columns=len(names), size=table.decoded_bytes):
            return Reading(None, tuple(large))
        chosen = [name for name in names if wanted is None or name in wanted]
        columns = {name: Cells() for name in chosen}
        findings: list[Finding] = []
        if not head:
            findings = _filled(file, table, columns)
            if any(f.problem.code == "size" for f in findings):
                return Reading(None, tuple(findings))
        if not table.rows:
            findings.append(error(file, 0, "the table has no rows", "a row for each point", "", "empty"))
    except Unreadable as fault:
        found = f"the parquet file can't be read ({fault})"
        return Reading(None, (error(file, 0, found, "parquet", "", "parquet"),))
    lines = range(1, table.rows + 1) if not head else ()
    return Reading(RawTable(path, tuple(names), Rows(columns, lines), parquet=True), tuple(findings))


def _filled(file: str, table: ParquetTable, columns: dict[str, Cells]) -> list[Finding]:
    """Put the cells into the columns. What can't be read is a finding for each column and kind."""
    bad: dict[tuple[str, str], array[int]] = {}
    done = 0
    for arrays in table.batches(list(columns)):
        for (name, cells), cells_of in zip(columns.items(), arrays):

            def told(number: int, why: str, name: str = name, before: int = done) -> None:
                bad.setdefault((name, why), array("I")).append(before + number + 1)

            cells.extend(cell_texts(cells_of, told))
        done += len(arrays[0]) if arrays else 0
        advanced(file, done, table.rows)
        if large := too_large(file, size=sum(cells.size for cells in columns.values())):
            return large
    return [
        error(file, rows, f"{name}: {why}" + (f", and {len(rows) - 1} rows like it" if len(rows) > 1 else ""),
              "a number, or text in UTF-8", "", "cell")
        for (name, why), rows in bad.items()
    ]  # fmt: skip
