"""The ways to a first spec. Each gives the spec's text, which is valid, and an account of how it came about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..data.outliers import ByItself
from ..data.which import phase_of_name
from ..model.op import Op, Table
from ..problems import Place, Problem, SpecError, did_you_mean, near_names
from ..tables.filed import file_parts
from ..tables.findings import Finding
from ..tables.raw import RawTable
from ..tables.read import read
from . import measured
from .choices import Choices
from .decide import Undecided
from .draft import Draft
from .from_table import draft_from
from .odd_cells import refuse_odd_cells
from .questions import Ask, Known, draft_from_answers
from .where import Where, where_of
from .write import checked, rendered

MOST_SHOWN = 8
"""Values of a column in a question."""


@dataclass(frozen=True)
class Started:
    """A first spec. `said` are (subject, text) lines for people; `findings` are about the tables' form, `choices` what
    somebody said, on the command line or when asked."""

    draft: Draft
    text: str
    said: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()
    choices: Choices = field(default_factory=Choices)


def from_tables(
    paths: Sequence[Path], choices: Choices, *, op: str, where: Where, systems: Collection[str], below: Path,
    ask: Ask | None = None,
) -> Started:  # fmt: skip
    """A first spec from collected tables: one, or one for each phase.

    `systems` are names that a device may be one of, `below` is the directory that the spec will be in. Columns that
    only a person can decide on are asked about with `ask`. Raises `SpecError` where a table can't be read, or has no
    latency or no axis, and `Undecided` for such a column when there is nobody to ask.
    """
    if len(paths) > 2:
        raise SpecError(Problem(Place("--from-csv"), f"{len(paths)} tables", "one, or one for each phase", "", "init"))
    readings = [read(path) for path in paths]
    tables = [reading.usable() for reading in readings]
    if empty := [reading for reading in readings if reading.table and not reading.table.rows]:
        raise SpecError(finding.problem for reading in empty for finding in reading.findings)
    _known(tables, {"--key": choices.keys, "--ignore": choices.ignore})
    refuse_odd_cells(tables, {*choices.keys, *choices.ignore})
    places = {table.path: where_of(table, systems, where) for table in tables}
    while True:
        try:
            draft, said = draft_from(tables, choices, op=op, where=places, below=below)
            break
        except Undecided as undecided:
            if ask is None:
                raise
            choices = _decided(choices, undecided, ask)
    said = [("table", f"{t.path}: {len(t.rows)} rows, {len(t.columns)} columns") for t in tables] + said
    found = Op.from_spec(checked(rendered(draft)).spec)
    measurements: list[tuple[Table, measured.Measurements]] = []
    findings = [finding for reading in readings for finding in reading.findings]
    doubts: list[Finding] = []
    for table in found.tables:
        raw = _table_of(table, tables)
        seen, judge = measured.Measurements(found, table, draft.query), ByItself(found, table, raw, "--unit")
        for filed in file_parts(found, table, raw):
            seen.add(filed)
            judge.add(filed)
        measurements.append((table, seen))
        doubts += judge.findings()
    for table, seen in measurements:
        said += _seen(found.name, table, seen, len(measurements) > 1)
    draft = replace(draft, remarks=tuple(measured.remarks([seen for _, seen in measurements])))
    said += [("measured", text) for text in draft.remarks]
    findings += doubts if not choices.unit else []
    return Started(draft, _sure(draft), tuple(dict.fromkeys(said)), tuple(dict.fromkeys(findings)), choices)


def _decided(choices: Choices, undecided: Undecided, ask: Ask) -> Choices:
    """The choices with what a person says of the first column: one that becomes a key may decide the others."""
    column, values = next(iter(undecided.columns.items()))
    shown = [value for value in values[:MOST_SHOWN] if value.strip()] + ["..."] * (len(values) > MOST_SHOWN)
    answer = ask(
        f"{column}: key, ignore, or one of its values ({', '.join(shown)})",
        f"{undecided.problems[0].found}. A key: queries say it; ignore: of rows alike in the rest the first stays; "
        "a value: the other rows are left out",
        "key",
        check=lambda text: "" if text in ("key", "ignore", *values) else "key, ignore, or a value of the column",
    )
    return choices.answered(column, answer)


def _seen(op: str, table: Table, seen: measured.Measurements, several: bool) -> list[tuple[str, str]]:
    """What there is to say about the filed rows: those that can't be read, and how full the grids are."""
    said = []
    if seen.first_bad is not None:
        line, why = seen.first_bad
        said.append(("unreadable", f"{seen.bad} rows, first {op} row {line}: {why}"))
    several = several or bool(table.phase_column and len(table.phases) > 1)
    for phase in table.phases:
        said += [(f"{phase} grid" if several else "grid", text) for text in seen.grids(phase)]
    return said


def _known(tables: Sequence[RawTable], given: Mapping[str, Collection[str]]) -> None:
    """Raises `SpecError` for a column that somebody names and no table has."""
    columns = dict.fromkeys(column for table in tables for column in table.columns)
    files = " or ".join(str(table.path) for table in tables)
    problems = [
        Problem(
            Place(f"{option} {name}"),
            f"no column {name!a} in {files}",
            f"one of {', '.join(columns)}",
            did_you_mean(near_names(name, columns)),
            "init-column",
        )
        for option, names in given.items()
        for name in names
        if name not in columns
    ]
    if problems:
        raise SpecError(problems)


def from_answers(ask: Ask, known: Known) -> Started:
    """A first spec from what `ask` answers."""
    draft = draft_from_answers(ask, known)
    return Started(draft, _sure(draft), ())


def _table_of(table: Table, tables: Sequence[RawTable]) -> RawTable:
    """The file that is a table of the op."""
    return next((r for r in tables if len(tables) == 1 or phase_of_name(r.path.name) in table.phases), tables[0])


def _sure(draft: Draft) -> str:
    """The draft's text, valid."""
    text = rendered(draft)
    checked(text)
    return text
