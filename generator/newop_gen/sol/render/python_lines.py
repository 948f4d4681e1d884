"""A formula as Python statements, broken over lines exactly as `ruff format` breaks them.

A statement that fits stands on one line. One that doesn't is parenthesised and, if need be, split at its loosest
operators. The formatter has finer rules for what fits neither way (it opens the brackets of calls and subscripts);
instead of imitating those, a sub-expression that is too long becomes a local variable of its own, until plain rules
are enough. Nothing is ever reassociated, and nothing is moved out of a choice or of `and`/`or` in which it might not
have been evaluated: those become `if` statements.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Collection, Iterator
from typing import Literal

from ..formula import ConstantTable, Formula
from ..tree import Call, Chain, Choice, Compare, Expr, Int, Logic, MemBw, Name, children, rebuilt
from ..types import Type
from .python_expr import PythonDialect, Text, number_literal, string_literal

_STEP = 4
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEM = 16
_DEEP = 64
"""From this column on, arms of choices are computed before the choice, as further nesting would leave no room."""


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
    return _Writer(formula, dialect, width, prefix, reserved).formula(indent)


def render_assignment(
    target: str, expr: Expr, dialect: PythonDialect, indent: int, width: int = 120, reserved: Collection[str] = ()
) -> list[str]:
    """`target = expr` as lines that begin with `indent` spaces, with whatever has to be computed before it.

    `target` is code that can be assigned to; locals are as those of `render_formula`.
    """
    inputs = Formula((("value", expr),), None, (), {})
    return _Writer(inputs, dialect, width, "", reserved).assign(target, expr, indent)


class _Writer:
    def __init__(
        self, formula: Formula, dialect: PythonDialect, width: int, prefix: str, reserved: Collection[str]
    ) -> None:
        self.source = formula
        self.width = width
        self.prefix = prefix
        self.short = len(prefix) + _STEM + len("_000")
        self.local: dict[str, str] = {}
        self.text = Text(dialect, self.local)
        codes = [*map(dialect.name, sorted(formula.inputs)), dialect.mem_bw, dialect.flops("")]
        used = {word for code in codes for word in _IDENTIFIER.findall(code)}
        self.taken = used | set(reserved) | set(keyword.kwlist) | set(dir(builtins)) | {"sol_math", "sol_mem"}

    def fresh(self, wanted: str) -> str:
        """A local variable that nothing else is called."""
        name = self.prefix + wanted
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def numbered(self, target: str) -> str:
        """A local variable for a piece of `target`."""
        stem = target.rpartition(".")[2].strip("_").removeprefix(self.prefix)[:_STEM].rstrip("_")
        count = 1
        while f"{self.prefix}{stem}_{count}" in self.taken:
            count += 1
        return self.fresh(f"{stem}_{count}")

    def bind(self, code: str, kind: Type | None) -> Name:
        """A node whose code is a local variable."""
        name = f"={code}"  # no name of the language, so that it hides nothing
        self.local[name] = code
        return Name(name, type=kind)

    # The formula

    def formula(self, indent: int) -> list[str]:
        lines: list[str] = []
        if self.source.constants is not None:
            lines += self.constants(self.source.constants, indent)
        for name, expr in self.source.lets:
            target = self.fresh(name)
            lines += self.assign(target, expr, indent)
            self.local[name] = target
        terms: list[tuple[str, Expr]] = []
        moves: list[Expr] = []
        for part in self.source.parts:
            if part.flops is not None and part.precision is not None:
                flops = self.named(f"{part.name}_flops", part.flops, indent, lines)
                quant = part.precision
                if isinstance(quant, Choice):
                    quant = self.named(f"{part.name}_quant", quant, indent, lines)
                peak = Call("flops", (quant,), type=Type.REAL)
                terms.append((f"{part.name}_math", _extended(flops, "/", peak)))
            if part.bytes is not None:
                moves.append(self.named(f"{part.name}_bytes", part.bytes, indent, lines))
        lines += self.math(terms, indent)
        moved = _sum(list(moves))
        if moved is not None:
            moved = _extended(moved, "/", MemBw(type=Type.REAL))
        return lines + self.milliseconds("sol_mem", moved, indent)

    def named(self, name: str, expr: Expr, indent: int, lines: list[str]) -> Expr:
        """The expression as a local variable; one that is a name already stays as it is."""
        if isinstance(expr, Name):
            return expr
        target = self.fresh(name)
        lines += self.assign(target, expr, indent)
        return self.bind(target, expr.type)

    def math(self, terms: list[tuple[str, Expr]], indent: int) -> list[str]:
        """`sol_math` on one line, else from the seconds of each part."""
        taken = set(self.taken)
        together = self.milliseconds("sol_math", _sum([term for _, term in terms]), indent)
        if len(together) == 1 or len(terms) == 1:
            return together
        self.taken = taken
        lines: list[str] = []
        seconds = [self.named(name, term, indent, lines) for name, term in terms]
        return lines + self.milliseconds("sol_math", _sum(seconds), indent)

    def milliseconds(self, target: str, seconds: Expr | None, indent: int) -> list[str]:
        if seconds is None:
            return [f"{' ' * indent}{target} = 0.0"]
        return self.assign(target, _extended(seconds, "*", Int(1000, type=Type.INT)), indent)

    def constants(self, table: ConstantTable, indent: int) -> list[str]:
        pad = " " * indent
        name = self.fresh("constants")
        lines = [f"{pad}{name} = {{"]
        for value, numbers in table.rows.items():
            lines += self.constant_row(string_literal(value), [*map(number_literal, numbers)], indent + _STEP)
        lines.append(f"{pad}}}")
        key = self.text(Name(table.by, type=Type.STR))
        targets = [self.fresh(column) for column in table.columns]
        chosen = ", ".join(targets)
        if table.otherwise is None:
            lines += self.unknown_value(table.by, key, name, indent)
            line = f"{pad}{chosen} = {name}[{key}]"
            if len(line) <= self.width:
                lines.append(line)
            else:
                row = self.fresh("row")
                lines += [f"{pad}{row} = {name}[{key}]", *self.unpacked(targets, row, indent)]
        else:
            row = self.fresh("row")
            lines += self.called(row, f"{name}.get", [key, f"{name}[{string_literal(table.otherwise)}]"], indent)
            lines += self.unpacked(targets, row, indent)
        self.local.update(zip(table.columns, targets, strict=True))
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

    # One assignment

    def assign(self, target: str, expr: Expr, indent: int) -> list[str]:
        """`target = expr`, with whatever has to be computed before it."""
        for lines in self.layouts(target, expr, indent):
            if all(len(line) <= self.width for line in lines):
                return lines
        if indent < _DEEP:
            if isinstance(expr, Choice):
                return self.branches(target, expr, indent)
            if isinstance(expr, Logic):
                return self.steps(target, expr, indent)
        return self.hoisted(target, expr, indent)

    def layouts(self, target: str, expr: Expr, indent: int) -> Iterator[list[str]]:
        """The ways in which the formatter writes the assignment, the one it prefers first."""
        text = self.text(expr)
        pad, inner = " " * indent, " " * (indent + _STEP)
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

    def branches(self, target: str, expr: Choice, indent: int) -> list[str]:
        """A choice as an `if` statement, which evaluates one arm only, too."""
        lines: list[str] = []
        pad = " " * indent
        test = expr.test
        if len(f"{pad}if {self.text(test)}:") > self.width:
            test = self.piece(target, test, indent, lines)
        lines.append(f"{pad}if {self.text(test)}:")
        lines += self.assign(target, expr.then, indent + _STEP)
        otherwise = expr.otherwise
        while isinstance(otherwise, Choice) and len(f"{pad}elif {self.text(otherwise.test)}:") <= self.width:
            lines.append(f"{pad}elif {self.text(otherwise.test)}:")
            lines += self.assign(target, otherwise.then, indent + _STEP)
            otherwise = otherwise.otherwise
        lines.append(f"{pad}else:")
        return lines + self.assign(target, otherwise, indent + _STEP)

    def steps(self, target: str, expr: Logic, indent: int) -> list[str]:
        """`and` and `or` item by item: a further one is evaluated only while nothing is decided."""
        pad = " " * indent
        going = target if expr.op == "and" else f"not {target}"
        lines = self.assign(target, expr.items[0], indent)
        for item in expr.items[1:]:
            lines.append(f"{pad}if {going}:")
            lines += self.assign(target, item, indent + _STEP)
        return lines

    def hoisted(self, target: str, expr: Expr, indent: int) -> list[str]:
        """The assignment after its longest operands became local variables."""
        operands = children(expr)
        room = self.width - indent - _STEP - len("// ")
        texts = [self.text(operand) for operand in operands]
        long = [index for index, operand in enumerate(operands) if not self.is_short(operand)]
        chosen = (
            [index for index in long if len(texts[index]) > room]
            or [index for index in long if "(" in texts[index]]
            or [index for index in long if len(texts[index]) > self.short]
        )
        lines: list[str] = []
        if not chosen:
            if len(target) <= self.short:
                # Nothing is left to take apart: a single name that is longer than a line is the caller's.
                return next(iter(self.layouts(target, expr, indent)))
            result = self.piece(target, expr, indent, lines)
            return lines + self.assign(target, result, indent)
        replaced = tuple(
            self.piece(target, operand, indent, lines) if index in chosen else operand
            for index, operand in enumerate(operands)
        )
        return lines + self.assign(target, rebuilt(expr, replaced), indent)

    def is_short(self, expr: Expr) -> bool:
        """Whether it is a local variable made here, which only a shorter one could replace."""
        return isinstance(expr, Name) and len(self.local.get(expr.id, "=" * self.width)) <= self.short

    def piece(self, target: str, expr: Expr, indent: int, lines: list[str]) -> Name:
        name = self.numbered(target)
        lines += self.assign(name, expr, indent)
        return self.bind(name, expr.type)


def _sum(terms: list[Expr]) -> Expr | None:
    """The terms added from the left; a single one as it is, None for none."""
    if len(terms) < 2:
        return terms[0] if terms else None
    return Chain(terms[0], tuple(("+", term) for term in terms[1:]), type=Type.REAL)


def _extended(expr: Expr, op: Literal["*", "/"], operand: Expr) -> Expr:
    """`expr op operand`, as one row where `expr` is a product already."""
    if isinstance(expr, Chain) and not expr.is_sum:
        return Chain(expr.first, (*expr.rest, (op, operand)), type=Type.REAL)
    return Chain(expr, ((op, operand),), type=Type.REAL)
