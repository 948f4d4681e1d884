"""`make demo` does the main job on a real release, and its figures agree with each other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from newop_gen.sandbox import ENGINES
from newop_gen.sandbox.cache import cache_dir

ROOT = Path(__file__).resolve().parents[2]
LAYERS = 28  # of the demo's model


def test_the_main_job_on_a_real_release(release, tmp_path):
    release("0.8.0")
    home = tmp_path / "demo"
    command = [sys.executable, str(ROOT / "scripts" / "demo.py"), "--directory", str(home)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    steps = dict(re.findall(r"^=== (\d)\..*?\n(.*?)(?=^=== |\Z)", done.stdout, re.M | re.S))

    assert "+class ContextNewOp" in steps["2"]
    assert "nothing to do" in steps["4"]
    assert "?? tests/unit/sdk/database/test_new_op.py" in steps["4"]

    answers = re.findall(r"^(context|generation), b=(\d+), s=(\d+) \((\w+)\) +(\w+) +([\d.]+)", steps["5"], re.M)
    assert len(answers) == 4 * 5
    at = {(phase, what, mode): float(ms) for phase, _, _, what, mode, ms in answers}
    for phase in ("context", "generation"):
        for what in ("measured", "between"):
            assert at[phase, what, "SOL"] == at[phase, what, "SOL_FULL"] > 0
            assert at[phase, what, "EMPIRICAL"] == pytest.approx(at[phase, what, "SOL"] / 0.7, rel=1e-4)
            assert at[phase, what, "HYBRID"] == at[phase, what, "SILICON"] >= at[phase, what, "SOL"]

    moves_by_the_op(steps["6"], at["context", "measured", "SILICON"])
    assert "make demo TREE=aisimulate" in steps["6"]


def moves_by_the_op(printed: str, context: float) -> None:
    """The model's estimate moves by the op's own cost and nothing else; `context` is one layer's, in ms."""
    rows = dict(re.findall(r"^ *(\w+) +[\d.]+ +[\d.]+ +(-?[\d.]+)(?: +new)?$", printed, re.M))
    moved = {name: float(difference) for name, difference in rows.items() if float(difference)}
    assert moved.keys() == {"context_new_op", "generation_new_op", "total"}
    assert moved["context_new_op"] == pytest.approx(LAYERS * context, abs=2e-3)
    assert moved["total"] == pytest.approx(moved["context_new_op"] + moved["generation_new_op"], abs=2e-3)


@pytest.mark.thorough
@pytest.mark.parametrize("version", ENGINES)
def test_the_same_job_where_ops_are_compiled(cargo, release, version):
    """Twice, at a path that stays: the second run takes the op out of what the first one left, and builds nothing."""
    release(version)
    home = cache_dir() / "standing" / f"demo-{version}"
    command = [sys.executable, str(ROOT / "scripts" / "demo_compiled.py"), "--tree", version, "--directory", str(home)]
    for run in range(2):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        steps = dict(re.findall(r"^=== (\d)\..*?\n(.*?)(?=^=== |\Z)", done.stdout, re.M | re.S))
        assert "nothing to do" in steps["3"] and "never into the checkout" in steps["4"]
        at = dict(re.findall(r"^context, b=8, s=2048 \(measured\) +(\w+) +([\d.]+)", steps["5"], re.M))
        assert at.keys() == {"SOL", "SOL_FULL", "EMPIRICAL", "SILICON", "HYBRID"} and at["SOL"] == at["SOL_FULL"]
        moves_by_the_op(steps["6"], float(at["SILICON"]))
        if run:
            assert "kept" in steps["1"] and "found built" in steps["4"]


def test_a_directory_of_somebody_elses_is_not_removed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    command = [sys.executable, str(ROOT / "scripts" / "demo.py"), "--directory", str(tmp_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "name another --directory" in done.stderr
    assert (tmp_path / "mine").read_text() == "mine"
