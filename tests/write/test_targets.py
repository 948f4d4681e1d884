"""Which files may be written: links, special files, permissions, and what a write keeps."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
from pathlib import Path

import pytest
from safety import world as worlds
from safety.ordinary import as_ordinary_user, give_away
from safety.world import COMMON, MODELS, OPERATIONS, PACKAGE, World, apply_plan

from newop_gen import runs
from newop_gen.plan import Creation, Insertion, Plan, Prepared, Step
from newop_gen.problems import CheckoutRefused, NewopError
from newop_gen.runs import remove_op


def plan_for(world: World, path: str, *, creates: bool = False) -> Plan:
    """One edit of `path`, planned from what can be read there."""
    if creates:
        return Plan(str(world.root), "synthetic", ("demo",), (Step("demo", "data", "", (Creation(path, b"x\n"),)),), {})
    data = (world.root / path).read_bytes()
    edit = Insertion(path, len(data), b"# demo\n")
    return Plan(str(world.root), "synthetic", ("demo",), (Step("demo", "enum", "", (edit,)),), {path: data})


def refusal(world: World, plan: Plan) -> list[str]:
    """The codes of a refusal; the world, its surroundings and its modes must be as before."""
    before = worlds.snapshot(world.root.parent, git=True)
    with pytest.raises(CheckoutRefused) as caught:
        runs.apply_plan(Prepared(plan, tuple(plan.changes())))
    after = worlds.snapshot(world.root.parent, git=True)
    for state in (before, after):
        for path in list(state):
            if path.startswith("state") or "/.git/newop-gen" in path:
                del state[path]
    assert after == before
    return [p.code for p in caught.value.problems]


@pytest.mark.parametrize("where", ["inside", "outside", "hooks"])
def test_a_linked_file_is_refused(plain: World, where: str) -> None:
    real = {
        "inside": plain.root / "elsewhere.py",
        "outside": plain.root.parent / "secret.py",
        "hooks": plain.root / ".git" / "hooks" / "pre-commit",
    }[where]
    real.parent.mkdir(parents=True, exist_ok=True)
    target = plain.root / COMMON
    os.replace(target, real)
    target.symlink_to(real)
    plan = plan_for(plain, COMMON)
    if where == "hooks":
        (plain.root / ".git").rename(plain.root / "git")
        target.unlink()
        target.symlink_to(plain.root / "git" / "hooks" / "pre-commit")
    assert refusal(plain, plan) == ["symlink"]


@pytest.mark.parametrize("depth", ["sdk", ""])
def test_a_linked_directory_that_leads_out_is_refused(plain: World, depth: str) -> None:
    directory = plain.root / PACKAGE / depth
    outside = plain.root.parent / "outside"
    directory.rename(outside)
    directory.symlink_to(outside)
    assert refusal(plain, plan_for(plain, COMMON)) == ["symlink"]
    assert refusal(plain, plan_for(plain, f"{PACKAGE}/sdk/new.py", creates=True)) == ["symlink"]


def test_a_link_into_the_git_directory_is_refused(repo: World) -> None:
    (repo.root / PACKAGE / "systems").symlink_to(repo.root / ".git")
    assert refusal(repo, plan_for(repo, f"{PACKAGE}/systems/config_perf.txt", creates=True)) == ["symlink"]


@pytest.mark.parametrize("target", ["loop", "nowhere"])
def test_links_that_lead_nowhere_are_refused(plain: World, target: str) -> None:
    link = plain.root / PACKAGE / "systems"
    link.symlink_to(link if target == "loop" else plain.root.parent / "nowhere")
    assert refusal(plain, plan_for(plain, f"{PACKAGE}/systems/a.txt", creates=True))


def test_a_linked_directory_within_the_checkout_is_followed_to_its_place(plain: World) -> None:
    """Upstream has two of them, into the package that the data moved to."""
    core = plain.root / "aic-core" / "systems"
    core.mkdir(parents=True)
    (plain.root / PACKAGE / "systems").symlink_to("../../aic-core/systems")
    receipt = apply_plan(plan_for(plain, f"{PACKAGE}/systems/a.txt", creates=True))
    assert (core / "a.txt").read_bytes() == b"x\n"
    assert receipt.ops[0].created[0].path == "aic-core/systems/a.txt"
    remove_op(plain.root, ("demo",))
    assert not (core / "a.txt").exists() and core.is_dir()


def test_one_file_under_two_names_is_refused(plain: World) -> None:
    (plain.root / "other").symlink_to(plain.root / PACKAGE / "sdk")
    data = (plain.root / COMMON).read_bytes()
    edits = tuple(Insertion(path, 0, b"# x\n") for path in (COMMON, "other/common.py"))
    sources = {COMMON: data, "other/common.py": data}
    plan = Plan(str(plain.root), "synthetic", ("demo",), (Step("demo", "enum", "", edits),), sources)
    assert refusal(plain, plan) == ["twice"]


@pytest.mark.parametrize(
    "path",
    [
        "../outside.txt",
        "/tmp/absolute.txt",
        "a/../../b",
        "a//b",
        ".git/hooks/pre-commit",
        "a/.GIT/b",
        "./a",
        "",
        "a\\b",
        "a\0b",
    ],
)
def test_paths_that_leave_the_checkout_are_refused(plain: World, path: str) -> None:
    assert refusal(plain, plan_for(plain, path, creates=True)) == ["path"]


def test_special_files_are_refused(plain: World) -> None:
    target = plain.root / COMMON
    plan = plan_for(plain, COMMON)
    # A FIFO would never end when read; what stands there is looked at first.
    for kind in ("fifo", "directory", "socket"):
        target.unlink()
        if kind == "fifo":
            os.mkfifo(target)
        elif kind == "directory":
            target.mkdir()
        else:
            os.chdir(target.parent)  # socket paths are short
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(target.name)
            os.chdir("/")
        with pytest.raises(CheckoutRefused):
            apply_plan(plan)
        assert stat.S_IFMT(target.lstat().st_mode) != stat.S_IFREG
        target.rmdir() if kind == "directory" else None
        target.touch() if kind == "directory" else None


@pytest.mark.parametrize("kind", ["file", "link", "directory", "dangling"])
def test_nothing_is_put_over_what_exists(plain: World, kind: str) -> None:
    path = f"{PACKAGE}/sdk/new.txt"
    full = plain.root / path
    if kind == "file":
        full.write_bytes(b"mine")
    elif kind == "directory":
        full.mkdir()
    else:
        full.symlink_to(plain.root / ("README.md" if kind == "link" else "nowhere"))
    assert refusal(plain, plan_for(plain, path, creates=True))[0] in ("exists", "symlink", "not-regular")


def test_a_hard_link_is_broken_and_said_so(plain: World) -> None:
    other = plain.root.parent / "store.py"
    os.link(plain.root / COMMON, other)
    before = other.read_bytes()
    receipt = apply_plan(plan_for(plain, COMMON))
    assert other.read_bytes() == before and (plain.root / COMMON).read_bytes() != before
    assert any("hard links" in note for note in receipt.notes)


@pytest.mark.parametrize("what", ["file", "directory", "new file's directory", "above a new directory"])
def test_read_only_is_respected(plain: World, what: str) -> None:
    give_away(plain.root.parent)
    sdk = plain.root / PACKAGE / "sdk"
    os.chmod(plain.root / COMMON if what == "file" else sdk, 0o444 if what == "file" else 0o555)
    created = {"new file's directory": f"{PACKAGE}/sdk/new.txt", "above a new directory": f"{PACKAGE}/sdk/a/b/new.txt"}
    plan = plan_for(plain, created.get(what, COMMON), creates=what in created)
    before = worlds.snapshot(plain.root)
    try:
        outcome = as_ordinary_user(lambda: apply_plan(plan))
        assert outcome.exit_code == 3 and outcome.codes == ["read-only"], outcome.text
        assert worlds.snapshot(plain.root) == before
    finally:
        os.chmod(sdk, 0o755)


def test_the_ordinary_user_can_write_where_it_may(plain: World) -> None:
    """The other tests as an ordinary user fail for the reason they say."""
    give_away(plain.root.parent)
    plan = plan_for(plain, COMMON)
    assert as_ordinary_user(lambda: apply_plan(plan)).exit_code == 0


def test_a_read_only_file_is_refused_even_for_root(plain: World) -> None:
    os.chmod(plain.root / COMMON, 0o444)
    assert refusal(plain, plan_for(plain, COMMON)) == ["read-only"]


def test_modes_and_owners_and_attributes_are_kept(plain: World) -> None:
    target = plain.root / OPERATIONS
    os.chmod(target, 0o750)
    if os.getuid() == 0:
        os.chown(target, 1234, 4321)
    attributes = True
    try:
        os.setxattr(target, "user.note", b"kept")
    except (OSError, AttributeError):
        attributes = False
    before = target.stat()
    apply_plan(plan_for(plain, OPERATIONS))
    after = target.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert after.st_ino != before.st_ino
    if attributes:
        assert os.getxattr(target, "user.note") == b"kept"


def test_a_new_file_has_its_mode_and_the_umask(plain: World) -> None:
    before = os.umask(0o027)
    try:
        apply_plan(plan_for(plain, f"{PACKAGE}/sdk/new.txt", creates=True))
    finally:
        os.umask(before)
    assert stat.S_IMODE((plain.root / PACKAGE / "sdk/new.txt").stat().st_mode) == 0o640


def test_files_that_are_no_targets_are_not_touched(plain: World) -> None:
    others = [p for p in worlds.FILES if p not in (COMMON,)]
    before = {p: (plain.root / p).stat() for p in others}
    apply_plan(plan_for(plain, COMMON))
    for path, status in before.items():
        now = (plain.root / path).stat()
        assert (now.st_ino, now.st_mtime_ns, now.st_ctime_ns) == (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def test_a_removed_op_leaves_a_fresh_modification_time(plain: World) -> None:
    """A bytecode cache made from the file with the op must not fit the file without it."""
    os.utime(plain.root / COMMON, ns=(10**18, 10**18))
    apply_plan(plan_for(plain, COMMON))
    remove_op(plain.root, ("demo",))
    assert (plain.root / COMMON).read_bytes() == worlds.FILES[COMMON]
    assert (plain.root / COMMON).stat().st_mtime_ns > 10**18 + 10**17


@pytest.mark.skipif(sys.platform == "darwin", reason="names must be UTF-8 there")
@pytest.mark.parametrize("name", ["with space", "-leading", "new\nline", "ünï", os.fsdecode(b"latin-\xe9")])
def test_odd_names_work(scratch: Path, name: str) -> None:
    world = worlds.make(scratch / name, git=True)
    apply_plan(worlds.plan(world.root))
    (world.root / PACKAGE / name).mkdir()
    path = f"{PACKAGE}/{name}/{name}.txt"
    create = Step("odd", "data", "", (Creation(path, b"x"),))
    apply_plan(Plan(str(world.root), "synthetic", ("odd",), (create,), {}))
    assert (world.root / path).exists()
    remove_op(world.root, ("demo", "odd"))
    (world.root / PACKAGE / name).rmdir()
    assert {p: (world.root / p).read_bytes() for p in worlds.FILES} == worlds.FILES


def test_a_name_that_is_too_long_is_refused_cleanly(plain: World) -> None:
    with pytest.raises(NewopError) as caught:
        apply_plan(plan_for(plain, f"{PACKAGE}/{'x' * 300}.txt", creates=True))
    assert caught.value.exit_code in (3, 5)
    assert {p: (plain.root / p).read_bytes() for p in worlds.FILES} == worlds.FILES


def test_all_targets_are_checked_before_the_first_is_written(plain: World) -> None:
    plan = worlds.plan(plain.root)
    os.chmod(plain.root / MODELS, 0o444)  # the last one that is edited
    before = worlds.snapshot(plain.root)
    with pytest.raises(CheckoutRefused):
        apply_plan(plan)
    assert worlds.snapshot(plain.root) == before


def test_a_plan_that_breaks_its_promise_is_not_written(plain: World) -> None:
    """The postcondition: no Python any more. What does not hold it is not handed on to be written."""
    data = worlds.FILES[COMMON]
    for text in (b"def broken(:\n", b"\0"):
        step = Step("demo", "enum", "", (Insertion(COMMON, 0, text),))
        plan = Plan(str(plain.root), "synthetic", ("demo",), (step,), {COMMON: data})
        with pytest.raises(CheckoutRefused) as caught:
            apply_plan(plan)
        assert [p.code for p in caught.value.problems] == ["postcondition"]


def test_writes_that_stop_short_go_on(plain: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may write less than it was asked to, and says so."""
    whole, asked = os.write, []

    def short(fd: int, data: bytes) -> int:
        asked.append(len(data))
        return whole(fd, data[:7])

    plan = worlds.plan(plain.root)
    wanted = {change.path: change.after for change in plan.changes()}
    monkeypatch.setattr(os, "write", short)
    apply_plan(plan)
    monkeypatch.undo()
    assert {path: (plain.root / path).read_bytes() for path in wanted} == wanted
    assert len(asked) > sum(map(len, wanted.values())) / 7


def test_records_on_another_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git directory, or a state directory, need not be where the work tree is: nothing is renamed between them."""
    with worlds.scratch() as memory:
        if memory.stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("one device holds all temporary files here")
        for git_there in (True, False):
            place = memory / str(git_there)
            place.mkdir()
            world = worlds.make(place, git=git_there)
            elsewhere = tmp_path / str(git_there)
            monkeypatch.setenv("XDG_STATE_HOME", str(elsewhere / "state"))
            if git_there:
                shutil.move(world.root / ".git", elsewhere)
                (world.root / ".git").write_text(f"gitdir: {elsewhere}\n", encoding="utf-8")
            before = worlds.snapshot(world.root)
            apply_plan(worlds.plan(world.root))
            assert list(elsewhere.rglob("receipts/demo.json"))
            assert worlds.snapshot(world.root) != before
            remove_op(world.root, ("demo",))
            assert worlds.snapshot(world.root) == before
