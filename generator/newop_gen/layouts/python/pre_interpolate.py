"""The pre-interpolation block: which grids, which targets.

`_extrapolate_data_grid` wants exactly three levels, works in place and returns nothing (T2); the points that it adds
have no energy (T7). Two axes are wrapped into a third level with one value. Where an axis of a grid has a single
value there is nothing to extrapolate from, and older helpers assert (T9): no targets are asked for on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...model.op import Op, Table
from ...model.targets import NAMED
from ...render import fragment
from ...render.code import argument, statement
from ...render.python import literal
from ...spec.model import Nesting, PhaseName
from .facts import PythonFacts

COLLECTED = "collected"
HEADS = "heads"
ROOM = 38
"""Columns for a name in the comment behind a statement that goes down one level."""


@dataclass(frozen=True)
class FilledGrid:
    """The grids of one table and nesting."""

    op: Op
    facts: PythonFacts
    table: Table
    phase: PhaseName
    nesting: Nesting

    @property
    def attribute(self) -> str:
        return self.table.attribute

    @property
    def start(self) -> str:
        """Code of the outermost dict: the table, or one phase of it."""
        table = f"self.{self.attribute}"
        return f"{table}.get({literal(self.phase)}, {{}})" if self.table.phase_column else table

    @property
    def levels(self) -> list[str]:
        """What is said of each exact level, outermost first: its key, as far as the line has room for the name."""
        names = [", ".join(k.params) if k.params else str(k.param) for k in self.nesting.keys]
        return [f"below {name}" if len(name) <= ROOM else "below the next key" for name in names]

    @property
    def flat(self) -> bool:
        return len(self.nesting.axes) == 2

    @property
    def sqrt(self) -> bool:
        assert self.nesting.pre_interpolate is not None
        return self.nesting.pre_interpolate.sqrt_second_axis

    @property
    def _letters(self) -> list[tuple[str, str]]:
        """(letter of the helper's argument, axis), outermost first."""
        return list(zip("yz" if self.flat else "xyz", (a.axis for a in self.nesting.axes)))

    @property
    def heads_lines(self) -> list[str]:
        """Statements for each axis whose targets are `heads`: upstream's list, from the fewest heads collected on."""
        collected = {
            "x": "grid",
            "y": "(value for plane in grid.values() for value in plane)",
            "z": "(value for plane in grid.values() for row in plane.values() for value in row)",
        }
        lines = []
        for letter, axis in self._letters:
            if self._named(axis) != HEADS:
                continue
            code = collected[letter]
            lines.append(f"fewest = min{code}" if code.startswith("(") else f"fewest = min({code})")
            lines.append(statement("heads = ", f"[{', '.join(NAMED[HEADS].display)}]", 16))
            lines.append(f"{letter}_heads = [value for value in heads if value >= fewest]")
        return lines

    def _named(self, axis: str) -> object:
        assert self.nesting.pre_interpolate is not None
        return self.nesting.pre_interpolate.values.get(axis, COLLECTED)

    @property
    def target_lines(self) -> list[str]:
        """The three target arguments."""
        several = {
            "x": "len(grid) > 1",
            "y": "min(len(plane) for plane in grid.values()) > 1",
            "z": "",
        }
        lines = ["target_x_list=[],"] if self.flat else []
        for letter, axis in self._letters:
            head, condition = f"target_{letter}_list=", several[letter]
            if self._named(axis) == HEADS:
                lines.append(f"{head}{letter}_heads if {condition} else []," if condition else f"{head}{letter}_heads,")
                continue
            targets = self._targets(axis)
            chosen = f" if {condition} else []" if targets and condition else ""
            lines.append(argument(head, f"[{', '.join(targets)}]{chosen}", 20))
        return lines

    def _targets(self, axis: str) -> list[str]:
        values = self._named(axis)
        if isinstance(values, str):
            # Points that were collected are there already: nothing to add.
            return [] if values == COLLECTED else list(NAMED[values].display)
        assert isinstance(values, list)
        return [str(v) for v in values]


def grids(op: Op, facts: PythonFacts) -> list[FilledGrid]:
    """The grids to fill in, one per table and nesting that asks for it."""
    out = []
    for table in op.tables:
        phases = table.phases if table.phase_column else table.phases[:1]
        for phase in phases:
            nesting = op.nesting(phase)
            if nesting.pre_interpolate is not None:
                out.append(FilledGrid(op, facts, table, phase, nesting))
    return out


def render_pre_interpolation(op: Op, facts: PythonFacts) -> str:
    """The block for `PerfDatabase.__init__`, or "" when the spec asks for none."""
    return "\n".join(fragment(facts.templates, "pre_interpolate.py.j2", grid=g) for g in grids(op, facts))
