"""`update` gives what removing the old spec and applying the new one to a clean tree gives.

    python -m tests.safety.updates [--seed N] [--count M]

Random pairs of specs, sometimes with a second op in the tree, sometimes with edits by a person elsewhere: the tree after
`update` must be, byte for byte, the tree after `remove` and a fresh `apply`. Removing the op afterwards must leave what
was there before it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newop_gen.runs import remove_op, update_op

from . import world as worlds
from .edits import state_of
from .world import World, apply_plan


@dataclass
class Result:
    pairs: int = 0
    changed: int = 0  # pairs whose specs give different trees
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.pairs} pairs of specs, {self.changed} of them different, {len(self.bad)} wrong"


Update = Callable[[World, int], Any]


def update(world: World, variant: int) -> Any:
    return update_op(world.root, ("demo",), worlds.over(world.root, "demo", variant))


def apply_on_top(world: World, variant: int) -> Any:
    """Negative control: the new spec's files are written over what is there."""
    for change in worlds.plan(world.root, "demo", variant).changes():
        (world.root / change.path).write_bytes(change.after)


def one(directory: Path, start: World, rng: random.Random, result: Result, run: Update) -> None:
    world, fresh = worlds.copy(start, directory / "case"), worlds.copy(start, directory / "fresh")
    old, new = rng.randrange(6), rng.randrange(6)
    second = rng.choice(("no", "before", "after"))
    edit = rng.choice((b"", b"# a person was here\n"))
    what = f"{old} -> {new}, second op {second}, edit {edit!r}"
    result.pairs += 1
    result.changed += old != new
    for here in (world, fresh):
        with state_of(here):
            if second == "before":
                apply_plan(worlds.plan(here.root, "second", 1))
            apply_plan(worlds.plan(here.root, "demo", old))
            if second == "after":
                apply_plan(worlds.plan(here.root, "second", 1))
            path = here.root / worlds.COMMON
            path.write_bytes(edit + path.read_bytes())
    with state_of(fresh):
        remove_op(fresh.root, ("demo",))
        without = worlds.snapshot(fresh.root)
        apply_plan(worlds.plan(fresh.root, "demo", new))
    with state_of(world):
        try:
            run(world, new)
            if worlds.snapshot(world.root) != worlds.snapshot(fresh.root):
                result.bad.append(f"{what}: not what remove and apply give")
            remove_op(world.root, ("demo",))
            if worlds.snapshot(world.root) != without:
                result.bad.append(f"{what}: removing it afterwards does not leave what was there")
        except Exception as error:
            result.bad.append(f"{what}: {type(error).__name__}: {error}")
    shutil.rmtree(world.root.parent)
    shutil.rmtree(fresh.root.parent)


def sweep(directory: Path, *, seed: int, count: int, run: Update = update) -> Result:
    rng = random.Random(seed)
    start = worlds.make(directory / "start")
    result = Result()
    for _ in range(count):
        one(directory, start, rng, result, run)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1000)
    options = parser.parse_args()
    with worlds.scratch() as directory:
        total = sweep(directory, seed=options.seed, count=options.count)
    print(f"update == remove and apply: {total}; seed {options.seed}, count {options.count}")
    for line in total.bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as directory:
        bare = sweep(directory, seed=options.seed, count=30, run=apply_on_top)
    print(f"  negative control, written on top: {bare}")
    return 0 if not total.bad and bare.bad else 1


if __name__ == "__main__":
    sys.exit(main())
