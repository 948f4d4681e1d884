"""What the engine makes of the choices of a nesting, and what of it can't be said there."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.columns import number_column, row_condition
from ...problems import Problem, spec_place
from ...sol.tree import Expr
from ...spec.model import Nesting, PhaseNesting
from ..common.grid_notes import grid_notes
from .cells import too_large
from .slices import slices
from .view import EngineOp

ENERGY = (
    "Between measured points energy is latency times the power in between, as for all ops of the engine and on 0.11; "
    "older releases interpolate energy itself."
)


def notes(op: EngineOp) -> list[str]:
    """What the engine's interpolation makes of the spec's choices."""
    said: dict[str, None] = {}
    for query in op.op.queries:
        axes = [axis.axis for axis in query.nesting.axes]
        held = "the nearest measured point" if len(axes) == 1 else "the four nearest measured points"
        texts = grid_notes(query.nesting, held)
        said.update(dict.fromkeys(f"{query.subject} ({', '.join(axes)}): {text}" for text in texts))
    return [*said, ENERGY]


def refusals(op: EngineOp) -> list[Problem]:
    """Column expressions whose whole numbers can get larger than what the engine computes in."""
    places: dict[tuple[str | int, ...], None] = {}
    for s in slices(op):
        at = ("nesting", s.phases[0]) if isinstance(op.op.spec.nesting, PhaseNesting) else ("nesting",)
        places.update(dict.fromkeys((*at, *below) for below, expr in _expressions(s.nesting) if too_large(expr)))
    found, expected = "whole numbers that can pass 127 bits", "an expression of fewer products"
    why = "the compiled engine computes in whole numbers of 128 bits"
    return [Problem(spec_place(op.op.name, place), found, expected, why, "engine-too-large") for place in places]


def _expressions(nesting: Nesting) -> Iterator[tuple[tuple[str | int, ...], Expr]]:
    """The expressions over whole cells, with where they stand below the nesting."""
    for i, key in enumerate(nesting.keys):
        if key.columns:
            yield from ((("keys", i, "columns", j), number_column(text)) for j, text in enumerate(key.columns))
        elif key.column is not None:
            yield ("keys", i, "column"), number_column(key.column)
    for i, axis in enumerate(nesting.axes):
        if axis.column is not None:
            yield ("axes", i, "column"), number_column(axis.column)
    if nesting.rows is not None:
        yield ("rows",), row_condition(nesting.rows)
