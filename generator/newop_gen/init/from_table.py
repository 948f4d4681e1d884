"""From collected tables to a first spec, and an account of what was seen in them."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from ..data.which import PHASE_WORDS, phase_of_name, phase_of_word
from ..model.columns import row_condition, row_holds, row_types
from ..model.op import RUN_TIME_AXES
from ..problems import Place, Problem, SpecError, did_you_mean, near_names
from ..sol.findings import SolSyntax
from ..spec.model import FILE_PATTERN, PhaseName
from ..tables.raw import RawTable, Rows
from .axes import run_time_columns
from .choices import Choices, both, equals
from .decide import Level, Levels, decide
from .draft import Draft, EntryDraft, KeyDraft, NestingDraft, ParamDraft, op_name, param_names
from .latency import power_said
from .profile import profile
from .vocabulary import PHASE_COLUMNS, WIDTH
from .where import Where

Said = tuple[str, str]


_Piece = tuple[RawTable, Rows, Union[PhaseName, None]]
"""The rows of one phase of one file."""


@dataclass(frozen=True)
class _Part:
    """A piece with its levels."""

    table: RawTable
    phase: PhaseName | None
    levels: Levels


def draft_from(
    tables: Sequence[RawTable], choices: Choices, *, op: str = "", where: Mapping[Path, Where], below: Path
) -> tuple[Draft, list[Said]]:
    """A draft, and (subject, text) lines that say what was seen and why it was decided so.

    `below` is the directory of the spec, which data files are named relative to. Raises `SpecError` where a table has
    no latency or no axis, or where two tables are of one phase.
    """
    said: list[Said] = []
    tables, condition = _wanted(tables, choices, said)
    pieces, column, values, known = _pieces(tables, choices, said)
    condition = both(condition, known)
    query, query_why = _query(pieces, choices, said)
    parts = _decided(pieces, query, choices, column)
    for part in parts:
        said += [(f"{part.phase} {subject}" if len(parts) > 1 else subject, text) for subject, text in part.levels.said]
    said.append(("power", power_said(profile(tables[0]))))
    used = _used(parts, query, said)
    names = _names(parts)
    nestings = {phase: _nesting(_part_of(parts, phase), names, condition) for phase in used}
    told = {p for p in (part.phase for part in parts) if p}
    filing = "phase_column" if column else "per_phase" if told and not choices.phase else "one"
    stem = op or _stem(tables[0].path, strip=bool(told))
    draft = Draft(
        op=op_name(stem),
        summary=f"TODO what {op_name(stem)} computes",
        origin=", ".join(t.path.name for t in tables),
        params=_params(parts, names),
        used=used,
        table=filing,
        query=query,
        query_why=query_why,
        nestings=nestings,
        phase_column=column,
        phase_values=values,
        entries=tuple(_entry(t, where[t.path], parts, filing, below) for t in tables),
    )
    return draft, said


def _decided(pieces: Sequence[_Piece], query: str, choices: Choices, column: str) -> list[_Part]:
    """Levels of each piece. A text that is a key in one phase is one in the other: it means the same there."""
    parts = [_Part(t, phase, decide(t, rows, phase, query, choices, column)) for t, rows, phase in pieces]
    texts = {level.column.name for part in parts for level in part.levels.keys if level.type == "str"}
    if all(texts <= {level.column.name for level in part.levels.keys} for part in parts):
        return parts
    keys = (*choices.keys, *sorted(texts))
    choices = dataclasses.replace(choices, keys=keys)
    return [
        _Part(t, phase, decide(t, rows, phase, query, choices, column)) if texts <= set(t.columns) else part
        for (t, rows, phase), part in zip(pieces, parts)
    ]


# rows


def _wanted(tables: Sequence[RawTable], choices: Choices, said: list[Said]) -> tuple[list[RawTable], str]:
    """The tables with the rows that `--rows` keeps, and its condition."""
    text = choices.rows
    if not text:
        return list(tables), ""
    try:
        row_condition(text)
    except (SolSyntax, AssertionError) as fault:
        why = str(fault).splitlines()[0]
        raise SpecError(
            Problem(Place("--rows"), f"{text!a} is no condition over columns ({why})", "such as \"op_name == 'pre'\"",
                    "docs/sol-language.md has the language", "init-rows")
        ) from None  # fmt: skip
    kept = []
    for table in tables:
        if missing := [name for name in row_types(text) if name not in table.columns]:
            near = did_you_mean(near_names(missing[0], table.columns))
            found = f"no column {missing[0]!a} in {table.path}"
            raise SpecError(Problem(Place("--rows"), found, f"some of {', '.join(table.columns)}", near, "init-column"))
        rows = table.rows.holding(lambda cells: row_holds(text, cells))
        if not rows:
            raise SpecError(Problem(Place("--rows"), f"no row of {table.path} has {text}", "rows", "", "init-rows"))
        said.append(
            ("rows", f"{len(rows)} of {len(table.rows)} rows have {text}, the others are left out, as you said")
        )
        kept.append(dataclasses.replace(table, rows=rows))
    return kept, text


# phases


def _pieces(
    tables: Sequence[RawTable], choices: Choices, said: list[Said]
) -> tuple[list[_Piece], str, dict[PhaseName, str], str]:
    """The pieces, the phase column or "", what it holds per phase, and a condition that leaves other phases out."""
    if len(tables) == 1:
        column, values, others = _phase_column(tables[0])
        if column and choices.phase is None:
            return _by_column(tables[0], column, values, others, said)
        said += _unknown_phases(tables[0]) if choices.phase is None else []
    pieces: list[_Piece] = []
    for table in tables:
        phase = choices.phase or phase_of_name(table.path.name)
        if phase and not choices.phase:
            said.append(("phases", f"{table.path.name} is {phase}, by its name"))
        pieces.append((table, table.rows, phase))
    if len(pieces) > 1 and sorted(str(phase) for _, _, phase in pieces) != ["context", "generation"]:
        raise SpecError(
            Problem(
                Place(str(tables[-1].path)), "several tables, and it can't be told which phase each is of",
                "one table, or two whose names say context and generation", "rename them", "init-phase",
            )
        )  # fmt: skip
    return pieces, "", {}, ""


def _by_column(
    table: RawTable, column: str, values: dict[PhaseName, str], others: Sequence[str], said: list[Said]
) -> tuple[list[_Piece], str, dict[PhaseName, str], str]:
    shown = ", ".join(f"{text!a} is {phase}" for phase, text in values.items())
    said.append(("phases", f"column {column}: {shown}"))
    condition = ""
    if others:
        rows = sum(text in others for text in table.rows.column(column))
        names = ", ".join(f"{value[:30]!a}" for value in others)
        said.append(("phases", f"column {column}: {names} is no known phase, its {rows} rows are left out"))
        condition = " or ".join(equals(column, text) for text in values.values())
    pieces: list[_Piece] = [(table, table.rows.where(column, text.__eq__), phase) for phase, text in values.items()]
    return pieces, column, {p: text for p, text in values.items() if p != text}, condition


def _phase_column(table: RawTable) -> tuple[str, dict[PhaseName, str], list[str]]:
    """A column that tells the two phases apart, what it calls them, and what else is in it."""
    for name, column in profile(table).items():
        if name.lower() in PHASE_COLUMNS and column.readable:
            values: dict[PhaseName, str] = {}
            for value in column.values:
                if phase := phase_of_word(value):
                    values.setdefault(phase, value)
            others = [value for value in column.values if value not in values.values()]
            plain = all("'" not in value and value.strip() for value in values.values())
            if values and plain and not any(phase_of_word(value) for value in others):
                return name, dict(sorted(values.items())), others
    return "", {}, []


def _unknown_phases(table: RawTable) -> Iterator[Said]:
    """Columns that are called like a phase column, and hold what is no phase: all rows are taken for the same ones."""
    for name, column in profile(table).items():
        if name.lower() in PHASE_COLUMNS and any(phase_of_word(value) is None for value in column.values):
            shown = ", ".join(f"{value[:30]!a}" for value in column.values[:5])
            more = f" and {column.count - 5} more" if column.count > 5 else ""
            known = ", ".join(PHASE_WORDS)
            yield "phases", f"{name} is called like a phase column, but holds {shown}{more}: only {known} are known"


def _used(parts: Sequence[_Part], query: str, said: list[Said]) -> tuple[PhaseName, ...]:
    told = tuple(p for p in ("context", "generation") if any(part.phase == p for part in parts))
    if told:
        return told  # type: ignore[return-value]
    if query == "x":
        said.append(("phases", "nothing says which: both, one table (cost per token is the same in both)"))
        return "context", "generation"
    said.append(("phases", "nothing says which: context (--phase generation, or a file name that says so, for decode)"))
    return ("context",)


def _part_of(parts: Sequence[_Part], phase: PhaseName) -> _Part:
    return next((part for part in parts if part.phase == phase), parts[0])


# the axis decision


def _query(pieces: Sequence[_Piece], choices: Choices, said: list[Said]) -> tuple[str, str]:
    """x or b,s, and why."""
    if run_time := set(RUN_TIME_AXES).intersection(choices.axes):
        return ("x" if run_time == {"x"} else "b,s"), "as said on the command line"
    found = [(phase, run_time_columns(profile(table, rows))) for table, rows, phase in pieces]
    separate = all("b" in f and ("s" in f or phase == "generation") for phase, f in found)
    if separate:
        why = "the table has batch and sequence apart"
        said.append(("axis decision", f"b,s: {why}"))
        return "b,s", why
    why = "the table counts tokens, or one size, not batch and sequence apart"
    said.append(("axis decision", f"x: {why}"))
    return "x", why


# names, params, nesting


def _names(parts: Sequence[_Part]) -> dict[str, str]:
    """The param of each key column, over all parts."""
    types: dict[str, str] = {}
    for part in parts:
        for level in part.levels.keys:
            types.setdefault(level.column.name, level.type)
        types.update({axis: "int" for axis in part.levels.axes if axis not in RUN_TIME_AXES})
    return param_names(types, types)


def _params(parts: Sequence[_Part], names: Mapping[str, str]) -> dict[str, ParamDraft]:
    params: dict[str, ParamDraft] = {}
    for part in parts:
        for level in part.levels.keys:
            name = names[level.column.name]
            modes = level.quant.modes if level.quant else ()
            if name in params:
                modes = tuple(dict.fromkeys((*params[name].modes, *modes)))
            wide = level.type == "int" and level.column.high >= WIDTH
            params[name] = ParamDraft(level.type, modes, level.why if level.type == "int" else "", wide)
        for axis in part.levels.axes:
            if axis not in RUN_TIME_AXES:
                params.setdefault(
                    names[axis], ParamDraft("int", note="an axis: values between measured ones are interpolated")
                )
    return params


def _nesting(part: _Part, names: Mapping[str, str], condition: str) -> NestingDraft:
    levels = part.levels
    single = [level for level in levels.keys if not (levels.tuple_key and _in_tuple(level))]
    together = [level for level in levels.keys if level not in single]
    keys = [_key(level, names) for level in single]
    if together:
        columns = tuple(level.column.name for level in together)
        keys.append(KeyDraft(tuple(names[c] for c in columns), columns))
    axes = tuple((axis if axis in RUN_TIME_AXES else names[axis], column) for axis, column in levels.axes.items())
    rows = both(condition, levels.rows)
    return NestingDraft(tuple(keys), axes, _method(len(axes)), levels.latency.column, levels.latency.unit, rows)


def _method(axes: int) -> str:
    return "linear" if axes == 1 else "bilinear"


def _in_tuple(level: Level) -> bool:
    return level.type == "int"


def _key(level: Level, names: Mapping[str, str]) -> KeyDraft:
    alias = level.quant.alias if level.quant else {}
    return KeyDraft((names[level.column.name],), (level.column.name,), alias, level.why if level.type == "str" else "")


# files


def _stem(path: Path, *, strip: bool) -> str:
    """The op's name in a file's name: `new_op_context_perf.csv` is of new_op."""
    words = [w for w in re.split(r"[^A-Za-z0-9]+", path.stem) if w]
    words = words[:-1] if len(words) > 1 and words[-1].lower() == "perf" else words
    if strip:
        words = [w for w in words if w.lower() not in PHASE_WORDS] or words
    return "_".join(words)


def _entry(table: RawTable, where: Where, parts: Sequence[_Part], filing: str, below: Path) -> EntryDraft:
    phase = next((p.phase for p in parts if p.table is table), None) if filing == "per_phase" else None
    blank = [name for name, value in (("system", where.system), ("backend", where.backend)) if not value]
    try:
        file = table.path.resolve().relative_to(below.resolve()).as_posix()
    except ValueError:
        file = table.path.name
        blank.append("file")
    if "file" not in blank and not re.fullmatch(FILE_PATTERN, file):
        blank.append("file")
    return EntryDraft(file, phase, where.system or "h200_sxm", where.backend or "trtllm", where.version, tuple(blank))
