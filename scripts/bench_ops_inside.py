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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from replay.catalog import BY_NAME
from replay.inside import evenly
from replay.kinds import Point, Replay
from replay.points import measured, random_points
from replay.tables import Tables, Variant, load_all

POINTS = 200
REPEATS = 100  # of all points, for queries from the cache
SHORT = 5  # times the rounds, for measurements of some hundredths of a second

OPERATIONS = {
    "context_mla": lambda p: ("ContextMLA", p["num_heads"], p["kvcache_quant_mode"], p["fmha_quant_mode"]),
    "generation_mla": lambda p: ("GenerationMLA", p["num_heads"], p["kvcache_quant_mode"]),
    "mla_bmm": lambda p: ("MLABmm", p["num_heads"], p["quant_mode"], p["stage"] == "mla_gen_pre"),
}
"""Upstream's `Operation` of a point and its arguments, for those that do nothing but ask the query that is replayed."""

Call = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function, and arguments by position."""


def measure(
    name: str, systems: str, system: str, backend: str, version: str, rounds: int, sources: bool
) -> dict[str, Any]:
    """What `in_turns` gives for each thing that is timed; `sources`: loaders take (path, kernel source) pairs."""
    logging.disable(logging.CRITICAL)
    replay = BY_NAME[name]
    tables = Tables(replay, Path(systems), system, backend, version)
    try:
        found: dict[str, Any] = {"rows": len(tables.rows)}
        found["load"] = in_turns(loaders(replay, tables, sources), rounds)
        found["construct"] = in_turns(constructions(tables), rounds)
        found |= queries(replay, tables, rounds)
    finally:
        tables.close()
    return found


def in_turns(sides: Sequence[Callable[[], Any]], rounds: int, each: int = 1) -> list[float]:
    """(theirs, ours, ratio, control): medians of the processor time in s of each side, per `each`, and of the rounds'
    ratios ours / theirs. The control is the same ratio of theirs, taken once more, to theirs: its distance from 1 is
    noise. In each round the three take turns, and another one is first."""
    theirs, ours = sides
    three = [theirs, ours, theirs]
    for side in three:
        side()  # what is done once, such as importing, is done
    times = []
    for number in range(rounds):
        taken = [0.0] * 3
        for which in ((number + turn) % 3 for turn in range(3)):
            gc.collect()
            start = time.process_time()
            three[which]()
            taken[which] = (time.process_time() - start) / each
        times.append(taken)
    ratio, control = (statistics.median(row[which] / row[0] for row in times) for which in (1, 2))
    return [statistics.median(row[0] for row in times), statistics.median(row[1] for row in times), ratio, control]


def loaders(replay: Replay, tables: Tables, sources: bool) -> list[Callable[[], Any]]:
    stems = (replay.file.removesuffix("_perf"), replay.own_file.removesuffix("_perf"))
    argument: Any = [(str(tables.path), None)] if sources else str(tables.path)
    return [functools.partial(loader(stem), argument) for stem in stems]


def loader(stem: str) -> Callable[[Any], Any]:
    """The loader function of a table."""
    return defined(f"load_{stem}_data")


def defined(wanted: str) -> Any:
    """What goes by a name, but for case and underscores, wherever the release keeps it."""
    modules = [importlib.import_module("aiconfigurator.sdk.perf_database")]
    package = importlib.import_module("aiconfigurator.sdk.operations")
    names = [found.name for found in pkgutil.iter_modules(getattr(package, "__path__", ()))]
    modules += [package, *(importlib.import_module(f"{package.__name__}.{name}") for name in names)]
    return next(thing for m in modules for name, thing in vars(m).items() if plain(name) == plain(wanted))


def plain(name: str) -> str:
    return name.replace("_", "").lower()


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
    """SILICON queries at points that both sides answer: each asked for the first time, and again.

    Both queries get all their arguments by position, made beforehand: making them takes as long as an answer from the
    cache does, and names among them more than double the time that the cache takes.
    """
    from aiconfigurator.sdk import common
    from aiconfigurator.sdk.perf_database import PerfDatabase
    from replay.trial import Trial

    forget()
    database, trial = tables.database(Variant()), Trial(replay, "", tables)
    mode = common.DatabaseMode.SILICON
    collected = measured(replay, tables.rows)
    points = evenly(collected, POINTS // 2) + list(random_points(replay, collected, POINTS // 2, "bench"))
    asked = [trial.members(point) for point in points]

    def theirs(point: Point) -> Call:
        return replay.call(Recorder(database), common, point, mode)  # type: ignore[no-any-return]

    def ours(point: Point) -> Call:
        return by_position(getattr(database, replay.query), **point, database_mode=mode)

    answered = [point for point in asked if answers(theirs(point)) and answers(ours(point))]
    sides = [[side(point) for point in answered] for side in (theirs, ours)]
    cached = [method for method in vars(PerfDatabase).values() if hasattr(method, "cache_clear")]

    def first(calls: Sequence[Call]) -> None:
        for method in cached:
            method.cache_clear()
        make(calls)

    found = {
        "uncached": in_turns([functools.partial(first, side) for side in sides], rounds, len(answered)),
        "cached": repeated(sides, rounds),
    }
    if replay.name in OPERATIONS:
        found["operation"] = repeated([list(operations(replay, database, answered, own)) for own in (0, 1)], rounds)
    return found


class Recorder:
    """Stands for the database where a replay calls upstream's query: the call is handed back instead of made."""

    def __init__(self, database: Any) -> None:
        self.database = database

    def __getattr__(self, name: str) -> Callable[..., Call]:
        return functools.partial(by_position, getattr(self.database, name))


def by_position(function: Callable[..., Any], *arguments: Any, **named: Any) -> Call:
    return function, inspect.signature(function).bind(*arguments, **named).args


def make(calls: Sequence[Call], times: int = 1) -> None:
    for _ in range(times):
        for function, arguments in calls:
            function(*arguments)


def answers(call: Call) -> bool:
    try:
        make([call])
    except Exception:
        return False
    return True


def repeated(sides: Sequence[Sequence[Call]], rounds: int) -> list[float]:
    """Calls that are answered from the cache."""
    again = [functools.partial(make, calls, REPEATS) for calls in sides]
    return in_turns(again, rounds * SHORT, len(sides[0]) * REPEATS)


def operations(replay: Replay, database: Any, points: Sequence[Point], own: int) -> Iterator[Call]:
    """What a backend calls for each point: the `query` of upstream's `Operation`, or of the generated one."""
    phase = "context" if replay.name.startswith("context") else "generation"
    ours = defined(f"{phase}_replay_{replay.name}")
    for point in points:
        name, *structure = OPERATIONS[replay.name](point)
        generated = ours("op", 1.0, **{n: point[n] for n in inspect.signature(ours).parameters if n in point})
        operation = generated if own else defined(name)("op", 1.0, *structure)
        batch = point.get("b", point.get("x"))
        sizes = {"x": batch, "batch_size": batch, "beam_width": 1, "s": point.get("s", 1)}
        if phase == "context":
            sizes |= {"x": batch * point["s"], "prefix": point["prefix"]}
        yield functools.partial(operation.query, database, **sizes), ()
