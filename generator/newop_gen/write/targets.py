"""What a plan would write, and whether it may: every check that needs no writing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..plan import FileChange, Plan, Prepared, Target
from . import fs, paths
from .dirt import check_git
from .errors import changed_meanwhile, refused
from .receipts import OpReceipt
from .state import Home


def check_plan(home: Home, prepared: Prepared, known: Mapping[str, OpReceipt], *, allow_dirty: bool = False) -> None:
    """The refusals of an apply that can be known without writing, for a dry run. Raises `CheckoutRefused`."""
    if stale(prepared.plan):
        raise changed_meanwhile(str(prepared.plan.root))
    checked_targets(home, prepared, known, allow_dirty=allow_dirty)


def checked_targets(
    home: Home, prepared: Prepared, known: Mapping[str, OpReceipt], *, allow_dirty: bool
) -> list[Target]:
    """The targets of a plan, after every check that needs no writing. Raises `CheckoutRefused`."""
    targets = targets_of(home, prepared.changes)
    check_git(home, {t.path: t.before for t in targets}, list(known.values()), allow_dirty=allow_dirty)
    with home.open_base() as base:
        for target in targets:
            found = paths.read(base, target.path)
            if target.before is None and (found is not None or _taken(base, target.path)):
                raise refused(
                    home.shown(target.path),
                    "this file exists already",
                    "no file here",
                    "move it away, then run again",
                    "exists",
                )
            paths.check_writable(base, target.path, found[1] if found else None)
    return targets


def targets_of(home: Home, changes: Sequence[FileChange]) -> list[Target]:
    """The changes by canonical path. Raises `CheckoutRefused` when two of them are one file, or one leaves the base."""
    targets: dict[str, Target] = {}
    for change in changes:
        path = paths.canonical(home.base, home.below(change.path))
        if path in targets:
            raise refused(
                change.path,
                f"this file is planned twice, under another name of {path}",
                "one name for each file",
                "",
                "twice",
            )
        targets[path] = replace(change, path=path)
    return list(targets.values())


def _taken(base: int, path: str) -> bool:
    if paths.missing_parents(base, path):
        return False
    with paths.parent(base, path) as (fd, name):
        return fs.exists(fd, name)


def stale(plan: Plan) -> bool:
    """Whether a file that the plan was made from is another one now."""
    with fs.opened(plan.root) as root:
        return any(fs.content(root, path) != data for path, data in plan.sources.items())


def made_for(home: Home, targets: list[Target]) -> list[str]:
    """Directories that new files need and that don't exist yet, outermost first."""
    with home.open_base() as base:
        return list(dict.fromkeys(d for t in targets if t.before is None for d in paths.missing_parents(base, t.path)))
