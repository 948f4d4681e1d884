"""A ranking of a checkout's ops as data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .existing import Existing
from .rank import Closeness

SCHEMA = "newop-gen/like/1"


def report(ranked: Sequence[Closeness], ops: Sequence[Existing], spec: Path, checkout: Path) -> dict[str, Any]:
    """The JSON answer of `newop-gen init --like --spec` (docs/schemas/like-1.schema.json): all ops, not only the
    closest."""
    from ... import __version__

    return {
        "schema": SCHEMA,
        "tool": {"name": "newop-gen", "version": __version__},
        "spec": str(spec),
        "checkout": str(checkout),
        "ops": [
            {
                "op": one.op.name,
                "distance": one.distance,
                "file": one.op.place.file,
                "line": one.op.place.line,
                "phase": one.phase,
                "differs": list(one.differs),
            }
            for one in ranked
        ],
        "unread": [{"op": op.name, "why": op.unread} for op in ops if op.unread],
    }
