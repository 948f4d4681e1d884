"""What is asked of a database and of the op's classes where they are Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .databases import databases, digest_of, flat, members_of, result_of
from .link import decode, encode, failure
from .upstream import sdk, upstream


def verbs() -> dict[str, Callable[..., Any]]:
    return {
        "look": look,
        "load": load,
        "leaves": leaves,
        "digest": digest,
        "put": put,
        "query": query,
        "cache": cache,
        "operate": operate,
        "support": support,
        "energy_by_line": energy_by_line,
    }


def look(members: list[str], methods: list[str], classes: list[str], loaders: dict[str, list[str]]) -> dict[str, Any]:
    """What is there of an op. A member that is an alias of another one is told by that one's name."""
    common, database = sdk("common"), sdk("perf_database").PerfDatabase
    return {
        "members": members_of(members),
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


def load(name: str, modules: list[str], path: str, sources: bool) -> Any:
    """What a loader makes of a file: its leaves."""
    loader = _loader(name, modules)
    table = loader([(path, None)] if sources else path)
    return None if table is None else flat(table)


def leaves(handle: str, attribute: str, method: str | None = None, arguments: dict[str, Any] | None = None) -> Any:
    """The leaves of a table of a database: [[keys, leaf], ...]; None without a table. A layout that loads a table at
    the first query is asked that query before."""
    database = databases[handle]
    if method is not None:
        try:
            getattr(database, method)(**decode(arguments, sdk("common")))
        except Exception as error:
            if not hasattr(database, attribute):
                return failure(error)
    table = getattr(database, attribute)
    table = getattr(table, "data", table)
    return None if table is None else flat(table)


def digest(handle: str, attribute: str) -> str:
    """A digest of all leaves of a table, which moves when any of them does."""
    return digest_of(leaves(handle, attribute))


def put(handle: str, attribute: str, path: list[Any], leaf: Any) -> bool:
    """Puts something else in the place of a leaf, to see what a query makes of a table that is broken."""
    node = getattr(databases[handle], attribute)
    *way, last = [decode(key, sdk("common")) for key in path]
    for key in way:
        node = node[key]
    node[last] = leaf
    return True


def query(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Asks query methods: [method, arguments, mode or None] each, one outcome each."""
    common = sdk("common")
    database = databases[handle]
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


def cache(handle: str, method: str) -> Any:
    """Hits and misses of a query's cache; None when it has none."""
    info = getattr(getattr(databases[handle], method), "cache_info", None)
    return None if info is None else [info().hits, info().misses]


def operate(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Makes `Operation`s and asks them: [class, name, scale, params, keyword arguments] each."""
    common, operations = sdk("common"), sdk("operations")
    outcomes = []
    for owner, name, scale, params, given in calls:
        try:
            op = getattr(operations, owner)(name, scale, **decode(params, common))
            outcome = result_of(op.query(databases[handle], **given))
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
    matrix = databases[handle].supported_quant_mode
    found = {}
    for name in names:
        try:
            found[name] = encode(list(matrix[name]))
        except KeyError:
            continue
    return found
