"""A lowered formula as Python statements, broken over lines exactly as `ruff format` breaks them.

A statement that fits stands on one line. One that doesn't is parenthesised and, if need be, split at its loosest
operators. The formatter has finer rules for what fits neither way (it opens the brackets of calls and subscripts);
instead of imitating those, what is too long is lowered into locals of its own.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterable, Iterator

from ..formula import Formula
from ..tree import Call, Chain, Choice, Compare, Expr, Logic
from .lower import STEP, Block, Branches, Lookup, Names, Statement, Steps, Value, lower_formula, lower_value
from .python_expr import PythonDialect, Text, number_literal, string_literal

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def render_formula(
    formula: Formula,
    dialect: PythonDialect,
    indent: int,
    width: int = 120,
    prefix: str = "",
    reserved: Collection[str] = (),
) -> list[str]:
    """Statements that define `sol_math` and `sol_mem` (ms), as lines that begin with `indent` spaces.

    Locals are the lets by their own name, `<part>_flops`, `<part>_bytes` and further ones derived from these, each with
    `prefix` before it; a name that is taken (by a param's code, a Python builtin, or one of `reserved`, the names that
    the surrounding code uses) gets underscores behind it. A constants table raises `ValueError` for a value that it
    does not have. A division by zero raises `ZeroDivisionError`, as Python does.
    """
    python = _Python(dialect, width, Names(prefix, _taken(formula.inputs, dialect, reserved)))
    return python.lines(lower_formula(formula, python, python.names, indent), indent)


def render_assignment(
    target: str, expr: Expr, dialect: PythonDialect, indent: int, width: int = 120, reserved: Collection[str] = ()
) -> list[str]:
    """`target = expr` as lines that begin with `indent` spaces, with whatever has to be computed before it.

    `target` is code that can be assigned to; locals are as those of `render_formula`.
    """
    inputs = Formula((("value", expr),), None, (), {}).inputs
    python = _Python(dialect, width, Names("", _taken(inputs, dialect, reserved)))
    return python.lines(lower_value(target, expr, python, python.names, indent), indent)


def _taken(inputs: Collection[str], dialect: PythonDialect, reserved: Collection[str]) -> set[str]:
    """The words that the code around uses already."""
    codes = [*map(dialect.name, sorted(inputs)), dialect.mem_bw, dialect.flops("")]
    used = {word for code in codes for word in _IDENTIFIER.findall(code)}
    return used | set(reserved) | set(keyword.kwlist) | set(dir(builtins))


class _Python:
    """The spelling of Python."""

    def __init__(self, dialect: PythonDialect, width: int, names: Names) -> None:
        self.width = width
        self.names = names
        self.text = Text(dialect)

    def fits(self, name: str, expr: Expr, indent: int) -> bool:
        return any(map(self._within, self.layouts(name, expr, indent)))

    def fits_on_a_line(self, name: str, expr: Expr, indent: int) -> bool:
        return self._within(next(self.layouts(name, expr, indent)))

    def fits_as_test(self, expr: Expr, indent: int, further: bool) -> bool:
        return indent + len(self._arm(expr, further)) <= self.width

    def _arm(self, test: Expr, further: bool) -> str:
        return f"{'elif' if further else 'if'} {self.text(test)}:"

    def _within(self, lines: list[str]) -> bool:
        return all(len(line) <= self.width for line in lines)

    # Statements

    def lines(self, statements: Iterable[Statement], indent: int) -> list[str]:
        lines: list[str] = []
        for one in statements:
            lines += self.lookup(one, indent) if isinstance(one, Lookup) else self.assigned(one.name, one.value, indent)
        return lines

    def block(self, target: str, block: Block, indent: int) -> list[str]:
        return [*self.lines(block.lets, indent), *self.assigned(target, block.value, indent)]

    def assigned(self, target: str, value: Value, indent: int) -> list[str]:
        pad = " " * indent
        if isinstance(value, Branches):
            lines = []
            for number, (test, block) in enumerate(value.arms):
                lines.append(pad + self._arm(test, number > 0))
                lines += self.block(target, block, indent + STEP)
            return [*lines, f"{pad}else:", *self.block(target, value.otherwise, indent + STEP)]
        if isinstance(value, Steps):
            first, *others = value.items
            lines = self.block(target, first, indent)
            for block in others:
                lines.append(f"{pad}if {target if value.op == 'and' else f'not {target}'}:")
                lines += self.block(target, block, indent + STEP)
            return lines
        layouts = [*self.layouts(target, value, indent)]
        return next(filter(self._within, layouts), layouts[0])

    def layouts(self, target: str, expr: Expr, indent: int) -> Iterator[list[str]]:
        """The ways in which the formatter writes the assignment, the one it prefers first."""
        text = self.text(expr)
        pad, inner = " " * indent, " " * (indent + STEP)
        yield [f"{pad}{target} = {text}"]
        if isinstance(expr, Call) and expr.function in ("min", "max"):
            yield self.called(target, expr.function, [self.text(arg) for arg in expr.args], indent)
            return
        if not self.splits(expr, text):
            return
        yield [f"{pad}{target} = (", f"{inner}{text}", f"{pad})"]
        if isinstance(expr, (Chain, Compare, Logic, Choice)):
            yield [f"{pad}{target} = (", *(inner + piece for piece in self.text.pieces(expr)[0]), f"{pad})"]

    @staticmethod
    def splits(expr: Expr, text: str) -> bool:
        """Whether the formatter puts parentheses around the whole of a value that is too long.

        It does when the loosest operator stands there more than once, and when there are no brackets that it could
        open instead.
        """
        if isinstance(expr, Choice) or (isinstance(expr, Chain) and len(expr.rest) > 1):
            return True
        if isinstance(expr, Logic) and len(expr.items) > 2:
            return True
        return "(" not in text

    # Constants

    def lookup(self, lookup: Lookup, indent: int) -> list[str]:
        pad, table, targets = " " * indent, lookup.table, [*lookup.names]
        name, row = lookup.constants, lookup.row
        lines = [f"{pad}{name} = {{"]
        for value, numbers in table.rows.items():
            lines += self.constant_row(string_literal(value), [*map(number_literal, numbers)], indent + STEP)
        lines.append(f"{pad}}}")
        key = self.text(lookup.by)
        chosen = ", ".join(targets)
        if table.otherwise is None:
            lines += self.unknown_value(table.by, key, name, indent)
            line = f"{pad}{chosen} = {name}[{key}]"
            if len(line) <= self.width:
                lines.append(line)
            else:
                lines += [f"{pad}{row} = {name}[{key}]", *self.unpacked(targets, row, indent)]
        else:
            lines += self.called(row, f"{name}.get", [key, f"{name}[{string_literal(table.otherwise)}]"], indent)
            lines += self.unpacked(targets, row, indent)
        return lines

    def constant_row(self, key: str, numbers: list[str], indent: int) -> list[str]:
        pad = " " * indent
        if len(numbers) == 1:
            return [f"{pad}{key}: {numbers[0]},"]
        line = f"{pad}{key}: ({', '.join(numbers)}),"
        if len(line) <= self.width:
            return [line]
        return [f"{pad}{key}: (", *(f"{pad}    {number}," for number in numbers), f"{pad}),"]

    def unknown_value(self, by: str, key: str, table: str, indent: int) -> list[str]:
        """The error for a value that the table does not have, naming those that it has."""
        pad = " " * indent
        known = f"expected one of {{', '.join({table})}}"
        lines = [f"{pad}if {key} not in {table}:"]
        for message in (f"{by} is {{{key}!r}}, {known}", f"{{{key}!r}}: {known}", known):
            line = f'{pad}    raise ValueError(f"{message}")'
            if len(line) <= self.width:
                break
        return [*lines, line]

    def unpacked(self, targets: list[str], row: str, indent: int) -> list[str]:
        """The columns of a row as local variables."""
        pad = " " * indent
        line = f"{pad}{', '.join(targets)} = {row}"
        if len(line) <= self.width:
            return [line]
        if len(targets) == 1:
            return [f"{pad}{targets[0]} = {row}"]
        return [f"{pad}{target} = {row}[{index}]" for index, target in enumerate(targets)]

    def called(self, target: str, function: str, args: list[str], indent: int) -> list[str]:
        """`target = function(args)`: on one line, else with the arguments on one, else with one on each."""
        pad = " " * indent
        line = f"{pad}{target} = {function}({', '.join(args)})"
        if len(line) <= self.width:
            return [line]
        line = f"{pad}    {', '.join(args)}"
        inner = [line] if len(line) <= self.width else [f"{pad}    {arg}," for arg in args]
        return [f"{pad}{target} = {function}(", *inner, f"{pad})"]
