"""A log-log chart as numbers: where each line, mark and tick stands. The template turns it into SVG.

Drawn here rather than by matplotlib so that the page's own colours, light and dark, hold for its plots too, and so that
the page needs nothing that isn't installed with the tool.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

# The size of a phone's column, in CSS pixels at a scale of 1: text stays readable there, and grows on a desktop.
WIDTH, HEIGHT = 380, 280
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 12, 40

MOST_TICKS = 7
PREFIXES = {0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}

Point = tuple[float, float]
Kind = Literal["sol", "compute", "memory", "empirical", "measured", "roof", "bandwidth", "context", "generation"]
Shape = Literal["", "circle", "square", "cross"]


@dataclass(frozen=True)
class Curve:
    """Points (x, y) in the chart's units: joined by a line, or each with a mark of `shape`."""

    label: str
    kind: Kind
    points: tuple[Point, ...]
    shape: Shape = ""


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Drawn:
    """A curve in SVG coordinates: `path` for a line (""), `marks` for points."""

    label: str
    kind: Kind
    shape: Shape
    path: str
    marks: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """A chart that is ready to be drawn, with a table of the same numbers for those who can't see it."""

    name: str
    title: str
    description: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    curves: tuple[Drawn, ...]
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class LogAxis:
    """A logarithmic axis from `low` to `high` (both > 0) over the pixels `start` to `end`."""

    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        if not 0 < low <= high < math.inf:
            raise ValueError(f"no logarithmic axis from {low} to {high}")
        # At least a decade, so that there is always a tick to read.
        middle = (math.log10(low) + math.log10(high)) / 2
        half = max(math.log10(high / low) * 1.06, 1.2) / 2
        self._low, self._high = middle - half, middle + half
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 2)

    def ticks(self) -> tuple[Tick, ...]:
        first, last = math.ceil(self._low), math.floor(self._high)
        step = max(1, math.ceil((last - first + 1) / MOST_TICKS))
        return tuple(Tick(self.at(10.0**n), short(10.0**n)) for n in range(first, last + 1, step))


def draw(
    name: str,
    title: str,
    description: str,
    labels: tuple[str, str],
    curves: Iterable[Curve],
    head: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
) -> Chart | None:
    """The chart of some curves, or None when there is nothing that a logarithmic axis can show."""
    kept = [
        Curve(c.label, c.kind, tuple(p for p in c.points if all(0 < v < math.inf for v in p)), c.shape) for c in curves
    ]
    kept = [c for c in kept if c.points]
    xs = [x for c in kept for x, _ in c.points]
    ys = [y for c in kept for _, y in c.points]
    if not xs:
        return None
    x_axis = LogAxis(min(xs), max(xs), LEFT, WIDTH - RIGHT)
    y_axis = LogAxis(min(ys), max(ys), HEIGHT - BOTTOM, TOP)
    drawn = []
    for curve in kept:
        placed = tuple((x_axis.at(x), y_axis.at(y)) for x, y in curve.points)
        path = "" if curve.shape else "M" + "L".join(f"{x:g} {y:g}" for x, y in placed)
        drawn.append(Drawn(curve.label, curve.kind, curve.shape, path, placed if curve.shape else ()))
    return Chart(
        name, title, description, *labels, x_axis.ticks(), y_axis.ticks(), tuple(drawn), tuple(head),
        tuple(tuple(row) for row in rows),
    )  # fmt: skip


def short(value: float) -> str:
    """A number with the prefixes that engineers read: 3k, 989T. Small ones have none: of ms there are no milli-ms."""
    if not 1 <= value < math.inf:
        return f"{value:.3g}"
    power = min(3 * math.floor(math.log10(value) / 3 + 1e-12), 18)
    return f"{value / 10.0**power:.3g}{PREFIXES[power]}"
