"""`make history` tells states apart, tries them, and reports what does not hold."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import copy_fixture, put_fixture, run_git
from support.applying import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import trials
from upstream import Clone, CloneTree, State, check_read

from newop_gen.checkout.tree import Tree
from newop_gen.layouts import detect
from newop_gen.spec.load import load_specs

SPEC = ROOT / "specs" / "new_op_tokens.yaml"
ERROR = "class PerfDataNotAvailableError"


def commit(repo: Path, message: str) -> str:
    run_git(repo, "add", "--all")
    run_git(repo, "commit", "--quiet", "--allow-empty", "-m", message)
    return run_git(repo, "rev-parse", "HEAD").strip()


def become(repo: Path, fixture: str) -> None:
    """The work tree is that fixture."""
    for path in repo.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    put_fixture(fixture, repo)


def rewrite(repo: Path, file: str, old: str, new: str) -> None:
    path = repo / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def upstream(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A repository that goes through some layouts, and its commits by name."""
    repo = tmp_path_factory.mktemp("upstream") / "repo"
    repo.mkdir()
    run_git(repo, "init", "--quiet", "--initial-branch=main")
    (repo / "README.md").write_text("before the history\n")
    commits = {"nothing": commit(repo, "nothing")}
    become(repo, "v0_6")
    commits["first"] = commit(repo, "direct")
    (repo / "README.md").write_text("words\n")
    commits["words"] = commit(repo, "only words")
    rewrite(repo, "src/aiconfigurator/sdk/utils.py", '"""', '"""Of use: ')
    commits["unread"] = commit(repo, "what no layout reads")
    rewrite(repo, "src/aiconfigurator/sdk/common.py", '"""', '"""Common: ')
    commits["second"] = commit(repo, "direct again")
    # What comes in by a merge counts as the merge.
    run_git(repo, "checkout", "--quiet", "-b", "side")
    become(repo, "v0_9")
    rewrite(repo, "src/aiconfigurator/sdk/perf_database.py", ERROR, "class NoData")
    commits["side"] = commit(repo, "not finished")
    become(repo, "v0_8")
    commit(repo, "func_map")
    run_git(repo, "checkout", "--quiet", "main")
    run_git(repo, "merge", "--quiet", "--no-ff", "-m", "merged", "side")
    commits["merge"] = run_git(repo, "rev-parse", "HEAD").strip()
    become(repo, "v0_9")
    rewrite(repo, "src/aiconfigurator/sdk/perf_database.py", ERROR, "class NoData")
    commits["refused"] = commit(repo, "without its error")
    become(repo, "v0_11")
    commits["core"] = commit(repo, "core")
    run_git(repo, "tag", "good")
    become(repo, "v0_8")
    rewrite(repo, "src/aiconfigurator/sdk/perf_database.py", "import functools\n", "from functools import lru_cache\n")
    commits["broken"] = commit(repo, "a name that inserted code uses is gone")
    return repo, commits


def run(repo: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / "history.py"), "--repo", str(repo), "--spec", str(SPEC)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


def test_one_commit_of_each_outcome(upstream) -> None:
    repo, commits = upstream
    before = run_git(repo, "status", "--porcelain"), sorted(p.name for p in repo.rglob("*") if ".git" not in p.parts)
    done = run(repo, "--since", commits["first"], "--until", "good")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "6 commits change the SDK; 5 distinct states of what layouts read; 4 outcomes"
    tried = {m[2]: m[1] for m in re.finditer(r"^(\w+) +[\w-]+ +([0-9a-f]{9}) \d", done.stdout, re.MULTILINE)}
    assert tried == {
        commits["first"][:9]: "worked",
        commits["merge"][:9]: "worked",
        commits["refused"][:9]: "refused",
        commits["core"][:9]: "worked",
    }
    assert "4 tried: 3 worked, 1 refused, 0 failed" in lines
    assert "(as 2 states)" in next(line for line in lines if commits["first"][:9] in line)
    assert "sources comes nearest, it misses errors" in done.stdout
    after = run_git(repo, "status", "--porcelain"), sorted(p.name for p in repo.rglob("*") if ".git" not in p.parts)
    assert before == after


def test_all_states_of_a_bare_clone(upstream, tmp_path) -> None:
    repo, commits = upstream
    bare = tmp_path / "bare"
    run_git(repo, "clone", "--quiet", "--bare", str(repo), str(bare))
    done = run(bare, "--since", commits["first"], "--until", commits["merge"], "--all", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 tried: 3 worked, 0 refused, 0 failed" in done.stdout
    assert commits["second"][:9] in done.stdout and commits["unread"][:9] not in done.stdout


def test_what_does_not_hold_is_a_failure(upstream) -> None:
    repo, commits = upstream
    done = run(repo, "--since", commits["core"], "--until", commits["broken"])
    assert done.returncode == 1
    assert "2 tried: 1 worked, 0 refused, 1 failed" in done.stdout
    assert re.search(r"^ *failed .*lint: .*F821 Undefined name `functools`", done.stdout, re.MULTILINE)


def test_a_directory_that_is_no_clone(tmp_path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "this is not a git repository" in done.stderr and "Traceback" not in done.stderr


def test_a_state_is_probed_as_its_files_are(upstream, tmp_path) -> None:
    repo, commits = upstream
    clone = Clone(repo)
    tree = None
    for number, state in enumerate(clone.history(commits["first"], commits["broken"])):
        tree = CloneTree(clone, state, tree)
        root = tmp_path / str(number)
        root.mkdir()
        clone.lay_out(state, root)
        probed, real = detect(tree), detect(Tree.open(root))
        assert probed.layout == real.layout
        told = [[(p.name, p.found, p.detail) for n in d.probes for p in d.probes[n]] for d in (probed, real)]
        assert told[0] == told[1]
        assert not check_read(tree.sources())
    clone.close()


def test_files_that_decide_are_those_that_layouts_read() -> None:
    assert check_read(["src/aiconfigurator/sdk/common.py", "src/aiconfigurator/sdk/models/base.py"]) == []
    assert check_read(["src/aiconfigurator/sdk/utils.py"]) == ["src/aiconfigurator/sdk/utils.py"]
    one = {"src/aiconfigurator/sdk/utils.py": "a", "src/aiconfigurator/sdk/common.py": "b"}
    assert State("", "", "", one).read == State("", "", "", {**one, "src/aiconfigurator/sdk/utils.py": "c"}).read
    assert State("", "", "", one).read != State("", "", "", {**one, "src/aiconfigurator/sdk/common.py": "c"}).read


@pytest.mark.parametrize(
    ("name", "sabotage", "reason"),
    [
        ("remove_op", lambda real: lambda root, ops: None, "remove: AssertionError: differ: "),
        ("apply_plan", lambda real: lambda plan: None, "apply: AssertionError: differ: "),
        ("check_nothing_to_do", lambda real: lambda plan: real(ONE_LEFT), "apply again: AssertionError: not recog"),
        ("assert_clean", lambda real: lambda root, changes: real(root, dirty(root, changes)), "lint: AssertionError: "),
    ],
)
def test_a_broken_promise_is_a_failure(name, sabotage, reason, tmp_path, monkeypatch) -> None:
    specs = load_specs([SPEC])
    root = copy_fixture("v0_8", tmp_path)
    shutil.copy(SPEC.parent / "data" / "new_op_tokens_perf.csv", tmp_path)
    assert trials.try_out(root, specs).outcome == "worked"  # the control
    monkeypatch.setattr(trials, name, sabotage(getattr(trials, name)))
    trial = trials.try_out(root, specs)
    assert trial.outcome == "failed"
    assert trial.reason.startswith(reason)


class _Plan:
    """A plan with something left to do."""

    class _Step:
        op, key, edits = "new_op_tokens", "query", (type("Edit", (), {"done": False}),)

    steps = (_Step,)


ONE_LEFT = _Plan


def dirty(root: Path, changes):
    """What was inserted has a name that nothing defines."""
    path = root / "src/aiconfigurator/sdk/perf_database.py"
    path.write_text(path.read_text(encoding="utf-8").replace("functools.lru_cache", "lru_cache_of"), encoding="utf-8")
    return changes
