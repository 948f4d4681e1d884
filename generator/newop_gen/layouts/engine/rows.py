"""How the rows of a perf file are read: its columns, which rows count, and what each is filed under.

A column is looked up once per file and read by position. What can't be read says which column and why; the file and the
row are added by who reads it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...model.columns import column_names, number_column, real_column, row_condition
from ...model.op import RUN_TIME_AXES, axis_column, key_columns, key_params
from ...render.document import Doc
from ...render.rust import ARRAY, array, block, bracketed, call, chain, let, string, struct, text
from ...sol.tree import Expr
from ...spec.model import Key, Latency
from .cells import CellLines
from .slices import Slices, slices
from .view import EngineOp, EngineParam, rust_name

PHASE_ROW = "PhaseRow"
"""The enum of a row of one phase or another."""
STATEMENT = 12
"""Columns at which what is done with a row stands."""
TAKEN = frozenset({"file", "found", "keep", "kept", "latency", "row", "size", "source", "sources", "whole"})
"""Locals of the code around a row, and functions that it calls."""
UNITS = {"ms": "", "us": " / 1000.0", "ns": " / 1000000.0", "s": " * 1000.0"}


@dataclass(frozen=True)
class Column:
    """A column that is read: its name in the file, its local, and what stands for it where the file hasn't got it."""

    name: str
    local: str
    default: str | None

    @property
    def statement(self) -> str:
        if self.default is None:
            return text(let(self.local, f"file.column({string(self.name)})"), 8)
        return text(let(self.local, call("file.column_or", [string(self.name), string(self.default)])), 8)


@dataclass(frozen=True)
class Constant:
    """A list of texts that a cell is compared with, or of pairs: a text, and what it stands for."""

    name: str
    values: tuple[str, ...] | tuple[tuple[str, str], ...]

    @property
    def statement(self) -> str:
        kind = "&str" if isinstance(self.values[0], str) else "(&str, &str)"
        values: list[Doc] = []
        for value in self.values:
            values.append(
                string(value) if isinstance(value, str) else bracketed("(", [*map(string, value)], ")", ARRAY)
            )
        if len(values) == 1 and isinstance(self.values[0], tuple):
            listed = bracketed("&[(", [*map(string, self.values[0])], ")]", ARRAY - 2)
        else:
            listed = array(values, "&[")
        return text((f"const {self.name}: &[{kind}] = ", listed, ";"))


@dataclass
class Reader:
    """One function that reads files of a shape.

    `sets` are what it files rows for: one, or one per phase of a file in which a column tells the phases apart.
    """

    owner: EngineOp
    sets: tuple[Slices, ...]
    name: str
    _columns: list[Column] = field(default_factory=list)
    _constants: list[Constant] = field(default_factory=list)

    @property
    def by_phase(self) -> bool:
        return len(self.sets) > 1

    def variant(self, s: Slices) -> str:
        return s.phase.capitalize()

    @functools.cached_property
    def statements(self) -> list[str]:
        """What is done with one row, at 12 columns. The columns and constants that it uses are known afterwards."""
        return [text(statement, STATEMENT) for statement in self._row()]

    @property
    def columns(self) -> list[Column]:
        return self._columns if self.statements else []

    @property
    def constants(self) -> list[Constant]:
        return self._constants if self.statements else []

    @property
    def helpers(self) -> set[str]:
        """What the statements need of the template of numbers."""
        return self._cells.helpers if self.statements else set()

    @functools.cached_property
    def _cells(self) -> CellLines:
        return CellLines(
            self.owner, lambda: {*TAKEN, *(p.name for p in self.owner.params), *RUN_TIME_AXES, *self._locals}
        )

    @property
    def _locals(self) -> set[str]:
        return {column.local for column in self._columns}

    def _row(self) -> Iterator[Doc]:
        phase_column = self.sets[0].table.table.phase_column
        if phase_column is None:
            yield from self._filed(self.sets[0], STATEMENT)
            return
        cell = f"row.text({self._local(phase_column)})?"
        values = [string(self.owner.op.phase_value(s.phases[0])) for s in self.sets]
        if not self.by_phase:
            yield _leave_out(f"{cell} != {values[0]}")
            yield from self._filed(self.sets[0], STATEMENT)
            return
        arms: list[Doc] = [
            (f"{value} => ", block(list(self._filed(s, STATEMENT + 8)))) for value, s in zip(values, self.sets)
        ]
        yield (f"match {cell}.as_ref() ", block([*arms, "_ => {}"]))

    def _filed(self, s: Slices, indent: int) -> Iterator[Doc]:
        """The statements that file a row of one set, at `indent` columns."""
        if s.nesting.rows:
            yield self._value("kept", row_condition(s.nesting.rows), indent)
            yield _leave_out("!kept")
        for key in s.keys:
            if key.only:
                texts = self._constant(s, f"{key_params(key)[0].upper()}_ONLY", tuple(key.only))
                yield let("kept", (call("row.is_among", [self._local(key_columns(key)[0], key), texts]), "?"))
                yield _leave_out("!kept")
        params = {p.name: p for p in s.fields}
        for key in s.keys:
            for name, column in zip(key_params(key), key_columns(key)):
                if params[name].type == "int":
                    yield from self._size(name, column, indent, key)
                else:
                    yield let(_local(name), self._text(s, key, params[name], column))
        for axis in s.nesting.axes:
            yield from self._size(axis.axis, axis_column(axis), indent)
        yield from self._latency(s.nesting.latency, indent)
        at = array([_local(axis) for axis in s.axes], indent=indent)
        filed = [] if s.key is None else [struct(s.key, [(p.ident, _local(p.name)) for p in s.fields])]
        row = [call(f"{PHASE_ROW}::{self.variant(s)}", [*filed, at])] if self.by_phase else [*filed, at]
        yield (call("keep", [*row, "row.leaf(latency)?"]), ";")

    def _size(self, name: str, column: str, indent: int, key: Key | None = None) -> Iterator[Doc]:
        """A whole number that is a key or an axis: a cell, or computed of cells."""
        if column_names(column) == (column,):
            yield let(_local(name), f"row.size({self._local(column, key)})?")
            return
        yield self._value("whole", number_column(column), indent)
        yield let(_local(name), "size(whole)?")

    def _latency(self, latency: Latency, indent: int) -> Iterator[Doc]:
        unit = UNITS[latency.unit]
        if column_names(latency.column) == (latency.column,):
            yield let("latency", f"row.real({self._local(latency.column)})?{unit}")
            return
        yield self._value("latency", real_column(latency.column), indent)
        if unit:
            yield let("latency", f"latency{unit}")

    def _value(self, name: str, expr: Expr, indent: int) -> Doc:
        return self._cells.value(name, expr, self._local, indent)

    def _text(self, s: Slices, key: Key, param: EngineParam, column: str) -> Doc:
        """A text or a mode, from the cell of a row."""
        names = dict(key.alias)
        if param.quant:
            other = "float16" if self.owner.facts.sixteen_bit == "bfloat16" else "bfloat16"
            names = {text: self._mode(mode) for text, mode in names.items()}
            names.setdefault(other, self.owner.facts.sixteen_bit)
        local = self._local(column, key)
        if not names:
            return chain("row", [f".text({local})?", ".into_owned()"])
        constant = self._constant(s, f"{param.name.upper() if key.alias else 'MODE'}_NAMES", tuple(names.items()))
        return (call("row.mode" if param.quant else "row.renamed", [local, constant]), "?")

    def _mode(self, mode: str) -> str:
        return self.owner.facts.sixteen_bit if mode in ("float16", "bfloat16") else mode

    def _local(self, name: str, key: Key | None = None) -> str:
        """The local of a column, which is made when it is asked for first."""
        default = None if key is None or key.default is None else str(key.default)
        for column in self._columns:
            if (column.name, column.default) == (name, default):
                return column.local
        taken = self._locals
        free = (f"{name.lower()}_col{number or ''}" for number in range(len(taken) + 1))
        self._columns.append(Column(name, next(local for local in free if local not in taken), default))
        return self._columns[-1].local

    def _constant(self, s: Slices, name: str, values: tuple[str, ...] | tuple[tuple[str, str], ...]) -> str:
        """The name of a constant with these values; phases that differ in them have one each."""
        for wanted in (name, f"{s.phase.upper()}_{name}"):
            known = next((c for c in self._constants if c.name == wanted), None)
            if known is None:
                self._constants.append(Constant(wanted, values))
                return wanted
            if known.values == values:
                return wanted
        raise AssertionError(f"two lists {name} in one phase")


def readers(op: EngineOp) -> tuple[Reader, ...]:
    """One per shape of file: files whose rows are filed alike share one."""
    shapes: dict[int, tuple[Slices, ...]] = {}
    for table in op.tables:
        sets = tuple(s for s in slices(op) if s.table == table)
        shapes.setdefault(id(sets[0].nesting), sets)
    several = len(shapes) > 1
    return tuple(Reader(op, sets, f"read_rows{sets[0].suffix if several else ''}") for sets in shapes.values())


def _local(name: str) -> str:
    """The local of a param or an axis."""
    return f"{name}_value" if name in TAKEN or name != rust_name(name) else name


def _leave_out(condition: Doc) -> Doc:
    return ("if ", condition, " ", block(["return Ok(());"]))
