"""A fixture's interpolation helpers do what its release's do: on good tables to the last digits, and at the edges.

The edges are what traps are made of: helpers that work in place, lose energy, keep answers by `id`, or raise on axes of
one value. Every call's outcome is compared, an exception by its class.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkouts import VERSIONS, run_in_fixture
from support.releases import run_in

from fixture_selfcheck.test_anchors import real_tree
from fixture_selfcheck.test_runs import fixture_copy

pytestmark = pytest.mark.fixtures

EXERCISE = """
import copy, random
from aiconfigurator.sdk.perf_database import PerfDatabase

random.seed(20250101)
if hasattr(PerfDatabase, "_interp_3d"):
    database = PerfDatabase.__new__(PerfDatabase)
    database._extracted_metrics_cache = {}
else:
    from aiconfigurator.sdk import interpolation

    cache = {}

    class database:
        _interp_3d = staticmethod(lambda *arguments: interpolation.interp_3d(*arguments, cache))
        _interp_2d_linear = staticmethod(lambda *arguments: interpolation.interp_2d_linear(*arguments, cache))
        _interp_1d = staticmethod(interpolation.interp_1d)
        _nearest_1d_point_helper = staticmethod(interpolation.nearest_1d_point_helper)
        _extrapolate_data_grid = staticmethod(interpolation.extrapolate_data_grid)


def leaf(latency):
    power = random.uniform(100, 700)
    return {"latency": latency, "power": power, "energy": power * latency}


def table(xs, ys, zs):
    noise = random.uniform
    return {x: {y: {z: leaf(0.01 + x * y * z * noise(1e-4, 2e-4)) for z in zs} for y in ys} for x in xs}


result = []


def record(name, function, *arguments, **keywords):
    try:
        value = function(*arguments, **keywords)
        result.append([name, value if value is None or isinstance(value, (dict, list, tuple)) else float(value)])
    except Exception as error:
        result.append([name, type(error).__name__])


AXES = ([1, 2, 8, 32], [1, 16, 256, 4096], [1, 4, 64])
POINTS = [(1, 1, 1), (2, 16, 4), (32, 4096, 64), (3, 100, 5), (20.5, 17, 63), (33, 16, 4), (2, 0.5, 4), (2, 16, 65)]
grid = table(*AXES)
for method in ("cubic", "bilinear", "linear"):
    for point in POINTS:
        record(f"3d {method} {point}", database._interp_3d, *point, grid, method)
record("3d other method", database._interp_3d, 2, 16, 4, grid, "quintic")
for point in [(1, 1), (5, 20), (256, 64), (257, 3), (3, 65)]:
    record(f"2d {point}", database._interp_2d_linear, *point, grid[2])

for values in ([], [4], [4, 9], [9, 4, 1]):
    for x in (1, 4, 5, 9, 10):
        for inner_only in (True, False):
            record(f"nearest {values} {x} {inner_only}", database._nearest_1d_point_helper, x, values, inner_only)

for ends in ([leaf(1.0), leaf(4.0)], [leaf(4.0), leaf(1.0)], [1.0, 4.0], [4.0, 1.0], [2.0, 2.0]):
    for value in (0, 16, 20, 32, 64):
        record(f"1d {value}", database._interp_1d, [16, 32], ends, value)
record("1d without power", database._interp_1d, [16, 32], [{"latency": 1.0}, {"latency": 2.0}], 20)

# axes of one value
for axis in range(3):
    axes = [values if i != axis else [8] for i, values in enumerate(AXES)]
    for method in ("cubic", "bilinear"):
        for at in (8, 9):
            point = [at if i == axis else 3 for i in range(3)]
            record(f"one value {axis} {method} {at}", database._interp_3d, *point, table(*axes), method)
# rows of different lengths
ragged = table(*AXES)
del ragged[2][16][64], ragged[8][256]
for method in ("cubic", "bilinear", "linear"):
    for point in [(2, 20, 30), (5, 200, 2), (2, 16, 64)]:
        record(f"ragged {method} {point}", database._interp_3d, *point, ragged, method)

# extrapolation works in place and keeps latency and power
TARGETS = ([1, 4, 64], [1, 64, 65536], [1, 2, 256])
for name, data in (
    ("full", table(*AXES)),
    ("one x", table([4], *AXES[1:])),
    ("one y", table(AXES[0], [16], AXES[2])),
    ("one z", table(*AXES[:2], [4])),
    ("ragged", copy.deepcopy(ragged)),
    ("latencies only", {x: {y: {z: x * y * z / 100 for z in (1, 4)} for y in (1, 8)} for x in (1, 2)}),
    ("no power", {x: {y: {z: {"latency": x * y * z / 9} for z in (1, 4)} for y in (1, 8)} for x in (1, 2)}),
):
    for sqrt_y_value in (False, True):
        copied = copy.deepcopy(data)
        record(
            f"grid {name} {sqrt_y_value}", database._extrapolate_data_grid, copied, *TARGETS, sqrt_y_value=sqrt_y_value
        )
        flat = [
            [x, y, z, value if isinstance(value, float) else sorted(value.items())]
            for x, plane in copied.items() for y, row in plane.items() for z, value in row.items()
        ]
        result.append([f"grid {name} {sqrt_y_value} after", sorted(flat, key=str)])

# answers are kept by the id of the table
kept = table([1, 2], [1, 2], [1, 2])
record("before a change", database._interp_3d, 1.5, 1.5, 1.5, kept, "bilinear")
kept[1][1][1]["latency"] *= 100
record("after a change", database._interp_3d, 1.5, 1.5, 1.5, kept, "bilinear")
"""

#: The same for 0.11, which has one function for everything.
ONE_FUNCTION = """
import itertools, math, random
from aiconfigurator_core.sdk import perf_interp

random.seed(20250101)
result = []


def sol(*at):
    return 1e-3 * math.prod(at) ** 0.75 + 1e-4 * sum(at)


def nothing(*at):
    return 0.0


def leaf(latency, kind):
    power = random.uniform(100, 700)
    if kind == "number":
        return latency
    return {"latency": latency, "power": power} if kind == "power" else {
        "latency": latency, "power": power, "energy": power * latency
    }


def table(axes, kind, holes=0.0, at=()):
    if not axes:
        return leaf(sol(*at) * random.uniform(1.2, 3), kind)
    keys = [key for key in axes[0] if random.random() >= holes] or axes[0][:1]
    return {key: table(axes[1:], kind, holes, (*at, key)) for key in keys}


def record(name, *arguments):
    try:
        answer = perf_interp.query(*arguments)
        kept = {key: answer[key] for key in sorted(answer)} if isinstance(answer, dict) else float(answer)
        result.append([name, kept])
    except Exception as error:
        result.append([name, type(error).__name__])


AXES = [[1, 2, 8, 32], [1, 16, 256, 4096], [1, 4, 64], [2, 3]]
POINTS = [1, 1.5, 2, 3, 8, 20, 64, 300, 5000, 0.5]
Grid, Sites, T = perf_interp.Grid, perf_interp.ScatteredSites, perf_interp.ValueTransform
for depth in (1, 2, 3, 4):
    names = ("x", "y", "z", "w")[:depth]
    for kind, holes in (("full", 0.0), ("full", 0.4), ("power", 0.0), ("number", 0.3)):
        data = table(AXES[:depth], kind, holes)
        for transform, axis, tail in ((T.RAW, None, 1), (T.SQRT, None, 1), (T.SQRT, names[-1], 3)):
            config = perf_interp.OpInterpConfig(names, Grid(tail), sol, transform, axis)
            for _ in range(40):
                at = [random.choice(POINTS) for _ in names]
                record(f"grid {names} {kind} {holes} {transform.name} {axis} {at}", config, data, *at)
data = table(AXES[:3], "full", 0.3)
for transform in (T.RAW, T.SQRT, T.UTIL):
    for nearest, limit, coverage, tail in ((4, None, True, 3), (1, 2.0, True, 1), (2, 0.5, False, 3)):
        sites = Sites(("y", "z"), "x", nearest, limit, coverage, tail)
        config = perf_interp.OpInterpConfig(("x", "y", "z"), sites, sol, transform)
        for _ in range(80):
            at = [random.choice(POINTS) for _ in range(3)]
            record(f"sites {transform.name} {nearest} {limit} {coverage} {at}", config, data, *at)
dead = perf_interp.OpInterpConfig(("x", "y", "z"), Grid(), nothing)
for at in ((3, 20, 3), (100, 1, 1), (1, 2, 3)):
    record(f"no speed of light {at}", dead, data, *at)
record("empty", dead, {}, 1, 2, 3)
record("too few coordinates", dead, data, 1)
for arguments in (
    (("x", "x"), Grid(), sol), (("x",), Grid(0), sol), (("x", "y"), Sites(("x",), "x"), sol), ((), Grid(), sol),
    (("x",), Grid(), sol, T.UTIL), (("x",), Grid(), sol, T.SQRT, "y"),
):
    try:
        perf_interp.OpInterpConfig(*arguments)
        result.append([str(arguments[0]), "accepted"])
    except Exception as error:
        result.append([str(arguments[0]), type(error).__name__])
for factory in ("gemm_config", "context_grid_config", "generation_grid_config"):
    config = getattr(perf_interp, factory)(sol)
    result.append([factory, [list(config.axes), config.value_transform.value, config.transform_axis]])
"""

#: A release asks for its own metadata when it is imported, which a tree that is not installed lacks.
WITHOUT_METADATA = "import importlib.metadata\nimportlib.metadata.version = lambda name: '0'\n"
#: The core of 0.11 imports its compiled part, which these helpers do without.
WITHOUT_COMPILED = """
import sys, types
compiled = types.ModuleType("aiconfigurator_core._aiconfigurator_core")
for name in ("AicEngine", "RustForwardPassPerfModel", "_build_smoke", "engine_spec_bincode_from_json"):
    setattr(compiled, name, None)
sys.modules[compiled.__name__] = compiled
"""
PRINT = "\nimport json\nprint(json.dumps(result, default=float))\n"
PRINTED = EXERCISE + PRINT
#: Fixtures whose releases have these helpers, as methods or as functions.
METHODS = [name for name in VERSIONS if name != "v0_11"]


def same(fixture: Any, release: Any) -> bool:
    """Equal up to the rounding of sums in another order."""
    if isinstance(fixture, float) and isinstance(release, float):
        return math.isclose(fixture, release, rel_tol=1e-9, abs_tol=1e-12) or (
            math.isnan(fixture) and math.isnan(release)
        )
    if isinstance(fixture, list) and isinstance(release, list):
        return len(fixture) == len(release) and all(map(same, fixture, release))
    if isinstance(fixture, dict) and isinstance(release, dict):
        return fixture.keys() == release.keys() and all(same(fixture[key], release[key]) for key in fixture)
    return bool(fixture == release)


@pytest.mark.parametrize("name", VERSIONS)
def test_helpers_give_what_the_release_gives(name: str, release: Callable[..., Any], tmp_path: Path) -> None:
    before = WITHOUT_METADATA if name in METHODS else WITHOUT_METADATA + WITHOUT_COMPILED
    exercise = EXERCISE if name in METHODS else ONE_FUNCTION
    real = json.loads(json.dumps(run_in(real_tree(VERSIONS[name], release), before + exercise)))
    fixture = json.loads(run_in_fixture(fixture_copy(name, tmp_path), exercise + PRINT))
    assert [call for call, _ in fixture] == [call for call, _ in real]
    different = [
        f"{call}: {mine!r}, expected {theirs!r}"[:300]
        for (call, mine), (_, theirs) in zip(fixture, real, strict=True)
        if not same(mine, theirs)
    ]
    assert not different, "\n".join(different)


@pytest.mark.parametrize("name", METHODS)
def test_the_exercise_reaches_the_traps(name: str, tmp_path: Path) -> None:
    outcomes = dict(json.loads(run_in_fixture(fixture_copy(name, tmp_path), PRINTED)))
    strict = name in ("v0_6", "v0_7")
    mended = name == "v0_10"

    assert outcomes["nearest [4] 4 True"] == ("AssertionError" if strict else [4, 4])
    assert outcomes["1d 20"] == pytest.approx(2.0)
    assert outcomes["1d without power"] == ({"latency": 1.25} if mended else "KeyError")
    assert outcomes["grid full False"] is None
    added = [values for x, y, z, values in outcomes["grid full False after"] if [x, y, z] == [64, 65536, 256]]
    assert [key for key, _ in added[0]] == (["energy", "latency", "power"] if mended else ["latency", "power"])
    assert outcomes["before a change"] == outcomes["after a change"]
