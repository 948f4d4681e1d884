"""How far the work on a table is, for somebody who waits: whoever works says it, a command shows it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar

Listener = Callable[[str, int, int], None]
"""Hears what is worked on, the rows that are done, and how many there are (0: nobody knows)."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextlib.contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Inside this block `listener` hears how far it is."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def advanced(what: str, done: int, of: int = 0) -> None:
    """Say how far the work is. Called once for many rows."""
    if (listener := _listener.get()) is not None:
        listener(what, done, of)
