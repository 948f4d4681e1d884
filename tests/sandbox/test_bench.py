"""The benchmark measures what it says: longer files are longer and still parse, copies of a spec are ops of their own."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("bench", ROOT / "scripts" / "bench.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("times", [2, 4])
def test_files_get_longer_and_keep_what_they_define(release, bench, times):
    sdk = release("0.8.0").sdk
    for target in bench.TARGETS:
        before = (sdk / target).read_text(encoding="utf-8")
        bench.enlarge(sdk / target, times)
        after = (sdk / target).read_text(encoding="utf-8")
        assert len(after) / len(before) == pytest.approx(times, rel=0.35)
        assert _defined(before) <= _defined(after)
        assert len(_defined(after)) == len(set(_defined(before))) * times


def _defined(text):
    return {n.name for n in ast.parse(text).body if isinstance(n, (ast.ClassDef, ast.FunctionDef))}


def test_copies_of_the_spec_are_distinct_ops(bench, tmp_path):
    from newop_gen.spec.load import load_specs

    paths = bench.write_specs(tmp_path / "specs", 3)
    assert sorted(loaded.spec.op for loaded in load_specs(paths)) == ["new_op_00", "new_op_01", "new_op_02"]


def test_a_failing_command_stops_the_benchmark(bench):
    figure = bench.Figure("fails", [sys.executable, "-c", "raise SystemExit('reason')"])
    with pytest.raises(SystemExit, match="reason"):
        figure.run({})


MEASURED = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("bench", sys.argv[1])
bench = importlib.util.module_from_spec(spec)
sys.modules["bench"] = bench
spec.loader.exec_module(bench)
figure = bench.Figure("sleeps", [sys.executable, "-c", "import time; x = bytearray(80 << 20); time.sleep(0.2)"])
figure.run({})
print(json.dumps([figure.seconds, figure.mebibytes]))
"""


def test_time_and_memory_are_those_of_the_process():
    """From a process of its own: a child's peak memory starts at its parent's, and a test runner is large."""
    run = [sys.executable, "-c", MEASURED, str(ROOT / "scripts" / "bench.py")]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    seconds, mebibytes = json.loads(done.stdout)
    assert seconds >= 0.2
    assert 80 <= mebibytes < 400
