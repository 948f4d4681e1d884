"""What `bench_ops.py` runs inside a release whose ops are compiled: both ops of one engine, in turns."""

from __future__ import annotations

import json
import logging
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

ASKED = 300  # times that an engine evaluates an op in one call: what the call itself takes does not count
RUN_TIME = ("x", "b", "s", "prefix")


def measure(
    verify: str,
    extension: dict[str, str],
    root: dict[str, str],
    points: list[Any],
    rows: int,
    context: bool,
    rounds: int,
) -> dict[str, Any]:
    """`in_turns` of a SILICON query and of loading the table. `points`: [[class, arguments] of theirs, and of ours]."""
    logging.disable(logging.CRITICAL)
    if verify not in sys.path:
        sys.path.insert(0, verify)
        from child.extension import serve_extension

        serve_extension(extension["name"], extension["path"], extension["sha256"])
    from aiconfigurator_core.sdk.perf_database import PerfDatabase

    database = PerfDatabase(root["system"], root["backend"], root["version"], root["root"])
    sides = [[_made(point[which]) for point in points] for which in (0, 1)]
    evaluate = _evaluator(database, root["root"], [op for side in sides for op in side], context)
    where = [_where(theirs[1] if context else {**theirs[1], "s": 1}) for theirs, _ in points]

    def asking(side: int) -> Callable[[], Any]:
        first = side * len(points)
        return lambda: [evaluate([first + i] * ASKED, at) for i, at in enumerate(where)]

    # A process keeps what it has loaded of a root: each load has a root of its own.
    copies = iter([_opened(root, number) for number in range(3 * (rounds + 1))])

    def loading(side: int) -> Callable[[], Any]:
        op = [sides[side][0]]

        def load() -> Any:
            copied, where_copied = next(copies)
            return _evaluator(copied, where_copied, op, context)([0], where[0])

        return load

    return {
        "rows": rows,
        "uncached": in_turns([asking(0), asking(1)], rounds, ASKED * len(points)),
        "load": in_turns([loading(0), loading(1)], rounds),
    }


def _opened(root: dict[str, str], number: int) -> tuple[Any, str]:
    """A database on a copy of a root, and where that is; no table is loaded yet."""
    from aiconfigurator_core.sdk.perf_database import PerfDatabase

    copied = f"{root['root']}-{number}"
    shutil.copytree(root["root"], copied)
    return PerfDatabase(root["system"], root["backend"], root["version"], copied), copied


def _made(sent: Sequence[Any]) -> Any:
    from aiconfigurator_core.sdk import common, operations
    from child.link import decode

    owner, arguments = sent
    given = {n: v for n, v in decode(arguments, common).items() if n not in RUN_TIME}
    return getattr(operations, owner)("asked", 1.0, **given)


def _where(arguments: dict[str, Any]) -> dict[str, Any]:
    names = {"batch_size": "b", "s": "s", "prefix": "prefix", "x": "x"}
    default = {"batch_size": 1, "s": 1, "prefix": 0, "x": None}
    return {theirs: arguments.get(ours, default[theirs]) for theirs, ours in names.items()}


def _evaluator(
    database: Any, root: str, ops: Sequence[Any], context: bool
) -> Callable[[list[int], dict[str, Any]], Any]:
    """An engine of its own with these ops in its list, nothing loaded; it evaluates those at some indices."""
    import aiconfigurator_core._aiconfigurator_core as native
    from aiconfigurator_core.sdk import engine

    spec = json.loads(engine.build_database_probe_spec_json(database, systems_path=root, database_mode="SILICON"))
    spec["context_ops" if context else "generation_ops"] = json.loads(engine.build_ops_json(list(ops)))
    handle = engine.EngineHandle(bytes(native.engine_spec_bincode_from_json(json.dumps(spec))), systems_path=root)
    asked = handle.evaluate_context_ops if context else handle.evaluate_generation_ops
    return lambda indices, at: asked(indices, **at)


def in_turns(sides: Sequence[Callable[[], Any]], rounds: int, each: int = 1) -> list[float]:
    """(theirs, ours, ratio, control) as `bench_ops_inside.in_turns` has them: processor time, theirs once more."""
    times: list[list[float]] = [[], [], []]
    order = (0, 1, 2)
    for number in range(rounds + 1):
        for which in order if number % 2 else order[::-1]:
            start = time.process_time()
            sides[which % 2]()
            if number:  # the first round loads
                times[which].append((time.process_time() - start) / each)
    ratio, control = (statistics.median(a / b for a, b in zip(times[i], times[0], strict=True)) for i in (1, 2))
    return [statistics.median(times[0]), statistics.median(times[1]), ratio, control]
