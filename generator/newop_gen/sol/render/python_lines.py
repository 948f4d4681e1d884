"""A lowered formula as Python statements, broken over lines exactly as `ruff format` breaks them.

A statement that fits stands on one line. One that doesn't is split at its loosest operators or between the arguments of
its call; what would have to be split further in is lowered into locals of its own, which read better.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Collection, Iterable

from ...render.document import HARD, Doc, Indented, render
from ...render.python import literal, operands, parsed, statement, tuple_display
from ..formula import Formula
from ..tree import Expr
from .lower import STEP, Block, Branches, Lookup, Names, Statement, Steps, Value, lower_formula, lower_value
from .python_expr import PythonDialect, render_expr

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
        self.dialect = dialect
        self.width = width
        self.names = names

    def text(self, expr: Expr) -> str:
        return render_expr(expr, self.dialect)

    def fits(self, name: str, expr: Expr, indent: int) -> bool:
        if self.fits_on_a_line(name, expr, indent):
            return True
        node = self.dialect.tree(expr)
        first, *others = self._broken(name, node, indent)
        if not others or any(len(line) > self.width for line in (first, *others)):
            return False
        if isinstance(node, ast.Call):
            return first == f"{' ' * indent}{name} = {ast.unparse(node.func)}(" and len(others) in (
                2,
                len(node.args) + 1,
            )
        return first == f"{' ' * indent}{name} = (" and len(others) in (2, operands(node) + 1)

    def fits_on_a_line(self, name: str, expr: Expr, indent: int) -> bool:
        return indent + len(f"{name} = {self.text(expr)}") <= self.width

    def fits_as_test(self, expr: Expr, indent: int, further: bool) -> bool:
        return indent + len(self._arm(expr, further)) <= self.width

    def _arm(self, test: Expr, further: bool) -> str:
        return f"{'elif' if further else 'if'} {self.text(test)}:"

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
        return self.let(target, value, indent)

    def let(self, target: str, expr: Expr, indent: int) -> list[str]:
        flat = f"{' ' * indent}{target} = {self.text(expr)}"
        return [flat] if len(flat) <= self.width else self._broken(target, self.dialect.tree(expr), indent)

    def _broken(self, target: str, node: ast.expr, indent: int) -> list[str]:
        return self._laid(statement(f"{target} = ", node), indent)

    def _laid(self, doc: Doc, indent: int) -> list[str]:
        return [" " * indent + line for line in render(doc, width=self.width, margin=indent).split("\n")]

    # Constants

    def lookup(self, lookup: Lookup, indent: int) -> list[str]:
        table, row, targets = lookup.table, lookup.row, ", ".join(lookup.names)
        rows = [
            (HARD, f"{literal(value)}: ", tuple_display(numbers) if len(numbers) > 1 else numbers[0], ",")
            for value, numbers in ((value, [*map(literal, row)]) for value, row in table.rows.items())
        ]
        lines = self._laid((f"{lookup.constants} = {{", Indented(tuple(rows)), HARD, "}"), indent)
        key = self.text(lookup.by)
        if table.otherwise is None:
            lines += self.unknown_value(table.by, key, lookup.constants, indent)
            chosen = f"{lookup.constants}[{key}]"
            if indent + len(f"{targets} = {chosen}") <= self.width:
                return [*lines, f"{' ' * indent}{targets} = {chosen}"]
        else:
            chosen = f"{lookup.constants}.get({key}, {lookup.constants}[{literal(table.otherwise)}])"
        lines += self._broken(row, parsed(chosen), indent)
        if len(lookup.names) == 1 or indent + len(f"{targets} = {row}") <= self.width:
            return [*lines, f"{' ' * indent}{targets} = {row}"]
        return [*lines, *(f"{' ' * indent}{name} = {row}[{index}]" for index, name in enumerate(lookup.names))]

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
