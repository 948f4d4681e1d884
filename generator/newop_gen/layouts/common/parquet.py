"""A spec's CSV table as parquet, which needs pyarrow: imported when a table is written, and only then."""

from __future__ import annotations

import csv
import importlib
import io
from typing import TYPE_CHECKING, Any

from ...problems import CheckoutRefused, Place, Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def to_parquet(content: bytes, place: Place) -> bytes:
    """The bytes of a parquet file with the rows of a CSV.

    A column is of integers when all its values are, else of floats when all are numbers, else of text; an empty cell
    is null. Raises `SpecError` for a CSV that can't be read, `CheckoutRefused` without pyarrow.
    """
    pa, pq = _arrow(place)
    names, columns = _columns(content, place)
    table = pa.table({name: _array(pa, values) for name, values in zip(names, columns)})
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def to_csv(content: bytes, place: Place) -> bytes:
    """The bytes of a CSV with the rows of a parquet file, for releases that keep tables as text; null is an empty cell.

    Raises `SpecError` for a file that can't be read, `CheckoutRefused` without pyarrow.
    """
    _, pq = _arrow(place)
    try:
        table = pq.read_table(io.BytesIO(content))
    except (OSError, ValueError):
        raise SpecError(
            Problem(
                place, "the table is no parquet file", "a parquet file, or a CSV under its own name", "", "data-parquet"
            )
        ) from None
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*(column.to_pylist() for column in table.columns)))
    return out.getvalue().encode("utf-8")


def same_table(one: bytes, other: bytes, place: Place) -> bool:
    """Whether two parquet files hold the same table: versions of pyarrow write it with other bytes."""
    _, pq = _arrow(place)
    try:
        left, right = (pq.read_table(io.BytesIO(data)) for data in (one, other))
    except (OSError, ValueError):  # one of them is no parquet file
        return False
    return bool(left.equals(right))


def _arrow(place: Place) -> tuple[Any, Any]:
    try:
        pyarrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    except ImportError as error:
        raise CheckoutRefused(
            Problem(
                place,
                f"this checkout keeps its perf tables as parquet, and pyarrow can't be imported ({error})",
                "pyarrow in the environment that newop-gen runs in",
                "install newop-gen[parquet], or take the `data` entries out of the spec and put the tables in yourself",
                "pyarrow-missing",
            )
        ) from None
    return pyarrow, parquet


def _columns(content: bytes, place: Place) -> tuple[list[str], list[list[str]]]:
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(place, f"the table is not a CSV in UTF-8 ({error})") from None
    rows = [row for row in rows if row]
    if not rows:
        raise _bad(place, "the table is empty")
    names = rows[0]
    if len(set(names)) < len(names):
        raise _bad(place, "the table has two columns of the same name")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(names):
            raise _bad(place, f"row {number} of the table has {len(row)} cells, its header {len(names)}")
    return names, [[row[i] for row in rows[1:]] for i in range(len(names))]


def _bad(place: Place, found: str) -> SpecError:
    return SpecError(Problem(place, found, "a CSV with one header line", "", "data-csv"))


def _array(pa: Any, values: Sequence[str]) -> Any:
    kinds: tuple[tuple[Callable[[str], object], Any], ...] = ((int, pa.int64()), (float, pa.float64()))
    for read, kind in kinds:
        try:
            return pa.array([read(v) if v else None for v in values], kind)
        except (ValueError, OverflowError):
            continue
    return pa.array([v or None for v in values], pa.string())
