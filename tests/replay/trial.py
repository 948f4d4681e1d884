"""One table, one op: both sides asked at the same points, answers sorted into equal, alike, explained, unexplained.

Runs inside a release.
"""

from __future__ import annotations

import contextlib
import functools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .kinds import ENERGY, MODES, SILICON, SOL, Point, Replay
from .tables import Outcome, Tables, Variant, outcome, solving_exactly

EXAMPLES = 3


@dataclass
class Tally:
    """What came out in one mode."""

    points: int = 0
    equal: int = 0
    alike: int = 0  # both raise the same class
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: int = 0
    worst: float = 0.0  # largest relative deviation among the equal ones
    examples: list[str] = field(default_factory=list)


class Trial:
    """Asks both sides. `sixteen` is what the release calls the 16-bit mode."""

    def __init__(self, replay: Replay, release: str, tables: Tables) -> None:
        from aiconfigurator.sdk import common

        self.replay, self.release, self.tables, self.common = replay, release, tables, common
        self.modes = dict(common.DatabaseMode.__members__)
        self.memory: dict[Any, Any] = {}  # what rules want to keep for further points

    def run(self, points: Iterable[Point], mode: str, rules: Iterable[Any]) -> Tally:
        tally = Tally()
        rules = [rule for rule in rules if self._may_explain(rule, mode)]
        for point in points:
            tally.points += 1
            case = Case(self, point, mode)
            if case.theirs.same(case.ours, energy=mode == ENERGY):
                tally.equal += 1
                tally.worst = max(tally.worst, *map(_deviation, case.theirs.values, case.ours.values))
            elif case.theirs.error and case.theirs.error == case.ours.error:
                tally.alike += 1
            else:
                found = next((rule.name for rule in rules if rule.check(case)), None)
                if found:
                    tally.explained[found] += 1
                else:
                    tally.unexplained += 1
                    if len(tally.examples) < EXAMPLES:
                        tally.examples.append(f"{point}: {case.theirs} there, {case.ours} here")
        return tally

    def _may_explain(self, rule: Any, mode: str) -> bool:
        """The rule is one of the op's, shows in the mode, and upstream has its side of it in this release."""
        return rule.name in self.replay.rules and mode in rule.modes and bool(rule.where(self.release))

    # asking

    def theirs(self, point: Point, mode: str, variant: Variant) -> Outcome:
        if not self.replay.own_modes and mode == SOL:
            variant, mode = variant.but(empty=True), SILICON
        database = self.tables.database(variant)
        with solving_exactly() if variant.exact else contextlib.nullcontext():
            return outcome(lambda: self.replay.call(database, self.common, self.members(point), self._mode(mode)))

    def ours(self, point: Point, mode: str, variant: Variant) -> Outcome:
        query = getattr(self.tables.database(variant), self.replay.query)
        return outcome(lambda: query(**self.members(point), database_mode=self._mode(mode)))

    def table(self, variant: Variant) -> Any:
        """Upstream's table."""
        return getattr(self.tables.database(variant), self.replay.attribute)

    def _mode(self, mode: str) -> Any:
        return self.modes[SILICON if mode == ENERGY else mode]

    def members(self, point: Point) -> Point:
        """The point with members of the release's enums."""
        return {name: self._member(name, value) for name, value in point.items()}

    def _member(self, name: str, value: Any) -> Any:
        kind = self.replay.quants.get(name)
        return value if kind is None else member(getattr(self.common, kind), value)


@dataclass(frozen=True)
class Case:
    """One point in one mode, and what both sides answer; rules ask further."""

    trial: Trial
    point: Point
    mode: str

    @property
    def variant(self) -> Variant:
        return Variant(power=self.mode == ENERGY)

    @functools.cached_property
    def theirs(self) -> Outcome:
        return self.trial.theirs(self.point, self.mode, self.variant)

    @functools.cached_property
    def ours(self) -> Outcome:
        return self.trial.ours(self.point, self.mode, self.variant)

    def agrees(self, **changes: bool) -> bool:
        """Upstream, on a variant of its table, answers as ours does on the real one."""
        there = self.trial.theirs(self.point, self.mode, self.variant.but(**changes))
        return there.same(self.ours, energy=self.mode == ENERGY)

    def line(self) -> Outcome | None:
        """Straight interpolation in one axis after the other, None where there is nothing to interpolate between."""
        node, at = self.grid
        latency, energy = (_line(node, at, metric) if node else None for metric in ("latency", "energy"))
        if latency is None or energy is None:
            return None
        return Outcome((latency * self.correction,), energy * self.correction)

    @property
    def correction(self) -> float:
        """Share of a prefix' prompt that is still to do, by which upstream scales what it measured without a prefix."""
        prefix, kind = self.point.get("prefix", 0), self.trial.replay.prefix
        if not prefix:
            return 1.0
        full_s = self.point["s"] + prefix
        if kind == "quadratic":
            return (full_s * full_s - prefix * prefix) / (full_s * full_s)
        whole = self.trial.theirs({**self.point, "s": full_s, "prefix": 0}, SOL, self.variant)
        return self.trial.theirs(self.point, SOL, self.variant).values[0] / whole.values[0]

    @functools.cached_property
    def grid(self) -> tuple[Any, list[int]]:
        """Upstream's measurements below the exact keys, None if there are none, and the point among them."""
        replay, point = self.trial.replay, self.trial.members(self.point)
        if replay.prefix:
            point = {**point, "s": point["s"] + point["prefix"]}
        node = self.trial.table(self.variant)
        for key in replay.keys(node, point):
            node = node[key] if node and key in node else None
        return node, [point[axis] for axis in replay.axes]

    @functools.cached_property
    def missing(self) -> str:
        """Why upstream's table has nothing for the point: "key", "range" or "ragged"; "" if it has all of a cell."""
        node, at = self.grid
        return _gap(node, at) if node else "key"


def _line(node: Any, at: list[int], metric: str) -> float | None:
    """One metric at a point, linear in one axis after the other; None where there is nothing on one side."""
    if not at:
        # T7: a leaf that was filled in has no energy.
        return float(node[metric] if metric in node else node["power"] * node["latency"])
    if at[0] in node:
        return _line(node[at[0]], at[1:], metric)
    below, above = [v for v in node if v < at[0]], [v for v in node if v > at[0]]
    if not below or not above:
        return None
    low, high = max(below), min(above)
    left, right = _line(node[low], at[1:], metric), _line(node[high], at[1:], metric)
    return None if left is None or right is None else left + (right - left) / (high - low) * (at[0] - low)


def _gap(node: Any, at: list[int]) -> str:
    """Why a point is in no full cell of a grid, "" if it is in one."""
    if not at:
        return ""
    if not node:
        return "key"
    here, rest = at[0], at[1:]
    if here in node:
        return _gap(node[here], rest)
    below = [v for v in node if v < here]
    above = [v for v in node if v > here]
    if not below or not above:
        return "range"
    gaps = [_gap(node[edge], rest) for edge in (max(below), min(above))]
    return next((gap for gap in gaps if gap), "") and "ragged"


def member(kind: Any, name: str) -> Any:
    """The member of a quant enum; the 16-bit mode by either of its names."""
    if name in ("float16", "bfloat16"):
        return next(m for m in kind if m.name in ("float16", "bfloat16"))
    return kind[name]


def _deviation(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b), 1e-300)


def modes_of(replay: Replay) -> tuple[str, ...]:
    """The modes in which there is something to compare."""
    return (*MODES, ENERGY) if replay.own_modes else (SOL, SILICON, ENERGY)


__all__ = ["Case", "Tally", "Trial", "member", "modes_of"]
