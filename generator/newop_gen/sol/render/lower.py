"""A formula as a list of statements that know no language: which locals there are, in what order, and what each is.

A language spells them. How long a line of it may be decides what is a statement of its own: a sub-expression that is
too long becomes a local, until the plain forms of the language are enough. Nothing is ever reassociated, and nothing is
moved out of a choice or of `and`/`or` in which it might not have been evaluated: those become branches.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Union

from ..formula import RESULTS, ConstantTable, Formula
from ..tree import Call, Chain, Choice, Expr, Int, Logic, MemBw, Name, Real, children, rebuilt
from ..types import Type

STEP = 4
"""Columns by which an arm is further in than its branches."""

_STEM = 16
_DEEP = 64
"""From this column on, arms of choices are computed before the choice, as further nesting would leave no room."""


@dataclass(frozen=True)
class Local(Name):
    """A local of the lowered formula: its `id` is the variable's name. Every other `Name` is an input of the formula
    (`Formula.inputs`), whose code the language gives."""


@dataclass(frozen=True)
class Let:
    """A new local, which keeps its value. `type` is that of its value; `REAL` for `sol_math` and `sol_mem` (ms), the
    last two of a formula."""

    name: str
    value: Value
    type: Type | None


@dataclass(frozen=True)
class Lookup:
    """Locals that are new, one per column of a table, from the row that the input `by` names. With
    `table.otherwise` a value that is not there takes that row, else it is an error.

    `constants` and `row` are locals for the table and for its row, for a language that wants them."""

    names: tuple[str, ...]
    table: ConstantTable
    by: Name
    constants: str
    row: str


@dataclass(frozen=True)
class Block:
    """A value, and the locals that are computed before it."""

    lets: tuple[Let, ...]
    value: Value


@dataclass(frozen=True)
class Branches:
    """The block behind the first test that holds, else `otherwise`."""

    arms: tuple[tuple[Expr, Block], ...]
    otherwise: Block


@dataclass(frozen=True)
class Steps:
    """`and` or `or` item by item; a further one is evaluated only while nothing is decided."""

    op: Literal["and", "or"]
    items: tuple[Block, ...]


Value = Union[Expr, Branches, Steps]
Statement = Union[Let, Lookup]


class Spelling(Protocol):
    """What lowering has to know of a language: how long what it writes would be."""

    width: int

    def text(self, expr: Expr) -> str:
        """The expression on one line."""

    def fits(self, name: str, expr: Expr, indent: int) -> bool:
        """Whether a form that the language's formatter leaves alone gives `name` the value within the width, at
        `indent` columns."""

    def fits_on_a_line(self, name: str, expr: Expr, indent: int) -> bool:
        """Whether that form has one line."""

    def fits_as_test(self, expr: Expr, indent: int, further: bool) -> bool:
        """Whether a line that begins an arm has room for the expression, `further` telling a second arm from a
        first."""


class Names:
    """The locals of what is rendered, each called as nothing else is: `prefix` before it, underscores behind one that
    is taken."""

    def __init__(self, prefix: str, taken: Collection[str]) -> None:
        self.prefix = prefix
        self.taken = {*taken, *RESULTS}
        self.short = len(prefix) + _STEM + len("_000")

    def fresh(self, wanted: str) -> str:
        name = self.prefix + wanted
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def numbered(self, target: str) -> str:
        """A local for a piece of `target`."""
        stem = target.rpartition(".")[2].strip("_").removeprefix(self.prefix)[:_STEM].rstrip("_")
        count = 1
        while f"{self.prefix}{stem}_{count}" in self.taken:
            count += 1
        return self.fresh(f"{stem}_{count}")


def lower_formula(formula: Formula, spelling: Spelling, names: Names, indent: int) -> list[Statement]:
    """Statements that define `sol_math` and `sol_mem` (ms).

    Locals are the lets by their own name, `<part>_flops`, `<part>_bytes` and further ones derived from these, as
    `names` makes them.
    """
    return _Formula(spelling, names, indent).lower(formula)


def lower_value(name: str, expr: Expr, spelling: Spelling, names: Names, indent: int) -> list[Let]:
    """Statements that end with the one that gives `name` the value of an expression."""
    return _Values(spelling, names).lets(name, expr, indent)


class _Values:
    """Takes values apart until each fits."""

    def __init__(self, spelling: Spelling, names: Names) -> None:
        self.spelling = spelling
        self.names = names

    def lets(self, name: str, expr: Expr, indent: int) -> list[Let]:
        block = self.block(name, expr, indent)
        return [*block.lets, Let(name, block.value, expr.type)]

    def block(self, target: str, expr: Expr, indent: int) -> Block:
        """What `target` gets."""
        if self.spelling.fits(target, expr, indent):
            return Block((), expr)
        if indent < _DEEP:
            if isinstance(expr, Choice):
                return self.branches(target, expr, indent)
            if isinstance(expr, Logic):
                return self.steps(target, expr, indent)
        return self.hoisted(target, expr, indent)

    def branches(self, target: str, expr: Choice, indent: int) -> Block:
        lets: list[Let] = []
        test = expr.test
        if not self.spelling.fits_as_test(test, indent, False):
            test = self.piece(target, test, indent, lets)
        arms = [(test, self.block(target, expr.then, indent + STEP))]
        otherwise = expr.otherwise
        while isinstance(otherwise, Choice) and self.spelling.fits_as_test(otherwise.test, indent, True):
            arms.append((otherwise.test, self.block(target, otherwise.then, indent + STEP)))
            otherwise = otherwise.otherwise
        return Block(tuple(lets), Branches(tuple(arms), self.block(target, otherwise, indent + STEP)))

    def steps(self, target: str, expr: Logic, indent: int) -> Block:
        first = self.block(target, expr.items[0], indent)
        others = [self.block(target, item, indent + STEP) for item in expr.items[1:]]
        return Block((), Steps(expr.op, (first, *others)))

    def hoisted(self, target: str, expr: Expr, indent: int) -> Block:
        """The value after its longest operands became locals."""
        operands = children(expr)
        room = self.spelling.width - indent - STEP - len("// ")
        texts = [self.spelling.text(operand) for operand in operands]
        long = [index for index, operand in enumerate(operands) if not self.is_short(operand)]
        chosen = [index for index in long if len(texts[index]) > room] or [
            index for index in long if "(" in texts[index] and children(operands[index])
        ]
        lets: list[Let] = []
        value: Expr | None = None
        if not chosen:
            value = self.shorter(target, expr, indent, lets)
            chosen = [index for index in long if len(texts[index]) > self.names.short]
        if value is None and not chosen:
            if len(target) <= self.names.short:
                # Nothing is left to take apart: a single name that is longer than a line is the caller's.
                return Block((), expr)
            value = self.piece(target, expr, indent, lets)
        elif value is None:
            value = rebuilt(
                expr,
                tuple(
                    self.piece(target, operand, indent, lets) if index in chosen else operand
                    for index, operand in enumerate(operands)
                ),
            )
        rest = self.block(target, value, indent)
        return Block((*lets, *rest.lets), rest.value)

    def shorter(self, target: str, expr: Expr, indent: int, lets: list[Let]) -> Expr | None:
        """A row of more than two operands with the first half of them as a local: it is evaluated from there anyway."""
        if isinstance(expr, Chain) and len(expr.rest) > 1:
            half = (len(expr.rest) + 1) // 2
            head, rest = (expr.first, expr.rest[:half]), expr.rest[half:]
            whole = _whole(head[0], *(operand for _, operand in head[1])) and all(op != "/" for op, _ in head[1])
            piece = self.piece(target, Chain(*head, type=Type.INT if whole else Type.REAL), indent, lets)
            return replace(expr, first=piece, rest=rest)
        if isinstance(expr, Call) and len(expr.args) > 2:
            half = (len(expr.args) + 1) // 2
            args = expr.args[:half]
            kind = Type.INT if _whole(*args) else Type.REAL
            piece = self.piece(target, replace(expr, args=args, type=kind), indent, lets)
            return replace(expr, args=(piece, *expr.args[half:]))
        return None

    def is_short(self, expr: Expr) -> bool:
        """Whether it is a local, which only a shorter one could replace."""
        return isinstance(expr, Local) and len(expr.id) <= self.names.short

    def piece(self, target: str, expr: Expr, indent: int, lets: list[Let]) -> Local:
        name = self.names.numbered(target)
        lets += self.lets(name, expr, indent)
        return Local(name, type=expr.type)


class _Formula(_Values):
    def __init__(self, spelling: Spelling, names: Names, indent: int) -> None:
        super().__init__(spelling, names)
        self.indent = indent
        self.local: dict[str, str] = {}

    def lower(self, formula: Formula) -> list[Statement]:
        lookup: list[Statement] = []
        if formula.constants is not None:
            lookup.append(self.lookup(formula.constants))
        lets: list[Let] = []
        for name, expr in formula.lets:
            expr = self.with_locals(expr)
            target = self.names.fresh(name)
            lets += self.lets(target, expr, self.indent)
            self.local[name] = target
        terms: list[tuple[str, Expr]] = []
        moves: list[Expr] = []
        for part in formula.parts:
            if part.flops is not None and part.precision is not None:
                flops = self.named(f"{part.name}_flops", self.with_locals(part.flops), lets)
                quant = self.with_locals(part.precision)
                if isinstance(quant, Choice):
                    quant = self.named(f"{part.name}_quant", quant, lets)
                peak = Call("flops", (quant,), type=Type.REAL)
                terms.append((f"{part.name}_math", _extended(flops, "/", peak)))
            if part.bytes is not None:
                moves.append(self.named(f"{part.name}_bytes", self.with_locals(part.bytes), lets))
        lets += self.math(terms)
        moved = _sum(moves)
        if moved is not None:
            moved = _extended(moved, "/", MemBw(type=Type.REAL))
        return [*lookup, *lets, *self.milliseconds("sol_mem", moved)]

    def lookup(self, table: ConstantTable) -> Lookup:
        constants = self.names.fresh("constants")
        names = tuple(map(self.names.fresh, table.columns))
        self.local.update(zip(table.columns, names, strict=True))
        return Lookup(names, table, Name(table.by, type=Type.STR), constants, self.names.fresh("row"))

    def with_locals(self, expr: Expr) -> Expr:
        """The expression with lets and columns of constants by the names of their locals."""
        if isinstance(expr, Name):
            return Local(self.local[expr.id], type=expr.type) if expr.id in self.local else expr
        return rebuilt(expr, tuple(map(self.with_locals, children(expr))))

    def named(self, name: str, expr: Expr, lets: list[Let]) -> Expr:
        """The expression as a local; one that is a name already stays as it is."""
        if isinstance(expr, Name):
            return expr
        target = self.names.fresh(name)
        lets += self.lets(target, expr, self.indent)
        return Local(target, type=expr.type)

    def math(self, terms: list[tuple[str, Expr]]) -> list[Let]:
        """`sol_math` on one line, else from the seconds of each part."""
        total = _sum([term for _, term in terms])
        if (
            total is None
            or len(terms) == 1
            or self.spelling.fits_on_a_line("sol_math", _in_milliseconds(total), self.indent)
        ):
            return self.milliseconds("sol_math", total)
        lets: list[Let] = []
        seconds = [self.named(name, term, lets) for name, term in terms]
        return [*lets, *self.milliseconds("sol_math", _sum(seconds))]

    def milliseconds(self, target: str, seconds: Expr | None) -> list[Let]:
        if seconds is None:
            return [Let(target, Real(0.0, type=Type.REAL), Type.REAL)]
        return self.lets(target, _in_milliseconds(seconds), self.indent)


def _whole(*operands: Expr) -> bool:
    return all(operand.type is Type.INT for operand in operands)


def _sum(terms: list[Expr]) -> Expr | None:
    """The terms added from the left; a single one as it is, None for none."""
    if len(terms) < 2:
        return terms[0] if terms else None
    kind = Type.INT if _whole(*terms) else Type.REAL
    return Chain(terms[0], tuple(("+", term) for term in terms[1:]), type=kind)


def _in_milliseconds(seconds: Expr) -> Expr:
    return _extended(seconds, "*", Int(1000, type=Type.INT))


def _extended(expr: Expr, op: Literal["*", "/"], operand: Expr) -> Expr:
    """`expr op operand`, as one row where `expr` is a product already."""
    if isinstance(expr, Chain) and not expr.is_sum:
        return Chain(expr.first, (*expr.rest, (op, operand)), type=Type.REAL)
    return Chain(expr, ((op, operand),), type=Type.REAL)
