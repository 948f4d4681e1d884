"""The pre-commit hooks, run by pre-commit itself on a repository with specs.

pre-commit would install the tool from its repository first; that is left out here (`language: system`), so that no
network is needed. Everything else, which files a hook gets and with which arguments, is pre-commit's own doing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support.applying import ROOT, SPECS

MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}


def tool(name):
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


@pytest.fixture
def repository(release, tmp_path):
    """A release under git with one spec in `newop/`, all hooks configured as the documentation says."""
    made = release("0.8.0", git=True, systems=("h200_sxm",))
    (made.root / "newop").mkdir()
    shutil.copy(SPECS / "new_op.yaml", made.root / "newop")
    shutil.copytree(SPECS / "data", made.root / "newop/data")
    configure(made.root, {"newop-check": ["--checkout", ".", "newop/new_op.yaml"]})
    subprocess.run(["git", "add", "newop", ".pre-commit-config.yaml"], cwd=made.root, check=True)
    return made.root


def configure(root, arguments, only=tuple(HOOKS)):
    hooks = [{**HOOKS[name], "language": "system"} for name in only]
    for hook in hooks:
        hook["args"] = arguments.get(hook["id"], hook.get("args", []))
    text = yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]})
    (root / ".pre-commit-config.yaml").write_text(text, encoding="utf-8")


def hook(root, name, *options):
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PRE_COMMIT_HOME": str(root.parent / "pre-commit"),
        "PRE_COMMIT_COLOR": "never",
    }
    command = [tool("pre-commit"), "run", name, "--verbose", *options]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def stage(root):
    subprocess.run(["git", "add", "src", "tests"], cwd=root, check=True)


def newop(root, *args):
    command = [sys.executable, "-m", "newop_gen", *args]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)


def test_the_manifest_is_one_for_pre_commit():
    done = subprocess.run([tool("pre-commit"), "validate-manifest", str(MANIFEST)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    # Each entry is a command of this tool, and its options are.
    for hook in HOOKS.values():
        words = [*hook["entry"].split(), *hook.get("args", [])]
        assert words[0] == "newop-gen" and hook["language"] == "python"
        done = subprocess.run(
            [sys.executable, "-m", "newop_gen", *words[1:], "--help"], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_validate_gets_the_specs_that_change_and_finds_a_mistake(repository):
    good = hook(repository, "newop-validate")
    assert good.returncode == 0 and "Passed" in good.stdout, good.stdout
    spec = repository / "newop/new_op.yaml"
    spec.write_text(spec.read_text(encoding="utf-8").replace("params:", "parms:"), encoding="utf-8")
    (repository / "other.yaml").write_text("this: is no spec\n")
    subprocess.run(["git", "add", "newop", "other.yaml"], cwd=repository, check=True)
    bad = hook(repository, "newop-validate")
    assert bad.returncode == 1
    assert "newop/new_op.yaml:7:1: unknown key 'parms'" in bad.stdout
    assert "other.yaml" not in bad.stdout


def test_check_and_status_through_the_life_of_an_op(repository):
    assert hook(repository, "newop-check").returncode == 1
    assert hook(repository, "newop-status").returncode == 0  # nothing was put in, so nothing is amiss
    newop(repository, "apply", "newop/new_op.yaml", "--checkout", ".")
    # pre-commit puts aside what is not staged: the hooks judge the commit in the making.
    assert hook(repository, "newop-check").returncode == 1
    stage(repository)
    for name in ("newop-check", "newop-status"):
        done = hook(repository, name)
        assert done.returncode == 0, done.stdout
    database = repository / "src/aiconfigurator/sdk/perf_database.py"
    text = database.read_text(encoding="utf-8")
    database.write_text(text.replace("def load_new_op_data(", "def load_new_op_data(a, "), encoding="utf-8")
    stage(repository)
    drifted = hook(repository, "newop-status")
    assert drifted.returncode == 1 and "drifted" in drifted.stdout
    conflict = hook(repository, "newop-check")
    assert conflict.returncode == 1 and "exit code: 4" in conflict.stdout


def test_check_without_specs_says_what_is_missing(repository):
    configure(repository, {}, ["newop-check"])
    subprocess.run(["git", "add", ".pre-commit-config.yaml"], cwd=repository, check=True)
    done = hook(repository, "newop-check")
    assert done.returncode == 1
    assert "Missing argument 'SPEC...'" in done.stdout
