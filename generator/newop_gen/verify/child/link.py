"""Requests and replies: a line of JSON each, on pipes that nothing else writes to.

JSON has no enum members and no tuples, so that these travel as objects: `{"enum": [class, member]}` and
`{"tuple": [...]}`. What a call raised travels as `{"error": {...}}`.
"""

from __future__ import annotations

import enum
import json
import os
import sys
import traceback
from typing import Any

from .upstream import package


class Link:
    """Lines in and out. Reading is unbuffered, so that a forked child takes over in the middle of a conversation."""

    def __init__(self) -> None:
        # Whatever the checkout prints goes to standard error; the pipe is for replies alone.
        self._out = os.dup(1)
        os.dup2(2, 1)
        self._rest = b""

    def read(self) -> dict[str, Any] | None:
        """The next request; None when there are no more."""
        while b"\n" not in self._rest:
            more = os.read(0, 1 << 16)
            if not more:
                return None
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        request: dict[str, Any] = json.loads(line)
        return request

    def write(self, reply: Any) -> None:
        data = json.dumps(reply, default=_plain).encode() + b"\n"
        while data:
            data = data[os.write(self._out, data) :]


def _plain(value: Any) -> Any:
    """numpy scalars become floats; anything else is told by its type."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return f"<{type(value).__name__}>"


def encode(value: Any) -> Any:
    """A value for the way back. Floats keep every bit, and integers of numpy stay integers."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return {"enum": [type(value).__name__, value.name]}
    if type(value) in (int, float):
        return value
    if isinstance(value, tuple):
        return {"tuple": [encode(v) for v in value]}
    if isinstance(value, list):
        return [encode(v) for v in value]
    if isinstance(value, dict):
        return {str(k): encode(v) for k, v in value.items()}
    try:
        whole = int(value)
        return whole if type(value).__name__.startswith(("int", "uint")) else float(value)
    except (TypeError, ValueError):
        return {"object": type(value).__name__}


def decode(value: Any, common: Any) -> Any:
    """A value that came in: enum members are looked up by their place in the enum's own body, so that an alias made
    later does not hide a missing one."""
    if isinstance(value, dict):
        if "enum" in value:
            owner, member = value["enum"]
            return getattr(common, owner)[member]
        if "tuple" in value:
            return tuple(decode(v, common) for v in value["tuple"])
        return {k: decode(v, common) for k, v in value.items()}
    if isinstance(value, list):
        return [decode(v, common) for v in value]
    return value


def failure(error: BaseException) -> dict[str, Any]:
    """An exception as data: its class and bases, its text, and the innermost place in the checkout."""
    places = []
    for frame in traceback.extract_tb(error.__traceback__):
        file = frame.filename.replace(os.sep, "/")
        if package() in file:
            name = file.rpartition(f"{package()}/")[2]
            places.append(f"{name}:{frame.lineno} in {frame.name}")
    return {
        "error": {
            "class": type(error).__name__,
            "bases": [c.__name__ for c in type(error).__mro__],
            "text": str(error)[:600],
            "where": places[-1] if places else "",
        }
    }


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
