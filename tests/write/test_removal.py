"""Removal, update and status: with and without receipts, by force, and what the next command finds."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safety import world as worlds
from safety.commands import apply, in_child
from safety.edits import state_of
from safety.faults import Counter, KillAt
from safety.world import COMMON, DATABASE, FILES, MODELS, PACKAGE, World, apply_plan, git

from newop_gen.plan import Insertion, Plan, Prepared, Replacement, Step
from newop_gen.prepare import PlanOver
from newop_gen.problems import CheckoutRefused, Conflict
from newop_gen.runs import remove_op, update_op
from newop_gen.write.recover import recover
from newop_gen.write.status import status

TEST = "tests/unit/demo/test_demo.py"
TABLE = f"{PACKAGE}/systems/demo_perf.txt"


def plan_over(world: World, op: str = "demo", variant: int = 0) -> PlanOver:
    return worlds.over(world.root, op, variant)


def contents(world: World) -> dict[str, bytes]:
    return {p: (world.root / p).read_bytes() for p in FILES}


def states(world: World) -> dict[str, str]:
    return {file.path: file.state for op in status(world.root).ops for file in op.files}


def forget(world: World) -> None:
    """As in a fresh clone: nothing is recorded."""
    shutil.rmtree(worlds.key(world))


# Without a receipt


@pytest.mark.parametrize("git", [False, True], ids=["plain", "git"])
def test_without_a_receipt_the_spec_says_what_to_take_out(make: Callable[..., World], git: bool) -> None:
    world = make(git=git)
    before = worlds.snapshot(world.root)
    apply_plan(worlds.plan(world.root))
    forget(world)
    with pytest.raises(CheckoutRefused) as caught:
        remove_op(world.root, ("demo",))
    assert [p.code for p in caught.value.problems] == ["no-receipt"]
    remove_op(world.root, ("demo",), plan_over=plan_over(world))
    after = worlds.snapshot(world.root)
    for directory in ("tests", "tests/unit", "tests/unit/demo", f"{PACKAGE}/systems"):
        after.pop(directory, None)  # who made a directory is recorded nowhere
    assert after == before


def test_without_a_receipt_history_says_what_was_replaced(repo: World) -> None:
    """The planner recognises what it replaced something by, but not what: that is in git."""

    def forgetful(over: Any) -> Prepared:
        plan = worlds.plan(repo.root, over=over)
        steps = tuple(
            dataclasses.replace(
                step,
                edits=tuple(
                    dataclasses.replace(e, old=e.text) if isinstance(e, Replacement) and e.done else e
                    for e in step.edits
                ),
            )
            for step in plan.steps
        )
        return Prepared.of(dataclasses.replace(plan, steps=steps))

    apply_plan(worlds.plan(repo.root))
    forget(repo)
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "the op")
    (repo.root / COMMON).write_bytes(b"# edited\n" + (repo.root / COMMON).read_bytes())
    git(repo, "commit", "-qam", "an edit")
    remove_op(repo.root, ("demo",), plan_over=forgetful)
    assert contents(repo) == {**FILES, COMMON: b"# edited\n" + FILES[COMMON]}

    shutil.rmtree(repo.root / ".git")
    apply_plan(worlds.plan(repo.root))
    shutil.rmtree(repo.state, ignore_errors=True)
    with pytest.raises(CheckoutRefused) as caught:
        remove_op(repo.root, ("demo",), plan_over=forgetful)
    assert [p.code for p in caught.value.problems] == ["unknown-old"]


def test_a_removal_without_receipt_is_proved(plain: World) -> None:
    """The line stands at another place than the spec would put it: was it ever put there?"""
    apply_plan(worlds.plan(plain.root))
    forget(plain)
    line = b"    demo = 'demo_perf.txt'\n"
    path = plain.root / COMMON
    path.write_bytes(path.read_bytes().replace(line, b"").replace(b"\n\nMODES", line + b"\n\nMODES"))
    before = worlds.snapshot(plain.root)

    def elsewhere(over: Any) -> Prepared:
        plan = worlds.plan(plain.root, over=over)
        if over:
            return Prepared.of(plan)
        found = Insertion(COMMON, plan.sources[COMMON].index(line), line, done=True)
        return Prepared.of(dataclasses.replace(plan, steps=(Step("demo", "enum", "", (found,)), *plan.steps[1:])))

    with pytest.raises(CheckoutRefused) as caught:
        remove_op(plain.root, ("demo",), plan_over=elsewhere)
    assert [p.code for p in caught.value.problems] == ["not-exact"]
    assert worlds.snapshot(plain.root) == before


# Edits inside


def test_force_takes_an_edited_insertion_out_and_keeps_a_copy(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    path = plain.root / DATABASE
    edited = path.read_bytes().replace(b"return x * 1", b"return x * 3")
    path.write_bytes(edited)
    assert states(plain)[DATABASE] == "drifted"
    with pytest.raises(Conflict) as caught:
        remove_op(plain.root, ("demo",))
    problem = caught.value.problems[0]
    assert problem.place.file == DATABASE and problem.place.line > 1
    assert "-        return x * 1" in problem.found and "+        return x * 3" in problem.found
    receipt = remove_op(plain.root, ("demo",), force=True)
    assert contents(plain) == FILES
    copy = Path(receipt.notes[0].rpartition(" ")[2])
    assert copy.read_bytes() == edited and not copy.is_relative_to(plain.root)


def test_force_on_a_created_file_keeps_a_copy(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    (plain.root / TABLE).write_bytes(b"x,latency\n1,9\n")
    with pytest.raises(Conflict) as caught:
        remove_op(plain.root, ("demo",))
    assert [p.code for p in caught.value.problems] == ["created-edited"]
    assert (plain.root / TABLE).read_bytes() == b"x,latency\n1,9\n"
    receipt = remove_op(plain.root, ("demo",), force=True)
    assert not (plain.root / TABLE).exists()
    assert Path(receipt.notes[0].rpartition(" ")[2]).read_bytes() == b"x,latency\n1,9\n"


def test_every_conflict_is_named_at_once(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    (plain.root / TABLE).write_bytes(b"x")
    for path in (DATABASE, COMMON):
        data = (plain.root / path).read_bytes()
        (plain.root / path).write_bytes(data.replace(b"demo", b"omed"))
    with pytest.raises(Conflict) as caught:
        remove_op(plain.root, ("demo",))
    assert {p.place.file for p in caught.value.problems} == {TABLE, DATABASE, COMMON}


def test_what_a_person_took_out_is_not_missed(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    path = plain.root / COMMON
    path.write_bytes(path.read_bytes().replace(b"    demo = 'demo_perf.txt'\n", b""))
    (plain.root / TABLE).unlink()
    assert states(plain)[COMMON] == "partial" and states(plain)[TABLE] == "gone"
    receipt = remove_op(plain.root, ("demo",))
    assert contents(plain) == FILES
    assert any("by hand" in note for note in receipt.notes)


def test_files_restored_by_git_leave_a_receipt_of_nothing(repo: World) -> None:
    apply_plan(worlds.plan(repo.root))
    git(repo, "checkout", "-q", "--", ".")
    git(repo, "clean", "-qfd")
    assert set(states(repo).values()) == {"gone"}
    assert remove_op(repo.root, ("demo",)).nothing
    assert status(repo.root).ops == ()


# Several ops


@pytest.mark.parametrize("order", [("demo", "second"), ("second", "demo")])
@pytest.mark.parametrize("first_out", ["demo", "second"])
def test_taking_one_op_out_leaves_exactly_the_other(scratch: Path, order: tuple[str, str], first_out: str) -> None:
    world, alone = worlds.make(scratch / "both"), worlds.make(scratch / "alone")
    for op in order:
        apply_plan(worlds.plan(world.root, op))
    other = next(op for op in order if op != first_out)
    apply_plan(worlds.plan(alone.root, other))
    remove_op(world.root, (first_out,))
    assert worlds.snapshot(world.root) == worlds.snapshot(alone.root)
    remove_op(world.root, (other,))
    assert contents(world) == FILES


# Update


def test_update_is_refused_where_an_insertion_was_edited(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    path = plain.root / DATABASE
    path.write_bytes(path.read_bytes().replace(b"return x * 1", b"return x * 3"))
    before = worlds.snapshot(plain.root)
    with pytest.raises(Conflict):
        update_op(plain.root, ("demo",), plan_over(plain, variant=1))
    assert worlds.snapshot(plain.root) == before
    update_op(plain.root, ("demo",), plan_over(plain, variant=1), force=True)
    assert b"return x * 2" in path.read_bytes() and b"return x * 3" not in path.read_bytes()


def test_update_to_the_same_touches_nothing(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    before = {p: (plain.root / p).stat().st_mtime_ns for p in FILES}
    assert update_op(plain.root, ("demo",), plan_over(plain)).nothing
    assert {p: (plain.root / p).stat().st_mtime_ns for p in FILES} == before


def test_update_without_a_receipt_needs_the_old_spec(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    forget(plain)
    with pytest.raises(CheckoutRefused):
        update_op(plain.root, ("demo",), plan_over(plain, variant=1))
    update_op(plain.root, ("demo",), plan_over(plain, variant=1), old_plan_over=plan_over(plain))
    fresh = worlds.make(plain.root.parent / "fresh")
    apply_plan(worlds.plan(fresh.root, variant=1))
    assert worlds.snapshot(plain.root) == worlds.snapshot(fresh.root)


def test_a_dry_run_says_and_does_nothing(plain: World) -> None:
    apply_plan(worlds.plan(plain.root))
    before = worlds.snapshot(plain.root.parent)
    removal = remove_op(plain.root, ("demo",), dry_run=True)
    assert MODELS in removal.changed and TABLE in removal.removed
    update = update_op(plain.root, ("demo",), plan_over(plain, variant=1), dry_run=True)
    assert DATABASE in update.changed
    assert worlds.snapshot(plain.root.parent) == before


# The next command after a crash


def test_the_next_command_recovers_first(scratch: Path) -> None:
    start = worlds.make(scratch / "start")
    counted = in_child(worlds.copy(start, scratch / "counted"), apply, Counter())
    for at in range(3, len(counted.calls), 7):
        world = worlds.copy(start, scratch / "case")
        assert in_child(world, apply, KillAt(at)).killed
        # Not `recover`: the same command again, or another op's. The plan is made from what the crash left.
        again = in_child(world, lambda w: apply_plan(_plan_of(w), worlds.over(w.root)))
        assert again.exit_code == 0, again.text
        now = dict(worlds.snapshot(world.root))
        assert now == _applied(scratch)
        shutil.rmtree(world.root.parent)


@pytest.mark.parametrize("receipts", [True, False], ids=["receipts", "no receipts"])
def test_every_subset_of_files_is_completed_or_taken_out(scratch: Path, receipts: bool) -> None:
    """After `git checkout` of some of the files, say; where the op was applied, and where only its spec tells."""
    whole = worlds.make(scratch / "whole")
    plan = worlds.plan(whole.root)
    with state_of(whole):
        apply_plan(plan)
    want = worlds.snapshot(whole.root)
    paths = [c.path for c in plan.changes()]
    for subset in range(1, 2 ** len(paths) - 1):
        world = worlds.copy(whole, scratch / "case")
        if not receipts:
            shutil.rmtree(worlds.key(world))
        for number, path in enumerate(paths):
            if subset >> number & 1:
                if path in FILES:
                    (world.root / path).write_bytes(FILES[path])
                else:
                    (world.root / path).unlink()
        with state_of(world):
            if subset % 2:
                apply_plan(worlds.plan(world.root))
                assert worlds.snapshot(world.root) == want
                assert status(world.root).good
            remove_op(world.root, ("demo",), plan_over=plan_over(world))
        left = (world.root / "tests").exists()
        if not receipts and subset >> paths.index(TEST) & 1:
            assert left  # whose empty directory that was can't be told any more
            left = False
        assert contents(world) == FILES and not left, f"subset {subset:b} of {paths}"
        shutil.rmtree(world.root.parent)


def _plan_of(world: World) -> Plan:
    """A plan made before anything was known of the crash."""
    return Plan(
        str(world.root), "synthetic", ("demo",), (Step("demo", "x", "", (Insertion(COMMON, 0, b"#"),)),), {COMMON: b""}
    )


def _applied(scratch: Path) -> dict[str, tuple[object, ...]]:
    if not (scratch / "applied").exists():
        apply_plan(worlds.plan(worlds.make(scratch / "applied").root))
    return worlds.snapshot(scratch / "applied" / "checkout")


def test_status_says_what_changed(plain: World) -> None:
    from newop_gen.write.record import SpecRef

    spec = SpecRef("demo.yaml", "0" * 64)
    apply_plan(worlds.plan(plain.root), specs={"demo": spec})
    assert status(plain.root).good
    assert status(plain.root, read_spec=lambda receipt: spec).good
    newer = status(plain.root, read_spec=lambda receipt: SpecRef(receipt.spec, "1" * 64))
    assert newer.ops[0].spec_newer and newer.ops[0].state == "as applied" and not newer.good
    (plain.root / COMMON).write_bytes(b"# elsewhere\n" + (plain.root / COMMON).read_bytes())
    assert status(plain.root).good  # edits elsewhere are nobody's business
    assert recover(plain.root).outcome == "nothing"
