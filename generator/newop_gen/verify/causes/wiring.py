"""Why an op does not stand in a model as the spec says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ..expectation import off
from ..result import Cause


@dataclass
class Stand:
    """How the op stands in one model: how many there should be and are, and what the first of them looks like."""

    label: str
    name: str
    expected: int
    found: int
    strayed: int
    names: list[str]
    neighbours: bool = True
    replaced: bool = False
    scale: Any = None
    scales: list[float] = field(default_factory=list)
    mtp: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)
    wanted: dict[str, list[Any] | None] = field(default_factory=dict)


def explain_stand(stands: Sequence[Stand]) -> Cause | None:
    """The cause, from the most telling symptom to the least."""
    holding = [s for s in stands if s.expected]
    if any(s.found and not s.expected for s in stands) and any(s.found for s in holding):
        return Cause(
            "wired-unconditionally",
            "the op is in models for which its condition does not hold: systems without its table would break there",
        )
    if holding and all(s.strayed and not s.found for s in holding):
        return Cause("wired-phase", "the op stands in the list of the other phase")
    if any(s.strayed for s in holding):
        return Cause("wired-phase", "the op stands in the list of the other phase, too")
    if holding and not any(s.found for s in holding):
        return Cause(
            "wired-missing",
            "the op is not in the list although its condition holds: it is not wired, its condition is another one, or "
            "the list is built anew after it was put in",
        )
    if any(s.found > s.expected for s in holding):
        return Cause("wired-twice", "the op stands in the list more than once, and its cost counts as often")
    if any(s.found and not s.expected for s in stands):
        return Cause("wired-condition", "the op stands in models that its condition does not hold for")
    if any(set(s.names) != {s.name} for s in holding if s.found):
        names = sorted({n for s in holding for n in s.names if n != s.name})
        return Cause(
            "wired-name",
            f"the op is called {', '.join(names)} in the model and not {holding[0].name}: reports add up by name, and "
            "mixed steps go by it",
        )
    if any(not s.neighbours for s in holding if s.found):
        return Cause("wired-place", "the op does not stand next to the op that the spec names")
    return _values([s for s in holding if s.found])


def _values(stands: Sequence[Stand]) -> Cause | None:
    for s in stands:
        if s.scales and min(off(s.scale, w, w) for w in s.scales) > 1e-12:
            if s.mtp and any(off(s.scale * s.mtp, w, w) < 1e-9 for w in s.scales):
                return Cause(
                    "mtp-missing",
                    "the scale has no MTP factor, which the class has: decode steps count too much with drafts",
                )
            if s.mtp and any(off(s.scale / s.mtp, w, w) < 1e-9 for w in s.scales):
                return Cause("mtp-twice", "the scale has the MTP factor twice")
            return Cause("wired-scale", f"the scale is {s.scale:.9g} and not {s.scales[0]:.9g}")
    for s in stands:
        for param, wanted in s.wanted.items():
            if wanted is not None and s.arguments[param] not in wanted:
                return Cause(
                    "wired-argument", f"{param} is made with {s.arguments[param]} and not with {wanted[0]} ({s.label})"
                )
    return None
