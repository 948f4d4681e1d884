"""A lowered formula as Rust statements, broken over lines exactly as rustfmt breaks them.

A value that fits stands on the line of its `let`, else on the next one, which is what rustfmt does with operators in a
row. It has more ways for what fits neither way; instead of imitating those, what is too long is lowered into locals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from ..formula import Formula
from ..magnitude import Magnitudes, Span, column_spans
from ..tree import Bool, Choice, Expr
from ..types import Type
from .lower import STEP, Block, Branches, Local, Lookup, Names, Statement, Steps, Value, lower_formula, lower_value
from .rust_expr import ARGUMENTS_WIDTH, CHOICE_WIDTH, Code, RustDialect, Text, real_literal, string_literal

__all__ = ["Edition", "RustLines"]

Edition = Literal["2021", "2024"]

_HOLDS = "holds"


class RustLines:
    """Statements in one function. `taken` are the names that nothing rendered may have: the language's own words and
    those that the code around uses. `helpers` are what the rendered code needs of `Number`.

    `bits`: inputs are less than 2**bits.
    """

    def __init__(
        self, dialect: RustDialect, edition: Edition, taken: Collection[str], bits: int, width: int = 100
    ) -> None:
        self.width = width
        self.edition = edition
        self.taken = {*taken, _HOLDS}
        self.magnitudes = Magnitudes(Span(0, 2**bits - 1))
        self.code = Text(dialect, self.magnitudes)
        self.types: dict[str, Type | None] = {}

    @property
    def helpers(self) -> set[str]:
        return self.code.helpers

    def formula(self, formula: Formula, indent: int) -> list[str]:
        """Statements that define `sol_math` and `sol_mem` (ms) of a settled formula."""
        self.magnitudes.inputs = formula.inputs
        self.magnitudes.known.update(column_spans(formula))
        names = Names("", {*self.taken, *formula.inputs})
        return self.lines(lower_formula(formula, self, names, indent), indent)

    def value(self, name: str, expr: Expr, indent: int) -> list[str]:
        """Statements that give `name` the value of a settled expression over inputs."""
        self.magnitudes.inputs = Formula((("value", expr),), None, (), {}).inputs
        names = Names("", {*self.taken, *self.magnitudes.inputs, name})
        return self.lines(lower_value(name, expr, self, names, indent), indent)

    # What lowering asks

    def text(self, expr: Expr) -> str:
        return self.code(expr).text

    def fits(self, name: str, expr: Expr, indent: int) -> bool:
        if name not in self.types:  # the whole value, before any use of the name
            self.types[name] = expr.type
            span = self.magnitudes.of(expr)
            if span is not None:
                self.magnitudes.known[name] = span
            if expr.type in (Type.INT, Type.REAL) and self.code.positive(expr):
                self.code.positives.add(name)
        return self.layout(name, expr, indent) is not None

    def fits_on_a_line(self, name: str, expr: Expr, indent: int) -> bool:
        layout = self.layout(name, expr, indent)
        return layout is not None and len(layout) == 1

    def fits_as_test(self, expr: Expr, indent: int, further: bool) -> bool:
        code = self.code(expr)
        return code.flat and len(self._arm(code, indent, further)) <= self.width

    def layout(self, name: str, expr: Expr, indent: int) -> list[str] | None:
        """The lines of a `let` that rustfmt leaves as they are, or None."""
        code = self._value(name, expr)
        pad, inner = " " * indent, " " * (indent + STEP)
        line, below = f"{pad}let {name} = {code.text};", f"{inner}{code.text};"
        if code.flat and len(below) <= self.width:
            return [line] if len(line) <= self.width else [f"{pad}let {name} =", below]
        lines = self.opened(code, indent)
        return [f"{pad}let {name} = {lines[0].lstrip()}", *lines[1:-1], f"{lines[-1]};"] if lines else None

    def opened(self, code: Code, indent: int) -> list[str]:
        """A call with an argument on each line; empty for what is none, or is too wide even so."""
        if code.opened is None:
            return []
        head, arguments, tail = code.opened
        inner = " " * (indent + STEP)
        lines = [f"{' ' * indent}{head}", *(f"{inner}{argument}," for argument in arguments), f"{' ' * indent}{tail}"]
        return lines if max(map(len, lines)) + len("let  = ;") + 16 <= self.width else []

    def _value(self, name: str, expr: Expr) -> Code:
        """The code of a value of `name`, a whole one as a real where the whole of `name` is a real."""
        return self.code.real(expr) if self.types.get(name, expr.type) is Type.REAL else self.code(expr)

    @staticmethod
    def _arm(test: Code, indent: int, further: bool) -> str:
        return f"{' ' * indent}{'} else if' if further else 'if'} {test.text} {{"

    # Statements

    def lines(self, statements: Iterable[Statement], indent: int) -> list[str]:
        lines: list[str] = []
        for one in statements:
            if isinstance(one, Lookup):
                lines += self.lookup(one, indent)
            else:
                lines += self.let(one.name, one.value, indent)
        return lines

    def let(self, name: str, value: Value, indent: int) -> list[str]:
        pad = " " * indent
        if isinstance(value, Steps):
            before, last = self.steps(name, value, indent)
            return [*before, *self.let(name, last, indent)]
        if not isinstance(value, Branches):
            return self.layout(name, value, indent) or [f"{pad}let {name} = {self._value(name, value).text};"]
        short = self.one_line(name, value)
        if short is not None:
            line, below = f"{pad}let {name} = {short};", f"{' ' * (indent + STEP)}{short};"
            return [line] if len(line) <= self.width else [f"{pad}let {name} =", below]
        first, *rest = self.tail(name, value, indent)
        if len(f"let {name} = {first}") <= self.width:
            return [f"{pad}let {name} = {first.lstrip()}", *rest[:-1], f"{rest[-1]};"]
        (test, arm), *others = value.arms
        holds = replace(value, arms=((Local(_HOLDS, type=Type.BOOL), arm), *others))
        return [*self.let(_HOLDS, test, indent), *self.let(name, holds, indent)]

    def block(self, name: str, block: Block, indent: int) -> list[str]:
        """A block that has a value of `name`."""
        before, value = self.lines(block.lets, indent), block.value
        if isinstance(value, Steps):
            further, value = self.steps(name, value, indent)
            before += further
        return [*before, *self.tail(name, value, indent)]

    def steps(self, name: str, value: Steps, indent: int) -> tuple[list[str], Branches]:
        """`and` and `or` item by item: all but the last as statements, each asked only while nothing is decided."""
        first, *rest = value.items
        lines = [*self.lines(first.lets, indent), *self.let(name, first.value, indent)]
        so_far: Expr = Local(name, type=Type.BOOL)
        decided = Block((), Bool(value.op == "or", type=Type.BOOL))
        further = [
            Branches(((so_far, item),), decided) if value.op == "and" else Branches(((so_far, decided),), item)
            for item in rest
        ]
        for one in further[:-1]:
            lines += self.let(name, one, indent)
        return lines, further[-1]

    def one_line(self, name: str, value: Branches) -> str | None:
        """A choice of two plain arms on one line, where rustfmt wants it there."""
        (test, then), *others = value.arms
        arms = [block.value for block in (then, value.otherwise) if not block.lets]
        if others or len(arms) < 2 or any(isinstance(arm, (Branches, Steps, Choice)) for arm in arms):
            return None
        texts = [self._value(name, arm).text for arm in arms if not isinstance(arm, (Branches, Steps))]
        text = f"if {self.code(test).text} {{ {texts[0]} }} else {{ {texts[1]} }}"
        return text if len(text) <= CHOICE_WIDTH else None

    def tail(self, name: str, value: Expr | Branches, indent: int) -> list[str]:
        """A value as the last expression of a block."""
        pad, inner = " " * indent, indent + STEP
        if isinstance(value, Choice) and self.edition == "2021":  # whose rustfmt has choices there always open
            value = Branches(((value.test, Block((), value.then)),), Block((), value.otherwise))
        if not isinstance(value, Branches):
            code = self._value(name, value)
            line = pad + code.text
            return [line] if code.flat and len(line) <= self.width else self.opened(code, indent) or [line]
        short = self.one_line(name, value) if self.edition != "2021" else None
        if short is not None:
            return [pad + short]
        lines = []
        for number, (test, block) in enumerate(value.arms):
            lines += [self._arm(self.code(test), indent, number > 0), *self.block(name, block, inner)]
        return [*lines, f"{pad}}} else {{", *self.block(name, value.otherwise, inner), f"{pad}}}"]

    # Constants

    def lookup(self, lookup: Lookup, indent: int) -> list[str]:
        """The columns of the row that is named, several to a `match` where an array has room for them."""
        rows = [*lookup.table.rows.values()]
        columns = [
            _Column(name, kind, tuple(row[index] for row in rows))
            for index, (name, kind) in enumerate(zip(lookup.names, lookup.table.types, strict=True))
        ]
        lines: list[str] = []
        while columns:
            most = next((n for n, column in enumerate(columns) if not column.goes_with(columns[0])), len(columns))
            made = ((count, self.matched(lookup, columns[:count], indent)) for count in range(most, 1, -1))
            count, group = next((one for one in made if one[1] is not None), (1, None))
            lines += group or self.matched_alone(lookup, columns[0], indent)
            columns = columns[count:]
        return lines

    def matched(self, lookup: Lookup, columns: list[_Column], indent: int) -> list[str] | None:
        """`let [a, b] = match by {..}`, or None where it gets too wide."""
        names = f"[{', '.join(column.name for column in columns)}]"
        rows = [", ".join(numbers) for numbers in zip(*(column.numbers for column in columns), strict=True)]
        if any(len(row) > ARGUMENTS_WIDTH for row in rows):
            return None
        lines = self.match(lookup, names, [f"[{row}]" for row in rows], indent)
        if max(map(len, lines)) > self.width:
            return None
        if columns[0].kind is not Type.INT:
            return lines
        last = lines.pop()
        if not lines:
            return [f"{last[:-1]}.map({self.code.dialect.number}::from);"]
        return [*lines, last[:-1], f"{' ' * indent}.map({self.code.dialect.number}::from);"]

    def matched_alone(self, lookup: Lookup, column: _Column, indent: int) -> list[str]:
        made = real_literal if column.kind is Type.REAL else self.code.signed
        return self.match(lookup, column.name, [made(number) for number in column.values], indent)

    def match(self, lookup: Lookup, names: str, rows: list[str], indent: int) -> list[str]:
        """`let names = match by {..};`; the row for what is not listed stands last."""
        pad, otherwise = " " * indent, lookup.table.otherwise
        by = self.code(lookup.by).text
        listed = dict(zip(lookup.table.rows, rows, strict=True))
        if otherwise is None:
            self.helpers.add("unlisted")
            last = f"return Err(unlisted({by}))"
        else:
            last = listed.pop(otherwise)
            if not listed:
                return [f"{pad}let {names} = {last};"]
        lines = [f"{pad}let {names} = match {by} {{"]
        for key, row in listed.items():
            arm = f"{pad}    {string_literal(key)} => {row},"
            body = [f"{pad}    {string_literal(key)} => {{", f"{pad}        {row}", f"{pad}    }}"]
            lines += [arm] if len(arm) <= self.width else body
        return [*lines, f"{pad}    _ => {last},", f"{pad}}};"]


@dataclass(frozen=True)
class _Column:
    """A column of constants."""

    name: str
    kind: Type
    values: tuple[int | float, ...]

    @property
    def numbers(self) -> list[str]:
        return [str(value) if self.kind is Type.INT else real_literal(value) for value in self.values]

    def goes_with(self, other: _Column) -> bool:
        """Whether both can stand in one array: of whole numbers that `u32` has, or of reals."""
        return self.kind is other.kind and (self.kind is not Type.INT or (self.small and other.small))

    @property
    def small(self) -> bool:
        return all(0 <= value < 2**32 for value in self.values)
