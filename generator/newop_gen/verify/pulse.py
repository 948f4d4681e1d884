"""What a long step says meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

PULSE_SECONDS = 20


class Pulse:
    """Passes on what a long step says: each new line as a detail, and one now and then as a line of its own."""

    def __init__(self, name: str, report: Callable[[str], None]) -> None:
        self._name, self._report = name, report
        self._last, self._told = "", time.monotonic()

    def __call__(self, text: str) -> None:
        if text == self._last:
            return
        self._last = text
        if time.monotonic() - self._told > PULSE_SECONDS:
            self._told = time.monotonic()
            self._report(f"{self._name}: {text}")
        else:
            self._report(f"  {self._name}: {text}")
