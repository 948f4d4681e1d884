"""Recovery: edits made after a crash, journals that can't be believed, and files that change while they are written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safety import world as worlds
from safety.commands import apply, bring_back, in_child, prepared, remove
from safety.crash import left
from safety.edits import state_of
from safety.faults import Counter, KillAt
from safety.world import COMMON, FILES, MODELS, OPERATIONS, PACKAGE, World, apply_plan

from newop_gen.problems import CheckoutRefused, Interrupted, NewopError
from newop_gen.runs import remove_op
from newop_gen.write import fs, journal
from newop_gen.write.recover import recover
from newop_gen.write.sealed import Broken, seal

EDITED = (COMMON, worlds.DATABASE, OPERATIONS, MODELS)


@pytest.fixture
def scratch() -> Any:
    with worlds.scratch() as directory:
        yield directory


def calls_of(directory: Path, name: str = "apply") -> list[tuple[str, str]]:
    world = prepared(directory / "counted", name)
    counted = in_child(world, {"apply": apply, "remove": remove}[name], Counter())
    shutil.rmtree(directory / "counted")
    return counted.calls


def crashed(directory: Path, before: str, nth: int = 0) -> World:
    """A checkout whose apply was killed before its nth call of a kind."""
    calls = calls_of(directory)
    at = [i for i, (call, _) in enumerate(calls) if call == before][nth]
    world = prepared(directory / "world", "apply")
    assert in_child(world, apply, KillAt(at)).killed
    return world


# Somebody edits a file after the crash and before recovery


@pytest.mark.parametrize("path", EDITED)
@pytest.mark.parametrize("how", ["in place", "by rename", "deleted", "replaced by a link"])
def test_an_edit_after_the_crash_is_never_lost(scratch: Path, path: str, how: str) -> None:
    world = crashed(scratch, "link")  # all edited files are exchanged, no new file is there yet
    mine = (world.root / path).read_bytes() + b"# mine\n"
    target = world.root / path
    if how == "in place":
        target.write_bytes(mine)
    elif how == "by rename":
        (world.root / "aside").write_bytes(mine)
        os.replace(world.root / "aside", target)
    else:
        target.unlink()
        if how != "deleted":
            target.symlink_to(world.root / "README.md")
    before = worlds.snapshot(world.root)
    for _ in range(2):  # and again: it stays as it is
        outcome = in_child(world, bring_back)
        assert outcome.exit_code == 6 and outcome.codes == ["edited-since"], outcome.text
        assert worlds.snapshot(world.root) == before
    assert path in outcome.text and "--keep-edits" in outcome.text
    old = Path(next(word.rstrip(";,") for word in outcome.text.split() if "transaction-" in word))
    assert old.read_bytes() == FILES[path]
    # Another command does not go on either.
    assert in_child(world, remove).exit_code == 6

    kept = in_child(world, lambda w: bring_back(w, keep_edits=True))
    assert kept.exit_code == 0, kept.text
    for other, data in FILES.items():
        if other != path:
            assert (world.root / other).read_bytes() == data
    if how in ("in place", "by rename"):
        assert target.read_bytes() == mine
    else:
        assert not target.is_file() or target.is_symlink()
    copies = [p for p in left(world) if p.startswith("kept/")]
    assert [(worlds.key(world) / p).read_bytes() for p in copies] == [FILES[path]]
    assert not [p for p in worlds.snapshot(world.root) if ".newop-gen-" in p]
    assert in_child(world, bring_back).value.outcome == "nothing"


@pytest.mark.parametrize("path", EDITED)
def test_an_edit_of_a_file_that_was_not_reached_stays(scratch: Path, path: str) -> None:
    world = crashed(scratch, "exchange")  # everything is staged, nothing exchanged
    mine = FILES[path] + b"# mine\n"
    (world.root / path).write_bytes(mine)
    outcome = in_child(world, bring_back)
    assert outcome.exit_code == 0, outcome.text
    assert (world.root / path).read_bytes() == mine
    assert {p: d for p, d in FILES.items() if p != path} == {
        p: (world.root / p).read_bytes() for p in FILES if p != path
    }


def test_an_edit_that_brings_the_old_bytes_back_is_no_conflict(scratch: Path) -> None:
    world = crashed(scratch, "link")
    (world.root / COMMON).write_bytes(FILES[COMMON])
    assert in_child(world, bring_back).exit_code == 0
    assert {p: (world.root / p).read_bytes() for p in FILES} == FILES


def test_a_pre_image_that_is_gone_is_said(scratch: Path) -> None:
    """Where files can't be exchanged, the pre-image is the only copy."""

    def bare(world: World) -> Any:
        fs.exchange = lambda *arguments: False  # type: ignore[assignment]
        return apply(world)

    world = prepared(scratch / "world", "apply")
    counted = in_child(worlds.copy(world, scratch / "counted"), bare, Counter())
    at = next(i for i, (call, _) in enumerate(counted.calls) if call == "link")
    assert in_child(world, bare, KillAt(at)).killed
    images = next(worlds.key(world).glob("transaction-*"))
    (images / "0").write_bytes(b"altered")
    outcome = in_child(world, bring_back)
    assert outcome.exit_code == 6 and outcome.codes == ["no-pre-image"]


# Journals that can't be believed


def a_journal(world: World) -> Path:
    return next(worlds.key(world).glob("journal.*.json"))


def assert_not_believed(world: World) -> None:
    before = worlds.snapshot(world.root.parent, git=True)
    outcome = in_child(world, bring_back)
    assert outcome.exit_code == 6 and outcome.codes == ["journal"], outcome
    assert worlds.snapshot(world.root.parent, git=True) == before


def test_a_journal_with_any_byte_flipped_is_not_believed(scratch: Path) -> None:
    world = crashed(scratch, "exchange", 1)
    data = a_journal(world).read_bytes()
    for at in range(len(data)):
        with pytest.raises(Broken):
            journal.load(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
    assert journal.load(data).command == "apply"
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    a_journal(world).write_bytes(flipped)
    assert_not_believed(world)
    a_journal(world).write_bytes(data)
    assert in_child(world, bring_back).exit_code == 0


@pytest.mark.parametrize("keep", [0, 1, 100, -1])
def test_a_journal_cut_short_is_not_believed(scratch: Path, keep: int) -> None:
    world = crashed(scratch, "exchange", 1)
    data = a_journal(world).read_bytes()
    a_journal(world).write_bytes(data[:keep])
    assert_not_believed(world)


def test_two_journals_are_not_believed(scratch: Path) -> None:
    world = crashed(scratch, "exchange", 1)
    shutil.copy(a_journal(world), worlds.key(world) / "journal.prepared.json")
    assert_not_believed(world)


HOSTILE: list[Callable[[dict[str, Any]], None]] = [
    lambda b: b["entries"][0].update(path="../../etc/passwd"),
    lambda b: b["entries"][0].update(path="/etc/passwd"),
    lambda b: b["entries"][0].update(path=".git/hooks/pre-commit"),
    lambda b: b["entries"][0].update(path="src/.GIT/config"),
    lambda b: b["entries"][0].update(path="a\0b"),
    lambda b: b["entries"][0].update(path=""),
    lambda b: b["entries"][0].update(path=["a"]),
    lambda b: b["entries"][0].update(path="src/.newop-gen-0123456789abcdef-0"),
    lambda b: b["entries"][0].update(before="abc"),
    lambda b: b["entries"][0].update(before=None),
    lambda b: b["entries"][0].update(action="chmod"),
    lambda b: b["entries"].append(dict(b["entries"][0])),
    lambda b: b.update(id="../../.."),
    lambda b: b.update(id="0123456789abcdef/.."),
    lambda b: b.update(made=["../outside"]),
    lambda b: b.update(dropped=["/"]),
    lambda b: b.update(receipts={"../x": "y"}),
    lambda b: b.update(receipts={"demo": 1}),
    lambda b: b.pop("entries"),
    lambda b: b.update(entries=5),
    lambda b: b.update(version=2),
    lambda b: b.update(kind="newop-gen receipt"),
    lambda b: b["receipts"].update(demo="\u00e9"),
    lambda b: b["receipts"].update(demo="\ud800"),
    lambda b: b["entries"][0].update(path="x\ud800y"),
    lambda b: b["made"].append("x\ud800y"),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_journal_that_names_anything_else_is_not_believed(scratch: Path, number: int) -> None:
    """With a checksum that fits: whoever wrote it knows how."""
    world = crashed(scratch, "exchange", 1)
    body = json.loads(a_journal(world).read_bytes())
    del body["sha256"]
    HOSTILE[number](body)
    kind, version = body.pop("kind"), body.pop("version")
    a_journal(world).write_bytes(seal(kind, version, body))
    assert_not_believed(world)


def test_a_journal_in_the_work_tree_means_nothing(scratch: Path) -> None:
    """What a pull request can bring along: a state directory at a place that a work tree can have."""
    world = crashed(scratch, "exchange", 1)
    other = worlds.make(scratch / "other", git=True)
    for place in ("newop-gen", ".newop-gen", "git/newop-gen"):
        shutil.copytree(worlds.key(world), other.root / place)
    before = worlds.snapshot(other.root, git=True)
    with state_of(other):
        assert recover(other.root).outcome == "nothing"
    assert worlds.snapshot(other.root, git=True) == before


def test_a_broken_receipt_stops_what_needs_it(scratch: Path) -> None:
    world = prepared(scratch / "world", "remove")
    path = worlds.key(world) / "receipts" / "demo.json"
    data = path.read_bytes()
    for broken in (data[:-10], b"", data.replace(b'"layout"', b'"layuot"'), b"[]"):
        path.write_bytes(broken)
        before = worlds.snapshot(world.root)
        outcome = in_child(world, remove)
        assert outcome.exit_code == 6 and outcome.codes == ["receipt"]
        assert worlds.snapshot(world.root) == before
    body = json.loads(data)
    body["edited"][0]["path"] = "../../outside.py"
    del body["sha256"]
    kind, version = body.pop("kind"), body.pop("version")
    path.write_bytes(seal(kind, version, body))
    assert in_child(world, remove).codes == ["receipt"]


@pytest.mark.parametrize("how", [bring_back, apply])
def test_an_interrupted_run_is_found_without_the_locks_file(scratch: Path, how: Any) -> None:
    world = crashed(scratch, "exchange", 2)
    (worlds.key(world) / "lock").unlink()
    mixed = worlds.snapshot(world.root)
    assert in_child(world, how).exit_code == 0
    with state_of(world):
        assert worlds.snapshot(world.root) != mixed
        assert recover(world.root).outcome == "nothing" and left(world) <= {"receipts/demo.json"}


def test_a_receipt_of_any_size_is_not_read_whole(scratch: Path) -> None:
    world = prepared(scratch / "world", "remove")
    path = worlds.key(world) / "receipts" / "demo.json"
    os.truncate(path, 40 << 30)
    assert in_child(world, remove).codes == ["receipt"]


@pytest.mark.parametrize("git", [False, True])
def test_a_directory_of_records_is_named_on_disk_before_what_is_in_it(scratch: Path, git: bool) -> None:
    """After each directory that is made for records, the one above it is brought to disk, before anything else."""
    world = worlds.make(scratch / "world", git=git)
    calls = in_child(world, apply, Counter()).calls
    made = [at for at, (call, name) in enumerate(calls) if call == "mkdir" and name in ("newop-gen", "receipts")]
    assert len(made) == 2
    assert all(calls[at + 1][0] == "fsync" for at in made)


# Files that change while they are written


class Meddler(Counter):
    """Does something to the checkout before call number `at`, once."""

    def __init__(self, at: int, deed: Callable[[], None]) -> None:
        super().__init__()
        self.at, self.deed = at, deed

    def __call__(self, call: str, name: str) -> None:
        if len(self.calls) == self.at:
            self.fired += 1
            self.deed()
        super().__call__(call, name)


MINE = b"# somebody else was here\n"


def _save(world: World, path: str) -> None:
    aside = world.root.parent / "aside"
    aside.write_bytes(MINE + (world.root / path).read_bytes())
    os.replace(aside, world.root / path)


def _write_in_place(world: World, path: str) -> None:
    data = (world.root / path).read_bytes()
    (world.root / path).write_bytes(MINE + data)


def _link_out(world: World, path: str) -> None:
    """The directory becomes a link to one outside, with the same files in it."""
    directory = (world.root / path).parent
    outside = world.root.parent / "outside"
    shutil.copytree(directory, outside)
    shutil.copytree(outside, world.root.parent / "outside-then")
    directory.rename(world.root.parent / "moved")
    directory.symlink_to(outside)


@pytest.mark.parametrize("deed", [_save, _write_in_place], ids=["save", "write in place"])
@pytest.mark.parametrize("path", [COMMON, MODELS])
def test_a_save_at_any_moment_is_not_lost(scratch: Path, deed: Callable[[World, str], None], path: str) -> None:
    start = prepared(scratch / "start", "apply")
    calls = calls_of(scratch)
    refused = done = 0
    for at in range(len(calls)):
        world = worlds.copy(start, scratch / "case")
        hook = Meddler(at, lambda world=world: deed(world, path))
        outcome = in_child(world, apply, hook)
        what = f"{deed.__name__} before call {at} {calls[at]}: {outcome}"
        assert outcome.fired == 1 and outcome.exit_code in (0, 3), what
        text = (world.root / path).read_bytes()
        assert text.startswith(MINE), what
        others = {p: (world.root / p).read_bytes() for p in FILES if p != path}
        if outcome.exit_code == 3:
            refused += 1
            assert text == MINE + FILES[path], what
            assert others == {p: d for p, d in FILES.items() if p != path}, what
        else:
            done += 1
            assert all(others[p] != FILES[p] for p in EDITED if p != path), what
        assert not [p for p in worlds.snapshot(world.root) if ".newop-gen-" in p], what
        shutil.rmtree(world.root.parent)
    assert refused > 20 and done > 5


def test_what_is_written_to_a_file_that_was_open_before_is_kept(scratch: Path) -> None:
    """An editor that holds the old file open and writes to it, at any moment up to the receipts."""
    start = prepared(scratch / "start", "apply")
    calls = calls_of(scratch)
    last = max(at for at, call in enumerate(calls) if call == ("rename", "journal.committed.json"))
    late = 0
    for at in range(last):
        world = worlds.copy(start, scratch / "case")
        editor = os.open(world.root / COMMON, os.O_RDWR)
        outcome = in_child(world, apply, Meddler(at, lambda editor=editor: os.pwrite(editor, MINE, 0)))
        os.close(editor)
        kept = [(worlds.key(world) / p).read_bytes() for p in left(world) if p.startswith("kept/")]
        here = (world.root / COMMON).read_bytes().startswith(MINE)
        late += bool(kept)
        what = f"before call {at} {calls[at]}: {outcome}"
        assert outcome.fired == 1 and outcome.exit_code in (0, 3), what
        assert here or any(data.startswith(MINE) for data in kept), what
        shutil.rmtree(world.root.parent)
    assert late


def test_a_directory_swapped_for_a_link_leads_nowhere(scratch: Path) -> None:
    start = prepared(scratch / "start", "apply")
    calls = calls_of(scratch)
    fired = 0
    for at in range(0, len(calls), 2):
        world = worlds.copy(start, scratch / "case")
        outcome = in_child(world, apply, Meddler(at, lambda world=world: _link_out(world, COMMON)))
        fired += outcome.fired
        then, now = (worlds.snapshot(world.root.parent / name) for name in ("outside-then", "outside"))
        assert now == then, f"before call {at} {calls[at]}"
        assert outcome.exit_code is not None, outcome.text
        shutil.rmtree(world.root.parent)
    assert fired == len(range(0, len(calls), 2))


def test_a_file_that_comes_where_one_is_created_is_not_overwritten(scratch: Path) -> None:
    start = prepared(scratch / "start", "apply")
    calls = calls_of(scratch)
    path = f"{PACKAGE}/systems/demo_perf.txt"
    seen = set()
    for at in range(len(calls)):
        world = worlds.copy(start, scratch / "case")

        def come(world: World = world) -> None:
            (world.root / path).parent.mkdir(exist_ok=True)
            if not (world.root / path).exists():
                (world.root / path).write_bytes(MINE)
                (world.root.parent / "came").touch()

        outcome = in_child(world, apply, Meddler(at, come))
        data = (world.root / path).read_bytes()
        seen.add((outcome.exit_code, data == MINE))
        assert (data == MINE) == (world.root.parent / "came").exists(), (at, calls[at], outcome)
        assert (outcome.exit_code == 0) == (data != MINE) and outcome.exit_code in (0, 3, 5), (at, calls[at], outcome)
        if data == MINE:
            assert {p: (world.root / p).read_bytes() for p in FILES} == FILES
        shutil.rmtree(world.root.parent)
    assert (3, True) in seen and (0, False) in seen


# Plans that are stale, runs that have nothing to do


def test_a_stale_plan_is_made_again_or_refused(plain: World) -> None:
    plan = worlds.plan(plain.root)
    (plain.root / COMMON).write_bytes(b"# first\n" + FILES[COMMON])
    with pytest.raises(CheckoutRefused) as caught:
        apply_plan(plan)
    assert [p.code for p in caught.value.problems] == ["changed-meanwhile"]
    apply_plan(plan, worlds.over(plain.root))
    remove_op(plain.root, ("demo",))
    assert (plain.root / COMMON).read_bytes() == b"# first\n" + FILES[COMMON]


def test_a_plan_with_nothing_to_do_is_made_again_when_it_is_stale(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    done = worlds.plan(plain.root)
    remove_op(plain.root, ("demo",))
    assert not apply_plan(done, worlds.over(plain.root)).nothing


def test_removing_twice_and_removing_what_was_never_there(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    remove_op(plain.root, ("demo",))
    for op in ("demo", "never"):
        with pytest.raises(NewopError) as caught:
            remove_op(plain.root, (op,))
        assert caught.value.exit_code == 3
    before = worlds.snapshot(plain.root.parent)
    assert remove_op(plain.root, ("demo",), plan_over=worlds.over(plain.root)).nothing
    assert worlds.snapshot(plain.root.parent) == before


def test_recovering_where_nothing_was_ever_done_changes_nothing(plain: World) -> None:
    before = worlds.snapshot(plain.root.parent, git=True)
    assert recover(plain.root).outcome == "nothing"
    assert worlds.snapshot(plain.root.parent, git=True) == before


def test_a_run_that_waits_too_long_says_busy(plain: World) -> None:
    from newop_gen.write.state import Home

    with Home.of(plain.root).lock(), pytest.raises(CheckoutRefused) as caught:
        apply_plan(worlds.plan(plain.root), wait=0.05)
    assert [p.code for p in caught.value.problems] == ["busy"]


def test_interrupted_is_said_by_what_only_looks(scratch: Path) -> None:
    from newop_gen.write.status import status

    world = crashed(scratch, "exchange", 1)
    with state_of(world):
        found = status(world.root)
        assert found.interrupted and not found.good
        with pytest.raises(Interrupted):
            (worlds.key(world) / "receipts").mkdir(exist_ok=True)
            (worlds.key(world) / "receipts" / "demo.json").write_bytes(b"{}")
            status(world.root)
