"""Working as an ordinary user, where the tests run as root: for root every file is readable and writable, and what is
to be shown about permissions would be shown of nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .faults import Outcome, run

NOBODY = 65534


def root() -> bool:
    return os.getuid() == 0


def give_away(directory: Path) -> None:
    """As root: make everything below `directory`, and itself, the ordinary user's. Otherwise it is already."""
    if not root():
        return
    os.chown(directory, NOBODY, NOBODY)
    for parent, folders, names in os.walk(directory):
        for name in [*folders, *names]:
            os.chown(os.path.join(parent, name), NOBODY, NOBODY, follow_symlinks=False)


def as_ordinary_user(work: Callable[[], Any]) -> Outcome:
    """What `work` did in a child that is nobody special. Whatever it imports must have been imported before: where root
    keeps its interpreter, others may not be able to read."""

    def dropped() -> Any:
        if root():
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        assert os.getuid() != 0 and os.geteuid() != 0
        return work()

    return run(dropped)
