"""From the columns of one table (or of one phase of it) to its levels: what is asked for, and what is only told along.

The rule behind all of it: a level is what a query must say for a row to be the right one. Structural sizes and modes
are exact keys, even when the table has one value of them, so that a query for another size raises instead of getting
these numbers. What a row merely says about its measuring is left out, as long as the rows that remain still have one
latency each; where they don't, the column that tells them apart is a key, or a question (`apart`).
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model.columns import column_names, real_column
from ..problems import Place, Problem, SpecError, did_you_mean, near_names
from ..sol.evaluate import SolValueError, evaluate
from ..sol.findings import SolSyntax
from ..sol.quants import canonical
from ..spec.model import MOST_KEYS, PhaseName
from ..tables.raw import RawTable, Rows
from .apart import Fold, Points
from .axes import find_axes
from .choices import Choices, equals
from .latency import LatencyFound, find_latency
from .profile import Column, profile, unreadable
from .quants import QuantFound, find_quant
from .vocabulary import HARNESS, LABELS, OCCASION, PLACE, ROW_WORDS, is_counter, words_of

MOST_SETTINGS = 32
"""A measured value has more of them than a setting."""
TUPLE_FROM = 4
DENSE = 8
"""Values of a size, from which on a full grid of sizes may be meant to be interpolated."""
MANY_ROWS = 16
"""In fewer rows a column may number them by chance."""
IDENTITY = frozenset({"op_name", "op", "operation"})
"""Which op a row is of: always a key where there are several."""


class Undecided(SpecError):
    """Columns that tell rows apart, and may mean anything: only a person can say. `columns` are their names and some of
    their values."""

    def __init__(self, problems: Sequence[Problem], columns: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__(problems)
        self.columns = columns


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
    table: RawTable, rows: Rows, phase: PhaseName | None, query: str, choices: Choices, phase_column: str = ""
) -> Levels:
    """The levels of the table's `rows`. Raises `SpecError` when there is no latency or no axis in it, and `Undecided`
    where leaving a column out would let a row stand in for one that says something else."""
    return _Deciding(table, rows, phase, query, choices, phase_column).levels()


class _Deciding:
    def __init__(
        self, table: RawTable, rows: Rows, phase: PhaseName | None, query: str, choices: Choices, skip: str
    ) -> None:
        self.table, self.rows, self.phase, self.query, self.choices = table, rows, phase, query, choices
        self.skipped = (skip, *choices.ignore)
        self.columns = self._profiled()
        self.file = str(table.path)
        self.said: list[tuple[str, str]] = []
        self.condition = ""

    def _profiled(self) -> dict[str, Column]:
        return {n: c for n, c in profile(self.table, self.rows).items() if n not in self.skipped}

    def cells(self, name: str) -> list[str]:
        return list(self.rows.column(name))

    def levels(self) -> Levels:
        latency = self._latency()
        self.said.append(("latency", latency.said))
        axes, dropped = self._axes(latency)
        taken = {w for text in (*axes.values(), latency.column) for w in _words(text)} | {"power"} | dropped
        keys = self._keys(axes, taken, latency)
        return Levels(latency, axes, keys, self._tupled(keys), self.condition, tuple(self.said))

    def _latency(self) -> LatencyFound:
        said, unit = self.choices.latency, self.choices.unit
        if said:
            self._there({"--latency": said})
            return LatencyFound(said, unit or "ms", f"{said} in {unit or 'ms'}, as you said")
        found = find_latency(self.columns, self.file)
        return LatencyFound(found.column, unit, f"{found.column} in {unit}, as you said") if unit else found

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
                expected = f"one of {', '.join(numbers)}" if numbers else "a column of numbers, and the table has none"
                near = did_you_mean(near_names(wrong[0], numbers))
                raise SpecError(Problem(Place(option), found, expected, near, "init-column"))

    # axes

    def _axes(self, latency: LatencyFound) -> tuple[dict[str, str], set[str]]:
        """The axes, and the columns that have no say beside them."""
        if self.choices.axes:
            self._there({f"--axis {axis}": column for axis, column in self.choices.axes.items()})
            self.said += [("axis", f"{axis} is {column}, as you said") for axis, column in self.choices.axes.items()]
            return dict(self.choices.axes), set()
        measured = {"power", *_words(latency.column)}
        sizes = {n: c for n, c in self.columns.items() if n not in measured}
        axes = find_axes(sizes, self.file, self.phase, self.query, self._numbers_rows)
        self.said += axes.said
        if axes.rows:
            self._without_prefix(axes.rows)
        return axes.columns, axes.dropped

    def _without_prefix(self, condition: str) -> None:
        """Leave out rows of a cached prefix."""
        step = _words(condition)[0]
        before, self.condition = len(self.rows), condition
        self.rows = self.rows.where(step, "0".__eq__)
        self.columns = {n: c for n, c in self._profiled().items() if n in self.columns}
        told = f"{step} varies in context, which is a cached prefix: {len(self.rows)} of {before} rows have none, "
        told += f"the other {before - len(self.rows)} are left out (--phase generation, if they are decode steps)"
        self.said.append(("rows", told))

    # keys

    def _keys(self, axes: Mapping[str, str], taken: set[str], latency: LatencyFound) -> tuple[Level, ...]:
        place = list(axes.values())
        chosen, unsure, held, along = self._sorted(taken, place)
        # What an axis is made of may tell rows apart that its value does not.
        held += [self.columns[w] for text in axes.values() for w in _words(text) if len(_words(text)) > 1]
        points = Points(_reals(self.rows, latency.column))
        for text in place:
            points.add(self._axis_values(text))
        chosen = [self._spelled_apart(level, points) for level in chosen]
        chosen += self._needed(points, unsure)
        self._ask(points, held)
        if along:
            self.said.append(("provenance", ", ".join(map(str, along))))
        order = {"quant": 0, "str": 1, "int": 2}
        chosen.sort(key=lambda level: order.get(level.type, 0))
        for level in chosen:
            self.said.append(("key", f"{level.column}: {level.type}" + (f", {level.why}" if level.why else "")))
        self._dense(chosen)
        self._repeats(points)
        return tuple(chosen)

    def _sorted(
        self, taken: set[str], place: Sequence[str]
    ) -> tuple[list[Level], list[Column], list[Column], list[Column]]:
        """The columns that are no axis: sure keys; those that are keys where rows need them; those that nobody but a
        person can make one; and those that say where the table belongs."""
        chosen: list[Level] = []
        unsure: list[Column] = []
        held: list[Column] = []
        along: list[Column] = []
        for name, column in self.columns.items():
            lowered = name.lower()
            if name in self.choices.keys:
                chosen.append(self._level(column, "as you said"))
            elif name in taken or column.kind == "empty":
                continue
            elif lowered in PLACE or lowered in OCCASION:
                along.append(column)
                held.append(column)
            elif column.constant and (lowered in LABELS or lowered in HARNESS or column.kind not in ("int", "text")):
                self.said.append(("left out", str(column)))
            elif self._numbers_rows(name):
                self.said.append(("left out", f"{column}: it numbers the rows"))
            elif lowered in IDENTITY and column.readable:
                chosen.append(self._level(column, "which op a row is of"))
            elif not column.readable or column.kind in ("whole", "gaps") or self._measured(column):
                held.append(column)
            elif lowered in LABELS or lowered in HARNESS or column.kind == "real":
                unsure.append(column)
            elif column.kind == "int" and not column.constant and self._follows(name, place):
                self.said.append(("left out", f"{column}: it follows from the axes"))
            else:
                chosen.append(self._level(column))
        return chosen, unsure, held, along

    def _measured(self, column: Column) -> bool:
        """Whether a column holds what was measured along, or a setting with a name like it."""
        return is_counter(column.name) or (column.kind == "real" and column.count > MOST_SETTINGS)

    def _level(self, column: Column, why: str = "") -> Level:
        if column.kind == "int":
            constant = "one value only, still an exact key: another size must not get these numbers"
            return Level(column, "int", why or (constant if column.constant else ""))
        quant = find_quant(column)
        if quant is not None:
            spelled = ", ".join(f"{a} read as {m}" for a, m in quant.alias.items())
            return Level(column, quant.enum, why or spelled, quant)
        return Level(column, "str", why)

    def _spelled_apart(self, level: Level, points: Points) -> Level:
        """A key, read by `points` from now on. Where rows with two spellings of one quant mode have different
        latencies, the column is a text: as a mode it would let one stand in for the other."""
        cells = self.cells(level.column.name)
        if level.quant is not None and len(level.quant.modes) < level.column.count:
            modes = [canonical(level.quant.alias.get(cell, cell)) for cell in cells]
            if len(points.fold(modes).rows) > len(points.fold(cells).rows):
                level = Level(level.column, "str", "its spellings of one mode have different latencies")
        points.add(cells)
        return level

    def _needed(self, points: Points, unsure: Sequence[Column]) -> list[Level]:
        """Of labels and settings those without which a row would stand in for another one, the one that tells most
        rows apart first."""
        chosen: list[Level] = []
        rest = list(unsure)
        while (fold := points.fold()) and rest:
            left = [len(points.fold(self.cells(column.name)).rows) for column in rest]
            best = min(range(len(rest)), key=left.__getitem__)
            told = len(fold.rows) - left[best]
            if told <= 0:
                break
            column = rest.pop(best)
            chosen.append(self._level(column, f"{told} rows have another latency without it{fold.told}"))
            points.add(self.cells(column.name))
        for column in rest:
            self.said.append(("left out", f"{column}: without it no row stands in for one with another latency"))
        return chosen

    def _ask(self, points: Points, held: Sequence[Column]) -> None:
        """Raises `Undecided` for columns that tell rows apart and are nothing that init can make of them."""
        fold = points.fold()
        problems: list[Problem] = []
        asked: dict[str, tuple[str, ...]] = {}
        for column in held:
            cells = self.cells(column.name)
            lost = self._told_apart(column, points, fold, cells)
            if lost:
                problems.append(self._question(column, len(lost), fold))
                asked[column.name] = column.values
            elif column.name.lower() not in PLACE | OCCASION and not column.constant:
                self.said.append(("left out", f"{column}: {self._why_not(column)}"))
        if problems:
            raise Undecided(problems, asked)

    def _told_apart(self, column: Column, points: Points, fold: Fold, cells: Sequence[str]) -> Sequence[int]:
        """The rows that would be lost without a column. What has another value in nearly every row tells nothing."""
        if not fold or column.constant or self._all_different(column):
            return ()
        if column.kind == "real" and is_counter(column.name):
            return ()
        if len(points.fold(cells).rows) >= len(fold.rows):
            return ()
        return points.differing(cells)

    def _question(self, column: Column, rows: int, fold: Fold) -> Problem:
        value = column.values[0]
        number = column.kind == "int"
        options = [f"--ignore {column.name} (of rows alike in the rest the first stays)"]
        if column.readable:
            plain = "'" not in value and '"' not in value and value.strip()
            options[:0] = [f"--key {column.name}"]
            options += [f'--rows "{equals(column.name, value, number)}"'] if plain and column.kind != "gaps" else []
        found = f"{column} tells {rows} rows apart{fold.told}: without it, others would stand in for them"
        expected = "a level of the table, a condition on its rows, or a word that it does not count"
        return Problem(Place(self.file, 1, 1), found, expected, f"say which: {', or '.join(options)}", "init-undecided")

    def _why_not(self, column: Column) -> str:
        if column.kind == "whole" and not is_counter(column.name):
            return "whole numbers written as 4.0: loaders read `int(text)`, write 4"
        if column.kind == "gaps":
            return "some cells are empty, and no row needs it"
        if not column.readable:
            return "a spec can't name this column: letters, digits and underscores"
        return "measured, not read"

    def _all_different(self, column: Column) -> bool:
        return len(self.rows) > 1 and column.count > 0.9 * len(self.rows)

    def _numbers_rows(self, name: str) -> bool:
        """Whether a column counts the rows, up or down by one, instead of saying anything about them."""
        if self.columns[name].kind != "int" or len(self.rows) < 3:
            return False
        if len(self.rows) <= MANY_ROWS and not ROW_WORDS.intersection(words_of(name)):
            return False
        steps = (int(b) - int(a) for a, b in itertools.pairwise(self.rows.column(name)))
        first = next(steps)
        return first in (1, -1) and all(step == first for step in steps)

    def _axis_values(self, text: str) -> Iterator[tuple[int, ...]]:
        """The value of an axis in each row. Those of the same cells are one object."""
        words = _words(text)
        combine = sum if " + " in text else math.prod if " * " in text else None
        made: dict[tuple[str, ...], tuple[int, ...]] = {}
        for cells in zip(*map(self.rows.column, words)):
            value = made.get(cells)
            if value is None:
                numbers = tuple(map(_int, cells))
                value = made[cells] = numbers if combine is None else (combine(numbers),)
            yield value

    def _follows(self, name: str, place: Sequence[str]) -> bool:
        """Whether a column says nothing that the axes don't: it is their product, or has one value for each of their
        combinations although most combinations occur more than once."""

        def along() -> Iterator[tuple[tuple[tuple[int, ...], ...], str]]:
            return zip(zip(*map(self._axis_values, place)), self.rows.column(name))

        if len(place) > 1 and all(int(cell) == math.prod(math.prod(v) for v in at) for at, cell in along()):
            return True
        seen: dict[object, str] = {}
        one_value = all(seen.setdefault(at, cell) == cell for at, cell in along())
        return one_value and 2 * len(seen) <= len(self.rows)

    def _repeats(self, points: Points) -> None:
        if repeats := points.repeats:
            fold = points.fold()
            other = f", {len(fold.rows)} of them with another latency{fold.told}" if fold else ""
            told = f"{repeats} of {len(self.rows)} rows were measured again{other}: the first row is kept"
            self.said.append(("repeats", told))

    def _dense(self, keys: Sequence[Level]) -> None:
        """Say of sizes with many values in a full grid that they could be axes: as keys, sizes between them raise."""
        sizes = [level.column for level in keys if level.type == "int" and level.column.count >= DENSE]
        if not sizes or any(column.name in self.choices.keys for column in sizes):
            return
        combinations = self._combinations(sizes)
        if 2 * combinations < math.prod(column.count for column in sizes):
            return
        names = ", ".join(f"{column.name} ({column.count} values)" for column in sizes)
        options = " ".join(f"--axis {column.name}={column.name}" for column in sizes[:2])
        told = f"{names}: a grid of exact keys, a size between them raises; to interpolate: the axes and {options}"
        self.said.append(("dense", told))

    def _combinations(self, columns: Sequence[Column]) -> int:
        return len(set(zip(*(self.rows.column(column.name) for column in columns))))

    def _tupled(self, keys: Sequence[Level]) -> bool:
        """Sizes that occur in few combinations describe models: one tuple key, as upstream files such ops."""
        ints = [level.column for level in keys if level.type == "int"]
        if len(keys) > MOST_KEYS:
            if len(keys) - len(ints) + 1 > MOST_KEYS or len(ints) < 2:
                names = ", ".join(level.column.name for level in keys)
                found = f"{len(keys)} columns are exact keys: {names}"
                hint = "leave out what a query need not say: --ignore COLUMN"
                raise SpecError(Problem(Place(self.file, 1, 1), found, f"at most {MOST_KEYS}", hint, "init-keys"))
            self.said.append(("nesting", f"{len(keys)} keys are more than {MOST_KEYS}: the sizes are one tuple"))
            return True
        if len(ints) < TUPLE_FROM:
            return False
        combinations = self._combinations(ints)
        if combinations > 2 * max(c.count for c in ints):
            return False
        self.said.append(("nesting", f"{len(ints)} sizes occur in {combinations} combinations only: one tuple key"))
        return True


def _words(text: str) -> list[str]:
    """The columns that an expression reads."""
    return list(column_names(text))


def _reals(rows: Rows, expression: str) -> array[float]:
    """The measured values by row, 0 where there is none."""
    words, expr = _words(expression), real_column(expression)
    plain = [expression] == words

    def value(cells: tuple[str, ...]) -> float:
        try:
            numbers = [float(cell) for cell in cells]
            found = numbers[0] if plain else evaluate(expr, dict(zip(words, numbers)))
        except (ValueError, SolValueError):
            return 0.0
        return float(found) if isinstance(found, (int, float)) else 0.0

    return array("d", map(value, zip(*map(rows.column, words))))


def _int(text: str) -> int:
    return int(text) if text.strip() else 0
