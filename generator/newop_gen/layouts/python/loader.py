"""What the loader template sees: how each level of the nesting is read from a row."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model.columns import column_names, number_column, real_column, row_condition, row_types
from ...model.op import Op, Table, axis_column, key_columns, key_params
from ...render import fragment
from ...render.code import WIDTH, statement, tupled
from ...render.python import literal
from ...sol.render.python import render_expr
from ...sol.tree import Not
from ...sol.types import Type
from ...spec.model import Key, Nesting, PhaseName
from .dialect import column_dialect
from .facts import PythonFacts

MILLISECONDS = {"ms": "", "us": " / 1000", "ns": " / 1000000", "s": " * 1000"}


@dataclass(frozen=True)
class Level:
    """One level of the nesting: the code of its key in the dict, from a row."""

    name: str
    code: str


@dataclass
class Reading:
    """How the rows of one nesting are read. `phase` is set where the rows of one phase of a shared file are meant."""

    op: Op
    facts: PythonFacts
    nesting: Nesting
    phase: PhaseName | None
    aliases: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def phase_value(self) -> str | None:
        return self.op.phase_value(self.phase) if self.phase else None

    @property
    def skipped(self) -> list[str]:
        """Conditions under which a row does not belong to the table."""
        conditions = []
        if self.nesting.rows:
            other = Not(row_condition(self.nesting.rows), type=Type.BOOL)
            conditions.append(render_expr(other, column_dialect(self.facts, self._typed_column)))
        for key in self.nesting.keys:
            if key.only:
                code = self._text(key_columns(key)[0], key)
                conditions.append(f"{code} not in {literal(tuple(key.only))}")
        return conditions

    def _typed_column(self, column: str) -> str:
        """A column in a row condition: as text where it is compared with text."""
        types = row_types(self.nesting.rows or "true")
        return f'row["{column}"]' if types[column] is Type.STR else f'int(row["{column}"])'

    @property
    def keys(self) -> list[Level]:
        levels = []
        for key in self.nesting.keys:
            params = key_params(key)
            codes = tuple(self._value(key, p, c) for p, c in zip(params, key_columns(key)))
            levels.append(Level("_".join(params), tupled(codes) if key.params else codes[0]))
        return levels

    @property
    def axes(self) -> list[Level]:
        return [Level(a.axis, self._number(axis_column(a))) for a in self.nesting.axes]

    @property
    def levels(self) -> list[Level]:
        return [*self.keys, *self.axes]

    @property
    def shape(self) -> str:
        """The nesting as docs write it: data[param1][b][s]."""
        phase = "[phase]" if self.phase else ""
        return "data" + phase + "".join(f"[{level.name}]" for level in self.levels)

    @property
    def latency(self) -> str:
        text = self.nesting.latency.column
        code = render_expr(real_column(text), column_dialect(self.facts, lambda c: f'float(row["{c}"])'))
        unit = MILLISECONDS[self.nesting.latency.unit]
        return (f"({code})" if unit and len(column_names(text)) > 1 else code) + unit

    def _number(self, text: str, default: object = None) -> str:
        def read(column: str) -> str:
            return f'int(row["{column}"])' if default is None else f'int(row.get("{column}", {literal(default)}))'

        return render_expr(number_column(text), column_dialect(self.facts, read))

    def _text(self, column: str, key: Key) -> str:
        return f'row["{column}"]' if key.default is None else f'row.get("{column}", {literal(str(key.default))})'

    def _value(self, key: Key, param: str, column: str) -> str:
        kind = self.op.params[param].type
        if kind == "int":
            return self._number(column, key.default)
        text = self._text(column, key)
        aliases = dict(key.alias)
        if kind != "str":
            other = "float16" if self.facts.sixteen_bit == "bfloat16" else "bfloat16"
            aliases = {k: self.facts.mode_name(v) for k, v in aliases.items()}
            aliases.setdefault(other, self.facts.sixteen_bit)
        if aliases:
            self.aliases[param] = aliases
            text = f"{param}_names.get({text}, {text})"
        return text if kind == "str" else f"common.{kind}[{text}]"

    @property
    def alias_lines(self) -> list[str]:
        """Dict literals of the aliases, one per param that has any; known once the levels have been read."""
        lines = []
        for param, names in self.aliases.items():
            pairs = ", ".join(f"{literal(k)}: {literal(v)}" for k, v in names.items())
            lines.append("    " + statement(f"{param}_names = ", f"{{{pairs}}}", 4))
        return lines

    def path(self, indent: int) -> str:
        """Code of the tuple of keys that a row is filed under, formatted for `indent` columns."""
        phase = (literal(self.phase),) if self.phase else ()
        return statement("path = ", tupled([*phase, *(level.code for level in self.levels)]), indent)


@dataclass(frozen=True)
class LoaderView:
    """A loader function: one reading, or one per phase where a column tells the phases apart."""

    table: Table
    facts: PythonFacts
    readings: tuple[Reading, ...]

    @property
    def op(self) -> Op:
        return self.table.op

    @property
    def argument(self) -> str:
        """Its argument, the file or its sources: upstream's kind of name where the line has room for it."""
        named = f"{self.op.name}_file"
        return named if len(f"def {self.table.loader}({named}):") <= WIDTH else "perf_file"

    @property
    def phase_column(self) -> str | None:
        return self.table.phase_column

    @property
    def columns(self) -> list[str]:
        """The CSV columns that the loader reads, in order of first use."""
        seen: dict[str, None] = {self.phase_column: None} if self.phase_column else {}
        for r in self.readings:
            texts = [c for key in r.nesting.keys for c in key_columns(key)]
            texts += [axis_column(a) for a in r.nesting.axes] + [r.nesting.latency.column]
            for text in texts:
                seen.update(dict.fromkeys(column_names(text)))
        return list(seen)

    @property
    def alias_lines(self) -> list[str]:
        for r in self.readings:
            _ = r.levels  # reading the levels is what collects the aliases
        return list(dict.fromkeys(line for r in self.readings for line in r.alias_lines))


def loader_views(op: Op, facts: PythonFacts) -> list[LoaderView]:
    """One view per loader function: tables whose phases share a nesting share a loader."""
    views = {}
    for table in op.tables:
        if table.loader in views:
            continue
        phases: tuple[PhaseName | None, ...] = table.phases if table.phase_column else (None,)
        readings = tuple(Reading(op, facts, op.nesting(p or table.phases[0]), p) for p in phases)
        views[table.loader] = LoaderView(table, facts, readings)
    return list(views.values())


def render_loaders(op: Op, facts: PythonFacts) -> list[tuple[str, str]]:
    """(name, code) of every loader function."""
    return [
        (v.table.loader, fragment(facts.templates, "loader.py.j2", v=v, facts=facts)) for v in loader_views(op, facts)
    ]
