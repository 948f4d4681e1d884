"""One command at work on a checkout: it alone, with what an interrupted earlier one left put right."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from . import journal, receipts
from .errors import reported
from .receipts import OpReceipt
from .recover import RecoveryReport, recover_held
from .signals import Signals
from .state import Home


@dataclass(frozen=True)
class Session:
    """What holds while a command has the lock. `recovered` says what was put right first."""

    home: Home
    signals: Signals
    recovered: RecoveryReport

    @functools.cached_property
    def known(self) -> Mapping[str, OpReceipt]:
        """The receipts of the ops in the checkout. Raises `Interrupted` for one that can't be believed."""
        return receipts.read_all(self.home)


@contextmanager
def session(home: Home, command: str, *, wait: float = 10.0, create: bool = True) -> Iterator[Session]:
    """Take the checkout's lock, waiting at most `wait` seconds for another run's, and recover what an earlier run left.
    With `create`, or where there is something to recover, the lock's file is made where there is none.

    Raises `CheckoutRefused` when another run holds the lock, `Interrupted` when the recovery needs a decision,
    `IoFault` for a fault that changed nothing, here or in what the caller does, and `Stopped`.
    """
    with reported(command), Signals() as signals, home.lock(wait=wait, create=create or journal.pending(home)):
        yield Session(home, signals, recover_held(home))
