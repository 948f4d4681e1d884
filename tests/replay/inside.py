"""What runs inside a release: one job is one op on one real table."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from .catalog import BY_NAME
from .kinds import ENERGY
from .points import measured, random_points
from .rules import RULES
from .tables import Tables
from .trial import Trial, modes_of

LONG = 50_000
"""Rows of a table from which on a mode's databases are let go before the next mode is asked."""


def run_job(job: dict[str, Any]) -> dict[str, Any]:
    """Counts by mode. `measured` and `random` say how many points of each kind (None: all that there are)."""
    logging.disable(logging.CRITICAL)
    start = time.perf_counter()
    replay = replace(BY_NAME[job["replay"]], **job["own"])
    tables = Tables(replay, Path(job["systems"]), job["system"], job["backend"], job["version"])
    try:
        collected = measured(replay, tables.rows)
        if not collected:
            return {"modes": {}, "rows": len(tables.rows), "measured": 0, "seconds": 0.0}
        points = evenly(collected, job["measured"]) + list(
            random_points(replay, collected, job["random"], f"{job['system']}/{job['backend']}/{job['version']}")
        )
        few = evenly(collected, job["energy"]) + points[-job["random"] :]
        tallies = {}
        for mode in modes_of(replay):
            trial = Trial(replay, job["release"], tables)  # what rules keep is of this mode's databases
            tallies[mode] = trial.run(few if mode == ENERGY else points, mode, RULES)
            if len(tables.rows) > LONG:
                tables.forget()
    finally:
        tables.close()
    return {
        "modes": {mode: vars(tally) for mode, tally in tallies.items()},
        "rows": len(tables.rows),
        "measured": len(collected),
        "seconds": time.perf_counter() - start,
    }


def evenly(values: list[Any], count: int | None) -> list[Any]:
    """`count` of the values, evenly spread; all of them for None or when there are no more."""
    if count is None or count >= len(values):
        return list(values)
    return [values[i * len(values) // count] for i in range(count)]
