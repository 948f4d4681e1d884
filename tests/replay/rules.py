"""Where a generated op answers otherwise than upstream's on purpose: why, where upstream does it, and how to tell.

A rule explains a difference only if its check holds, and a check takes the difference apart: mostly it asks upstream's
own query again, on a table in which the cause cannot show, and wants ours to the last digit. `places` holds the lines
of upstream, `calibrated` the checks for releases that take EMPIRICAL from measured utilisation.

Runs inside a release.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import calibrated, places
from .kinds import EMPIRICAL, ENERGY, HYBRID, MODES, SILICON, SOL, SOL_FULL
from .places import Place
from .tables import Outcome
from .trial import Case

MISS = "PerfDataNotAvailableError"
UNCALIBRATED = "EmpiricalNotImplementedError"  # from 0.10 on: EMPIRICAL has no measurement to go by
HELPERS_RAISE = ("AssertionError", "KeyError", "QhullError", "ValueError", "ZeroDivisionError", MISS)


@dataclass(frozen=True)
class Rule:
    """One deliberate difference, the modes that it can show in, and where upstream behaves so."""

    name: str
    why: str
    modes: tuple[str, ...]
    check: Callable[[Case], bool]
    places: tuple[Place, ...]

    def where(self, release: str) -> list[str]:
        return [f"{p.file}:{p.lines[release]}" for p in self.places if release in p.lines]


def _structured_miss(case: Case) -> bool:
    return case.theirs.error in HELPERS_RAISE and case.ours.error in (MISS, UNCALIBRATED) and bool(case.missing)


def _not_a_time(case: Case) -> bool:
    """A line that has fallen below zero, or NaN: upstream hands it on."""
    return bool(case.theirs.values) and not case.theirs.values[0] >= 0 and case.ours.error == MISS


def _peak_figure(case: Case) -> bool:
    """With a system whose figures are multiples of the 16-bit one, ours is what upstream's is here."""
    ours = case.trial.ours(case.point, case.mode, case.variant.but(peaks=True))
    return ours.same(case.theirs)


def _last_row_and_peak(case: Case) -> bool:
    there = case.trial.theirs(case.point, case.mode, case.variant.but(first_only=True))
    return there.same(case.trial.ours(case.point, case.mode, case.variant.but(peaks=True)))


def _energy(case: Case) -> bool:
    return _same_time(case) and case.agrees(filled=True)


def _energy_of_a_line(case: Case) -> bool:
    """The time that upstream gives for a table of energies is our energy."""
    there = case.trial.theirs(case.point, case.mode, case.variant.but(energy=True))
    if there.error or not _same_time(case):
        return False
    return math.isclose(there.values[0], case.ours.energy, rel_tol=1e-12)


def _same_time(case: Case) -> bool:
    a, b = case.theirs, case.ours
    return bool(a.values) and bool(b.values) and math.isclose(a.values[0], b.values[0], rel_tol=1e-12)


def _no_sol(case: Case) -> bool:
    """Upstream has no SOL, and so nothing to fall back on in HYBRID: ours falls back on its own."""
    if case.mode == HYBRID:
        return bool(case.theirs.error) and case.ours.same(case.trial.ours(case.point, EMPIRICAL, case.variant))
    answered = bool(case.ours.values) or (case.ours.error == UNCALIBRATED and bool(case.missing))
    return case.theirs.error == "NotImplementedError" and answered


def _more_kv_heads(case: Case) -> bool:
    return case.theirs.error == "AssertionError" and case.point["num_kv_heads"] > case.point["num_heads"]


def _memory_op(case: Case) -> bool:
    """Upstream's stand-in for a missing measurement is a query of its own for the bytes that our SOL moves."""
    if not case.theirs.values or not case.ours.values:
        return False
    database = case.trial.tables.database(case.variant)
    sol = case.trial.ours(case.point, SOL, case.variant)
    moved = sol.values[0] / 1000 * database.system_spec["gpu"]["mem_bw"]
    return case.ours.same(sol) and math.isclose(
        float(database.query_mem_op(moved)), case.theirs.values[0], rel_tol=1e-12
    )


def _lost_rows_and_energy(case: Case) -> bool:
    there = case.trial.theirs(case.point, case.mode, case.variant.but(restored=True))
    line = case.trial.theirs(case.point, case.mode, case.variant.but(restored=True, energy=True))
    return (
        not there.error
        and there.same(case.ours)
        and not line.error
        and math.isclose(line.values[0], case.ours.energy, rel_tol=1e-12)
    )


def _fell_back(case: Case) -> bool:
    """Upstream's answer is what it falls back on: EMPIRICAL, or the SOL in a query without modes."""
    point, fallback = case.point, EMPIRICAL if case.trial.replay.own_modes else SOL
    if case.theirs.same(case.trial.theirs(point, fallback, case.variant)):
        return True
    return _no_kv_heads(case) is not None


def _no_kv_heads(case: Case) -> Outcome | None:
    """Upstream's EMPIRICAL at the point, if its answer is the EMPIRICAL of that point with no key-value heads."""
    point = case.point
    if case.mode != HYBRID or point.get("num_kv_heads") != point.get("num_heads", 0):
        return None
    if not case.theirs.same(case.trial.theirs({**point, "num_kv_heads": 0}, EMPIRICAL, case.variant)):
        return None
    return case.trial.theirs(point, EMPIRICAL, case.variant)


def _counts_no_kv_heads(case: Case) -> bool:
    """Ours is upstream's EMPIRICAL with all heads counted, or that on a system with even peaks."""
    meant = _no_kv_heads(case)
    if meant is None:
        return False
    evened = case.trial.ours(case.point, case.mode, case.variant.but(peaks=True))
    return case.ours.same(meant) or evened.same(meant)


def _surface_is_a_line(case: Case) -> bool:
    """Ours is linear; with an exact solver upstream's surface through a cell without extent is that as well."""
    expected = case.line()
    power = case.mode == ENERGY
    return expected is not None and expected.same(case.ours, energy=power) and case.agrees(exact=True, filled=power)


def _on_measured_lines(case: Case) -> bool:
    """Ours is linear in one axis after the other; upstream found no full cell and raised, or fell back."""
    if case.theirs.values and not _fell_back(case):
        return False
    expected = case.line()
    return expected is not None and expected.same(case.ours, energy=case.mode == ENERGY)


READS = (SILICON, ENERGY)
TABLE_MODES = (*READS, HYBRID)

RULES = (
    Rule(
        "more key-value heads",
        "upstream asserts that there are no more key-value heads than heads; a spec has no such condition",
        (*MODES, ENERGY),
        _more_kv_heads,
        places.ASSERTED,
    ),
    Rule(
        "structured miss",
        "where the table has nothing for a point upstream raises what its helpers happen to raise, ours the class that "
        "callers handle",
        (*TABLE_MODES, EMPIRICAL),
        _structured_miss,
        places.UNSTRUCTURED,
    ),
    Rule(
        "not a time",
        "upstream hands on a negative time where a line has fallen below zero; ours says that there is no data",
        TABLE_MODES,
        _not_a_time,
        places.LINE,
    ),
    Rule(
        "peak figure",
        "upstream multiplies the 16-bit peak by the mode's factor; ours asks the release's own helper, which takes the "
        "system's figure for fp8 and fp4",
        (SOL, SOL_FULL, EMPIRICAL, HYBRID),
        _peak_figure,
        places.PEAKS,
    ),
    Rule(
        "T13 last row",
        "of rows that repeat a key upstream keeps the last one, ours the first",
        (*TABLE_MODES, EMPIRICAL),
        lambda case: case.agrees(first_only=True),
        places.LAST,
    ),
    Rule(
        "T13 and peak figure",
        "both at one point",
        (EMPIRICAL, HYBRID),
        _last_row_and_peak,
        (*places.LAST, *places.PEAKS),
    ),
    Rule(
        "T7 energy",
        "points that are filled in at load time have no energy upstream; ours is power times latency",
        (ENERGY,),
        _energy,
        (*places.FILLED, *places.LINE),
    ),
    Rule(
        "T13 and T7",
        "both at one point",
        (ENERGY,),
        lambda case: case.agrees(first_only=True, filled=True),
        (*places.LAST, *places.FILLED),
    ),
    Rule(
        "grid order",
        "upstream fills in 512 before 384, which counts where a line is cut off; ours goes upwards",
        (*TABLE_MODES, EMPIRICAL),
        lambda case: case.agrees(rising=True),
        places.ORDER,
    ),
    Rule(
        "grid order and T7",
        "both at one point",
        (ENERGY,),
        lambda case: case.agrees(rising=True, filled=True),
        (*places.ORDER, *places.FILLED, *places.LINE),
    ),
    Rule(
        "no key-value heads",
        "upstream's fallback sees 0 key-value heads, its mark for as many as heads, and leaves their cache out of the SOL",
        (HYBRID,),
        _counts_no_kv_heads,
        places.NO_KV_HEADS,
    ),
    Rule(
        "T7 energy of a line",
        "along one axis upstream's energy is 0, or the product of two lines; ours is interpolated like the latency",
        (ENERGY,),
        _energy_of_a_line,
        places.LINE,
    ),
    Rule(
        "no SOL",
        "upstream's SOL and EMPIRICAL raise NotImplementedError, and HYBRID has nothing to fall back on",
        (SOL, SOL_FULL, EMPIRICAL, HYBRID),
        _no_sol,
        places.NO_SOL,
    ),
    Rule(
        "T1 lost rows",
        "upstream's loader drops every row of the generation phase and answers with the SOL",
        READS,
        lambda case: case.agrees(restored=True),
        places.LOST,
    ),
    Rule("T1 and T7", "both at one point", (ENERGY,), _lost_rows_and_energy, (*places.LOST, *places.LINE)),
    Rule(
        "SOL is a memory op",
        "upstream's stand-in for a missing measurement is the time of a memory op, ours the SOL",
        (SOL, *READS),
        _memory_op,
        places.MEMORY_OP,
    ),
    Rule(
        "measured lines",
        "at the ragged edge of a table, or where it has one value, upstream finds no full cell even for a measured "
        "point; ours follows the measurements that there are",
        TABLE_MODES,
        _on_measured_lines,
        places.BRACKET,
    ),
    Rule(
        "tolerance of a surface",
        "through a cell with one value on an axis upstream lays a cubic surface, which its solver leaves 1e-9 beside the "
        "line; ours is the line",
        TABLE_MODES,
        _surface_is_a_line,
        places.SURFACE,
    ),
    Rule(
        "zero is a measurement",
        "upstream's EMPIRICAL of compute_scale takes the nearest point, a zero as well; ours is the release's estimate "
        "for all ops",
        (EMPIRICAL,),
        calibrated.zero_aware,
        places.ZERO_AWARE,
    ),
    Rule(
        "held utilisation",
        "outside its table upstream's scale_matrix grows with the SOL; `outside: clamp` holds the time",
        TABLE_MODES,
        calibrated.held_utilisation,
        places.HELD,
    ),
    Rule(
        "mode of the samples",
        "upstream takes the utilisation of a substituted table as if it had been measured in the mode asked for; ours "
        "takes it in the mode of the table",
        (EMPIRICAL, HYBRID),
        calibrated.mode_of_samples,
        places.FALLBACK_SAMPLES,
    ),
    Rule(
        "heads of the samples",
        "where there are as many key-value heads as heads, upstream's samples have them too; in ours they have the "
        "number asked for",
        (EMPIRICAL, HYBRID),
        calibrated.heads_of_samples,
        places.HEADS_OF_SAMPLES,
    ),
    Rule(
        "borrowed utilisation",
        "without measurements upstream borrows those of another window or head size; ours says that there are none",
        (EMPIRICAL, HYBRID),
        calibrated.borrowed,
        places.TRANSFERS,
    ),
    Rule(
        "refused backend",
        "upstream's EMPIRICAL answers for backends that its SILICON refuses; the spec leaves their rows out",
        (EMPIRICAL,),
        calibrated.refused_backend,
        places.REFUSED,
    ),
    Rule(
        "stale utilisation",
        "upstream's key of calibrated grids leaves out a mode that the SOL depends on: the first one asked for stays",
        (EMPIRICAL, HYBRID),
        calibrated.stale,
        places.STALE,
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}
