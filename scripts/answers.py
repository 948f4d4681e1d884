"""Runs inside a release, with the release's interpreter: what a real `PerfDatabase` and a real model answer.

Started by demo.py with one argument, a JSON file of what to ask; writes the answers, as JSON, to the path in it.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

logging.disable(logging.WARNING)

from aiconfigurator.sdk import common, config, models  # noqa: E402
from aiconfigurator.sdk.backends.factory import get_backend  # noqa: E402
from aiconfigurator.sdk.inference_session import InferenceSession  # noqa: E402
from aiconfigurator.sdk.perf_database import get_database  # noqa: E402


def estimate(asked: dict[str, Any], database: Any) -> dict[str, dict[str, float]]:
    """Latency (ms) of a static run, per phase and op."""
    model = models.get_model(asked["model"], config.ModelConfig(tp_size=asked["tp"]), asked["backend"])
    runtime = config.RuntimeConfig(batch_size=asked["batch"], isl=asked["isl"], osl=asked["osl"])
    session = InferenceSession(model, database, get_backend(asked["backend"]))
    summary = session.run_static(runtime, mode="static")
    return {"context": summary.get_context_latency_dict(), "generation": summary.get_generation_latency_dict()}


def answers(asked: dict[str, Any], database: Any) -> list[list[Any]]:
    """For every query asked, its answer in each database mode."""
    rows = []
    for query in asked["queries"]:
        method = getattr(database, query["method"])
        for mode in ("SOL", "SOL_FULL", "EMPIRICAL", "SILICON", "HYBRID"):
            try:
                answer = method(**query["arguments"], database_mode=common.DatabaseMode[mode])
            except Exception as error:  # what a mode refuses is part of the answer
                rows.append([query["label"], mode, None, f"{type(error).__name__}: {error}"])
                continue
            values = [float(v) for v in answer] if isinstance(answer, tuple) else [float(answer)]
            rows.append([query["label"], mode, values, ""])
    return rows


def main() -> None:
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    database = get_database(asked["system"], asked["backend"], asked["version"])
    if database is None:
        sys.exit(f"the release gave no database for {asked['system']}/{asked['backend']}/{asked['version']}")
    found = {"estimate": estimate(asked, database), "answers": answers(asked, database)}
    Path(asked["out"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
