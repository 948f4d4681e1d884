"""Rust code from resolved expressions and formulas, whole numbers as whole numbers, laid out as rustfmt leaves it.

What the language leaves open (how a param, a peak, a mode is written) is a `RustDialect`. A whole number is a `Number`:
`i128` where all inputs are whole, so that nothing is rounded before it becomes a real, and `f64` where one of them is
not. `Number` and the functions that rendered code calls are the template `shared/number.rs.j2`, of which a file has
what its code names (`RustLines.helpers`).
"""

from __future__ import annotations

from ..formula import Formula
from ..magnitude import Magnitudes, Span
from ..tree import Expr
from ..types import Type
from .rust_expr import ARGUMENTS_WIDTH, CHAIN_WIDTH, Code, RustDialect, Text, real_literal, string_literal
from .rust_lines import Edition, RustLines
from .settled import settled, settled_value

__all__ = [
    "ARGUMENTS_WIDTH",
    "BITS",
    "CHAIN_WIDTH",
    "Edition",
    "RustDialect",
    "RustLines",
    "real_literal",
    "render_expr",
    "settled",
    "settled_value",
    "string_literal",
]

BITS = 127
"""Whole numbers of rendered code have at most so many bits."""


def render_expr(expr: Expr, dialect: RustDialect, bits: int = 32) -> tuple[Code, set[str]]:
    """The code of a resolved expression over inputs that are not negative and below 2**`bits`, and what it needs of
    the template. Its `flat` says whether rustfmt leaves it on one line."""
    ready = settled_value(expr)
    text = Text(dialect, Magnitudes(Span(0, 2**bits - 1), inputs=Formula((("value", ready),), None, (), {}).inputs))
    return (text.real(ready) if ready.type is Type.REAL else text(ready)), text.helpers
