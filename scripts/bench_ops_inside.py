"""What `bench_ops.py` runs inside a release: both sides of one op, in turns."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import inspect
import logging
import pkgutil
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from replay.catalog import BY_NAME
from replay.inside import evenly
from replay.kinds import Replay
from replay.points import measured, random_points
from replay.tables import Tables, Variant, load_all

POINTS = 200
REPEATS = 20  # of all points, for queries from the cache


def measure(
    name: str, systems: str, system: str, backend: str, version: str, rounds: int, sources: bool
) -> dict[str, Any]:
    """(theirs, ours, ratio) in s of each thing that is timed; `sources`: loaders take (path, kernel source) pairs."""
    logging.disable(logging.CRITICAL)
    replay = BY_NAME[name]
    tables = Tables(replay, Path(systems), system, backend, version)
    try:
        found: dict[str, Any] = {"rows": len(tables.rows)}
        found["load"] = in_turns(*loaders(replay, tables, sources), rounds=rounds)
        found["construct"] = in_turns(*constructions(tables), rounds=rounds)
        found |= queries(replay, tables, rounds)
    finally:
        tables.close()
    return found


def in_turns(theirs: Callable[[], Any], ours: Callable[[], Any], *, rounds: int, each: int = 1) -> list[float]:
    """Medians of the processor time of each, per `each`, and the median of ours / theirs of a round."""
    theirs(), ours()  # what is done once, such as importing, is done
    times: list[tuple[float, float]] = []
    for number in range(rounds):
        taken = {}
        for side in (theirs, ours) if number % 2 else (ours, theirs):
            gc.collect()
            start = time.process_time()
            side()
            taken[side] = (time.process_time() - start) / each
        times.append((taken[theirs], taken[ours]))
    ratio = statistics.median(b / a for a, b in times)
    return [statistics.median(a for a, _ in times), statistics.median(b for _, b in times), ratio]


def loaders(replay: Replay, tables: Tables, sources: bool) -> list[Callable[[], Any]]:
    stems = (replay.file.removesuffix("_perf"), replay.own_file.removesuffix("_perf"))
    argument: Any = [(str(tables.path), None)] if sources else str(tables.path)
    return [functools.partial(loader(stem), argument) for stem in stems]


def loader(stem: str) -> Callable[[Any], Any]:
    """The loader function of a table, wherever the release keeps it."""
    modules = [importlib.import_module("aiconfigurator.sdk.perf_database")]
    with contextlib.suppress(ImportError):
        package = importlib.import_module("aiconfigurator.sdk.operations")
        names = [found.name for found in pkgutil.iter_modules(getattr(package, "__path__", ()))]
        modules += [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    wanted = f"load_{stem}_data".replace("_", "")
    return next(function for m in modules for name, function in vars(m).items() if name.replace("_", "") == wanted)


def constructions(tables: Tables) -> list[Callable[[], Any]]:
    """Opening a database on a root that holds nothing but the table of the one side."""
    from aiconfigurator.sdk.perf_database import PerfDatabase

    def opening(stem: str) -> Callable[[], Any]:
        root = Path(tempfile.mkdtemp(prefix="root-", dir=tables._scratch))
        data = tables._directory(root)
        data.mkdir(parents=True)
        shutil.copyfile(tables.systems / f"{tables.system}.yaml", root / f"{tables.system}.yaml")
        shutil.copyfile(tables.path, data / f"{stem}{tables.path.suffix}")

        def open_database() -> None:
            forget()
            load_all(PerfDatabase(tables.system, tables.backend, tables.version, str(root)))

        return open_database

    return [opening(tables.replay.file), opening(tables.replay.own_file)]


def forget() -> None:
    """From 0.10 on tables are kept for all databases."""
    with contextlib.suppress(ImportError):
        from aiconfigurator.sdk.operations import clear_all_op_caches

        clear_all_op_caches()


def queries(replay: Replay, tables: Tables, rounds: int) -> dict[str, list[float]]:
    """SILICON queries at points that both sides answer: each asked for the first time, and again."""
    from aiconfigurator.sdk import common
    from aiconfigurator.sdk.perf_database import PerfDatabase
    from replay.trial import Trial

    forget()
    database, trial = tables.database(Variant()), Trial(replay, "", tables)
    mode = common.DatabaseMode.SILICON
    collected = measured(replay, tables.rows)
    points = evenly(collected, POINTS // 2) + list(random_points(replay, collected, POINTS // 2, "bench"))
    asked = [trial.members(point) for point in points]

    def theirs(point: dict[str, Any]) -> Any:
        return replay.call(database, common, point, mode)

    query = getattr(database, replay.query)
    order = [name for name in inspect.signature(query).parameters if name in asked[0]]

    def ours(point: dict[str, Any]) -> Any:
        # By position, as upstream's query is called: names make a longer key for the cache.
        return query(*[point[name] for name in order], database_mode=mode)

    answered = [point for point in asked if all(answers(side, point) for side in (theirs, ours))]
    cached = [method for method in vars(PerfDatabase).values() if hasattr(method, "cache_clear")]

    def first(side: Callable[..., Any]) -> Callable[[], None]:
        def ask() -> None:
            for method in cached:
                method.cache_clear()
            for point in answered:
                side(point)

        return ask

    def again(side: Callable[..., Any]) -> Callable[[], None]:
        def ask() -> None:
            for _ in range(REPEATS):
                for point in answered:
                    side(point)

        return ask

    return {
        "uncached": in_turns(first(theirs), first(ours), rounds=rounds, each=len(answered)),
        "cached": in_turns(again(theirs), again(ours), rounds=rounds, each=len(answered) * REPEATS),
        "points": [float(len(answered))],
    }


def answers(side: Callable[..., Any], point: dict[str, Any]) -> bool:
    try:
        side(point)
    except Exception:
        return False
    return True
