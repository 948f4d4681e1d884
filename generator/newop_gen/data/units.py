"""Whether the tables that a spec names, or some others, are in another unit than they are read in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..explain.measured import is_placeholder
from ..explain.systems import BUILT_IN, find_system
from ..model.op import Op, Table
from ..problems import Problem, SpecError
from ..spec.load import LoadedSpec
from ..tables.filed import file_parts
from ..tables.read import read
from .outliers import AgainstSol, ByItself
from .which import table_of


def unit_doubts(loaded: LoadedSpec, files: Sequence[Path] = ()) -> list[Problem]:
    """What there is to ask about the unit of each table: of `files`, or else of those that the spec names and that are
    there. What can't be read is for others to tell."""
    op = Op.from_spec(loaded.spec)
    problems: list[Problem] = []
    for table, path, system in dict.fromkeys(_tables(op, loaded, files)):
        try:
            raw = read(path).table
        except SpecError:
            continue
        if raw is None:
            continue
        known = system in BUILT_IN and not is_placeholder(op)
        judge = AgainstSol(op, table, raw, find_system(system, None)) if known else ByItself(op, table, raw)
        for filed in file_parts(op, table, raw):
            judge.add(filed)
        problems += [f.problem for f in judge.findings() if f.problem.code == "latency-unit"]
    return list(dict.fromkeys(problems))


def _tables(op: Op, loaded: LoadedSpec, files: Sequence[Path]) -> list[tuple[Table, Path, str]]:
    if not files:
        entries = [(op.table_of(e.phase), loaded.path.parent / e.file, e.system) for e in loaded.spec.data]
        return [entry for entry in entries if entry[1].is_file()]
    found = []
    for path in files:
        try:
            found.append((table_of(op, path), path, ""))
        except SpecError:
            continue
    return found
