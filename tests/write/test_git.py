"""Git: what is asked of it, what it is kept from doing, and which of its states are refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safety import world as worlds
from safety.world import COMMON, DATABASE, FILES, PACKAGE, World, apply_plan, git

from newop_gen.plan import Plan, Prepared
from newop_gen.problems import CheckoutRefused, IoFault
from newop_gen.runs import remove_op
from newop_gen.write.state import Home
from newop_gen.write.status import status
from newop_gen.write.targets import check_plan


def refusal(work: Callable[[], object]) -> list[str]:
    with pytest.raises(CheckoutRefused) as caught:
        work()
    return [p.code for p in caught.value.problems]


def applies(world: World) -> None:
    """Apply, remove, and everything is as before."""
    before = worlds.snapshot(world.root)
    assert not apply_plan(worlds.plan(world.root)).nothing
    assert worlds.snapshot(world.root) != before
    remove_op(world.root, ("demo",))
    assert worlds.snapshot(world.root) == before


def foreseen(plan: Plan) -> None:
    """What a dry run says of an apply."""
    check_plan(Home.of(plan.root), Prepared.of(plan), {})


# F1: dirt


@pytest.mark.parametrize("staged", [False, True])
def test_a_dirty_target_is_refused(repo: World, staged: bool) -> None:
    (repo.root / COMMON).write_bytes(FILES[COMMON] + b"# mine\n")
    if staged:
        git(repo, "add", COMMON)
    plan = worlds.plan(repo.root)
    assert refusal(lambda: apply_plan(plan)) == ["dirty"]
    assert refusal(lambda: foreseen(plan)) == ["dirty"]
    with pytest.raises(CheckoutRefused, match="your lines stay as they are"):  # nobody is told to stash: it conflicts
        foreseen(plan)
    apply_plan(plan, allow_dirty=True)
    remove_op(repo.root, ("demo",))
    assert (repo.root / COMMON).read_bytes() == FILES[COMMON] + b"# mine\n"


def test_staged_and_then_changed_back_is_dirty(repo: World) -> None:
    (repo.root / COMMON).write_bytes(FILES[COMMON] + b"# mine\n")
    git(repo, "add", COMMON)
    (repo.root / COMMON).write_bytes(FILES[COMMON])
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["dirty"]


def test_dirt_elsewhere_is_nobodys_business(repo: World) -> None:
    (repo.root / "README.md").write_bytes(b"changed\n")
    (repo.root / "untracked.txt").write_bytes(b"new\n")
    applies(repo)


@pytest.mark.parametrize("stage", ["nothing", "the first op", "both ops", "commit the first"])
def test_the_tools_own_insertions_are_no_dirt(repo: World, stage: str) -> None:
    apply_plan(worlds.plan(repo.root))
    if stage in ("the first op", "commit the first"):
        git(repo, "add", "-A")
    if stage == "commit the first":
        git(repo, "commit", "-qm", "demo")
    apply_plan(worlds.plan(repo.root, "second"))
    if stage == "both ops":
        git(repo, "add", "-A")
    remove_op(repo.root, ("second", "demo"))
    assert {p: (repo.root / p).read_bytes() for p in FILES} == FILES


def test_own_insertions_and_other_dirt_are_dirt(repo: World) -> None:
    apply_plan(worlds.plan(repo.root))
    path = repo.root / COMMON
    path.write_bytes(path.read_bytes() + b"# mine\n")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root, "second"))) == ["dirty"]


def test_an_untracked_target_among_tracked_ones_is_refused(repo: World) -> None:
    git(repo, "rm", "-q", "--cached", COMMON)
    git(repo, "commit", "-qm", "forget it")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["dirty"]


def test_a_package_inside_somebodys_repository_is_not_gits(scratch: Path) -> None:
    """A virtual environment or a sandbox below a repository: nothing there is tracked."""
    outer = scratch / "outer"
    outer.mkdir()
    subprocess.run(["git", "init", "-q", str(outer)], check=True)
    (outer / "own.txt").write_text("x")
    git(outer, "add", "-A")
    git(outer, "commit", "-qm", "start")
    world = worlds.make(outer / "venv")
    applies(world)


# F2: in the middle of something


def test_an_unmerged_index_is_refused(repo: World) -> None:
    git(repo, "checkout", "-q", "-b", "other")
    (repo.root / "README.md").write_bytes(b"theirs\n")
    git(repo, "commit", "-qam", "theirs")
    git(repo, "checkout", "-q", "-")
    (repo.root / "README.md").write_bytes(b"ours\n")
    git(repo, "commit", "-qam", "ours")
    git(repo, "merge", "-q", "other", check=False)
    plan = worlds.plan(repo.root)
    assert refusal(lambda: apply_plan(plan)) == ["git-busy"]
    os.unlink(repo.root / ".git" / "MERGE_HEAD")  # what is left is the index
    assert refusal(lambda: apply_plan(plan)) == ["git-busy"]
    git(repo, "reset", "-q", "--hard")
    applies(repo)


@pytest.mark.parametrize(
    "name", ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "BISECT_LOG"]
)
def test_other_operations_under_way_are_refused(repo: World, name: str) -> None:
    apply_plan(worlds.plan(repo.root, "second"))
    (repo.root / ".git" / name).mkdir() if "-" in name else (repo.root / ".git" / name).touch()
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["git-busy"]
    assert refusal(lambda: remove_op(repo.root, ("second",))) == ["git-busy"]


# F3: odd places


def test_a_detached_head(repo: World) -> None:
    git(repo, "checkout", "-q", "--detach")
    applies(repo)


def test_a_branch_without_commits(plain: World) -> None:
    subprocess.run(["git", "init", "-q", str(plain.root)], check=True)
    applies(plain)
    git(plain, "add", "-A")
    applies(plain)


def test_a_worktree_has_its_own_state(repo: World) -> None:
    git(repo, "worktree", "add", "-q", "../worktree")
    other = World(repo.root.parent / "worktree", repo.state, True)
    apply_plan(worlds.plan(repo.root))
    assert status(other.root).ops == ()
    applies(other)
    assert (repo.root / ".git" / "worktrees" / "worktree" / "newop-gen" / "lock").exists()
    assert (repo.root / ".git" / "newop-gen" / "receipts" / "demo.json").exists()


def test_a_submodule(scratch: Path) -> None:
    inner = worlds.make(scratch / "inner", git=True)
    outer = worlds.make(scratch / "outer", git=True, files={"README.md": b"x"})
    git(outer, "submodule", "add", "-q", str(inner.root), "sub")
    applies(World(outer.root / "sub", outer.state, True))
    assert not (outer.root / ".git" / "newop-gen").exists()
    assert (outer.root / ".git" / "modules" / "sub" / "newop-gen").is_dir()


@pytest.mark.parametrize("below", ["src", PACKAGE])
def test_a_subdirectory_shares_the_state_of_the_repository(repo: World, below: str) -> None:
    from newop_gen.plan import Insertion, Plan, Step

    root = repo.root / below
    path = COMMON.removeprefix(f"{below}/")
    edit = Insertion(path, 0, b"# demo\n")
    plan = Plan(str(root), "synthetic", ("demo",), (Step("demo", "enum", "", (edit,)),), {path: FILES[COMMON]})
    receipt = apply_plan(plan)
    assert receipt.ops[0].edited[0].path == COMMON
    assert [op.op for op in status(repo.root).ops] == ["demo"]
    remove_op(repo.root, ("demo",))
    assert (repo.root / COMMON).read_bytes() == FILES[COMMON]


def test_a_sparse_file_is_not_created_over(repo: World) -> None:
    path = f"{PACKAGE}/systems/demo_perf.txt"
    (repo.root / path).parent.mkdir()
    (repo.root / path).write_bytes(b"tracked")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "table")
    git(repo, "update-index", "--skip-worktree", path)
    (repo.root / path).unlink()
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["exists"]


def test_a_shallow_clone(repo: World) -> None:
    git(repo.root.parent, "clone", "-q", "--depth=1", f"file://{repo.root}", "clone")
    applies(World(repo.root.parent / "clone", repo.state, True))


# F4 and F8


def test_an_ignored_file_is_not_overwritten(repo: World) -> None:
    (repo.root / ".gitignore").write_bytes(b"*.txt\n")
    path = repo.root / PACKAGE / "systems" / "demo_perf.txt"
    path.parent.mkdir()
    plan = worlds.plan(repo.root)
    path.write_bytes(b"mine")
    assert refusal(lambda: apply_plan(plan)) == ["exists"]
    assert path.read_bytes() == b"mine"


def test_git_is_missing(repo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = worlds.plan(repo.root)
    monkeypatch.setenv("PATH", "/nowhere")
    assert refusal(lambda: apply_plan(plan)) == ["git-missing"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a repository away")
def test_a_repository_that_git_will_not_read(repo: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for directory, _, files in os.walk(repo.root):
        for name in ("", *files):
            os.chown(os.path.join(directory, name), 1234, 1234)
    monkeypatch.setenv("HOME", "/nowhere")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["git-failed"]


@pytest.mark.parametrize("lost", ["HEAD", "objects", "a commit"])
def test_a_repository_that_is_broken_is_not_taken_for_none(repo: World, lost: str) -> None:
    """Git says of the first two that there is no repository, and of the last what it says of an unborn branch."""
    where = repo.root / ".git"
    if lost == "HEAD":
        (where / "HEAD").write_bytes(b"")
    elif lost == "objects":
        (where / "objects").rename(where / "lost")
    else:
        commit = git(repo, "rev-parse", "HEAD").strip()
        (where / "objects" / commit[:2] / commit[2:]).unlink()
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["git-failed"]


@pytest.mark.parametrize("left", [["objects", "refs", "config"], ["objects"], ["index"]])
def test_what_is_left_of_a_repository_is_not_taken_for_none(repo: World, left: list[str]) -> None:
    for path in (repo.root / ".git").iterdir():
        if path.name not in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["git-failed"]


@pytest.mark.parametrize("name", ["config", "index", "HEAD", "packed-refs"])
def test_a_pipe_in_the_git_directory_is_not_waited_for(repo: World, name: str) -> None:
    (repo.root / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repo.root / ".git" / name)
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["git-failed"]


def test_git_is_given_a_time(repo: World, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A linked git directory is git's to look into: there the time ends what does not."""
    where = scratch / "elsewhere"
    (repo.root / ".git").rename(where)
    (repo.root / ".git").write_text(f"gitdir: {where}\n")
    (where / "config").unlink()
    os.mkfifo(where / "config")
    monkeypatch.setattr("newop_gen.write.git.SECONDS", 1)
    assert refusal(lambda: Home.of(repo.root)) == ["git-slow"]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends the children of a process that was killed")
def test_git_ends_with_who_asked_it(repo: World, scratch: Path) -> None:
    where = scratch / "elsewhere"
    (repo.root / ".git").rename(where)
    (repo.root / ".git").write_text(f"gitdir: {where}\n")
    (where / "config").unlink()
    os.mkfifo(where / "config")
    asking = subprocess.Popen(
        [sys.executable, "-c", "import sys; from newop_gen.write.state import Home; Home.of(sys.argv[1])", repo.root]
    )

    def children() -> list[str]:
        return Path(f"/proc/{asking.pid}/task/{asking.pid}/children").read_text().split()

    while not children():
        assert asking.poll() is None
    git_id = children()[0]
    asking.kill()
    asking.wait()
    for _ in range(100):
        if not Path(f"/proc/{git_id}").exists() or " Z " in Path(f"/proc/{git_id}/stat").read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"git {git_id} outlives who asked it")


def test_no_repository_where_git_is_missing(plain: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    applies(plain)


@pytest.mark.parametrize("setting", ["true", "input"])
def test_autocrlf(repo: World, setting: str) -> None:
    git(repo, "config", "core.autocrlf", setting)
    git(repo, "rm", "-q", "-r", "--cached", ".")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "normalised", check=False)
    assert b"\r\n" in (repo.root / DATABASE).read_bytes()
    assert "\r" not in git(repo, "show", f"HEAD:{DATABASE}")
    applies(repo)


def test_lfs_pointers_are_compared_with_what_they_stand_for(repo: World) -> None:
    from newop_gen.write.git import lfs_pointer

    data = FILES[COMMON]
    (repo.root / ".gitattributes").write_bytes(b"common.py filter=lfs\n")
    (repo.root / COMMON).write_bytes(lfs_pointer(data))
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "lfs")
    (repo.root / COMMON).write_bytes(data)
    applies(repo)
    (repo.root / COMMON).write_bytes(data + b"# mine\n")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["dirty"]


def test_a_filter_that_is_not_known_is_not_run_but_said(repo: World) -> None:
    (repo.root / ".gitattributes").write_bytes(b"common.py filter=secret\n")
    git(repo, "config", "filter.secret.clean", "sed s/gemm/mmeg/")
    git(repo, "add", "-A")
    git(repo, "add", "--renormalize", ".")
    assert b"mmeg" in git(repo, "show", f":{COMMON}").encode()
    git(repo, "commit", "-qm", "filtered")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["dirty"]


# F5 to F7: git is asked, and does nothing


def test_looking_changes_nothing_in_the_git_directory(repo: World) -> None:
    for path in FILES:
        os.utime(repo.root / path, (1, 1))  # the index is stale: whoever may, refreshes it
    before = worlds.snapshot(repo.root, git=True)
    inodes = {p: p.stat().st_ino for p in (repo.root / ".git").rglob("*")}
    foreseen(worlds.plan(repo.root))
    status(repo.root)
    assert worlds.snapshot(repo.root, git=True) == before
    assert {p: p.stat().st_ino for p in (repo.root / ".git").rglob("*")} == inodes
    subprocess.run(["git", "-C", str(repo.root), "status"], capture_output=True, check=True)
    assert worlds.snapshot(repo.root, git=True) != before  # negative control: `git status` does


def test_inherited_variables_do_not_lead_elsewhere(repo: World, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoy = worlds.make(scratch / "decoy", git=True)
    before = worlds.snapshot(decoy.root, git=True)
    monkeypatch.setenv("GIT_DIR", str(decoy.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(decoy.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(decoy.root / ".git" / "index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(decoy.root / ".git" / "objects"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.worktree")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(decoy.root))
    monkeypatch.setenv("GIT_TRACE", str(scratch / "trace"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    applies(repo)
    assert worlds.snapshot(decoy.root, git=True) == before
    assert (repo.root / ".git" / "newop-gen").is_dir() and not (scratch / "trace").exists()


def test_nothing_that_a_repository_configures_is_run(repo: World, scratch: Path) -> None:
    canary = scratch / "canary"
    script = scratch / "canary.sh"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
    script.chmod(0o755)
    hooks = scratch / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        shutil.copy(script, hooks / hook)
    for key in ("core.fsmonitor", "filter.f.clean", "filter.f.smudge", "filter.f.process", "diff.d.textconv", "diff.external",
                "core.pager", "pager.ls-files", "alias.ls-files", "core.sshCommand", "core.editor", "gpg.program"):  # fmt: skip
        git(repo, "config", key, f"!{script}" if key.startswith("alias") else str(script))
    git(repo, "config", "core.hooksPath", str(hooks))
    info = repo.root / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* diff=d\nREADME.md filter=f\n")
    canary.unlink(missing_ok=True)
    applies(repo)
    assert not canary.exists(), canary.read_text()
    # Negative control: the same repository does run them when git is asked in the ordinary way.
    os.utime(repo.root / "README.md")
    git(repo, "status")
    assert canary.exists()


def test_the_state_is_the_owners_alone(repo: World) -> None:
    apply_plan(worlds.plan(repo.root))
    state = repo.root / ".git" / "newop-gen"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert stat.S_IMODE((state / "receipts" / "demo.json").stat().st_mode) == 0o600
    assert git(repo, "status", "--porcelain", "--ignored").count("newop-gen") == 0


def test_state_without_git_is_outside_the_tree(plain: World, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_plan(worlds.plan(plain.root))
    assert (worlds.key(plain) / "receipts" / "demo.json").exists()
    remove_op(plain.root, ("demo",))
    monkeypatch.setenv("XDG_STATE_HOME", str(plain.root / "inside"))
    assert refusal(lambda: apply_plan(worlds.plan(plain.root))) == ["state-inside"]


def test_a_linked_state_directory_is_refused(repo: World, scratch: Path) -> None:
    (scratch / "elsewhere").mkdir()
    (repo.root / ".git" / "newop-gen").symlink_to(scratch / "elsewhere")
    assert refusal(lambda: apply_plan(worlds.plan(repo.root))) == ["state"]
    assert list((scratch / "elsewhere").iterdir()) == []


def test_a_lock_that_is_none_is_named(repo: World) -> None:
    (repo.root / ".git" / "newop-gen" / "lock").mkdir(parents=True)
    with pytest.raises(IoFault, match="newop-gen/lock"):
        apply_plan(worlds.plan(repo.root))
