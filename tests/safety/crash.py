"""Crash points survived: `kill -9` before every call that changes a file system, then one command.

    python -m tests.safety.crash [--seed N] [--count M] [--double] [--git]

For each of apply, remove (by name and by spec) and update, the process is killed before its first mutating call, its
second, and so on to the end. What the kill left is looked at (a sweep in which no kill left a mixed tree proves
nothing), then `recover` runs: the tree must be byte for byte, mode for mode, what it was before or what it is after,
with nothing left over in the tree or in the state directory. With `--double`, `recover` is itself killed before each of
its calls, and a second `recover` has to do. `--count` caps the number of points, drawn with `--seed`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from . import world as worlds
from .commands import COMMANDS, Command, apply_in_place, apply_without_journal, bring_back, in_child, prepared
from .faults import Counter, KillAt
from .world import World

ENOUGH = 5  # what a sweep found wrong, so that it need not go on


@dataclass
class Result:
    """What a sweep saw. `torn`: kills after which, before recovery, the tree was neither old nor new; `bad`: cases in
    which it still was not afterwards, or something was left over."""

    points: int = 0
    kills: int = 0
    torn: int = 0
    second_kills: int = 0
    bad: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        self.points += other.points
        self.kills += other.kills
        self.torn += other.torn
        self.second_kills += other.second_kills
        self.bad += other.bad

    @property
    def good(self) -> bool:
        return not self.bad and self.kills == self.points and self.torn > 0

    def __str__(self) -> str:
        return (
            f"{self.points} points, {self.kills} kills and {self.second_kills} second kills fired, "
            f"{self.torn} left a mixed tree, {len(self.bad)} not recovered"
        )


class Sweep:
    """The kill points of one command, in worlds below `directory`."""

    def __init__(self, directory: Path, name: str, command: Command | None = None, *, git: bool = False) -> None:
        self.directory = directory
        self.name = name
        self.command = command or COMMANDS[name][1]
        self.start = prepared(directory / "start", name, git=git)
        self.old = worlds.snapshot(self.start.root)
        done = worlds.copy(self.start, directory / "done")
        counted = in_child(done, self.command, Counter())
        assert counted.exit_code == 0, counted.text
        self.calls: list[tuple[str, str]] = counted.calls
        self.new = worlds.snapshot(done.root)
        self.old_state, self.new_state = left(self.start), left(done)
        assert self.old != self.new
        shutil.rmtree(directory / "done")

    def single(self, at: int) -> Result:
        """Killed before call `at`, then recovered."""
        world = self._killed(at)
        result = Result(points=1, kills=1)
        before = worlds.snapshot(world.root)
        result.torn = int(before not in (self.old, self.new))
        again = in_child(world, bring_back)
        result.bad = self._check(world, f"{self.name}: killed before call {at} {self.calls[at]}", again)
        self._drop(world)
        return result

    def double(self, at: int) -> Iterator[Result]:
        """Killed before call `at`; for each call of the recovery: killed there, then recovered."""
        killed = self._killed(at, "killed")
        world = worlds.copy(killed, self.directory / "case")
        counted = in_child(world, bring_back, Counter())
        self._drop(world)
        for second, call in enumerate(counted.calls):
            world = worlds.copy(killed, self.directory / "case")
            assert in_child(world, bring_back, KillAt(second)).killed
            torn = worlds.snapshot(world.root) not in (self.old, self.new)
            again = in_child(world, bring_back)
            what = f"{self.name}: killed before call {at} {self.calls[at]}, recovery before call {second} {call}"
            yield Result(1, 1, int(torn), 1, self._check(world, what, again))
            self._drop(world)
        self._drop(killed)

    def _killed(self, at: int, where: str = "case") -> World:
        world = worlds.copy(self.start, self.directory / where)
        outcome = in_child(world, self.command, KillAt(at))
        assert outcome.killed, f"no kill at call {at} of {len(self.calls)}: {outcome.text}"
        return world

    def _check(self, world: World, what: str, outcome: object) -> list[str]:
        now = worlds.snapshot(world.root)
        if getattr(outcome, "exit_code", None) != 0:
            return [f"{what}: recovery ended with {outcome}"]
        if now not in (self.old, self.new):
            return [f"{what}: {difference(now, self.old)} / {difference(now, self.new)}"]
        state = left(world)
        want = [s for tree, s in ((self.old, self.old_state), (self.new, self.new_state)) if tree == now]
        if state not in want and not (
            state <= self.old_state | self.new_state and now == self.old and not self.old_state
        ):
            return [f"{what}: left in the state directory: {sorted(state)}, wanted {want}"]
        return []

    def _drop(self, world: World) -> None:
        shutil.rmtree(world.root.parent)


def left(world: World) -> frozenset[str]:
    """Files in the state directory, but for the lock."""
    key = worlds.key(world)
    return frozenset(
        os.path.relpath(os.path.join(d, f), key) for d, _, files in os.walk(key) for f in files if f != "lock"
    )


def difference(one: dict[str, tuple[object, ...]], other: dict[str, tuple[object, ...]]) -> str:
    return ", ".join(sorted(p for p in one.keys() | other.keys() if one.get(p) != other.get(p))) or "same"


def sweep(names: list[str], *, double: bool, git: bool, count: int | None, seed: int) -> Result:
    total = Result()
    for name in names:
        with worlds.scratch() as directory:
            total.add(one_sweep(directory, name, double=double, git=git, count=count, seed=seed))
    return total


def one_sweep(directory: Path, name: str, *, double: bool, git: bool, count: int | None, seed: int) -> Result:
    this = Sweep(directory, name, git=git)
    points = list(range(len(this.calls)))
    total = Result()
    if not double:
        for at in _drawn(points, count, seed):
            total.add(this.single(at))
            if len(total.bad) >= ENOUGH:
                break
        return total
    for at in _drawn(points, len(points), seed):
        for result in this.double(at):
            total.add(result)
            if total.points == count or len(total.bad) >= ENOUGH:
                return total
    return total


def _drawn(points: list[int], count: int | None, seed: int) -> list[int]:
    return points if count is None else random.Random(seed).sample(points, min(count, len(points)))


def control(directory: Path, command: Command) -> Result:
    """The same sweep over a writer that promises nothing."""
    this = Sweep(directory, "apply", command)
    total = Result()
    for at in range(len(this.calls)):
        total.add(this.single(at))
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="points per command (default: all)")
    parser.add_argument("--double", action="store_true")
    parser.add_argument("--git", action="store_true")
    options = parser.parse_args()
    total = sweep(list(COMMANDS), double=options.double, git=options.git, count=options.count, seed=options.seed)
    kind = "double kill" if options.double else "kill -9"
    print(f"{kind}: {total}; seed {options.seed}; user id {os.getuid()}")
    for line in total.bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as one, worlds.scratch() as two:
        controls = [control(one, apply_in_place), control(two, apply_without_journal)]
    print(f"  negative controls: in place: {controls[0]}; file by file: {controls[1]}")
    return 0 if total.good and all(c.bad for c in controls) else 1


if __name__ == "__main__":
    sys.exit(main())
