"""I/O faults survived: each call that changes a file system fails in turn, once or from then on.

    python -m tests.safety.io_faults [--seed N] [--count M]

After a fault that happens once, the command itself must leave the tree all-old (exit 5), or all-new with the clean-up
left to the next command (exit 6). After one that stays (a full disk, a file system gone read-only, a broken device) the
same holds when putting the files back is still possible; where it is not, exit 6 and the next `recover`, with the cause
gone, must bring the tree to all-old or all-new. Never a traceback, never exit 0 for a tree that is not all-new.
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from . import world as worlds
from .commands import COMMANDS, Command, apply_in_place, bring_back, in_child
from .crash import ENOUGH, Sweep, difference, left
from .faults import NEED_ROOM, FailAt

FAULTS: dict[str, tuple[int, frozenset[str] | None]] = {
    # what a full disk refuses is what needs room on it; the others refuse everything
    "ENOSPC": (errno.ENOSPC, NEED_ROOM),
    "EIO": (errno.EIO, None),
    "EROFS": (errno.EROFS, None),
    "EDQUOT": (errno.EDQUOT, NEED_ROOM),
    "EMFILE": (errno.EMFILE, frozenset({"create"})),  # what opens a file
}


@dataclass
class Result:
    """`fired` faults in `cases`; how the command ended: tree old, tree new, or mixed until `recover` ran."""

    cases: int = 0
    fired: int = 0
    old: int = 0
    new: int = 0
    later: int = 0
    bad: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        for name in ("cases", "fired", "old", "new", "later"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.bad += other.bad

    @property
    def good(self) -> bool:
        return not self.bad and self.cases > 0 and self.fired >= self.cases

    def __str__(self) -> str:
        return (
            f"{self.cases} cases, {self.fired} faults fired, the command left {self.old} all-old, {self.new} all-new, "
            f"{self.later} for recovery, {len(self.bad)} wrong"
        )


class FaultSweep(Sweep):
    """The fault points of one command."""

    def case(self, at: int, name: str, sticky: bool) -> Result:
        code, only = FAULTS[name]
        if only is not None and self.calls[at][0] not in only:
            return Result()
        world = worlds.copy(self.start, self.directory / "case")
        outcome = in_child(world, self.command, FailAt(at, code, sticky=sticky, only=only))
        now = worlds.snapshot(world.root)
        what = f"{self.name}: {name} {'from' if sticky else 'at'} call {at} {self.calls[at]}"
        result = Result(1, outcome.fired)
        if outcome.exit_code is None:
            result.bad.append(f"{what}: {outcome.text}")
        if outcome.exit_code == 0 and now != self.new:
            result.bad.append(f"{what}: exit 0, but the tree is not the new one: {difference(now, self.new)}")
        if outcome.exit_code == 5:
            if now == self.old:
                result.old += 1
            else:
                result.bad.append(f"{what}: exit 5, but the tree is not the old one: {difference(now, self.old)}")
        elif outcome.exit_code in (0, 6):
            new, old = (files(now) == files(tree) for tree in (self.new, self.old))
            result.new += new
            result.old += old
            result.later += not (new or old)
            if not sticky and not new:
                result.bad.append(f"{what}: one fault, and the tree is mixed: {difference(now, self.old)}")
        else:
            result.bad.append(f"{what}: exit {outcome.exit_code}: {outcome.text}")
        again = in_child(world, bring_back)
        result.bad += self._check(world, f"{what}, exit {outcome.exit_code}", again)
        if outcome.exit_code == 5 and worlds.snapshot(world.root) != self.old:
            result.bad.append(f"{what}: exit 5, and recovery changed the tree")
        if outcome.exit_code == 5 and left(world) - self.old_state:
            result.bad.append(f"{what}: exit 5, left over: {sorted(left(world) - self.old_state)}")
        shutil.rmtree(world.root.parent)
        return result


def files(snapshot: dict[str, tuple[object, ...]]) -> dict[str, tuple[object, ...]]:
    """The snapshot without directories and without files beside targets: what clean-up is still to take away."""
    return {p: s for p, s in snapshot.items() if s[0] != "dir" and ".newop-gen-" not in p}


def sweep(
    directory: Path,
    names: list[str],
    *,
    count: int | None,
    seed: int,
    command: Command | None = None,
    following: tuple[str, str] | None = None,
) -> Result:
    """All faults at all calls of the commands, or at the one after the call `following`; `count` of them, drawn."""
    cases = []
    for number, name in enumerate(names):
        this = FaultSweep(directory / str(number), name, command)
        for fault, (_, only) in FAULTS.items():
            for at, (call, _) in enumerate(this.calls):
                if following is not None and (at == 0 or this.calls[at - 1] != following):
                    continue
                if only is None or call in only:
                    cases += [(this, at, fault, False), (this, at, fault, True)]
    if count is not None:
        cases = random.Random(seed).sample(cases, min(count, len(cases)))
    total = Result()
    for this, at, fault, sticky in cases:
        total.add(this.case(at, fault, sticky))
        if len(total.bad) >= ENOUGH:
            break
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, help="cases (default: all)")
    options = parser.parse_args()
    with worlds.scratch() as directory:
        total = sweep(directory, list(COMMANDS), count=options.count, seed=options.seed)
    print(f"I/O faults: {total}; seed {options.seed}; user id {os.getuid()}")
    for line in total.bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as directory:
        bare = sweep(directory, ["apply"], count=None, seed=options.seed, command=apply_in_place)
    print(f"  negative control, in place: {bare}")
    return 0 if total.good and bare.bad else 1


if __name__ == "__main__":
    sys.exit(main())
