"""Whether a latency is likely in another unit than it is read in: wrong by a thousand, nothing else looks wrong.

Two signs. Against a formula: the best points of a sound table reach a few percent of the roofline, even where small
sizes keep the median far below one percent, and hardly any are faster than it. Without one: the quickest call of an op
takes some microseconds, because a kernel must be launched, and less than a millisecond, because tables begin at small
sizes. In the released tables the best reach 5% to 280%, the quickest rows take 1.5 us to 0.9 ms, and the median row
6 us to 1.7 ms.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from ..model.columns import column_names
from ..problems import Place, Problem
from ..tables.filing import MILLISECONDS

UNITS = ("s", "ms", "us", "ns")
"""Each a thousandth of the one before."""

LEAST_POINTS = 4
BEST = 0.95
"""The points that are called the best are this share from below, so that a single bad row decides nothing."""
LOWEST, HIGHEST = 0.01, 10.0
"""What the best points of a sound table reach of the roofline. Three decades: of units a thousand apart one fits."""
LAUNCH, SMALLEST = 1e-3, 1.0
"""In ms: the median row takes more than the first, the quickest less than the second."""


@dataclass(frozen=True)
class Doubt:
    """The latency is read as `unit`, and looks `factor` times too long (below 1: too short). `seen` says by what."""

    unit: str
    factor: float
    seen: str
    expected: str

    @property
    def likely(self) -> str:
        """The unit in which it would look right, "" when that is none of `UNITS`."""
        at = UNITS.index(self.unit) + round(math.log10(self.factor) / 3)
        return UNITS[at] if 0 <= at < len(UNITS) else ""

    def problem(self, column: str, place: Place, option: str = "") -> Problem:
        """What to say about the latency `column` (an expression over columns). `option` is one of the command line that
        sets the unit; without one it is set in the spec."""
        times, far = (self.factor, "long") if self.factor > 1 else (1 / self.factor, "short")
        found = f"{column}, read as {self.unit}, looks {times:.0f} times too {far}: {self.seen}"
        suggestion = f"is {self._subject(column)} in {self.likely}?" if self.likely else "is it a time of one call?"
        if self.likely in MILLISECONDS:
            said = (
                f"{option} {self.likely}"
                if option
                else f"latency: {{column: {column}, unit: {self.likely}}} in nesting"
            )
            suggestion += f" then say {said}"
        return Problem(place, found, self.expected, suggestion, "latency-unit")

    def _subject(self, column: str) -> str:
        return "the column" if len(column_names(column)) == 1 else "each of the columns"


def by_roofline(utilisations: Iterable[float], unit: str, system: str) -> Doubt | None:
    """A doubt from SOL over latency of each point (1 is the roofline), on the GPU `system`."""
    some = sorted(u for u in utilisations if 0 < u < math.inf)
    if len(some) < LEAST_POINTS:
        return None
    best = some[math.ceil(BEST * len(some)) - 1]
    if LOWEST <= best <= HIGHEST:
        return None
    factor = next((f for f in (1e3, 1e-3, 1e6, 1e-6) if LOWEST <= best * f <= HIGHEST), None)
    if factor is None:
        return None
    if factor > 1:
        seen = f"the best of {len(some)} points reach {100 * best:.2g}% of the roofline on {system}"
        return Doubt(unit, factor, seen, f"{LOWEST:.0%} or more")
    faster = sum(u > 1 for u in some)
    seen = f"{faster} of {len(some)} points are faster than their SOL on {system}, the best {best:.3g} times"
    return Doubt(unit, factor, seen, "at most the whole roofline")


def by_itself(latencies: Iterable[float], unit: str) -> Doubt | None:
    """A doubt from latencies alone, in ms after they were read as `unit`."""
    some = sorted(latency for latency in latencies if 0 < latency < math.inf)
    if len(some) < LEAST_POINTS:
        return None
    quickest, middle = some[0], statistics.median(some)
    if quickest >= SMALLEST:
        factor = 1e6 if quickest >= 1e3 * SMALLEST else 1e3
        return Doubt(unit, factor, f"the quickest of {len(some)} rows takes {quickest:.3g} ms", "well below 1 ms")
    if middle < LAUNCH:
        factor = 1e-6 if middle < 1e-3 * LAUNCH else 1e-3
        seen = f"half of {len(some)} rows take less than {middle * 1e6:.3g} ns"
        return Doubt(unit, factor, seen, "some us at least, as a launch alone takes")
    return None
