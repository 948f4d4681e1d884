"""What a query answers where the release interpolates by rules of its own (`perf_interp`, since 0.11).

Inside the collected range: latency on a line between its neighbours, in one axis after the other, outermost last, in
square roots along the second axis where the spec says so; power on such a line, too, and energy = power * latency.
Outside: the nearest collected point's share of the SOL is kept, so that the latency grows as the SOL does; its power
stays. The spec's `method`, `pre_interpolate` and `outside` do not count there (docs/adding-a-layout.md).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..spec.model import Nesting
from .grid import EXACT, LINEAR, Answer, Nothing, Promise, bracket
from .table import Leaf

Sol = Callable[[Sequence[float]], Any]  # ms at a point of the table, or None


class _Outside(Exception):
    pass


class _Gap(Exception):
    pass


def answer(nesting: Nesting, grid: Mapping[Any, Any], point: Sequence[float], sol: Sol) -> Answer:
    """What the release answers at `point`, one coordinate per axis of the nesting, on a grid below its exact keys."""
    measured = _measured(grid, point)
    if measured is not None:
        return Promise.of(measured.latency, measured.energy, EXACT)
    try:
        latency, power = _inside(nesting, grid, point, 0)
    except _Gap:
        return Nothing("a grid with gaps")
    except _Outside:
        return _held(grid, point, sol)
    return Promise.of(latency, latency * power, LINEAR)


def _measured(node: Any, point: Sequence[float]) -> Leaf | None:
    for at in point:
        if at not in node:
            return None
        node = node[at]
    return node if isinstance(node, Leaf) else None


def _power(leaf: Leaf) -> float:
    return leaf.energy / leaf.latency if leaf.energy > 0 and leaf.latency > 0 else leaf.power


def _inside(nesting: Nesting, node: Any, point: Sequence[float], depth: int) -> tuple[float, float]:
    """(latency, power). Raises `_Outside` when no collected values stand on both sides, `_Gap` when only some do."""
    if isinstance(node, Leaf):
        return node.latency, _power(node)
    at, values = point[depth], sorted(node)
    if at in node:
        return _inside(nesting, node[at], point, depth + 1)
    if not values[0] < at < values[-1]:
        raise _Outside
    left, right = bracket(values, at)
    ends, outside = [], 0
    for value in (left, right):
        try:
            ends.append(_inside(nesting, node[value], point, depth + 1))
        except _Outside:
            outside += 1
    if outside == 2:
        raise _Outside
    if outside:
        raise _Gap
    (low, low_power), (high, high_power) = ends
    share = (at - left) / (right - left)
    power = low_power + (high_power - low_power) * share
    if nesting.pre_interpolate is not None and nesting.pre_interpolate.sqrt_second_axis and depth == 1:
        root = math.sqrt(low) + (math.sqrt(high) - math.sqrt(low)) * share
        return root * root, power
    return low + (high - low) * share, power


def _held(grid: Mapping[Any, Any], point: Sequence[float], sol: Sol) -> Answer:
    """From the nearest collected point, axis by axis."""
    node: Any = grid
    snapped: list[float] = []
    for at in point:
        near = sorted(node, key=lambda v: abs(v - at))
        if len(near) > 1 and abs(near[0] - at) == abs(near[1] - at):
            return Nothing("two collected points are as near")
        snapped.append(near[0])
        node = node[near[0]]
    there, here = sol(snapped), sol(point)
    if not there or not here or node.latency <= 0:
        return Nothing("no SOL there")
    latency = here / (there / node.latency)
    return Promise.of(latency, latency * _power(node), LINEAR)
