"""Checks for releases whose EMPIRICAL is the SOL over measured utilisation (0.10).

Most of them calibrate anew, with the release's own `util_empirical`, from the measurements of either side and a SOL of
the check's choice, and want both answers.

Runs inside a release.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from .kinds import EMPIRICAL, HYBRID, SILICON, SOL, Point
from .tables import Outcome
from .trial import Case

UNCALIBRATED = "EmpiricalNotImplementedError"

SolAt = Callable[[tuple[int, ...]], Outcome]
"""The SOL of a sample, by its values on the axes of the table."""


def zero_aware(case: Case) -> bool:
    """Both estimates, the special and the general one, made from our table."""
    from aiconfigurator.sdk.operations import gemm

    point, trial = case.point, case.trial
    table = _own_table(case)
    if table is None or not _both_answer(case):
        return False

    def sol(x: float, width: float) -> float:
        return trial.ours({**point, "x": x, "width": width}, SOL, case.variant).values[0]

    special = gemm._estimate_zero_aware_delta(table, (point["x"], point["width"]), sol, trial.memory)
    general = _calibrated(case, "own", table, lambda at: Outcome((sol(*at),)), trial.ours(point, SOL, case.variant))
    return case.theirs.same(Outcome((special,))) and case.ours.same(general)


def held_utilisation(case: Case) -> bool:
    """Upstream's answer is ours, times the SOL here over the SOL at the edge that ours holds on to."""
    node, at = case.grid
    if not node or not _both_answer(case):
        return False
    inner = [value for below in node.values() for value in below]
    edge = [max(min(values), min(value, max(values))) for value, values in zip(at, (list(node), inner))]
    held = {**case.point, **dict(zip(case.trial.replay.axes, edge))}
    here, there = (case.trial.theirs(p, SOL, case.variant).values[0] for p in (case.point, held))
    grown = Outcome((case.ours.values[0] * (here / there),), case.ours.energy * (here / there))
    return edge != at and case.theirs.same(grown, energy=True)


def mode_of_samples(case: Case) -> bool:
    """The mode asked for has no table; upstream's samples have it all the same, ours have the 16-bit one."""
    node, _ = case.grid
    name = next(iter(case.trial.replay.quants))
    asked, sixteen = case.point, {**case.point, name: "bfloat16"}
    if not node or not _both_answer(case) or case.trial.members(asked)[name] in case.trial.table(case.variant):
        return False
    mode = asked[name]
    there = _calibrated(case, mode, node, _sols(case, case.trial.theirs, asked), _sol(case, case.trial.theirs))
    here = _calibrated(case, "table", node, _sols(case, case.trial.ours, sixteen), _sol(case, case.trial.ours))
    return case.theirs.same(there) and case.ours.same(here)


def heads_of_samples(case: Case) -> bool:
    """As many key-value heads as heads: in upstream's samples at each sample, in ours at the point."""
    node, _ = case.grid
    point = case.point
    if not node or not _both_answer(case) or not _falls_back(case) or point["num_heads"] != point["num_kv_heads"]:
        return False

    def like_the_sample(at: tuple[int, ...]) -> Outcome:
        return _sols(case, case.trial.theirs, {**point, "num_kv_heads": at[0]})(at)

    there = _calibrated(case, "sample", node, like_the_sample, _sol(case, case.trial.theirs))
    own = _own_table(case)
    here = _calibrated(case, point["num_heads"], own, _sols(case, case.trial.ours, point), _sol(case, case.trial.ours))
    return case.theirs.same(there) and case.ours.same(here)


def borrowed(case: Case) -> bool:
    """Without transfers between head sizes upstream has nothing either, or what it has without a window."""
    if case.ours.error != UNCALIBRATED or not case.theirs.values or case.missing != "key":
        return False
    alone = case.variant.but(alone=True)
    there = case.trial.theirs(case.point, case.mode, alone)
    if there.error == UNCALIBRATED:
        return True
    whole = {**case.point, "window_size": 0}
    full = case.trial.theirs(whole, EMPIRICAL, alone)
    if not case.point["window_size"] or full.error or there.error:
        return False
    ratio = _sol(case, case.trial.theirs).values[0] / case.trial.theirs(whole, SOL, alone).values[0]
    return there.same(Outcome((full.values[0] * ratio,)))


def refused_backend(case: Case) -> bool:
    """SILICON refuses the point, and our table has no such rows."""
    if case.ours.error != UNCALIBRATED or not case.theirs.values or case.missing != "key":
        return False
    return case.trial.theirs(case.point, SILICON, case.variant).error == "ValueError"


def stale(case: Case) -> bool:
    """With what was calibrated before forgotten, upstream answers as ours does."""
    from aiconfigurator.sdk.operations import util_empirical

    util_empirical.clear_grid_cache()
    case.trial.tables.database(case.variant).clear_runtime_caches()
    return case.trial.theirs(case.point, case.mode, case.variant).same(case.ours)


def _both_answer(case: Case) -> bool:
    return bool(case.theirs.values) and bool(case.ours.values)


def _falls_back(case: Case) -> bool:
    """The point is answered by EMPIRICAL: asked for, or because SILICON has nothing."""
    return case.mode == EMPIRICAL or (case.mode == HYBRID and case.missing != "")


def _sol(case: Case, side: Callable[..., Outcome]) -> Outcome:
    return side(case.point, SOL, case.variant)


def _sols(case: Case, side: Callable[..., Outcome], point: Point) -> SolAt:
    """SOL of one side at samples that are otherwise like `point`, without a prefix."""
    axes = case.trial.replay.axes
    plain = {**point, "prefix": 0} if case.trial.replay.prefix else point
    return lambda at: side({**plain, **dict(zip(axes, at))}, SOL, case.variant)


def _own_table(case: Case) -> Any:
    """Our measurements at the exact keys of upstream's table, which are ours as well; None without any."""
    replay = case.trial.replay
    node = getattr(case.trial.tables.database(case.variant), f"_{replay.own_file.removesuffix('_perf')}_data")
    for key in replay.keys(node, case.trial.members(case.point)):
        node = node[key] if node and key in node else None
    return node


def _calibrated(case: Case, label: Hashable, node: Any, sol_at: SolAt, sol: Outcome) -> Outcome:
    """The release's estimate at the point: its SOL over the utilisation of the samples below `node`."""
    from aiconfigurator.sdk.operations import util_empirical

    if node is None:
        return Outcome(error=UNCALIBRATED)
    memory, name = case.trial.memory, (label, id(node))
    if name not in memory:
        samples = util_empirical.build_samples(node, len(case.grid[1]), lambda at: sol_at(at).values[0])
        memory[name] = util_empirical.UtilGrid(samples)
    latency, _ = util_empirical.estimate(sol.values[0], tuple(case.grid[1]), memory[name])
    return Outcome((latency,))
