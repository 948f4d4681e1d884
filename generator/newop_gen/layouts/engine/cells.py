"""Expressions over the cells of a row, as statements: whole numbers as whole numbers, and a division by 0 an error.

A cell is read where its value is asked for, so that a row need not have what its condition leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from ...render.document import Doc, verbatim
from ...sol.magnitude import Magnitudes, Span
from ...sol.render.rust import BITS, RustDialect, RustLines, settled_value
from ...sol.tree import Expr, Name, walk
from ...sol.types import Type
from .view import RUST_WORDS, EngineOp

CELL = Span(-(2**63), 2**63 - 1)
"""What a whole number in a parquet file can be."""
OWN_HELPERS = frozenset({"nonzero", "not_negative"})
"""What rendered code calls and the table's file has a version of its own of, whose error names the row."""


def cell(local: str, kind: Type | None) -> str:
    """The code of the cell of a column that is bound to `local`."""
    method = {Type.STR: "text", Type.INT: "whole"}.get(kind or Type.REAL, "real")
    return f"row.{method}({local})?"


class CellLines:
    """Statements of one reader; `helpers` collects what they need of the template of numbers."""

    def __init__(self, owner: EngineOp, taken: Callable[[], Collection[str]]) -> None:
        self.owner = owner
        self.taken = taken
        self.helpers: set[str] = set()

    def value(self, name: str, expr: Expr, local: Callable[[str], str], indent: int) -> Doc:
        """The statements that give `name` the value of a resolved expression over columns; `local` has the local of
        each. They stand at `indent` columns."""
        ready = settled_value(expr)
        kinds = {node.id: node.type for node in walk(ready) if isinstance(node, Name)}
        codes = {column: cell(local(column), kind) for column, kind in kinds.items()}
        dialect = RustDialect(codes, "i128", str, "", str)
        lines = RustLines(dialect, self.owner.facts.crate.edition, {*RUST_WORDS, *self.taken(), *codes}, 63)
        lines.magnitudes.sizes = CELL
        made = lines.value(name, ready, indent)
        self.helpers |= lines.helpers
        return verbatim("\n".join(made).lstrip(), indent)


def too_large(expr: Expr) -> bool:
    """Whether an expression over whole cells can pass what the compiled engine computes in."""
    magnitudes = Magnitudes(CELL)
    magnitudes.of(settled_value(expr))
    return not magnitudes.largest < 1 << BITS


__all__ = ["OWN_HELPERS", "CellLines", "cell", "too_large"]
