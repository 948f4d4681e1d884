"""Points to ask at: every one that was measured, and random ones in and out of range.

Only the standard library is imported here: the module runs inside a release as well.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from .kinds import Point, Replay, Row

FARTHEST = 3_000_000
"""Beyond the largest target of the grids that are filled in at load time, except for generation's 2**24."""

MODE_NAMES = {
    "FMHAQuantMode": ("bfloat16", "fp8", "fp8_block"),
    "KVCacheQuantMode": ("bfloat16", "int8", "fp8"),
    "GEMMQuantMode": ("bfloat16", "int8_wo", "int4_wo", "fp8", "sq", "fp8_block", "fp8_ootb", "nvfp4"),
}


def frozen(point: Point) -> tuple[tuple[str, object], ...]:
    return tuple(sorted(point.items()))


def measured(replay: Replay, rows: Sequence[Row]) -> list[Point]:
    """Each point of the file once, in the order of the file."""
    found = {}
    for row in rows:
        point = replay.read(row)
        if point is not None:
            found.setdefault(frozen(point), point)
    return list(found.values())


def random_points(replay: Replay, collected: Sequence[Point], count: int, seed: object) -> Iterator[Point]:
    """Around the collected points: between them, on the values of others, at the edges, and outside; one in ten with
    an exact key that may not be there, and a third with a prefix where the query knows one."""
    chance = random.Random(f"{replay.name} {seed}")
    values = {name: sorted({p[name] for p in collected}) for name in collected[0]}
    for _ in range(count):
        point = dict(chance.choice(collected))
        for axis in replay.axes:
            point[axis] = _coordinate(chance, point[axis], values[axis])
        if chance.random() < 0.1:
            name = chance.choice([n for n in point if n not in (*replay.axes, "b", "s", "x", "prefix")])
            point[name] = _other(chance, replay, name, values[name])
        if replay.prefix:
            point["prefix"] = chance.choice([0, 0, 0, 0, 1, 128, 4000, chance.randint(1, 100_000)])
            if chance.random() < 0.5:  # so that s + prefix stays where s was
                point["s"] = max(1, point["s"] - point["prefix"])
        for name, allowed in replay.choices.items():
            if point[name] not in allowed:
                point[name] = chance.choice(allowed)
        yield point


def _coordinate(chance: random.Random, here: int, collected: Sequence[int]) -> int:
    form = chance.random()
    if form < 0.15:
        return here
    if form < 0.35:
        return chance.choice(collected)
    if form < 0.45:
        return max(1, here + chance.choice([-1, 1]))
    low, high = (collected[0], collected[-1]) if form < 0.85 else (1, min(FARTHEST, 4 * collected[-1]))
    return round(math.exp(chance.uniform(math.log(low), math.log(high))))


def _other(chance: random.Random, replay: Replay, name: str, collected: Sequence[object]) -> object:
    if name in replay.quants:
        return chance.choice(MODE_NAMES[replay.quants[name]])
    if chance.random() < 0.5:
        return chance.choice(collected)
    return "elsewhere" if isinstance(collected[0], str) else chance.choice([1, 3, 96, 4097])
