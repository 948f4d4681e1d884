"""A layout is one package: in a copy of the tool, a package, a template directory and a name in `REGISTERED` are enough
for every command to work on trees of a shape that no release has."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.applying import ROOT, SPECS, assert_clean

from newop_gen.model.op import Op
from newop_gen.plan import FileChange, Span
from newop_gen.sol.evaluate import Gpu, evaluate_formula
from newop_gen.spec.load import load_specs

TOY = Path(__file__).parent / "toy"
REGISTRY = '''\
"""The ops of this tree."""

MEM_BW = 4.0e12

OPS = {
    "context_gemm": "query_gemm",  # a sort of matrix product
}


def peak(mode):
    return {"bfloat16": 1.0e15, "fp8": 1.9e15}[mode]


def query_gemm(m, n, k):
    return 2e3 * m * n * k / peak("bfloat16")
'''


@pytest.fixture(scope="module")
def tool(tmp_path_factory) -> Path:
    """A copy of the tool, with the toy added and nothing else touched."""
    copy = tmp_path_factory.mktemp("tool")
    for name in ("generator", "templates", "specs", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".mypy_cache"))
    layouts = copy / "generator" / "newop_gen" / "layouts"
    shutil.copytree(TOY / "package", layouts / "toy")
    shutil.copytree(TOY / "templates", copy / "templates" / "toy")
    registration = layouts / "__init__.py"
    text = registration.read_text(encoding="utf-8")
    last = '"core": "op_owned.core",\n'
    assert text.count(last) == 1
    registration.write_text(text.replace(last, f'{last}    "toy": "toy",\n'), encoding="utf-8")
    return copy


@pytest.fixture
def checkout(tmp_path) -> Path:
    sdk = tmp_path / "checkout" / "src" / "aiconfigurator" / "sdk"
    sdk.mkdir(parents=True)
    (sdk.parent / "__init__.py").touch()
    (sdk / "registry.py").write_text(REGISTRY, encoding="utf-8")
    return tmp_path / "checkout"


def run(tool: Path, checkout: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(tool / "generator"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_STATE_HOME": str(checkout.parent / "state"),
        "NO_COLOR": "1",
    }
    command = [sys.executable, "-m", "newop_gen", *map(str, arguments), "--checkout", str(checkout)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_nothing_else_is_touched(tool) -> None:
    changed, added = [], []
    for parent, _, names in os.walk(tool):
        for name in names:
            path = Path(parent, name).relative_to(tool)
            if not (ROOT / path).exists():
                added.append(path.as_posix())
            elif not filecmp.cmp(ROOT / path, tool / path, shallow=False):
                changed.append(path.as_posix())
    assert changed == ["generator/newop_gen/layouts/__init__.py"]
    assert sorted(added) == [
        *(f"generator/newop_gen/layouts/toy/{name}.py" for name in ("__init__", "plan", "words")),
        "templates/toy/answer.py.j2",
    ]


def test_every_command_works_on_it(tool, checkout) -> None:
    registry = checkout / "src" / "aiconfigurator" / "sdk" / "registry.py"
    specs = [SPECS / "new_op.yaml", SPECS / "new_op_tokens.yaml"]

    detected = run(tool, checkout, "detect")
    assert detected.returncode == 0
    assert "layout: toy (A table of ops, and a function each)" in detected.stdout

    shown = run(tool, checkout, "apply", *specs, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert '+    "context_new_op": "query_context_new_op",' in shown.stdout
    assert registry.read_text(encoding="utf-8") == REGISTRY
    assert run(tool, checkout, "apply", *specs, "--check").returncode == 1

    assert run(tool, checkout, "apply", *specs).returncode == 0
    again = run(tool, checkout, "apply", *specs)
    assert again.returncode == 0 and "nothing to do" in again.stdout
    after = registry.read_bytes()
    path = "src/aiconfigurator/sdk/registry.py"
    assert_clean(checkout, [FileChange(path, REGISTRY.encode(), after, spans=(Span(0, len(after), "", b""),))])
    answers_are_those_of_the_reference(registry, specs)

    removed = run(tool, checkout, "remove", "new_op_tokens")
    assert removed.returncode == 0, removed.stderr
    assert b"new_op_tokens" not in registry.read_bytes() and b"context_new_op" in registry.read_bytes()
    assert run(tool, checkout, "remove", specs[0]).returncode == 0
    assert registry.read_text(encoding="utf-8") == REGISTRY


def test_what_is_told_of_it_is_what_its_layout_says(tool, checkout) -> None:
    """Of its systems, by its own rule for their peaks; that it can't be verified, which its rules say."""
    systems = checkout / "src" / "aiconfigurator" / "systems"
    systems.mkdir()
    (systems / "one.yaml").write_text("gpu: {mem_bw: 4.0e+12, bfloat16_tc_flops: 1.0e+15}\n", encoding="utf-8")
    told = run(tool, checkout, "explain", SPECS / "new_op.yaml", "--system", "one")
    assert told.returncode == 0 and "src/aiconfigurator/systems/one.yaml" in told.stdout, told.stderr
    assert run(tool, checkout, "apply", SPECS / "new_op.yaml").returncode == 0
    refused = run(tool, checkout, "verify", SPECS / "new_op.yaml", "--python", sys.executable)
    assert refused.returncode == 3 and "layout 'toy' can't be verified yet" in refused.stderr


def answers_are_those_of_the_reference(registry: Path, specs: list[Path]) -> None:
    names: dict[str, object] = {}
    exec(compile(registry.read_bytes(), str(registry), "exec"), names)
    for loaded in load_specs(specs):
        op = Op.from_spec(loaded.spec)
        for phase in op.phases:
            values = {"b": 8, "s": 2048, "x": 4096, "param1": 3584, "param2": 18944}
            values = {n: values[n] for n in (*op.query(phase).run_time, *op.params)}
            found = names[names["OPS"][f"{phase}_{op.name}"]](**values)
            wanted = evaluate_formula(op.formula(phase), values, Gpu(4.0e12, {1.0: 1.0e15}))
            assert found == pytest.approx(wanted.sol, rel=1e-12) and found > 0


def test_a_tree_without_its_table_is_refused_with_that(tool, checkout) -> None:
    registry = checkout / "src" / "aiconfigurator" / "sdk" / "registry.py"
    registry.write_text(REGISTRY.replace("OPS = {", "OPERATIONS = {"), encoding="utf-8")
    before = registry.read_bytes()
    refused = run(tool, checkout, "apply", SPECS / "new_op.yaml")
    assert refused.returncode == 3
    assert "does it have a table of ops in a dict literal OPS? No" in refused.stderr
    assert registry.read_bytes() == before


def test_the_tool_without_the_toy_knows_nothing_of_it(checkout) -> None:
    refused = run(ROOT, checkout, "detect")
    assert refused.returncode == 3
    assert "A table of ops" not in refused.stdout
