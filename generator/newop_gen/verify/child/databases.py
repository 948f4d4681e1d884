"""What every child is asked of databases: opening one, its mode, the leaves of a table, files."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
import os
from collections.abc import Callable
from typing import Any

from .link import encode
from .upstream import sdk

databases: dict[str, Any] = {}


def verbs() -> dict[str, Callable[..., Any]]:
    logging.disable(logging.CRITICAL)
    sdk("common")
    sdk("perf_database")
    return {
        "open": open_database,
        "default_mode": default_mode,
        "parquet": parquet,
    }


def members_of(members: list[str]) -> dict[str, Any]:
    """Members of `PerfDataFilename` with their values, None for one that is not there. A member that is an alias of
    another one is told by that one's name."""
    found = sdk("common").PerfDataFilename.__members__
    return {m: [found[m].name, found[m].value] if m in found else None for m in members}


def open_database(handle: str, system: str, backend: str, version: str, root: str) -> Any:
    """Opens a `PerfDatabase`, not through `get_database`, which turns every error into None."""
    databases[handle] = sdk("perf_database").PerfDatabase(system, backend, version, root)
    return True


def default_mode(handle: str, mode: str) -> bool:
    databases[handle].set_default_database_mode(sdk("common").DatabaseMode[mode])
    return True


def digest_of(leaves: Any) -> str:
    return hashlib.sha256(json.dumps(leaves).encode()).hexdigest()


def flat(table: Any) -> list[Any]:
    """The leaves of a nested table: [[keys, leaf], ...]."""
    found: list[Any] = []

    def walk(node: Any, path: list[Any]) -> None:
        if not isinstance(node, dict):
            found.append([path, encode(node)])
        elif "latency" in node or not node:
            found.append([path, {k: encode(v) for k, v in node.items()}])
        else:
            for key, below in node.items():
                walk(below, [*path, encode(key)])

    walk(getattr(table, "data", table), [])
    return found


def result_of(value: Any) -> Any:
    """A `PerformanceResult` with what it carries; a tuple as one; anything else by its type."""
    if isinstance(value, tuple):
        return {"tuple": [encode(v) for v in value]}
    if hasattr(value, "energy"):
        return {"latency": float(value), "energy": float(value.energy), "source": getattr(value, "source", None)}
    return {"other": encode(value), "type": type(value).__name__}


def parquet(source: str, path: str) -> bool:
    """Writes a CSV file as parquet, with this interpreter's own pandas: numbers to the last bit, empty cells null."""
    pandas = importlib.import_module("pandas")
    pandas.read_csv(source, float_precision="round_trip").to_parquet(path)
    os.unlink(source)
    return True
