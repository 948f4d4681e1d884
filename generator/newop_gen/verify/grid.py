"""What a query between measured points, or outside them, may answer: the spec's method and policy, worked out anew.

A promise is as sharp as the method allows: an exact value where the method has one, the hull of the cell where it
interpolates within it, one of two values where it cuts a rectangle into triangles either way, an error where the
policy says so, and nothing where upstream's own helper makes up its mind (a line that falls, followed outwards).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, Union

from ..model.targets import NAMED
from ..spec.model import Nesting
from ..tables.filing import Leaf

EXACT = 1e-12  # measured points: a table lookup and at most one multiplication
LINEAR = 1e-9  # sums of products, in another order than the helper's
CUBIC = 1e-4  # scipy estimates the gradients of its cubic to 1e-6 of the cell's spread, not of the value


_Number = TypeVar("_Number", int, float)


@dataclass(frozen=True)
class Promise:
    """Latency and energy, each within `low` to `high`, widened by `tolerance` (relative). `alternatives` are other
    pairs that are as good. `energy` is None where nothing is promised of it."""

    low: float
    high: float
    energy: tuple[float, float] | None
    tolerance: float
    alternatives: tuple[Promise, ...] = ()

    @classmethod
    def of(cls, latency: float, energy: float | None, tolerance: float = EXACT) -> Promise:
        return cls(latency, latency, None if energy is None else (energy, energy), tolerance)

    def scaled(self, latency: float, energy: float | None = None) -> Promise:
        """The same promise of a result that is multiplied."""
        by = latency if energy is None else energy
        return Promise(
            self.low * latency,
            self.high * latency,
            None if self.energy is None else (self.energy[0] * by, self.energy[1] * by),
            self.tolerance,
            tuple(a.scaled(latency, energy) for a in self.alternatives),
        )


@dataclass(frozen=True)
class Refusal:
    """`PerfDataNotAvailableError`; `why` says what is not there."""

    why: str


@dataclass(frozen=True)
class Nothing:
    """Nothing is promised."""

    why: str


Answer = Union[Promise, Refusal, Nothing]


class _Outside(Exception):
    pass


class _Free(Exception):
    pass


def answer(nesting: Nesting, grid: Mapping[Any, Any], point: Sequence[float]) -> Answer:
    """What the spec promises at `point`, one coordinate per axis of the nesting, on a grid below its exact keys."""
    point = list(point)
    several = nesting.method == "cubic" or (nesting.method == "linear" and len(nesting.axes) == 2)
    if several and nesting.outside == "clamp":
        point = _clamped(grid, point)
    measured = _at(grid, point)
    if measured is not None:
        return Promise.of(measured.latency, measured.energy)
    try:
        cell = full_cell(grid, point) if several else None
        if cell is None:
            latency, energy = _along(nesting, grid, point)
            return _sane(Promise.of(latency, energy, LINEAR))
        return _in_cell(nesting, cell, point)
    except _Outside as outside:
        return Refusal(str(outside))
    except _Free as free:
        return Nothing(str(free))


def _sane(promise: Promise) -> Answer:
    return promise if promise.low >= 0 else Refusal("a line that has fallen below zero")


def _at(grid: Mapping[Any, Any], point: Sequence[float]) -> Leaf | None:
    node: Any = grid
    for at in point:
        if at not in node:
            return None
        node = node[at]
    return node if isinstance(node, Leaf) else None


def _clamped(grid: Mapping[Any, Any], point: Sequence[float]) -> list[float]:
    level: list[Any] = [grid]
    inside = []
    for at in point:
        values = [v for node in level for v in node]
        inside.append(max(min(values), min(at, max(values))))
        level = [below for node in level for below in node.values()]
    return inside


def _along(nesting: Nesting, node: Any, point: Sequence[float]) -> tuple[float, float]:
    """Linear in one axis after the other, outermost first."""
    if isinstance(node, Leaf):
        return node.latency, node.energy
    at, values = point[0], sorted(node)
    if nesting.outside == "clamp":
        at = max(values[0], min(at, values[-1]))
    if at in node:
        return _along(nesting, node[at], point[1:])
    inside = values[0] < at < values[-1]
    if not inside:
        if nesting.outside != "extrapolate":
            raise _Outside(f"{at} is outside {values[0]} to {values[-1]}")
        if len(values) == 1:
            return _along(nesting, node[values[0]], point[1:])
    left, right = bracket(values, at)
    low, high = _along(nesting, node[left], point[1:]), _along(nesting, node[right], point[1:])
    if not inside and (high[0] < low[0] or high[1] < low[1]):
        raise _Free("the values fall towards the edge")
    share = (at - left) / (right - left)
    return low[0] + (high[0] - low[0]) * share, low[1] + (high[1] - low[1]) * share


def bracket(values: Sequence[_Number], at: float) -> tuple[_Number, _Number]:
    """The two neighbours of `at`; outside, the two values at that end."""
    upper = next((i for i, v in enumerate(values) if v >= at), len(values) - 1)
    upper = max(1, upper)
    return values[upper - 1], values[upper]


Cell = list[tuple[tuple[float, ...], Leaf]]


def full_cell(grid: Mapping[Any, Any], point: Sequence[float]) -> Cell | None:
    """The corners around a point when every axis has a collected value on either side, else None."""
    corners: Cell = []

    def walk(node: Any, depth: int, at: tuple[float, ...]) -> bool:
        if depth == len(point):
            corners.append((at, node))
            return True
        values = sorted(node)
        if len(values) < 2 or not values[0] <= point[depth] <= values[-1]:
            return False
        return all(walk(node[v], depth + 1, (*at, v)) for v in bracket(values, point[depth]))

    return corners if walk(grid, 0, ()) else None


def _in_cell(nesting: Nesting, cell: Cell, point: Sequence[float]) -> Answer:
    hull = _hull(cell, 0.0)
    regular = all(len({at[i] for at, _ in cell}) == 2 for i in range(len(point)))
    if not regular:
        return _hull(cell, 0.5) if nesting.method == "cubic" else hull
    plane = [_plane(cell, point, which) for which in (0, 2)]
    if plane[0] is not None:
        return Promise.of(plane[0], plane[1], CUBIC if nesting.method == "cubic" else LINEAR)
    if nesting.method == "cubic":
        # No cubic keeps to its hull; one of four corners doesn't leave it by half its height.
        return _hull(cell, 0.5)
    halves = [Promise.of(*_triangle(cell, point, rising), LINEAR) for rising in (True, False)]
    return Promise(halves[0].low, halves[0].high, halves[0].energy, LINEAR, (halves[1],))


def _hull(cell: Cell, beyond: float) -> Promise:
    bounds = []
    for which in (0, 2):
        values = [leaf[which] for _, leaf in cell]
        more = beyond * (max(values) - min(values))
        bounds.append((min(values) - more, max(values) + more))
    return Promise(bounds[0][0], bounds[0][1], bounds[1], LINEAR)


def _plane(cell: Cell, point: Sequence[float], which: int) -> float | None:
    """The value at the point where the corners lie in one plane; None where they don't."""
    values = {at: leaf[which] for at, leaf in cell}
    origin = min(values)
    slopes = []
    for i in range(len(point)):
        far = next(at[i] for at in values if at[i] != origin[i])
        corner = (*origin[:i], far, *origin[i + 1 :])
        slopes.append((values[corner] - values[origin]) / (far - origin[i]))

    def plane(at: Sequence[float]) -> float:
        return values[origin] + sum(s * (a - o) for s, a, o in zip(slopes, at, origin))

    height = max(abs(v) for v in values.values()) or 1.0
    return plane(point) if all(abs(plane(at) - v) <= 1e-12 * height for at, v in values.items()) else None


def _triangle(cell: Cell, point: Sequence[float], rising: bool) -> tuple[float, float]:
    """The value in the triangle that holds the point, for one way to cut the rectangle."""
    values = dict(cell)
    (x0, x1), (y0, y1) = (sorted({at[i] for at in values}) for i in (0, 1))
    u, v = (point[0] - x0) / (x1 - x0), (point[1] - y0) / (y1 - y0)
    a, b, c, d = (values[k] for k in ((x0, y0), (x1, y0), (x0, y1), (x1, y1)))

    def at(which: int) -> float:
        if rising:  # cut from (x0, y0) to (x1, y1)
            low = a[which] + (b[which] - a[which]) * u + (d[which] - b[which]) * v
            high = a[which] + (d[which] - c[which]) * u + (c[which] - a[which]) * v
            return float(low if v <= u else high)
        if u + v <= 1:
            return float(a[which] + (b[which] - a[which]) * u + (c[which] - a[which]) * v)
        return float(d[which] + (c[which] - d[which]) * (1 - u) + (b[which] - d[which]) * (1 - v))

    return at(0), at(2)


# pre-interpolation


def targets_of(nesting: Nesting) -> list[tuple[int, ...]]:
    """The grid values to fill in, per axis; () where only collected ones are wanted."""
    wanted = nesting.pre_interpolate
    assert wanted is not None
    lists: list[tuple[int, ...]] = []
    for axis in nesting.axes:
        values = wanted.values.get(axis.axis, "collected")
        if isinstance(values, str):
            lists.append(() if values == "collected" else NAMED[values].values)
        else:
            lists.append(tuple(values))
    return lists


def is_product(grid: Mapping[Any, Any], depth: int) -> bool:
    """Every combination of the axis values is there."""
    axes: list[set[Any]] = [set() for _ in range(depth)]

    def walk(node: Any, level: int) -> int:
        if level == depth:
            return 1
        axes[level].update(node)
        return sum(walk(below, level + 1) for below in node.values())

    return walk(grid, 0) == math.prod(len(a) for a in axes)


def filled(nesting: Nesting, grid: Mapping[Any, Any], which: int = 0) -> dict[tuple[int, ...], float | None] | None:
    """Latencies (`which` 0) or energies (2) of the filled grid, innermost axis first, each along a line through its
    neighbours, or the last two beyond the end; roots along the second axis where the spec says so. None for a value
    that is not promised (values that fall outwards); None altogether for a ragged grid."""
    depth = len(nesting.axes)
    if not is_product(grid, depth):
        return None
    axes = _axis_values(grid, depth)
    targets = targets_of(nesting)
    sqrt = nesting.pre_interpolate is not None and nesting.pre_interpolate.sqrt_second_axis
    found: dict[tuple[int, ...], float | None] = {
        at: leaf[which] for at in itertools.product(*axes) if (leaf := _at(grid, at)) is not None
    }
    for i in reversed(range(depth)):
        # Two axes stand below a level with one value: what is called the second axis is the first of them.
        second = i == depth - 2
        values = axes[i]
        added = [] if len(values) < 2 else [t for t in targets[i] if t not in values]
        others = [sorted({at[j] for at in found}) for j in range(depth)]
        for target in added:
            left, right = bracket(values, target)
            for at in itertools.product(*(o if j != i else [target] for j, o in enumerate(others))):
                ends = [found[(*at[:i], end, *at[i + 1 :])] for end in (left, right)]
                found[at] = _line(left, right, ends, target, root=sqrt and second)
    return found


def _axis_values(grid: Mapping[Any, Any], depth: int) -> list[list[int]]:
    axes = []
    node: Any = grid
    for _ in range(depth):
        axes.append(sorted(node))
        node = next(iter(node.values()))
    return axes


def _line(left: float, right: float, ends: Sequence[float | None], at: float, *, root: bool) -> float | None:
    low, high = ends
    if low is None or high is None or low < 0 or high < 0:
        return None
    if not left <= at <= right and high < low:
        return None
    if root:
        low, high = math.sqrt(low), math.sqrt(high)
    value = low + (high - low) * (at - left) / (right - left)
    return value * value if root else value
