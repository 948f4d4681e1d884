"""The commands under test, over the synthetic world; and writers that promise nothing, as negative controls."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from newop_gen.runs import remove_op, update_op
from newop_gen.write import fs
from newop_gen.write.recover import recover

from . import world as worlds
from .faults import run
from .world import World, apply_plan

Command = Callable[[World], Any]


def apply(world: World, op: str = "demo", variant: int = 0) -> Any:
    return apply_plan(worlds.plan(world.root, op, variant), worlds.over(world.root, op, variant))


def remove(world: World) -> Any:
    return remove_op(world.root, ("demo",))


def remove_by_spec(world: World) -> Any:
    return remove_op(world.root, ("demo",), plan_over=worlds.over(world.root))


def update(world: World) -> Any:
    return update_op(world.root, ("demo",), worlds.over(world.root, variant=1))


def bring_back(world: World, *, keep_edits: bool = False) -> Any:
    return recover(world.root, keep_edits=keep_edits)


COMMANDS: dict[str, tuple[bool, Command]] = {  # whether the op is applied first
    "apply": (False, apply),
    "remove": (True, remove),
    "remove SPEC": (True, remove_by_spec),
    "update": (True, update),
}


def apply_in_place(world: World) -> None:
    """Negative control: truncate and rewrite each file, as formatters and codemod runners do."""
    for change in worlds.plan(world.root).changes():
        path = Path(world.root, change.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        fs._gate("open", change.path)
        with open(path, "wb") as stream:
            fs._gate("write", change.path)
            stream.write(change.after)


def apply_without_journal(world: World) -> None:
    """Negative control: each file by itself is replaced in one step, and nothing holds them together."""
    for change in worlds.plan(world.root).changes():
        path = Path(world.root, change.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        fs._gate("write", change.path)
        path.with_suffix(".new").write_bytes(change.after)
        fs._gate("rename", change.path)
        os.replace(path.with_suffix(".new"), path)


def prepared(directory: Path, name: str, *, git: bool = False) -> World:
    """A world in the state that command `name` starts from."""
    world = worlds.make(directory, git=git)
    if COMMANDS[name][0]:
        done = in_child(world, apply)
        assert done.exit_code == 0, done.text
    if name == "remove SPEC":  # as in a fresh clone
        shutil.rmtree(worlds.key(world) / "receipts")
    return world


def in_child(world: World, command: Command, hook: Any = None) -> Any:
    """Run a command in a child whose state directory is the world's."""
    return run(lambda: command(world), hook, environment={"XDG_STATE_HOME": str(world.state)})
