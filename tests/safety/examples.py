"""The example specs on every layout and release: what an apply touches, what a second one does, what a removal leaves.

    python -m tests.safety.examples [--releases] [--all]

For each tree and spec: apply; take the recorded insertions out of what is on disk and compare with the bytes before;
apply again and count the calls that change a file system; remove, and compare every byte, mode and name of the tree.
The trees are the fixtures of all layouts; with `--releases` also the released trees that can be had here. `--all` takes
the specs of upstream's own ops, too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkouts import VERSIONS, copy_fixture
from support.applying import EXAMPLES, SPECS, prepare
from support.releases import CLONE_RELEASES, RELEASES, ReleaseUnavailable, copy_release
from support.untouched import Tally

from newop_gen.checkout.tree import Tree
from newop_gen.problems import NewopError
from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import LoadedSpec, load_specs
from newop_gen.write import fs

from . import world as worlds
from .edits import state_of
from .faults import Counter
from .world import World

Damage = Callable[[World], object]


@dataclass
class Result:
    """`runs` of one spec on one tree; `refused` ones name a mode, system or class that the tree doesn't have."""

    runs: int = 0
    refused: int = 0
    touched: Tally = field(default_factory=Tally)
    second_calls: int = 0
    identical: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.runs} runs ({self.refused} more refused), {self.touched}; second apply: {self.second_calls} mutating "
            f"calls; apply, remove: {self.identical} of {self.runs} byte-identical; {len(self.bad)} wrong"
        )


def sweep(
    trees: Iterable[tuple[str, Path]],
    specs: Sequence[Sequence[LoadedSpec]],
    state: Path,
    *,
    after_apply: Damage = lambda world: None,
    after_remove: Damage = lambda world: None,
) -> Result:
    """Every list of specs on every tree. What is done to a tree after a step is a negative control's."""
    result = Result()
    for name, root in trees:
        world = World(root, state, False)
        before = worlds.snapshot(root)
        with state_of(world):
            for loaded in specs:
                what = f"{name}, {', '.join(one.spec.op for one in loaded)}"
                try:
                    prepared = prepare(loaded, root)
                except NewopError as error:
                    result.refused += 1
                    if any(p.code in ("guard", "postcondition") for p in error.problems):
                        result.bad.append(f"{what}: {error}")
                    continue
                result.runs += 1
                apply_plan(prepared)
                after_apply(world)
                result.touched.applies += 1
                for change in prepared.changes:
                    path = root / change.path
                    result.touched.look(change, path.read_bytes() if path.is_file() else None)
                result.second_calls += _second(result, what, loaded, root)
                remove_op(root, tuple(one.spec.op for one in loaded))
                after_remove(world)
                now = worlds.snapshot(root)
                different = sorted(p for p in now.keys() | before.keys() if now.get(p) != before.get(p))
                result.identical += not different
                if different:
                    result.bad.append(f"{what}: after the removal these differ: {different}")
                    before = now
    result.bad += result.touched.where
    return result


def _second(result: Result, what: str, loaded: Sequence[LoadedSpec], root: Path) -> int:
    """The calls of a second apply that change a file system."""
    counter = Counter()
    with fs.watch(counter):
        again = apply_plan(prepare(loaded, root))
    if counter.calls or not again.nothing:
        result.bad.append(f"{what}: a second apply did something: {counter.calls[:3]}")
    return len(counter.calls)


def fixtures(directory: Path) -> Iterable[tuple[str, Path]]:
    for name in VERSIONS:
        yield name, copy_fixture(name, directory)


def releases(directory: Path) -> Iterable[tuple[str, Path]]:
    """Released trees that can be had; the others are said, and why."""
    for version in (*RELEASES, *CLONE_RELEASES):
        try:
            yield version, copy_release(version, directory / version, systems=("h200_sxm",)).root
        except ReleaseUnavailable as error:
            print(f"  not here: {version} ({error})")


def one_by_one(paths: Sequence[Path]) -> list[list[LoadedSpec]]:
    return [load_specs([path]) for path in paths]


def touch_elsewhere(world: World) -> None:
    """Negative control: one byte of a file is changed beside the insertions."""
    path = world.root / Tree.open(world.root).at("sdk/common.py")
    path.write_bytes(path.read_bytes().replace(b"import", b"import ", 1))


def leave_something(world: World) -> None:
    """Negative control: a removal that leaves an empty directory."""
    (world.root / "left").mkdir(exist_ok=True)


def controls(directory: Path) -> list[Result]:
    """The sweep over an apply that meddles, and over a removal that leaves something."""
    specs = one_by_one(EXAMPLES[:1])
    found = []
    for number, options in enumerate(({"after_apply": touch_elsewhere}, {"after_remove": leave_something})):
        (directory / str(number)).mkdir()
        tree = [("v0_8", copy_fixture("v0_8", directory / str(number)))]
        found.append(sweep(tree, specs, directory / f"state{number}", **options))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", action="store_true")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    specs = one_by_one(sorted(SPECS.rglob("*.yaml")) if options.all else EXAMPLES)
    with worlds.scratch() as directory:
        total = sweep(fixtures(directory), specs, directory / "state")
        print(f"examples on the fixtures: {total}")
    bad = total.bad
    if options.releases:
        with worlds.scratch() as directory:
            total = sweep(releases(directory), specs, directory / "state")
            print(f"examples on releases: {total}")
        bad += total.bad
    for line in bad[:20]:
        print(f"  {line}")
    with worlds.scratch() as directory:
        meddled, left = controls(directory)
    print(f"  negative controls: a byte changed elsewhere: {meddled.touched}; something left: {left}")
    return 0 if not bad and meddled.touched.outside and left.bad else 1


if __name__ == "__main__":
    sys.exit(main())
