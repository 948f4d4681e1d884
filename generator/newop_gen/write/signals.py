"""Signals during a transaction: noted when they come, acted on between two steps."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

from .errors import Stopped

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While it is entered, SIGINT, SIGTERM and SIGHUP only leave a mark; `check` turns the mark into `Stopped`.

    A signal that was ignored before (SIGHUP under nohup) stays ignored. Outside the main thread, where Python allows
    no handlers, nothing is caught.
    """

    def __init__(self) -> None:
        self.signum = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in _CAUGHT:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            # None: a handler that C code installed; Python can't put it back.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()

    def _note(self, signum: int, frame: FrameType | None) -> None:
        self.signum = self.signum or signum

    def check(self, *, undone: bool = True) -> None:
        """Raise `Stopped` when a signal has come. `undone` says whether the tree is (or will be put) as it was."""
        if self.signum:
            raise Stopped(self.signum, undone)
