"""From the columns of one table (or of one phase of it) to its levels: what is asked for, and what is only told along.

The rule behind all of it: a level is what a query must say for a row to be the right one. Structural sizes and modes
are exact keys, even when the table has one value of them, so that a query for another size raises instead of getting
these numbers. What a row merely says about its measuring is left out, unless rows repeat without it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..model.columns import column_names, real_column
from ..problems import Place, Problem, SpecError, did_you_mean, near_names
from ..sol.evaluate import SolValueError, evaluate
from ..sol.findings import SolSyntax
from ..spec.model import PhaseName
from ..spec.usual_columns import BATCH, SEQUENCE, SIZES, STEP, TOKENS
from ..tables.read import RawTable, Row
from .latency import LatencyFound, find_latency
from .profile import Column, profile, renamed, unreadable
from .quants import QuantFound, find_quant
from .vocabulary import HARNESS, LABELS, PROVENANCE

NO_SIZES = PROVENANCE.union(HARNESS)
MOST_REAL_VALUES = 32
"""A measured value has more of them than a setting."""
SEVERAL = 0.2
"""Share of points that must have been measured with several values of a column for it to be a key."""
CROSSED = 0.9
"""Where nearly every point was measured with several values of a column, it was swept on purpose."""
ALIKE, CLEARLY = 1.1, 1.25
"""How far latencies differ that are not of one point; settings of the harness must show it more clearly."""
TUPLE_FROM = 4
MOST_KEYS = 8


@dataclass(frozen=True)
class Choices:
    """What the user has said already, instead of having it found out."""

    phase: PhaseName | None = None
    axes: Mapping[str, str] = field(default_factory=dict)
    latency: str = ""
    unit: str = ""
    ignore: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Level:
    """One exact key: its column, and what kind of param it is. `why` is told and written beside it."""

    column: Column
    type: str
    why: str = ""
    quant: QuantFound | None = None


@dataclass(frozen=True)
class Levels:
    """The levels of one table. `axes` maps x, or b and s, to a column expression; `said` are (subject, text) lines."""

    latency: LatencyFound
    axes: Mapping[str, str]
    keys: tuple[Level, ...]
    tuple_key: bool
    rows: str
    said: tuple[tuple[str, str], ...]


def decide(
    table: RawTable, rows: Sequence[Row], phase: PhaseName | None, query: str, choices: Choices, phase_column: str = ""
) -> Levels:
    """The levels of the table's `rows`. Raises `SpecError` when there is no latency or no axis in it."""
    return _Deciding(table, rows, phase, query, choices, phase_column).levels()


def run_time_columns(columns: Mapping[str, Column]) -> dict[str, str]:
    """The columns that are called like run-time sizes: some of b, s, step and x."""
    lowered = {name.lower(): name for name, c in columns.items() if c.kind == "int" and c.low >= 0 and c.readable}
    found = {}
    for axis, names in (("b", BATCH), ("s", SEQUENCE), ("step", STEP), ("x", TOKENS), ("size", SIZES)):
        name = next((lowered[n] for n in names if n in lowered), None)
        if name is not None and not (name.lower() == "m" and not {"n", "k"} & set(lowered)):
            found[axis] = name
    return found


class _Deciding:
    def __init__(
        self, table: RawTable, rows: Sequence[Row], phase: PhaseName | None, query: str, choices: Choices, skip: str
    ) -> None:
        self.table, self.rows, self.phase, self.query, self.choices = table, rows, phase, query, choices
        self.columns = {n: c for n, c in profile(table, rows).items() if n not in (skip, *choices.ignore)}
        self.file = str(table.path)
        self.said: list[tuple[str, str]] = []
        self.condition = ""
        self.dropped: set[str] = set()
        self.measured = ""

    def levels(self) -> Levels:
        if self.choices.latency:
            self._there({"--latency": self.choices.latency})
            unit = self.choices.unit or "ms"
            latency = LatencyFound(self.choices.latency, unit, f"{self.choices.latency} in {unit}, as you said")
        else:
            latency = find_latency(self.columns, self.file)
            if self.choices.unit:
                latency = LatencyFound(latency.column, self.choices.unit, f"{latency.column} in {self.choices.unit}")
        self.said.append(("latency", latency.said))
        self.measured = latency.column
        axes = self._axes()
        taken = {w for text in (*axes.values(), latency.column) for w in _words(text)} | {"power"} | self.dropped
        keys = self._keys(axes, taken)
        return Levels(latency, axes, keys, self._tupled(keys), self.condition, tuple(self.said))

    def _there(self, given: Mapping[str, str]) -> None:
        """Raises `SpecError` for an expression that reads what is no column of numbers."""
        for option, text in given.items():
            named = next((n for n, c in self.columns.items() if n.strip() == text.strip() and not c.readable), None)
            if named is not None:
                raise SpecError(unreadable(named, Place(option)))
            try:
                wrong = [w for w in _words(text) if w not in self.columns or self.columns[w].kind in ("text", "empty")]
            except SolSyntax:
                wrong = [text]
            if wrong:
                numbers = [n for n, c in self.columns.items() if c.kind not in ("text", "empty") and c.readable]
                found = f"{wrong[0]!a}, which is no column of numbers in {self.file}"
                near = did_you_mean(near_names(wrong[0], numbers))
                raise SpecError(Problem(Place(option), found, f"some of {', '.join(numbers)}", near, "init-column"))

    # axes

    def _axes(self) -> dict[str, str]:
        if self.choices.axes:
            self._there({f"--axis {axis}": column for axis, column in self.choices.axes.items()})
            for axis, column in self.choices.axes.items():
                self.said.append(("axis", f"{axis} is {column}, as you said"))
            return dict(self.choices.axes)
        found = run_time_columns(self._unmeasured())
        if self.query == "x":
            return {"x": self._tokens(found)}
        axes = {}
        if "b" in found:
            axes["b"] = found["b"]
        elif "x" in found and self.phase == "generation":
            axes["b"] = found["x"]
        if "s" in found:
            axes["s"] = self._sequence(found)
        if self.phase == "generation" and "b" in axes and "s" in axes and self._constant(axes["s"]):
            self.said.append(("axis", f"no s: {axes['s']} has one value in generation: a decode step costs the same"))
            self.dropped = set(_words(axes.pop("s")))
        if not axes or (self.phase != "generation" and len(axes) < 2):
            raise self._no_axis("b and s")
        for axis, column in axes.items():
            self.said.append(("axis", f"{axis} is {self._described(column)}"))
        return axes

    def _unmeasured(self) -> dict[str, Column]:
        """The columns that are no part of the latency, nor the power."""
        return {n: c for n, c in self.columns.items() if n != "power" and n not in _words(self.measured)}

    def _tokens(self, found: Mapping[str, str]) -> str:
        """The column, or expression, of token-equivalent size."""
        for name in ("x", "size"):
            if name in found:
                self.said.append(("axis", f"x is {self.columns[found[name]]}"))
                return found[name]
        if "b" in found and "s" in found:
            text = f"{found['b']} * {found['s']}" if self.phase != "generation" else found["b"]
            self.said.append(("axis", f"x is {text}"))
            return text
        single = found.get("b") or found.get("s") or self._longest()
        self.said.append(("axis", f"x is {self.columns[single]}"))
        return single

    def _longest(self) -> str:
        """The int column with the most values: run-time sizes are swept, structural ones are not."""
        ints = [
            column
            for name, column in self._unmeasured().items()
            if column.kind == "int" and column.readable and column.low >= 0 and name.lower() not in NO_SIZES
        ]
        if not ints:
            raise self._no_axis("x")
        best = max(ints, key=lambda c: len(c.values))
        self.said.append(("axis", f"no column is called like a run-time size: {best.name} has the most values"))
        return best.name

    def _sequence(self, found: Mapping[str, str]) -> str:
        """The sequence axis: with a step that varies, decode positions are the sum of both."""
        column, step = found["s"], found.get("step")
        if step is None or self.columns[step].constant:
            return column
        if self.phase == "generation":
            self.said.append(("axis", f"{step} varies: the position is {column} + {step}"))
            return f"{column} + {step}"
        if "0" in self.columns[step].values:
            self.condition = f"{step} == 0"
            before = len(self.rows)
            self.rows = [row for row in self.rows if row.cells[step] == "0"]
            self.columns = {n: c for n, c in profile(self.table, self.rows).items() if n in self.columns}
            told = f"{step} varies in context, which is a cached prefix: {len(self.rows)} of {before} rows have none, "
            told += f"the other {before - len(self.rows)} are left out (--phase generation, if they are decode steps)"
            self.said.append(("rows", told))
        return column

    def _constant(self, text: str) -> bool:
        return all(self.columns[name].constant for name in _words(text))

    def _described(self, text: str) -> str:
        return str(self.columns[text]) if text in self.columns else text

    def _no_axis(self, wanted: str) -> SpecError:
        called = {*BATCH, *SEQUENCE, *TOKENS, *SIZES}
        if named := [n for n, c in self.columns.items() if not c.readable and renamed(n) in called]:
            return SpecError(unreadable(name, Place(self.file, 1, 1)) for name in named)
        seen = [f"{n} ({c.kind})" for n, c in self.columns.items()]
        return SpecError(
            Problem(
                Place(self.file, 1, 1),
                f"no column can be the axis {wanted}; the table has {', '.join(seen[:20])}",
                "a column of whole numbers for each run-time size, such as num_tokens, or batch_size and isl",
                "say which it is: --axis x=COLUMN, or --axis b=COLUMN --axis s=COLUMN",
                "init-axis",
            )
        )

    # keys

    def _keys(self, axes: Mapping[str, str], taken: set[str]) -> tuple[Level, ...]:
        chosen: list[Level] = []
        unsure: list[Column] = []
        along: list[Column] = []
        place = [self._axis_values(text) for text in axes.values()]
        for name, column in self.columns.items():
            lowered = name.lower()
            if name in self.choices.keys:
                chosen.append(self._level(column, "as you said"))
            elif name in taken or column.kind == "empty":
                continue
            elif lowered in PROVENANCE:
                along.append(column)
            elif column.kind in ("whole", "gaps") or not column.readable:
                self._unreadable(column)
            elif lowered in LABELS or lowered in HARNESS or column.kind == "real":
                unsure.append(column)
            elif column.kind == "int" and not column.constant and self._follows(name, place):
                self.said.append(("left out", f"{column}: it follows from the axes"))
            elif column.kind == "int" and self._counts_rows(name):
                self.said.append(("left out", f"{column}: it differs in nearly every row, as a counter or a time does"))
            else:
                chosen.append(self._level(column))
        self._settle(chosen, unsure, axes)
        if along:
            self.said.append(("provenance", ", ".join(map(str, along))))
        order = {"quant": 0, "str": 1, "int": 2}
        chosen.sort(key=lambda level: order.get(level.type, 0))
        for level in chosen:
            self.said.append(("key", f"{level.column}: {level.type}" + (f", {level.why}" if level.why else "")))
        self._repeats(chosen, axes, along)
        return tuple(chosen)

    def _level(self, column: Column, why: str = "") -> Level:
        if column.kind == "int":
            constant = "one value only, still an exact key: another size must not get these numbers"
            return Level(column, "int", why or (constant if column.constant else ""))
        quant = find_quant(column)
        if quant is not None:
            spelled = ", ".join(f"{a} read as {m}" for a, m in quant.alias.items())
            return Level(column, quant.enum, why or spelled, quant)
        return Level(column, "str", why)

    def _settle(self, chosen: list[Level], unsure: list[Column], axes: Mapping[str, str]) -> None:
        """Columns that may be provenance are keys where they tell rows apart that are one point otherwise, with other
        latencies."""
        for column in unsure:
            if column.constant:
                self.said.append(("left out", str(column)))
            elif column.kind == "real" and len(column.values) > MOST_REAL_VALUES:
                self.said.append(("left out", f"{column}: measured, not read"))
            else:
                share, ratio = self._tells_apart(column, chosen, axes)
                crossed = share >= CROSSED and not _harness(column)
                if crossed or (share >= SEVERAL and ratio > (CLEARLY if _harness(column) else ALIKE)):
                    chosen.append(
                        self._level(column, f"points that differ in it alone differ {ratio:.2g}-fold in latency")
                    )
                elif share >= SEVERAL:
                    self.said.append(("left out", f"{column}: points that differ in it alone cost about the same"))
                else:
                    self.said.append(("left out", f"{column}: no points, or few, differ in it alone"))

    def _tells_apart(self, column: Column, levels: Sequence[Level], axes: Mapping[str, str]) -> tuple[float, float]:
        """Of the points without this column, the share that was measured with several values of it, and the median
        ratio of their latencies."""
        latency = [_real(row, self.measured) for row in self.rows]
        groups: dict[object, dict[str, float]] = {}
        for at, row, value in zip(self._places(levels, axes), self.rows, latency):
            if value > 0:
                groups.setdefault(at, {}).setdefault(row.cells[column.name], value)
        several = [values for values in groups.values() if len(values) > 1]
        if not several:
            return 0, 1
        return len(several) / len(groups), statistics.median(max(v.values()) / min(v.values()) for v in several)

    def _places(self, levels: Sequence[Level], axes: Mapping[str, str]) -> list[object]:
        places = [self._axis_values(text) for text in axes.values()]
        keys = [[row.cells[level.column.name] for row in self.rows] for level in levels]
        return list(zip(*keys, *places))

    def _repeated(self, levels: Sequence[Level], axes: Mapping[str, str]) -> int:
        return len(self.rows) - len(set(self._places(levels, axes)))

    def _axis_values(self, text: str) -> list[tuple[str, ...]]:
        words = _words(text)
        if " + " in text:
            return [(str(sum(_int(row.cells[w]) for w in words)),) for row in self.rows]
        if " * " in text:
            return [(str(math.prod(_int(row.cells[w]) for w in words)),) for row in self.rows]
        return [tuple(row.cells[w] for w in words) for row in self.rows]

    def _follows(self, name: str, place: Sequence[Sequence[tuple[str, ...]]]) -> bool:
        """Whether a column says nothing that the axes don't: it is their product, or has one value for each of their
        combinations although most combinations occur more than once."""
        cells = [row.cells[name] for row in self.rows]
        sizes = [[math.prod(map(int, value)) for value in axis] for axis in place]
        if len(place) > 1 and all(int(c) == math.prod(at) for c, at in zip(cells, zip(*sizes))):
            return True
        seen: dict[object, str] = {}
        one_value = all(seen.setdefault(at, cell) == cell for at, cell in zip(zip(*place), cells))
        return one_value and 2 * len(seen) <= len(cells)

    def _counts_rows(self, name: str) -> bool:
        return len(self.rows) > 16 and len(self.columns[name].values) > 0.9 * len(self.rows)

    def _unreadable(self, column: Column) -> None:
        why = {
            "whole": "whole numbers written as 4.0: loaders read `int(text)`, write 4",
            "gaps": "some cells are empty",
        }.get(column.kind, "a spec can't name this column: letters, digits and underscores")
        self.said.append(("left out", f"{column}: {why}"))

    def _repeats(self, keys: Sequence[Level], axes: Mapping[str, str], along: Sequence[Column]) -> None:
        repeats = self._repeated(keys, axes)
        if not repeats:
            return
        extra = [c.name for c in along if not c.constant]
        told = f" (they may differ in {', '.join(extra)})" if extra else ""
        self.said.append(
            ("repeats", f"{repeats} of {len(self.rows)} rows repeat an earlier one: the first row is kept{told}")
        )

    def _tupled(self, keys: Sequence[Level]) -> bool:
        """Sizes that occur in few combinations describe models: one tuple key, as upstream files such ops."""
        ints = [level.column for level in keys if level.type == "int"]
        if len(keys) > MOST_KEYS:
            self.said.append(("nesting", f"{len(keys)} keys are more than {MOST_KEYS}: the sizes are one tuple"))
            return True
        if len(ints) < TUPLE_FROM:
            return False
        combinations = len({tuple(row.cells[c.name] for c in ints) for row in self.rows})
        if combinations > 2 * max(len(c.values) for c in ints):
            return False
        self.said.append(("nesting", f"{len(ints)} sizes occur in {combinations} combinations only: one tuple key"))
        return True


def _words(text: str) -> list[str]:
    """The columns that an expression reads."""
    return list(column_names(text))


def _harness(column: Column) -> bool:
    return column.name.lower() in HARNESS


def _real(row: Row, expression: str) -> float:
    """The measured value, 0 where there is none."""
    try:
        value = evaluate(real_column(expression), {name: float(row.cells[name]) for name in _words(expression)})
    except (ValueError, SolValueError):
        return 0.0
    return float(value) if isinstance(value, (int, float)) else 0.0


def _int(text: str) -> int:
    return int(text) if text.strip() else 0
