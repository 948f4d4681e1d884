"""A whole formula: let-bindings, a table of constants, and the parts whose times make the SOL.

What a formula means, in ms::

    sol_math = sum(flops_i / flops(precision_i)) * 1000
    sol_mem  = sum(bytes_i) / mem_bw * 1000
    SOL      = max(sol_math, sol_mem)

Lets are evaluated in order, whether or not the part that uses them is reached. Lets and columns of constants that
nothing uses are checked like the rest and then left out, since a linter would object to them in rendered code.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Union

from .bounds import Bounds
from .check import PRIMITIVES, names, resolve
from .findings import Fault, SolSyntax, did_you_mean, shown
from .parse import parse
from .quants import IDLE_MODES, MODE_NAMES
from .tokens import MAX_INT, check_string
from .tree import Choice, Expr, Mode, Name
from .types import Type

if TYPE_CHECKING:
    from ..spec.model import Constants, Sol

__all__ = [
    "KEY",
    "RESULTS",
    "ConstantTable",
    "Formula",
    "LocatedFault",
    "PartFormula",
    "compile_formula",
    "pruned",
]

RESULTS = frozenset({"sol_math", "sol_mem"})
"""The names that rendered formulas define; nothing else may have them."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")
_SCOPE = frozenset({"self", "cls", "database", "common"})

Path = tuple[Union[str, int], ...]
LocatedFault = tuple[Path, Fault]
"""Where in the `sol` mapping, as keys and indices such as `("parts", 0, "flops")`, and what is wrong there.

The path of something that is missing is the path of its mapping; its finding then has offset and length 0. A path that
ends in `KEY` is about the key before it and not about the value: `("let", "max", KEY)`.
"""

KEY = "<key>"
"""Last element of a path that means a mapping's key."""


@dataclass(frozen=True)
class ConstantTable:
    """Numbers by the value of a str param, one per column in each row. A column is `INT` when all its numbers are."""

    by: str
    columns: tuple[str, ...]
    types: tuple[Type, ...]
    rows: Mapping[str, tuple[int | float, ...]]
    otherwise: str | None = None


@dataclass(frozen=True)
class PartFormula:
    """One sub-computation. `flops` and `precision` are both there or both not; at least one of flops and bytes is."""

    name: str
    flops: Expr | None
    precision: Expr | None
    bytes: Expr | None


@dataclass(frozen=True)
class Formula:
    """A checked formula; every tree in it is resolved. `env` has the type of every name in it, lets included."""

    lets: tuple[tuple[str, Expr], ...]
    constants: ConstantTable | None
    parts: tuple[PartFormula, ...]
    env: Mapping[str, Type] = field(compare=False)

    @property
    def inputs(self) -> set[str]:
        """The declared names (params, axes) that a caller must give values for."""
        used = {self.constants.by} if self.constants else set()
        for _, expr in self.lets:
            used |= names(expr)
        for part in self.parts:
            for piece in (part.flops, part.precision, part.bytes):
                used |= names(piece) if piece is not None else set()
        own = {name for name, _ in self.lets} | set(self.constants.columns if self.constants else ())
        return used - own


def compile_formula(
    sol: Sol,
    env: Mapping[str, Type],
    *,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    idle: Collection[str] = (),
) -> tuple[Formula | None, list[LocatedFault]]:
    """The formula of a spec's `sol`, or None and everything that is wrong with it.

    `env` has the types of params and axes. `ranges` narrows what numbers they can have (see `bounds`: by default 1 to
    2**53, and 0 for `prefix`); a denominator that can be 0 within them is refused. `idle` names the quant params
    without a peak FLOPS (KV cache, communication), which can't be a precision.
    """
    compiler = _Compiler(dict(env), Bounds(ranges or {}), frozenset(idle))
    formula = compiler.formula(sol)
    return (None if compiler.findings else formula), compiler.findings


class _Compiler:
    def __init__(self, env: dict[str, Type], bounds: Bounds, idle: frozenset[str]) -> None:
        self.env = env
        self.declared = frozenset(env)
        self.bounds = bounds
        self.idle = idle
        self.findings: list[LocatedFault] = []

    def report(self, path: Path, text: str, found: str, expected: str = "", suggestion: str = "") -> None:
        self.findings.append((path, Fault(0, len(text), found, expected, suggestion)))

    def formula(self, sol: Sol) -> Formula:
        constants = self.constants(sol.constants) if sol.constants is not None else None
        lets = []
        for name, text in sol.let.items():
            path: Path = ("let", name)
            fresh = self.check_name(path, name)
            expr, kind = self.expression(path, text)
            if fresh:
                self.env[name] = kind
                if expr is not None:
                    self.bounds.let(name, expr)
            if expr is not None:
                if kind is Type.QUANT and self.is_idle(expr):
                    self.idle |= {name}
                lets.append((name, expr))
        parts = self.parts(sol)
        return pruned(Formula(tuple(lets), constants, tuple(parts), MappingProxyType(self.env)))

    def check_name(self, path: Path, name: str) -> bool:
        """Whether a let or a column of constants may have this name."""
        path = (*path, KEY)
        if not _NAME.fullmatch(name):
            self.report(path, name, f"the name {shown(name)}", "lower-case letters, digits and underscores, at most 48")
        elif name in PRIMITIVES or name in MODE_NAMES:
            self.report(path, name, f"the name {name!r}, which means something already", "a new name")
        elif name in RESULTS or name in _SCOPE or keyword.iskeyword(name) or hasattr(builtins, name):
            self.report(path, name, f"the reserved name {name!r}", "a name of your own")
        elif name in self.declared:
            self.report(path, name, f"{name!r}, which is a param or an axis", "a new name")
        elif name in self.env:
            self.report(path, name, f"{name!r}, which is a column of constants", "a new name")
        else:
            return True
        return False

    def expression(self, path: Path, text: str) -> tuple[Expr | None, Type]:
        try:
            tree = parse(text)
        except SolSyntax as error:
            self.findings.extend((path, finding) for finding in error.findings)
            return None, Type.ANY
        found: list[Fault] = []
        expr, kind = resolve(tree, self.env, found)
        if not found:
            found = self.bounds.check(expr)
        self.findings.extend((path, finding) for finding in found)
        return (None if found else expr), kind

    def typed(self, path: Path, text: str, wanted: str) -> Expr | None:
        """An expression that must be `number` or `quant`."""
        expr, kind = self.expression(path, text)
        good = kind.numeric if wanted == "number" else kind in (Type.QUANT, Type.ANY)
        if expr is not None and not good:
            expected = "a number" if wanted == "number" else "a quant param, a mode name, or a choice between them"
            self.report(path, text, f"an expression of type {kind}", expected)
        return expr

    def parts(self, sol: Sol) -> list[PartFormula]:
        parts = []
        seen: set[str] = set()
        for index, part in enumerate(sol.parts):
            path: Path = ("parts", index)
            if part.name in seen:
                self.report((*path, "name"), part.name, f"a second part {part.name!r}", "part names that differ")
            seen.add(part.name)
            flops = precision = moved = None
            if part.flops is not None:
                flops = self.typed((*path, "flops"), part.flops, "number")
            if part.precision is not None:
                precision = self.typed((*path, "precision"), part.precision, "quant")
                if precision is not None and self.is_idle(precision):
                    found = "a precision in which nothing is computed"
                    suggestion = "KV cache and communication modes have no peak FLOPS; name the mode of the kernel"
                    self.report((*path, "precision"), part.precision, found, "a mode with peak FLOPS", suggestion)
            if part.bytes is not None:
                moved = self.typed((*path, "bytes"), part.bytes, "number")
            if part.flops is None and part.bytes is None:
                self.report(path, "", f"part {part.name!r} without flops and bytes", "at least one of them")
            if part.flops is not None and part.precision is None:
                expected = "the precision that they are computed in"
                self.report(path, "", f"flops without precision in part {part.name!r}", expected, "precision: bfloat16")
            if part.flops is None and part.precision is not None:
                self.report((*path, "precision"), part.precision, "a precision without flops", "flops, or neither")
            parts.append(PartFormula(part.name, flops, precision, moved))
        return parts

    def is_idle(self, expr: Expr) -> bool:
        """Whether a quant expression can be a mode without peak FLOPS."""
        if isinstance(expr, Choice):
            return self.is_idle(expr.then) or self.is_idle(expr.otherwise)
        if isinstance(expr, Mode):
            return expr.name in IDLE_MODES
        return isinstance(expr, Name) and expr.id in self.idle

    def constants(self, constants: Constants) -> ConstantTable | None:
        path = ("constants",)
        by = self.env.get(constants.by)
        if by is not Type.STR:
            found = f"{shown(constants.by)}, which is {f'of type {by}' if by else 'not declared'}"
            strings = [name for name, kind in self.env.items() if kind is Type.STR]
            self.report((*path, "by"), constants.by, found, "a str param", did_you_mean(constants.by, strings))
        if not constants.rows:
            self.report((*path, "rows"), "", "a table without rows", "at least one")
            return None
        columns = tuple(next(iter(constants.rows.values())))
        if not columns:
            self.report((*path, "rows", next(iter(constants.rows))), "", "a row without constants", "at least one")
        fresh = [self.check_name((*path, "rows", next(iter(constants.rows)), column), column) for column in columns]
        for key, row in constants.rows.items():
            self.constant_row((*path, "rows", key), key, row, columns)
        if constants.otherwise is not None and constants.otherwise not in constants.rows:
            suggestion = did_you_mean(constants.otherwise, constants.rows)
            found = f"{shown(constants.otherwise)}, which is not a row"
            self.report((*path, "otherwise"), constants.otherwise, found, "the key of a row", suggestion)
        kinds = tuple(
            Type.INT if all(type(row.get(column)) is int for row in constants.rows.values()) else Type.REAL
            for column in columns
        )
        for column, kind, good in zip(columns, kinds, fresh, strict=True):
            if good:
                self.env[column] = kind
                numbers = [row[column] for row in constants.rows.values() if column in row]
                self.bounds.declare(column, min(numbers), max(numbers))
        if self.findings:
            return None
        real = {column for column, kind in zip(columns, kinds, strict=True) if kind is Type.REAL}
        rows = {
            key: tuple(float(row[column]) if column in real else row[column] for column in columns)
            for key, row in constants.rows.items()
        }
        return ConstantTable(constants.by, columns, kinds, MappingProxyType(rows), constants.otherwise)

    def constant_row(self, path: Path, key: str, row: Mapping[str, int | float], columns: tuple[str, ...]) -> None:
        wrong = check_string(key)
        if wrong:
            self.report((*path, KEY), key, f"the value {shown(key)}", wrong)
        for column in row:
            if column not in columns:
                expected = f"the constants of the first row: {', '.join(map(shown, columns))}"
                self.report(
                    (*path, column, KEY), column, f"{shown(column)}, which the first row does not have", expected
                )
        missing = [column for column in columns if column not in row]
        if missing:
            self.report(path, "", f"a row without {', '.join(map(shown, missing))}", "the same constants in each row")
        for column, value in row.items():
            text = repr(value)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.report((*path, column), text, f"{shown(text)}", "a number")
            elif isinstance(value, int) and abs(value) > MAX_INT:
                self.report((*path, column), "", "an integer beyond 2**53", "at most 2**53, or a real such as 1e18")
            elif not math.isfinite(value):
                self.report((*path, column), text, f"the number {text}", "a finite number")


def pruned(formula: Formula) -> Formula:
    """The formula without lets and columns of constants that nothing uses."""
    used: set[str] = set()
    for part in formula.parts:
        for piece in (part.flops, part.precision, part.bytes):
            used |= names(piece) if piece is not None else set()
    lets = []
    for name, expr in reversed(formula.lets):
        if name in used:
            used |= names(expr)
            lets.append((name, expr))
    table = formula.constants
    if table is not None:
        keep = [index for index, column in enumerate(table.columns) if column in used]
        rows = {key: tuple(row[index] for index in keep) for key, row in table.rows.items()}
        table = ConstantTable(
            table.by,
            tuple(table.columns[index] for index in keep),
            tuple(table.types[index] for index in keep),
            MappingProxyType(rows),
            table.otherwise,
        )
    return Formula(tuple(reversed(lets)), table if table and table.columns else None, formula.parts, formula.env)
