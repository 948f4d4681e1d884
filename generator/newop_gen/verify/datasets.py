"""The tables that a user has: those named on the command line, or else those of the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..model.op import Table
from ..problems import Place, Problem, SpecError
from ..spec.load import LoadedSpec
from ..tables.convert import in_form
from .bench import Bench


def spec_tables(bench: Bench, loaded: LoadedSpec, files: Sequence[Path]) -> Iterator[tuple[str, Mapping[str, str]]]:
    """(name, {member: CSV text}) of each set of tables. Raises `SpecError` for a file that can't be read or placed."""
    if files:
        yield "--data", {_table_of(bench, f).member: _text(f, str(f)) for f in files}
        return
    chosen: dict[str, dict[str, str]] = {}
    for entry in bench.op.spec.data:
        table = bench.op.table_of(entry.phase)
        path = loaded.path.parent / entry.file
        text = _text(path, str(loaded.path))
        # The same file for many systems is verified once; files of other systems are tables of their own.
        sets = [s for s in chosen.values() if table.member not in s or s[table.member] == text]
        target = sets[0] if sets else chosen.setdefault(f"{entry.system}/{entry.backend}", {})
        target[table.member] = text
        name = next(name for name, texts in chosen.items() if texts is target)
        places = bench.places.setdefault(f"spec's {name}", [])
        if f"{entry.system}/{entry.backend}" not in places:
            places.append(f"{entry.system}/{entry.backend}")
    for name, texts in chosen.items():
        yield f"spec's {name}", texts


def _table_of(bench: Bench, path: Path) -> Table:
    """The table that a file is for: by its name, or the only one."""
    tables = bench.op.tables
    named = [t for t in tables if t.stem in path.name] or [t for t in tables if any(p in path.name for p in t.phases)]
    if len(tables) > 1 and len(named) != 1:
        wanted = " or ".join(f"{t.stem}*" for t in tables)
        raise SpecError(
            Problem(
                Place(str(path)), "it can't be told which table this is", f"a file name with {wanted}", "", "data-name"
            )
        )
    return named[0] if named else tables[0]


def _text(path: Path, place: str) -> str:
    """The table as CSV text, whatever its form."""
    try:
        return in_form(path, parquet=False).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        raise SpecError(
            Problem(Place(place), f"data file {path.name} can't be read", "a CSV or parquet file", "", "data-missing")
        ) from None
