"""Trees whose ops own their tables, with specs applied, and a made-up system to ask them about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from checkouts import copy_fixture

from support import warm
from support.applying import EXAMPLES, apply_specs
from support.releases import release_environment, release_python, run_in

# Peaks under the names of every release, so that one system serves them all.
GPU = {
    "mem_bw": 4.0e12,
    "mem_bw_empirical_scaling_factor": 0.8,
    "mem_empirical_constant_latency": 3e-06,
    "mem_capacity": 141e9,
    "float16_tc_flops": 1.0e15,
    "bfloat16_tc_flops": 1.0e15,
    "fp8_tc_flops": 1.9e15,
    "int8_tc_flops": 1.9e15,
    "power": 700,
    "sm_version": 90,
}
NODE = {"num_gpus_per_node": 8, "inter_node_bw": 5e10, "intra_node_bw": 4.5e11, "p2p_latency": 1e-05, "pcie_bw": 6.4e10}

# The compiled engine of 0.11 is no part of its source tree; only its names are needed to import the package.
COMPILED_ENGINE = """\
class AicEngine: ...
class RustForwardPassPerfModel: ...
def _build_smoke(): ...
def engine_spec_bincode_from_json(text): ...
"""


def without_data(specs: Sequence[Path], directory: Path) -> list[Path]:
    """Copies of specs without their `data`, which wants systems that a copy need not have."""
    directory.mkdir(parents=True, exist_ok=True)
    copies = []
    for spec in specs:
        loaded = yaml.safe_load(spec.read_text(encoding="utf-8"))
        loaded.pop("data", None)
        copies.append(directory / spec.name)
        copies[-1].write_text(yaml.safe_dump(loaded, sort_keys=False), encoding="utf-8")
    return copies


def patched_fixture(name: str, directory: Path, specs: Sequence[Path] = EXAMPLES) -> Path:
    """The fixture `name` with specs applied (their data left out)."""
    root = copy_fixture(name, directory)
    apply_specs(root, without_data(specs, directory / f"{name}-specs"), lint=False)
    return root


def run_generated_tests(root: Path, ops: Sequence[str], *others: str) -> str:
    """Runs the unit tests that specs brought, and `others` of the tree; what pytest printed."""
    tests = [root / "tests" / "unit" / "sdk" / "database" / f"test_{op}.py" for op in ops]
    assert all(t.is_file() for t in tests)
    words = ["-q", "--noconftest", "-p", "no:cacheprovider", "-o", "addopts=", "-W", "ignore"]
    done = warm.run(
        release_python(), ["-m", "pytest", *words, *map(str, tests), *(str(root / o) for o in others)],
        env=release_environment(root), cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
    return done.stdout


def made_up_system(directory: Path, tables: Mapping[str, str], backend: str = "trtllm") -> Path:
    """A systems root with one system, `made_up`, and text tables by stem, where every release finds them."""
    folder = directory / "data" / "made_up" / backend / "1.0.0"
    folder.mkdir(parents=True)
    misc = {"nccl_mem": {1: 0}, "other_mem": 0, "nccl_version": "0"}
    spec = {"data_dir": "data/made_up", "gpu": GPU, "node": NODE, "misc": misc}
    (directory / "made_up.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    for stem, text in tables.items():
        (folder / f"{stem}.txt").write_text(text, encoding="utf-8")
    return directory


PRELUDE = """\
from aiconfigurator.sdk import common
from aiconfigurator.sdk.perf_database import PerfDatabase
MODE = common.DatabaseMode
systems, *arguments = arguments
def open_database(backend="trtllm"):
    return PerfDatabase("made_up", backend, "1.0.0", systems)
database = open_database()
def failure(function, *args, **kwargs):
    try:
        return float(function(*args, **kwargs))
    except Exception as error:
        return type(error).__name__
"""


def ask(root: Path, systems: Path, code: str, *arguments: object) -> Any:
    """What `code` leaves in `result`, run in the tree `root` with `database` open on `systems`."""
    return run_in(root, PRELUDE + code, str(systems), *arguments)
