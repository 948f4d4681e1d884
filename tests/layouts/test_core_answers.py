"""One spec, every release: the same answers where the releases' own rules are the same."""

from __future__ import annotations

import os
import random

import pytest
from support.applying import EXAMPLES, SPECS, apply_specs
from support.owned import COMPILED_ENGINE, ask, made_up_system, without_data

Q16 = {"fmha": ("FMHAQuantMode", "16"), "kv": ("KVCacheQuantMode", "16")}
Q8 = {"fmha": ("FMHAQuantMode", "fp8"), "kv": ("KVCacheQuantMode", "fp8")}
SIZES = {"param1": 3584, "param2": 18944}
SCAN = {"d_model": 8192, "num_heads": 128, "state": 128}

# query -> the ranges that its example table was measured in, the fixed arguments, and what it does in between
QUERIES = {
    "context_latent_attention": (
        {"b": (1, 64), "s": (1, 4096), "num_heads": (16, 64), "prefix": (0, 3000)},
        [Q16, Q8],
    ),
    "generation_latent_attention": ({"b": (1, 64), "s": (2, 8192), "num_heads": (16, 64)}, [Q16, Q8]),
    "context_new_op": ({"b": (1, 64), "s": (1, 8192)}, [SIZES]),
    "generation_new_op": ({"b": (1, 64), "s": (1, 8192)}, [SIZES]),
    "new_op_tokens": ({"x": (1, 8192)}, [SIZES]),
    "context_state_scan": ({"b": (1, 16), "s": (64, 8192)}, [{**SCAN, "kernel": "chunked_scan"}]),
    "generation_state_scan": ({"b": (1, 16), "s": (1, 9999)}, [{**SCAN, "kernel": "chunked_scan"}]),
}
# Linear in one axis after the other: what `perf_interp` does inside the measured range, too.
SAME_ON_PERF_INTERP = ("context_new_op", "generation_new_op", "new_op_tokens", "generation_state_scan")

ASK = """
def value(given):
    if not isinstance(given, list):
        return given
    modes = getattr(common, given[0]).__members__
    return modes[given[1] if given[1] != "16" else "bfloat16" if "bfloat16" in modes else "float16"]
result = []
for query, point in arguments[0]:
    point = {name: value(given) for name, given in point.items()}
    call = getattr(database, "query_" + query)
    result.append([failure(call, **point, database_mode=m) for m in (MODE.SOL, MODE.SILICON)])
"""


def points(seed: int = 7, each: int = 12) -> list[tuple[str, dict[str, object]]]:
    random.seed(seed)
    out = []
    for query, (ranges, fixed) in QUERIES.items():
        for i in range(each):
            point = {name: off_grid(*bounds) for name, bounds in ranges.items()}
            out.append((query, {**point, **fixed[i % len(fixed)]}))
    return out


def off_grid(low: int, high: int) -> int:
    """A value that stands on no grid. On a line of the grid 0.10's cubic is linear along it, which 0.8's is not."""
    return 2 * random.randint(low // 2 + 1, high // 2 - 1) + 1


@pytest.fixture(scope="module")
def systems(tmp_path_factory):
    tables = {p.stem: p.read_text(encoding="utf-8") for p in (SPECS / "data").glob("*.csv")}
    return made_up_system(tmp_path_factory.mktemp("systems") / "root", tables)


def answers(tree, systems, asked) -> list[list[object]]:
    apply_specs(tree.root, without_data(EXAMPLES, tree.root.parent / f"specs-{tree.version}"), lint=False)
    core = tree.root / "aic-core" / "src" / "aiconfigurator_core"
    if core.is_dir():
        (core / "_aiconfigurator_core.py").write_text(COMPILED_ENGINE, encoding="utf-8")
    return ask(tree.root, systems, ASK, asked)


def test_0_10_answers_as_0_8_does(release, systems) -> None:
    """Cubic, bilinear, triangles, pre-interpolation with and without square root, a prefix, lines."""
    asked = points()
    old, new = (answers(release(version), systems, asked) for version in ("0.8.0", "0.10.0"))
    assert sum(isinstance(silicon, float) for _, silicon in old) > 0.9 * len(asked)
    for point, before, after in zip(asked, old, new, strict=True):
        assert after == pytest.approx(before, rel=1e-9), point


@pytest.mark.skipif(not os.environ.get("REPO"), reason="0.11.0 comes from a clone only: set REPO to one")
def test_0_11_answers_as_0_10_does_where_its_rules_are_the_same(release, systems) -> None:
    asked = points()
    old, new = (answers(release(version), systems, asked) for version in ("0.10.0", "0.11.0"))
    compared = 0
    for point, (sol_before, before), (sol_after, after) in zip(asked, old, new, strict=True):
        assert sol_after == pytest.approx(sol_before, rel=1e-12), point
        assert isinstance(after, float), point
        if point[0] in SAME_ON_PERF_INTERP and isinstance(before, float):
            compared += 1
            assert after == pytest.approx(before, rel=1e-9), point
    assert compared > 30
