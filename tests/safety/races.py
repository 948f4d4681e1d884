"""Two processes at once: applying, removing, and a person saving a file.

    python -m tests.safety.races [--seed N] [--count M]

Each round starts two commands on one checkout at the same moment. Afterwards the tree must be one that some order of
the two gives, whoever came second may have been refused, nothing is left over and no process ended by a signal. In some
rounds a person saves a file meanwhile, by rename, as editors do: their bytes must be in the file at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newop_gen.problems import NewopError
from newop_gen.write import state
from newop_gen.write.recover import recover

from . import world as worlds
from .commands import apply, prepared, remove
from .crash import left
from .edits import state_of
from .world import World

PERSON = b"# saved by a person\n"


@dataclass
class Result:
    rounds: int = 0
    both: int = 0  # both commands did something
    refused: int = 0
    saves: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds, both did something in {self.both}, {self.refused} refusals, {self.saves} saves by "
            f"a person, {len(self.bad)} wrong"
        )


COMMANDS: dict[str, Callable[[World], Any]] = {
    "apply demo": apply,
    "apply second": lambda world: apply(world, "second", 1),
    "remove demo": remove,
}
# What two commands may do: with the op there at the start or not.
ROUNDS = [
    (False, "apply demo", "apply demo"),
    (False, "apply demo", "apply second"),
    (True, "apply second", "remove demo"),
    (True, "remove demo", "remove demo"),
    (True, "apply demo", "remove demo"),
]


def start_child(
    world: World, command: Callable[[World], Any], gate: tuple[int, int], prepare: Callable[[], Any]
) -> int:
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.environ["XDG_STATE_HOME"] = str(world.state)
        prepare()
        os.close(gate[1])
        os.read(gate[0], 1)  # all start at once, when the last writer is closed
        try:
            code = 10 if command(world).nothing else 0
        except NewopError as error:
            code = int(error.exit_code)
    finally:
        os._exit(code)


def save_as_editor(world: World, delay: float) -> None:
    """What an editor does: read, and later replace the file by what the person made of it."""
    time.sleep(delay)
    path = world.root / worlds.COMMON
    edited = PERSON + path.read_bytes()
    aside = path.with_name("common.py~")
    aside.write_bytes(edited)
    os.replace(aside, path)


def possible(directory: Path, op_there: bool, one: str, other: str) -> list[dict[str, tuple[object, ...]]]:
    """The trees that some order of two commands gives, either of which may have been refused."""
    trees = []
    for order in ((one, other), (other, one), (one,), (other,)):
        world = prepared(directory / "order", "remove" if op_there else "apply")
        with state_of(world):
            for name in order:
                with contextlib.suppress(NewopError):
                    COMMANDS[name](world)
        trees.append(worlds.snapshot(world.root))
        shutil.rmtree(directory / "order")
    return trees


def sweep(directory: Path, *, seed: int, count: int, before: Callable[[], Any] = lambda: None) -> Result:
    """`before` runs in each child first: a negative control takes the lock away there."""
    rng = random.Random(seed)
    result = Result()
    starts = {there: prepared(directory / f"start-{there}", "remove" if there else "apply") for there in (False, True)}
    trees = {case: possible(directory, *case) for case in ROUNDS}
    for number in range(count):
        case = ROUNDS[number % len(ROUNDS)]
        there, one, other = case
        world = worlds.copy(starts[there], directory / "case")
        reader, writer = gate = os.pipe()
        children = [start_child(world, COMMANDS[name], gate, before) for name in (one, other)]
        person = rng.random() < 0.3
        time.sleep(0.005)
        os.close(writer)
        if person:
            result.saves += 1
            save_as_editor(world, rng.random() * 0.02)
        codes = []
        for child in children:
            _, status = os.waitpid(child, 0)
            codes.append(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        os.close(reader)
        result.rounds += 1
        result.both += codes == [0, 0]
        result.refused += sum(code in (3, 4) for code in codes)
        what = f"round {number}, {one} and {other}, exit codes {codes}{', with a save' if person else ''}"
        _judge(world, result, what, codes, trees[case], person)
        shutil.rmtree(world.root.parent)
    return result


def _judge(
    world: World,
    result: Result,
    what: str,
    codes: list[int],
    trees: list[dict[str, tuple[object, ...]]],
    person: bool,
) -> None:
    if any(code not in (0, 3, 4, 10) for code in codes):
        result.bad.append(f"{what}: ended in another way")
    now = worlds.snapshot(world.root)
    common = now[worlds.COMMON]
    if person:
        if not common[2].startswith(PERSON):  # type: ignore[attr-defined]
            result.bad.append(f"{what}: the person's bytes are lost")
        now[worlds.COMMON] = (*common[:2], common[2].removeprefix(PERSON))  # type: ignore[attr-defined]
    else:
        if now not in trees:
            result.bad.append(f"{what}: a tree that no order gives")
    with state_of(world):
        if recover(world.root).outcome != "nothing":
            result.bad.append(f"{what}: something was to be recovered")
    remains = [p for p in left(world) if not p.startswith(("receipts/", "kept/"))]
    remains += [p for p in now if ".newop-gen-" in p]
    if remains:
        result.bad.append(f"{what}: left over: {remains}")


def without_lock() -> None:
    """Negative control, in a child: the lock is there and holds nobody."""

    @contextmanager
    def open_door(self: state.Home, *, wait: float = 0, create: bool = True) -> Iterator[bool]:
        with self.open_state(create=create):
            yield True

    state.Home.lock = open_door  # type: ignore[method-assign,assignment]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    options = parser.parse_args()
    with worlds.scratch() as directory:
        total = sweep(directory, seed=options.seed, count=options.count)
    print(f"races: {total}; seed {options.seed}, count {options.count}")
    for line in total.bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as directory:
        bare = sweep(directory, seed=options.seed, count=30, before=without_lock)
    print(f"  negative control, without the lock: {bare}")
    return 0 if not total.bad and bare.bad else 1


if __name__ == "__main__":
    sys.exit(main())
