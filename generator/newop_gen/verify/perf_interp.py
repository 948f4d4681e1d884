"""What a query answers where the release interpolates by rules of its own (`perf_interp`, since 0.11).

Inside the collected range: latency on a line between its neighbours, in one axis after the other, outermost last, in
square roots along the second axis where the spec says so; power on such a line, too, and energy = power * latency.
Outside: the nearest collected point's share of the SOL is kept, so that the latency grows as the SOL does; its power
stays. The spec's `method`, `pre_interpolate` and `outside` do not count there (docs/adding-a-layout.md).

A compiled engine has the same rules but for two: outside several axes it blends the shares of the four nearest points
(`perf_interp.rs`, `hold_anchor_weights`), and where only one of two neighbours reaches as far along an inner axis it
takes that one's, by the ratio of the SOLs (`grid_interior`).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..spec.model import Nesting
from ..tables.filing import Leaf
from .grid import EXACT, LINEAR, Answer, Nothing, Promise, bracket

Sol = Callable[[Sequence[float]], Any]  # ms at a point of the table, or None


NEAREST = 4
FLOOR = 1e-12


class _Outside(Exception):
    pass


class _Gap(Exception):
    pass


def answer(
    nesting: Nesting, grid: Mapping[Any, Any], point: Sequence[float], sol: Sol, blended: bool = False
) -> Answer:
    """What the release answers at `point`, one coordinate per axis of the nesting, on a grid below its exact keys;
    `blended`: as a compiled engine does."""
    measured = _measured(grid, point)
    if measured is not None:
        return Promise.of(measured.latency, measured.energy, EXACT)
    try:
        latency, power = _inside(nesting, grid, point, 0, sol if blended else None)
    except _Gap:
        return Nothing("a grid with gaps")
    except _Outside:
        return _blended(grid, point, sol) if blended and len(point) > 1 else _held(grid, point, sol)
    return Promise.of(latency, latency * power, LINEAR)


def _measured(node: Any, point: Sequence[float]) -> Leaf | None:
    for at in point:
        if at not in node:
            return None
        node = node[at]
    return node if isinstance(node, Leaf) else None


def _power(leaf: Leaf) -> float:
    return leaf.energy / leaf.latency if leaf.energy > 0 and leaf.latency > 0 else leaf.power


def _inside(nesting: Nesting, node: Any, point: Sequence[float], depth: int, gaps: Sol | None) -> tuple[float, float]:
    """(latency, power). Raises `_Outside` when no collected values stand on both sides; when only some do, `_Gap`, or
    with the SOL for `gaps` what is there is taken by its ratio."""
    if isinstance(node, Leaf):
        return node.latency, _power(node)
    at, values = point[depth], sorted(node)
    if at in node:
        return _inside(nesting, node[at], point, depth + 1, gaps)
    if not values[0] < at < values[-1]:
        raise _Outside
    left, right = bracket(values, at)
    ends = []
    for value in (left, right):
        with contextlib.suppress(_Outside):
            ends.append((value, *_inside(nesting, node[value], point, depth + 1, gaps)))
    if not ends:
        raise _Outside
    if len(ends) == 1:
        if gaps is None:
            raise _Gap
        [(there, latency, power)] = ends
        here, at_end = gaps(point), gaps([*point[:depth], there, *point[depth + 1 :]])
        return (latency * (here / at_end), power) if here and at_end else (latency, power)
    (_, low, low_power), (_, high, high_power) = ends
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


def _blended(grid: Mapping[Any, Any], point: Sequence[float], sol: Sol) -> Answer:
    """From the nearest collected points, by the logarithms of all coordinates: their shares of the SOL, weighted by
    ((R - d) / (R d))^2 with the distance of the next one as R, so that it comes in at no weight."""
    asked = [math.log2(max(v, FLOOR)) for v in point]
    near = []
    for at, leaf in _leaves(grid, ()):
        there = sol(at)
        if there and leaf.latency > 0:
            near.append((math.dist([math.log2(max(v, FLOOR)) for v in at], asked), there / leaf.latency, _power(leaf)))
    near.sort()
    here = sol(point)
    if not near or not here:
        return Nothing("no SOL there")
    radius = near[NEAREST][0] if len(near) > NEAREST else math.inf
    weights = [
        1 / (d * d + FLOOR) if radius == math.inf else (max(radius - d, 0.0) / (radius * d + FLOOR)) ** 2
        for d, *_ in near[:NEAREST]
    ]
    if not sum(weights) > 0:
        weights = [1.0] * len(weights)
    share = sum(w * util for w, (_, util, _) in zip(weights, near)) / sum(weights)
    power = sum(w * watt for w, (_, _, watt) in zip(weights, near)) / sum(weights)
    return Promise.of(here / share, here / share * power, LINEAR)


def _leaves(node: Any, at: tuple[float, ...]) -> Iterator[tuple[tuple[float, ...], Leaf]]:
    if isinstance(node, Leaf):
        yield at, node
        return
    for value, below in node.items():
        yield from _leaves(below, (*at, value))
