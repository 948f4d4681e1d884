"""Missing permissions: refused or reported, with the tree and `.git` as they were.

    python -m tests.safety.permissions

Each case takes a permission away, of a spec, a table, a target, a directory or something of git's, and runs
`newop-gen apply` (or `remove`) as an ordinary user: as root, a child becomes nobody first. The command must end with
the exit code that the case names, say why, and change nothing. The controls are the same commands with nothing taken
away, which must work, and the same cases as root, for whom some of them must go through: they show that each refusal
has the reason that it says, and that running as root would have shown less.
"""

from __future__ import annotations

import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from checkouts import copy_git_fixture

from newop_gen import layouts

from . import hostile_specs as specs
from . import world as worlds
from .faults import Outcome, run
from .hostile import run_command
from .ordinary import as_ordinary_user, give_away, root

SDK = "src/aiconfigurator/sdk"
User = Callable[[Callable[[], Any]], Outcome]
"""Who runs a command: `run` is whoever runs the tests."""


@dataclass(frozen=True)
class Place:
    """A checkout with a spec beside it."""

    checkout: Path
    spec: Path

    def command(self, name: str) -> tuple[int, str]:
        """(exit code, what was said) of `newop-gen NAME SPEC`, in this process."""
        out, err = io.StringIO(), io.StringIO()
        os.environ.update(XDG_STATE_HOME=str(self.spec.parent / "state"), HOME=str(self.spec.parent), NO_COLOR="1")
        code = run_command([name, str(self.spec), "--checkout", str(self.checkout)], out, err)
        return code, err.getvalue()


@dataclass(frozen=True)
class Case:
    """`path` (below the checkout, or below the specs' directory with `beside`) gets `mode`; then `command` must end
    with `code`. With `foreign`, root keeps the path for itself."""

    name: str
    path: str
    mode: int
    code: int
    beside: bool = False
    command: str = "apply"
    foreign: bool = False

    def obstruct(self, place: Place) -> Path:
        path = (place.spec.parent if self.beside else place.checkout) / self.path
        os.chmod(path, self.mode)
        if self.foreign:
            os.chown(path, 0, 0)
        return path


CASES = [
    Case("the spec can't be read", "spec.yaml", 0o000, 2, beside=True),
    Case("the spec's directory can't be entered", ".", 0o000, 2, beside=True),
    Case("the table can't be read", "data/new_op.csv", 0o000, 2, beside=True),
    Case("the table's directory can't be entered", "data", 0o000, 5, beside=True),
    Case("the checkout can't be entered", ".", 0o000, 2),
    Case("a target is read-only", f"{SDK}/common.py", 0o444, 3),
    Case("a target can't be read", f"{SDK}/common.py", 0o200, 3),
    Case("a target is somebody else's", f"{SDK}/common.py", 0o644, 3, foreign=True),
    Case("the targets' directory is read-only", SDK, 0o555, 3),
    Case("a new file's directory is read-only", "tests/unit/sdk/database", 0o555, 3),
    Case("git's directory is read-only", ".git", 0o555, 5),
    Case("git's directory can't be entered", ".git", 0o000, 3),
    Case("git's index can't be read", ".git/index", 0o000, 3),
    Case("git's objects can't be read", ".git/objects", 0o000, 3),
    Case("git's HEAD can't be read", ".git/HEAD", 0o000, 3),
    Case("the records can't be written", ".git/newop-gen", 0o555, 5, command="remove"),
    Case("the records can't be read", ".git/newop-gen", 0o000, 5, command="remove"),
    Case("the lock can't be opened", ".git/newop-gen/lock", 0o000, 5, command="remove"),
    Case("a receipt can't be read", ".git/newop-gen/receipts/new_op.json", 0o000, 6, command="remove"),
]


@dataclass
class Result:
    """`through`: commands that did their work."""

    cases: int = 0
    refused: int = 0
    through: int = 0
    bad: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.cases} cases, {self.refused} refused with nothing changed, {self.through} went through, {len(self.bad)} wrong"


def made(directory: Path, command: str, user: User) -> Place:
    """A checkout in the state that `command` starts from, all of it the user's."""
    beside = directory / "specs"
    for folder in ("data", "state"):
        (beside / folder).mkdir(parents=True)
    (beside / "data/new_op.csv").write_text(specs.TABLE, encoding="utf-8")
    (beside / "spec.yaml").write_text(specs.BASE, encoding="utf-8")
    place = Place(copy_git_fixture("v0_8", directory), beside / "spec.yaml")
    if user is as_ordinary_user:
        give_away(directory)
    if command == "remove":
        applied = user(lambda: place.command("apply"))
        assert applied.value and applied.value[0] == 0, applied
    return place


def sweep(user: User, *, obstruct: bool = True) -> Result:
    """Every case, with the command run by `user`."""
    result = Result()
    warm_up()
    for case in CASES:
        if case.foreign and not root():
            continue
        with worlds.scratch() as directory:
            place = made(directory, case.command, user)
            before = seen(place)
            path = case.obstruct(place) if obstruct else place.spec
            outcome = user(lambda place=place, case=case: place.command(case.command))  # type: ignore[misc]
            if path.exists():
                os.chmod(path, 0o755 if path.is_dir() else 0o644)
            code, said = outcome.value or (None, outcome.text)
            now = seen(place)
            changed = [p for p in before.keys() | now.keys() if before.get(p) != now.get(p)]
            result.cases += 1
            result.through += code == 0 and bool(changed)
            if code == case.code and not changed and "error: " in said and "Traceback" not in said:
                result.refused += 1
            elif obstruct:
                result.bad.append(f"{case.name}: exit {code}, changed: {changed[:5]}; {said}")
    return result


def seen(place: Place) -> dict[str, tuple[object, ...]]:
    """What the checkout holds, .git and all, but for the lock, which stays where a command has waited for it. Modes
    are left out: they are what a case changes."""
    lock = (".git/newop-gen", ".git/newop-gen/lock")
    everything = worlds.snapshot(place.checkout, git=True)
    return {path: (what[0], *what[2:]) for path, what in everything.items() if path not in lock}


def warm_up() -> None:
    """Load what the commands load, here: a child that is nobody may not be able to read it. Of a tree that can't be
    read every layout is asked."""
    for module in pkgutil.walk_packages(layouts.__path__, f"{layouts.__name__}."):
        importlib.import_module(module.name)
    with worlds.scratch() as directory:
        place = made(directory, "apply", run)
        environment = dict(os.environ)
        try:
            for name in ("apply", "remove", "nonsense"):
                place.command(name)
        finally:
            os.environ.clear()
            os.environ.update(environment)


def main() -> int:
    result = sweep(as_ordinary_user)
    print(f"missing permissions: {result}; user id {os.getuid()}, count {len(CASES)}")
    for line in result.bad:
        print(f"  {line}")
    free = sweep(as_ordinary_user, obstruct=False)
    print(f"  control, nothing taken away: {free}")
    good = result.cases > 0 and not result.bad and free.through == free.cases
    if root():
        as_root = sweep(run)
        print(f"  negative control, as root: {as_root}")
        good = good and as_root.through > 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
