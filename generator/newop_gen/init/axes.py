"""Which columns are the run-time axes of a table, or of one phase of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..model.columns import column_names
from ..problems import Place, Problem, SpecError
from ..spec.model import PhaseName
from ..spec.usual_columns import BATCH, SEQUENCE, SIZES, STEP, TOKENS
from .profile import Column, renamed, unreadable
from .vocabulary import HARNESS, PROVENANCE, RUN_TIME_WORDS, words_of

_CALLED = (("b", BATCH), ("s", SEQUENCE), ("step", STEP), ("x", TOKENS), ("size", SIZES))


@dataclass
class Axes:
    """`columns` maps x, or b and s, to a column expression. `dropped` are columns that have no say, `rows` is a
    condition that leaves the other rows out, `said` are (subject, text) lines."""

    columns: dict[str, str]
    dropped: set[str] = field(default_factory=set)
    rows: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)


def run_time_columns(columns: Mapping[str, Column]) -> dict[str, str]:
    """The columns that are called like run-time sizes: some of b, s, step, x and size."""
    lowered = {name.lower(): name for name, c in columns.items() if c.kind == "int" and c.low >= 0 and c.readable}
    found = {}
    for axis, names in _CALLED:
        name = next((lowered[n] for n in names if n in lowered), None)
        if name is not None and not (name.lower() == "m" and not {"n", "k"} & set(lowered)):
            found[axis] = name
    return found


def find_axes(
    columns: Mapping[str, Column], file: str, phase: PhaseName | None, query: str, counts: Callable[[str], bool]
) -> Axes:
    """The axes of a query by `query` (x, or b,s) in rows that have these columns. `counts` tells of a column whether it
    numbers the rows. Raises `SpecError` where there is no axis, or where it can't be told which column is one."""
    found = run_time_columns(columns)
    finding = _Finding(columns, file, phase, counts, Axes({}))
    finding.unsayable(found)
    if query == "x":
        finding.axes.columns["x"] = finding.tokens(found)
    else:
        finding.apart(found)
    return finding.axes


@dataclass
class _Finding:
    columns: Mapping[str, Column]
    file: str
    phase: PhaseName | None
    counts: Callable[[str], bool]
    axes: Axes

    def say(self, text: str, subject: str = "axis") -> None:
        self.axes.said.append((subject, text))

    def unsayable(self, found: Mapping[str, str]) -> None:
        """Raises `SpecError` for columns that are called like a run-time size that is not there otherwise, by a name
        that no spec can say: another column in their place would be a wrong axis without a word."""
        called = {name for axis, names in _CALLED if axis not in found for name in names}
        unnamed = [n for n, c in self.columns.items() if not c.readable and c.kind == "int" and renamed(n) in called]
        if unnamed and not ({"x", "size"} & set(found) or {"b", "s"} <= set(found)):
            raise SpecError(unreadable(name, Place(self.file, 1, 1)) for name in unnamed)

    def tokens(self, found: Mapping[str, str]) -> str:
        """The column, or expression, of token-equivalent size."""
        for name in ("x", "size"):
            if name in found:
                self.say(f"x is {self.columns[found[name]]}")
                return found[name]
        if "b" in found and "s" in found:
            text = f"{found['b']} * {found['s']}" if self.phase != "generation" else found["b"]
            self.say(f"x is {text}")
            return text
        single = found.get("b") or found.get("s") or self._size()
        self.say(f"x is {self.columns[single]}")
        return single

    def _size(self) -> str:
        """The one column that can be a run-time size, by its words or as the only one that varies."""
        able = [
            column
            for name, column in self.columns.items()
            if column.kind == "int" and column.readable and column.low >= 0
            and name.lower() not in PROVENANCE | HARNESS and not self.counts(name)
        ]  # fmt: skip
        if not able:
            raise self._none("x")
        varying = [column for column in able if not column.constant] or able
        worded = [column for column in varying if RUN_TIME_WORDS.intersection(words_of(column.name))]
        choice = worded if len(worded) == 1 else varying
        if len(choice) > 1:
            raise self._several([column.name for column in worded or varying])
        self.say(f"{choice[0].name} is the only column that can be a run-time size")
        return choice[0].name

    def apart(self, found: Mapping[str, str]) -> None:
        """Axes of an op that is queried by batch and sequence."""
        axes = self.axes.columns
        if "b" in found:
            axes["b"] = found["b"]
        elif "x" in found and self.phase == "generation":
            axes["b"] = found["x"]
        if "s" in found:
            axes["s"] = self._sequence(found["s"], found.get("step"))
        elif "step" in found and self.phase == "generation":
            axes["s"] = found["step"]
        if self.phase == "generation" and "b" in axes and "s" in axes and self._constant(axes["s"]):
            self.say(f"no s: {axes['s']} has one value in generation: a decode step costs the same")
            self.axes.dropped = set(column_names(axes.pop("s")))
        if not axes or (self.phase != "generation" and len(axes) < 2):
            raise self._none("b and s")
        for axis, column in axes.items():
            self.say(f"{axis} is {self.columns.get(column, column)}")

    def _sequence(self, column: str, step: str | None) -> str:
        """The sequence axis: with a step that varies, decode positions are the sum of both."""
        if step is None or self.columns[step].constant:
            return column
        if self.phase == "generation":
            self.say(f"{step} varies: the position is {column} + {step}")
            return f"{column} + {step}"
        if "0" in self.columns[step].values:
            self.axes.rows = f"{step} == 0"
        return column

    def _constant(self, text: str) -> bool:
        return all(self.columns[name].constant for name in column_names(text))

    def _none(self, wanted: str) -> SpecError:
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

    def _several(self, names: Sequence[str]) -> SpecError:
        given = " or ".join(f"--axis x={name}" for name in names[:4])
        return SpecError(
            Problem(
                Place(self.file, 1, 1),
                f"it can't be told which of {', '.join(names)} is the run-time size: the others are exact keys",
                "a column that is called like one, such as num_tokens, or batch_size and isl",
                f"say which it is: {given}",
                "init-axis",
            )
        )
