"""Where the time goes: per part and phase, which bound wins, where it changes, and how it grows along an axis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..model.op import Op
from ..sol.evaluate import PartTimes, SolTimes, SolValueError, evaluate_formula
from ..spec.model import PhaseName
from .points import Value, Values, describe, for_phase
from .systems import System

Bound = Literal["compute", "memory"]
SWEEP = tuple(2**n for n in range(21))
FARTHEST = 2**24


@dataclass(frozen=True)
class Explained:
    """An op at one point: times in ms, FLOPs, bytes; `intensity` in FLOPs per byte."""

    phase: PhaseName
    values: Mapping[str, Value]
    times: SolTimes
    empirical: float

    @property
    def bound(self) -> Bound:
        return "compute" if self.times.math > self.times.mem else "memory"

    @property
    def flops(self) -> float:
        return sum(p.flops or 0.0 for p in self.times.parts)

    @property
    def bytes(self) -> float:
        return sum(p.bytes or 0.0 for p in self.times.parts)

    @property
    def intensity(self) -> float | None:
        return self.flops / self.bytes if self.bytes else None

    @property
    def peak(self) -> float | None:
        """The peak FLOPS that the op as a whole runs against: its FLOPs over its compute time."""
        return self.flops / (self.times.math / 1000) if self.times.math else None

    def share(self, part: PartTimes) -> float:
        """The part's share of the bound that wins."""
        total = self.times.math if self.bound == "compute" else self.times.mem
        own = part.math if self.bound == "compute" else part.mem
        return own / total if total else 0.0


@dataclass(frozen=True)
class Crossover:
    """Between `below` and `above` on `axis` the bound changes from one to the other."""

    axis: str
    below: int
    above: int
    before: Bound
    after: Bound


def explain_at(op: Op, phase: PhaseName, values: Mapping[str, Value], system: System) -> Explained:
    """Raises `SolValueError` when the formula has no value there."""
    own = for_phase(op, phase, values)
    quants = {n: system.modes[str(v)] if n in op.quant_params else v for n, v in own.items()}
    times = evaluate_formula(op.formula(phase), quants, system.gpu, modes=system.modes)
    return Explained(phase, own, times, times.sol / op.empirical(phase))


def crossovers(op: Op, phase: PhaseName, values: Mapping[str, Value], system: System, axis: str) -> list[Crossover]:
    """Every change of the winning bound along an axis, the others held, 1 to 2^24."""
    found = []
    last: tuple[int, Bound] | None = None
    for at in (*SWEEP, *(2**n for n in range(21, 25))):
        bound = _bound(op, phase, values, system, axis, at)
        if bound is None:
            continue
        if last is not None and last[1] != bound:
            below, above = last[0], at
            while above - below > 1:
                middle = (below + above) // 2
                if _bound(op, phase, values, system, axis, middle) == last[1]:
                    below = middle
                else:
                    above = middle
            found.append(Crossover(axis, below, above, last[1], bound))
        last = (at, bound)
    return found


def _bound(op: Op, phase: PhaseName, values: Mapping[str, Value], system: System, axis: str, at: int) -> Bound | None:
    try:
        return explain_at(op, phase, {**values, axis: at}, system).bound
    except SolValueError:
        return None


def sweep(op: Op, phase: PhaseName, values: Values, system: System, axis: str) -> Iterator[Explained]:
    """The op along an axis in powers of two; points without a value are left out."""
    for at in SWEEP:
        try:
            yield explain_at(op, phase, {**values, axis: at}, system)
        except SolValueError:
            continue


__all__ = ["Bound", "Crossover", "Explained", "crossovers", "describe", "explain_at", "sweep"]
