"""Every fixture runs: its databases answer in five modes, and every model of it gives an estimate."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import (
    BY_LAYOUT,
    NEEDS,
    VERSIONS,
    built,
    copy_fixture,
    copy_git_fixture,
    python_for,
    run_git,
    run_in_fixture,
)

from newop_gen.checkout.tree import Tree
from newop_gen.layouts import REGISTERED, detect


def fixture_copy(name: str, directory: Path) -> Path:
    """A copy to run code in; the test is skipped where no interpreter can."""
    if python_for(name) is None:
        pytest.skip(f"no interpreter with {NEEDS[name]}")
    return copy_fixture(name, directory)


ESTIMATE = """
import json, sys
from pathlib import Path
import aiconfigurator
from aiconfigurator.sdk import common, config
from aiconfigurator.sdk.backends.factory import get_backend
from aiconfigurator.sdk.models import get_model
from aiconfigurator.sdk.perf_database import get_database

found = {}
for backend in ("trtllm", "vllm"):
    for path in json.loads(sys.argv[1]):
        database = get_database("h200_sxm", "trtllm", "1.0.0")
        model = get_model(path, config.ModelConfig(moe_tp_size=1, moe_ep_size=1), backend)
        runtime = config.RuntimeConfig(batch_size=4, isl=1024, osl=64, prefix=256)
        static = get_backend(backend).run_static(model, database, runtime, mode="static")
        mixed = config.RuntimeConfig(batch_size=16, isl=1024, osl=64, prefix=256)
        agg = get_backend(backend).run_agg(model, database, mixed, ctx_tokens=2048)
        found[f"{backend} {path}"] = {
            "class": type(model).__name__,
            "context": dict(static.get_context_latency_dict()),
            "generation": dict(static.get_generation_latency_dict()),
            "agg": agg.get_result_dict(),
            "mixed": agg.get_per_ops_data(),
        }
print(json.dumps(found, default=float))
"""

MODES = """
import json
from aiconfigurator.sdk import common
from aiconfigurator.sdk.perf_database import get_database

sixteen = next(iter(common.KVCacheQuantMode))
database = get_database("h200_sxm", "trtllm", "1.0.0")
found = {}
for mode in common.DatabaseMode:
    answer = database.query_generation_mla(4, 700, 64, sixteen, database_mode=mode)
    found[mode.name] = list(answer) if mode.name == "SOL_FULL" else [float(answer)]
other = get_database("h200_sxm", "sglang", "0.5.0")
try:
    other.query_generation_mla(4, 700, 64, sixteen)
except Exception as error:
    found["missing"] = type(error).__name__
try:
    hybrid = other.query_generation_mla(4, 700, 64, sixteen, database_mode=common.DatabaseMode.HYBRID)
    found["hybrid without a table"] = float(hybrid)
except Exception as error:
    found["hybrid without a table"] = type(error).__name__
found["matrix"] = [database.supported_quant_mode["generation_mla"], other.supported_quant_mode["generation_mla"]]
print(json.dumps(found))
"""


def model_paths(name: str) -> list[str]:
    folder = next(built(name).glob("**/model_configs"))
    return sorted(path.name.removesuffix("_config.json").replace("--", "/") for path in folder.glob("*_config.json"))


def test_every_layout_of_python_has_a_fixture() -> None:
    """Layouts whose ops are compiled are tested on releases: no look-alike shows what a compiler would say."""
    assert list(BY_LAYOUT) == [name for name in REGISTERED if name not in ("engine", "aisimulate")]
    for layout, names in BY_LAYOUT.items():
        assert {detect(Tree.open(built(name))).layout.name for name in names} == {layout}


@pytest.mark.fixtures
@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.fixtures
def test_every_model_gives_an_estimate(name: str, tmp_path: Path) -> None:
    root = fixture_copy(name, tmp_path)
    found = json.loads(run_in_fixture(root, ESTIMATE, json.dumps(model_paths(name))))

    assert len({answer["class"] for answer in found.values()}) >= 4
    for path, answer in found.items():
        for phase in ("context", "generation"):
            latencies = answer[phase]
            assert any(latency > 0 for latency in latencies.values()), (path, phase)
            assert all(latency >= 0 for latency in latencies.values()), (path, phase)
            assert any(key.startswith(f"{phase}_") for key in latencies), (path, phase)
        assert answer["agg"]["ttft"] > 0
        assert "generation_attention" in answer["mixed"]["mix_step"]
        assert "generation_attention" not in answer["context"]


@pytest.mark.fixtures
@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.fixtures
def test_a_database_answers_in_five_modes(name: str, tmp_path: Path) -> None:
    found = json.loads(run_in_fixture(fixture_copy(name, tmp_path), MODES))

    assert set(found) >= {"SILICON", "HYBRID", "EMPIRICAL", "SOL", "SOL_FULL"}
    time, math, memory = found["SOL_FULL"]
    assert found["SOL"] == [time] == [max(math, memory)]
    assert found["SILICON"] == found["HYBRID"]
    assert found["SILICON"] != found["EMPIRICAL"]
    assert found["missing"] == "PerfDataNotAvailableError"
    if int(name[3:]) < 10:
        assert found["hybrid without a table"] > 0
    else:
        assert found["hybrid without a table"] == "EmpiricalNotImplementedError"
    assert found["matrix"][0] and not found["matrix"][1]


@pytest.mark.fixtures
@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.fixtures
def test_its_own_tests_pass(name: str, tmp_path: Path) -> None:
    root = fixture_copy(name, tmp_path)
    run_in_fixture(
        root, "import pytest, sys; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir=.', 'tests']))"
    )


@pytest.mark.fixtures
@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.fixtures
def test_it_satisfies_the_lint_profile_that_it_carries(name: str, tmp_path: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.is_file():
        pytest.skip("ruff is not installed beside this Python")
    root = copy_fixture(name, tmp_path)
    for arguments in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run([ruff, *arguments, root], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.fixtures
def test_a_fixture_with_a_lint_error_would_be_found(tmp_path: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.is_file():
        pytest.skip("ruff is not installed beside this Python")
    root = copy_fixture("v0_9", tmp_path)
    with (root / "src" / "aiconfigurator" / "sdk" / "common.py").open("a", encoding="utf-8") as file:
        file.write("x = dict( )\n")
    done = subprocess.run([ruff, "format", "--check", "--no-cache", root], capture_output=True, check=False)
    assert done.returncode == 1


@pytest.mark.fixtures
@pytest.mark.parametrize("pointers", [False, True])
@pytest.mark.fixtures
def test_the_git_variant_is_a_clean_repository(pointers: bool, tmp_path: Path) -> None:
    root = copy_git_fixture("v0_9", tmp_path, lfs_pointers=pointers)
    assert run_git(root, "status", "--porcelain") == ""
    assert run_git(root, "log", "--format=%s").split() == ["v0_9"]
    table = next(root.glob("**/gemm_perf.txt")).read_text(encoding="utf-8")
    assert table.startswith("version https://git-lfs" if pointers else "framework,")
