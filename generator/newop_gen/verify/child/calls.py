"""What is asked of a database and of the op's classes."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import json
import logging
import os
from collections.abc import Callable
from typing import Any

from .link import decode, encode, failure
from .upstream import sdk, upstream

_databases: dict[str, Any] = {}


def verbs() -> dict[str, Callable[..., Any]]:
    logging.disable(logging.CRITICAL)
    sdk("common")
    sdk("perf_database")
    return {
        "look": look,
        "open": open_database,
        "load": load,
        "leaves": leaves,
        "digest": digest,
        "put": put,
        "query": query,
        "cache": cache,
        "default_mode": default_mode,
        "operate": operate,
        "support": support,
        "energy_by_line": energy_by_line,
        "parquet": parquet,
        "rows": rows,
    }


def look(members: list[str], methods: list[str], classes: list[str], loaders: dict[str, list[str]]) -> dict[str, Any]:
    """What is there of an op. A member that is an alias of another one is told by that one's name."""
    common, database = sdk("common"), sdk("perf_database").PerfDatabase
    found = common.PerfDataFilename.__members__
    return {
        "members": {m: [found[m].name, found[m].value] if m in found else None for m in members},
        "methods": {m: callable(getattr(database, m, None)) for m in methods},
        "classes": {c: isinstance(getattr(sdk("operations"), c, None), type) for c in classes},
        "loaders": {name: _loader(name, modules) is not None for name, modules in loaders.items()},
        "modes": [m.name for m in common.DatabaseMode],
        "version": getattr(upstream(), "__version__", ""),
    }


def _loader(name: str, modules: list[str]) -> Any:
    for module in modules:
        try:
            found = getattr(sdk(module), name, None)
        except ImportError:
            continue
        if found is not None:
            return found
    return None


def open_database(handle: str, system: str, backend: str, version: str, root: str) -> Any:
    """Opens a `PerfDatabase`, not through `get_database`, which turns every error into None."""
    _databases[handle] = sdk("perf_database").PerfDatabase(system, backend, version, root)
    return True


def load(name: str, modules: list[str], path: str, sources: bool) -> Any:
    """What a loader makes of a file: its leaves."""
    loader = _loader(name, modules)
    table = loader([(path, None)] if sources else path)
    return None if table is None else _flat(table)


def leaves(handle: str, attribute: str, method: str | None = None, arguments: dict[str, Any] | None = None) -> Any:
    """The leaves of a table of a database: [[keys, leaf], ...]; None without a table. A layout that loads a table at
    the first query is asked that query before."""
    database = _databases[handle]
    if method is not None:
        try:
            getattr(database, method)(**decode(arguments, sdk("common")))
        except Exception as error:
            if not hasattr(database, attribute):
                return failure(error)
    table = getattr(database, attribute)
    table = getattr(table, "data", table)
    return None if table is None else _flat(table)


def digest(handle: str, attribute: str) -> str:
    """A digest of all leaves of a table, which moves when any of them does."""
    return hashlib.sha256(json.dumps(leaves(handle, attribute)).encode()).hexdigest()


def _flat(table: Any) -> list[Any]:
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


def put(handle: str, attribute: str, path: list[Any], leaf: Any) -> bool:
    """Puts something else in the place of a leaf, to see what a query makes of a table that is broken."""
    node = getattr(_databases[handle], attribute)
    *way, last = [decode(key, sdk("common")) for key in path]
    for key in way:
        node = node[key]
    node[last] = leaf
    return True


def query(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Asks query methods: [method, arguments, mode or None] each, one outcome each."""
    common = sdk("common")
    database = _databases[handle]
    outcomes = []
    for method, arguments, mode in calls:
        try:
            given = decode(arguments, common)
            if mode is not None:
                given["database_mode"] = common.DatabaseMode[mode]
            outcomes.append(result_of(getattr(database, method)(**given)))
        except Exception as error:
            outcomes.append(failure(error))
    return outcomes


def result_of(value: Any) -> Any:
    """A `PerformanceResult` with what it carries; a tuple as one; anything else by its type."""
    if isinstance(value, tuple):
        return {"tuple": [encode(v) for v in value]}
    if hasattr(value, "energy"):
        return {"latency": float(value), "energy": float(value.energy), "source": getattr(value, "source", None)}
    return {"other": encode(value), "type": type(value).__name__}


def cache(handle: str, method: str) -> Any:
    """Hits and misses of a query's cache; None when it has none."""
    info = getattr(getattr(_databases[handle], method), "cache_info", None)
    return None if info is None else [info().hits, info().misses]


def default_mode(handle: str, mode: str) -> bool:
    _databases[handle].set_default_database_mode(sdk("common").DatabaseMode[mode])
    return True


def operate(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Makes `Operation`s and asks them: [class, name, scale, params, keyword arguments] each."""
    common, operations = sdk("common"), sdk("operations")
    outcomes = []
    for owner, name, scale, params, given in calls:
        try:
            op = getattr(operations, owner)(name, scale, **decode(params, common))
            outcome = result_of(op.query(_databases[handle], **given))
            outcome["weights"] = float(op.get_weights())
            outcomes.append(outcome)
        except Exception as error:
            outcomes.append(failure(error))
    return outcomes


def energy_by_line() -> bool:
    """Whether the release's own helper gives points that it adds to a grid an energy, as it gives them a latency."""
    try:
        fill = sdk("interpolation").extrapolate_data_grid
    except (ImportError, AttributeError):
        return False  # a method of `PerfDatabase`, and older than energies
    grid = {1: {y: {z: {"latency": 1.0, "power": 2.0, "energy": 2.0} for z in (1, 3)} for y in (1, 3)}}
    fill(data_dict=grid, target_x_list=[], target_y_list=[], target_z_list=[2])
    return "energy" in grid[1][1][2]


def support(handle: str, names: list[str]) -> Any:
    """What the support matrix lists under these names; names that it does not have are left out."""
    matrix = _databases[handle].supported_quant_mode
    found = {}
    for name in names:
        try:
            found[name] = encode(list(matrix[name]))
        except KeyError:
            continue
    return found


def parquet(source: str, path: str) -> bool:
    """Writes a CSV file as parquet, with this interpreter's own pandas; empty cells are nulls."""
    pandas = importlib.import_module("pandas")
    pandas.read_csv(source).to_parquet(path)
    os.unlink(source)
    return True


def rows(path: str) -> Any:
    """A parquet file as CSV text."""
    pandas = importlib.import_module("pandas")
    text = io.StringIO()
    pandas.read_parquet(path).to_csv(text, index=False, quoting=csv.QUOTE_MINIMAL)
    return text.getvalue()
