"""A sandbox holds the release byte for byte, under a clean repository, complete or not at all."""

import os
import subprocess
import sys
import zipfile

import pytest

from newop_gen.problems import CheckoutRefused, IoFault, SpecError
from newop_gen.sandbox import WHEELS, get_wheel, make_sandbox
from newop_gen.sandbox.contents import WheelContents
from newop_gen.sandbox.runtime import release_environment, runtime_python

SYSTEM = "l40s"
RUFF = (sys.executable, "-m", "ruff", "check")
DATA = f"src/aiconfigurator/systems/data/{SYSTEM}"


def git(directory, *arguments):
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def sandbox(release, tmp_path):
    release("0.8.0")  # skips when the release can't be had
    return make_sandbox("0.8.0", tmp_path / "sandbox", systems=[SYSTEM], report=lambda line: None)


@pytest.mark.parametrize("version", WHEELS)
def test_every_file_of_the_wheel_is_there_unchanged(release, tmp_path, version):
    release(version)
    made = make_sandbox(version, tmp_path / "sandbox", systems=["h200_sxm"], report=lambda line: None)
    compared = 0
    with zipfile.ZipFile(get_wheel(version)) as wheel:
        for info in wheel.infolist():
            path = made / "src" / info.filename
            if info.is_dir() or ".dist-info/" in info.filename:
                continue
            if "/systems/data/" in info.filename and "/data/h200_sxm/" not in info.filename:
                assert not path.exists()
                continue
            assert path.read_bytes() == wheel.read(info)
            assert os.access(path, os.X_OK) == bool((info.external_attr >> 16) & 0o100)
            compared += 1
    assert compared > 100
    assert git(made, "status", "--porcelain") == ""
    assert (made / "tests/unit/sdk/database/__init__.py").read_bytes() == b""


def test_it_runs_with_only_src_on_the_path(sandbox):
    code = "import aiconfigurator.sdk.models as m, aiconfigurator as a; print(a.__version__, m.__file__)"
    environment = release_environment(sandbox)
    assert environment["PYTHONPATH"] == str(sandbox / "src")
    done = subprocess.run([runtime_python(), "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0.8.0", str(sandbox / "src/aiconfigurator/sdk/models.py")]


def test_measured_tables_are_beside_the_commit_and_new_ones_show(sandbox):
    tracked = git(sandbox, "ls-files").splitlines()
    assert "src/aiconfigurator/sdk/perf_database.py" in tracked
    assert "pyproject.toml" in tracked
    assert not [p for p in tracked if "/systems/data/" in p or "egg-info" in p]
    table = next((sandbox / DATA).rglob("*_perf.txt"))
    assert table.stat().st_size > 1000
    table.with_name("my_op_perf.txt").write_text("latency\n1\n")
    new = table.with_name("my_op_perf.txt").relative_to(sandbox)
    assert git(sandbox, "status", "--porcelain") == f"?? {new}\n"


def test_two_sandboxes_have_one_commit_id(sandbox, tmp_path):
    again = make_sandbox("v0.8.0", tmp_path / "again", systems=[SYSTEM], report=lambda line: None)
    assert git(sandbox, "rev-parse", "HEAD") == git(again, "rev-parse", "HEAD")
    assert git(sandbox, "rev-list", "--count", "HEAD") == "1\n"
    assert git(sandbox, "log", "-1", "--format=%B").startswith("aiconfigurator 0.8.0\n\nFrom its wheel")


def test_the_project_file_carries_upstreams_lint_profile(sandbox):
    settings = subprocess.run(
        [*RUFF, "--show-settings", "src/aiconfigurator/sdk/common.py"],
        cwd=sandbox, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "linter.line_length = 120" in settings
    assert "unresolved_target_version = 3.10" in settings
    assert "(TRY002)" in settings  # TRY is on
    assert "(TRY003)" not in settings  # but not this
    bad = sandbox / "src/aiconfigurator/sdk/bad.py"
    bad.write_text("import os\n")
    assert subprocess.run([*RUFF, bad.name], cwd=bad.parent, capture_output=True).returncode == 1


def test_nothing_of_the_users_git_takes_part(release, tmp_path, monkeypatch):
    release("0.8.0")
    home, hooks, canary = tmp_path / "home", tmp_path / "hooks", tmp_path / "canary"
    hooks.mkdir()
    home.mkdir()
    for name in ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n\texcludesFile = {home}/ignore\n"
        f"\tfsmonitor = {hooks}/pre-commit\n\tattributesFile = {home}/attributes\n[commit]\n\tgpgSign = true\n"
        f'[filter "canary"]\n\tclean = touch {canary}; cat\n\trequired = true\n[init]\n\ttemplateDir = {hooks}\n'
    )
    (home / "ignore").write_text("*.py\n")
    (home / "attributes").write_text("* filter=canary\n")
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(get_wheel("0.8.0").parents[1]))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "now")
    made = make_sandbox("0.8.0", tmp_path / "sandbox", systems=[SYSTEM], report=lambda line: None)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_AUTHOR_DATE", "HOME"):
        monkeypatch.delenv(name)
    assert not canary.exists()
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "index").exists()
    source = "src/aiconfigurator/sdk/common.py"
    stored = subprocess.run(["git", "show", f"HEAD:{source}"], cwd=made, capture_output=True, check=True).stdout
    assert stored == (made / source).read_bytes()
    # The canary works: the same settings do run it when they are read.
    environment = os.environ | {"HOME": str(home)}
    subprocess.run(["git", "add", "."], cwd=made, env=environment, capture_output=True, check=False)
    assert canary.exists()


@pytest.mark.parametrize(("version", "packages"), [("0.6.0", "aiconfigurator"), ("0.10.0", "aiconfigurator spica")])
def test_imports_are_sorted_by_the_wheels_own_packages(release, version, packages):
    tree = release(version)
    wheel = WheelContents(version, get_wheel(version), "")
    assert wheel.source_packages() == packages.split()
    for package in packages.split():
        assert f'    "{package}",\n' in (tree.root / "pyproject.toml").read_text().split("isort]")[1]


@pytest.mark.parametrize("kind", ["file", "non-empty", "link", "dangling link"])
def test_a_place_in_use_is_refused_and_left_alone(tmp_path, kind):
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("mine")
    elif kind == "non-empty":
        target.mkdir()
        (target / "mine").write_text("mine")
    elif kind == "link":
        (tmp_path / "empty").mkdir()
        target.symlink_to(tmp_path / "empty")
    else:
        target.symlink_to(tmp_path / "nowhere")
    before = sorted(str(p) for p in tmp_path.rglob("*"))
    with pytest.raises(CheckoutRefused) as refused:
        make_sandbox("0.8.0", target, report=lambda line: None)
    assert refused.value.problems[0].code == "not-empty"
    assert sorted(str(p) for p in tmp_path.rglob("*")) == before


def test_an_empty_directory_is_used(release, tmp_path):
    release("0.6.0")
    target = tmp_path / "empty"
    target.mkdir()
    assert make_sandbox("0.6.0", target, systems=[], report=lambda line: None) == target
    assert (target / "src/aiconfigurator/sdk/common.py").is_file()


def test_a_failure_leaves_nothing(release, tmp_path, monkeypatch):
    release("0.8.0")
    monkeypatch.setattr("newop_gen.sandbox.make.commit_all", _fail)
    with pytest.raises(IoFault, match="No space left"):
        make_sandbox("0.8.0", tmp_path / "deep" / "sandbox", systems=[], report=lambda line: None)
    assert list((tmp_path / "deep").iterdir()) == []


def _fail(*_):
    raise OSError(28, "No space left on device")


def test_unknown_versions_and_systems_name_what_works(release, tmp_path):
    release("0.8.0")
    with pytest.raises(SpecError) as unknown:
        make_sandbox("0.8.1", tmp_path / "a", report=lambda line: None)
    for known in (
        "0.6.0, 0.7.0, 0.8.0, 0.10.0 (from PyPI)",
        "0.12.0 and aisimulate-0.13.0 (from PyPI and cargo's registry)",
        "0.9.0 and 0.11.0 with --repo CLONE",
    ):
        assert known in str(unknown.value)
    assert "did you mean 0.8.0?" in str(unknown.value)
    for version in ("0.9.0", "0.11.0"):
        with pytest.raises(SpecError, match="no usable wheel") as no_wheel:
            make_sandbox(version, tmp_path / "a", report=lambda line: None)
        assert "--repo CLONE" in no_wheel.value.problems[0].suggestion
    with pytest.raises(SpecError) as system:
        make_sandbox("0.8.0", tmp_path / "a", systems=["h200", "l40s", "what"], report=lambda line: None)
    assert [p.suggestion for p in system.value.problems] == ["did you mean h200_sxm?", ""]
    assert not (tmp_path / "a").exists()
