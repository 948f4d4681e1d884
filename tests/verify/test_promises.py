"""The promises that answers are held to, each with an answer that breaks it."""

from __future__ import annotations

import math

import pytest
from support.applying import SPECS

from newop_gen.spec.load import load_spec
from newop_gen.tables.filing import Leaf
from newop_gen.verify import perf_interp
from newop_gen.verify.expectation import judge, off
from newop_gen.verify.grid import Nothing, Promise, Refusal, answer, filled


def nesting(spec: str = "new_op", phase: str = "context", **changes):
    found = load_spec(SPECS / f"{spec}.yaml").spec.nesting
    return (found if hasattr(found, "axes") else getattr(found, phase)).model_copy(update=changes)


def grid(value=lambda b, s: 2.0 * b + 0.5 * s, bs=(1, 4, 8), ss=(10, 20, 40)):
    return {b: {s: Leaf(value(b, s), 3.0, 3.0 * value(b, s)) for s in ss} for b in bs}


def outcome(latency: float, energy: float):
    return {"latency": latency, "energy": energy, "source": None}


def test_a_measured_point_is_exact() -> None:
    promised = answer(nesting(), grid(), [4, 20])
    assert judge(promised, outcome(18.0, 54.0)) == (True, 0.0)
    assert not judge(promised, outcome(18.0 * (1 + 3e-12), 54.0))[0]
    assert not judge(promised, outcome(18.0, 0.0))[0]
    assert not judge(promised, outcome(math.nan, 54.0))[0]
    assert not judge(promised, {"error": {"class": "KeyError", "bases": ["KeyError"], "text": ""}})[0]


def test_between_two_points_only_the_line_will_do() -> None:
    promised = answer(nesting(), grid(), [2, 20])
    assert isinstance(promised, Promise) and promised.low == pytest.approx(14.0)
    assert judge(promised, outcome(14.0, 42.0))[0]
    assert not judge(promised, outcome(14.1, 42.0))[0]


@pytest.mark.parametrize(("policy", "latency"), [("clamp", 26.0), ("extrapolate", 42.0), ("error", None)])
def test_outside_as_the_policy_says(policy, latency) -> None:
    promised = answer(nesting(outside=policy), grid(), [16, 20])
    refusal = {"error": {"class": "P", "bases": ["P", "PerfDataNotAvailableError"], "text": "no"}}
    if latency is None:
        assert isinstance(promised, Refusal)
        assert judge(promised, refusal)[0] and not judge(promised, outcome(26.0, 78.0))[0]
    else:
        assert judge(promised, outcome(latency, 3 * latency))[0]
        assert not judge(promised, outcome(latency * 1.001, 3 * latency))[0] and not judge(promised, refusal)[0]


def test_a_filled_grid_has_lines_and_roots_where_the_spec_says_so() -> None:
    spec = nesting("latent_attention")
    square = {16: grid(lambda s, b: float(s * s), bs=(2, 10), ss=(1, 3))}
    assert spec.pre_interpolate is not None and spec.pre_interpolate.sqrt_second_axis
    lines = filled(spec, square)
    assert lines is not None
    # 2^2 and 10^2 are 2 and 10 in roots: 4 lies between them as 4^2. Without the root it would be 28.
    assert lines[16, 16, 1] == pytest.approx(256.0) and lines[16, 10, 2] == pytest.approx(100.0)
    plain = spec.model_copy(
        update={"pre_interpolate": spec.pre_interpolate.model_copy(update={"sqrt_second_axis": False})}
    )
    assert filled(plain, square)[16, 16, 1] == pytest.approx(172.0)
    assert filled(spec, square, which=2)[16, 10, 2] == pytest.approx(300.0)
    square[16][2].pop(3)
    assert filled(spec, square) is None


def test_releases_with_rules_of_their_own() -> None:
    def sol(at):
        return at[0] * at[1] / 100

    spec, table = nesting(outside="error"), grid()
    assert judge(perf_interp.answer(spec, table, [4, 20], sol), outcome(18.0, 54.0)) == (True, 0.0)
    inside = perf_interp.answer(spec, table, [2, 25], sol)
    assert judge(inside, outcome(16.5, 49.5))[0] and not judge(inside, outcome(16.6, 49.5))[0]
    # Outside, the nearest point's latency grows as the SOL does, whatever the spec's policy.
    beyond = perf_interp.answer(spec, table, [16, 20], sol)
    assert judge(beyond, outcome(52.0, 156.0))[0] and not judge(beyond, outcome(42.0, 126.0))[0]
    assert isinstance(perf_interp.answer(spec, table, [16, 15], sol), Nothing)  # two points are as near
    del table[4][10], table[4][40]
    assert isinstance(perf_interp.answer(spec, table, [2, 15], sol), Nothing)


def test_engines_blend_the_nearest_points_outside_several_axes() -> None:
    def sol(at):
        return at[0] * at[1] / 100

    # All points have the same share of the SOL: whatever the weights, that is the share outside.
    spec = nesting(outside="error")
    even = {b: {s: Leaf(b * s / 50, 3.0, 3.0 * b * s / 50) for s in (10, 20, 40)} for b in (1, 4, 8)}
    beyond = perf_interp.answer(spec, even, [16, 15], sol, blended=True)
    assert judge(beyond, outcome(16 * 15 / 50, 3.0 * 16 * 15 / 50)) == (True, pytest.approx(0.0, abs=1e-12))
    # Of shares that differ, it is the nearest points' by ((R - d) / (R d))^2, R the distance of the fifth.
    table = grid()
    near = sorted(
        (math.dist([math.log2(16), math.log2(15)], [math.log2(b), math.log2(s)]), sol((b, s)) / table[b][s].latency)
        for b in table
        for s in table[b]
    )
    radius = near[4][0]
    weights = [((radius - d) / (radius * d)) ** 2 for d, _ in near[:4]]
    share = sum(w * u for w, (_, u) in zip(weights, near)) / sum(weights)
    held = perf_interp.answer(spec, table, [16, 15], sol, blended=True)
    assert isinstance(held, Promise) and held.low == pytest.approx(sol((16, 15)) / share, rel=1e-9)
    assert not judge(held, outcome(sol((16, 15)) / near[0][1], 0.0))[0]
    # Where one neighbour alone reaches as far, its value goes by the ratio of the SOLs.
    del table[4][10], table[4][40]
    ragged = perf_interp.answer(spec, table, [2, 15], sol, blended=True)
    there = perf_interp.answer(spec, table, [1, 15], sol, blended=True)
    assert isinstance(ragged, Promise) and isinstance(there, Promise)
    assert ragged.low == pytest.approx(there.low * 2)


def test_deviations_are_relative_to_the_nearer_end() -> None:
    assert off(5.0, 4.0, 6.0) == 0.0
    assert off(3.0, 4.0, 6.0) == pytest.approx(0.25) and off(9.0, 4.0, 6.0) == pytest.approx(0.5)
    assert off(math.nan, 4.0, 6.0) == math.inf and off(1e-3, 0.0, 0.0) == 1e-3
