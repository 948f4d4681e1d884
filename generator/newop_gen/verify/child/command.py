"""`aiconfigurator cli default` on the checkout, and what the op costs in the configuration that it chooses."""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from .databases import databases
from .link import failure
from .upstream import package, sdk, upstream

KEPT = 64  # refusals of different text that are told
COMMANDS = ("cli.main", "legacy_cli.main")  # where the command is, by release
RUNNERS = ("_execute_task_configs", "_execute_tasks")  # what the command searches with, by release
QUANTS = {
    "gemm": ("gemm_quant_mode", "GEMMQuantMode"),
    "kvcache": ("kvcache_quant_mode", "KVCacheQuantMode"),
    "fmha": ("fmha_quant_mode", "FMHAQuantMode"),
    "moe": ("moe_quant_mode", "MoEQuantMode"),
    "comm": ("comm_quant_mode", "CommQuantMode"),
}
SIZES = {
    "tp": "tp_size",
    "pp": "pp_size",
    "dp": "attention_dp_size",
    "moe_tp": "moe_tp_size",
    "moe_ep": "moe_ep_size",
    "cp": "cp_size",
}


def verbs(models: dict[str, Callable[..., Any]], refusals: Refusals) -> dict[str, Callable[..., Any]]:
    """`models` are the verbs about models, which the second one asks; `refusals` counts what an op refuses."""
    return {
        "command": functools.partial(command, refusals),
        "share": functools.partial(share, models["build"], models["estimate"]),
    }


def command(refusals: Refusals, options: dict[str, Any], op: str, ours: list[str]) -> dict[str, Any]:
    """Runs the command with `options` (by their names with underscores, `model` for either of its names), and gives
    its command line, the first row of what it chose, and what the op, with its classes `ours`, refused to answer
    meanwhile. For a command that fails or finds no row: the error, and what was refused."""
    refused = Refused()
    with refusals(op, ours, refused):
        try:
            found = _run(options)
        except Exception as error:
            found = failure(error)
    return {**found, "refused": vars(refused)}


class Refused:
    """How often an op raised, with which texts (the first `KEPT`), at which batch sizes. The search drops a candidate
    when an op raises, and tells nobody."""

    def __init__(self) -> None:
        self.count = 0
        self.texts: list[str] = []
        self.batches: list[float] = []

    def add(self, error: Exception, batch: Any = None) -> None:
        self.count += 1
        text = str(error)[:200]
        if text not in self.texts and len(self.texts) < KEPT:
            self.texts.append(text)
        if batch is not None and float(batch) not in self.batches:
            self.batches.append(float(batch))


Refusals = Callable[[str, "list[str]", Refused], "contextlib.AbstractContextManager[None]"]


@contextlib.contextmanager
def raised_by_queries(op: str, ours: list[str], refused: Refused) -> Iterator[None]:
    """Inside this block, what queries of the op classes `ours` raise is counted."""

    def counting(asked: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(asked)
        def query(self: Any, *args: Any, **given: Any) -> Any:
            try:
                return asked(self, *args, **given)
            except Exception as error:
                refused.add(error, given.get("batch_size"))
                raise

        return query

    owners = [getattr(sdk("operations"), name) for name in ours]
    originals = [owner.query for owner in owners]
    try:
        for owner, original in zip(owners, originals):
            owner.query = counting(original)
        yield
    finally:
        for owner, original in zip(owners, originals):
            owner.query = original


def _run(options: dict[str, Any]) -> dict[str, Any]:
    """The command line and the first row of what it chose. Raises what that raises; `RuntimeError` for no row."""
    logging.disable(logging.NOTSET)
    main = _main()
    words = ["default"]
    for name, value in options.items():
        words += [_option(main, name), str(value)]
    parser = argparse.ArgumentParser(prog=f"{package()} cli")
    main.configure_parser(parser)
    chosen: list[dict[str, Any]] = []
    name = next(n for n in RUNNERS if hasattr(main, n))
    search = getattr(main, name)

    def searched(*args: Any, **kwargs: Any) -> Any:
        found = search(*args, **kwargs)
        rows = found[1].get(found[0])
        if rows is not None and len(rows):
            chosen.append({"experiment": found[0], **rows.iloc[0].to_dict()})
        return found

    setattr(main, name, searched)
    try:
        main.main(parser.parse_args(words))
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"the command ends with {ended.code}") from None
    finally:
        setattr(main, name, search)
        logging.disable(logging.CRITICAL)
    if not chosen:
        raise RuntimeError("the command chooses no configuration")
    return {"words": words, "row": {str(k): _plain(v) for k, v in chosen[0].items()}}


def _main() -> Any:
    """The module of the command."""
    for name in COMMANDS[:-1]:
        with contextlib.suppress(ModuleNotFoundError):
            return upstream(name)
    return upstream(COMMANDS[-1])


def _option(main: Any, name: str) -> str:
    """An option as this release spells it."""
    parser = argparse.ArgumentParser()
    main._add_default_mode_arguments(parser)
    # The model's option has two names, and the older one means a local path in no release.
    wanted = ("--model-path", "--model") if name == "model" else (f"--{name.replace('_', '-')}", f"--{name}")
    known = {text for action in parser._actions for text in action.option_strings}
    return next(text for text in wanted if text in known)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return value.item() if hasattr(value, "item") else str(value)


def share(
    build: Callable[..., Any], estimate: Callable[..., Any], model: str, row: dict[str, Any], ours: list[str]
) -> dict[str, Any]:
    """What the op costs in a row's configuration: by phase, the whole latency in ms and that without the op, at the
    batch sizes of the row's workers."""
    found = {}
    for phase, worker in (("context", "(p)"), ("generation", "(d)")):
        sign = worker if f"{worker}tp" in row else ""
        batch = int(row[f"{sign}bs"]) if sign or phase == "generation" else 1
        handle = f"chosen-{phase}"
        backend = row[f"{sign}backend"] if f"{sign}backend" in row else row["backend"]
        build(handle, model, _settings(row, sign), backend, ours, [])
        databases[handle] = sdk("perf_database").get_database(
            *(row[f"{sign}{n}"] if f"{sign}{n}" in row else row[n] for n in ("system", "backend", "version"))
        )
        length = {n: int(row[n]) for n in ("isl", "osl")}
        runtime = {"batch_size": batch, "beam_width": 1, "prefix": int(row.get("prefix") or 0), **length}
        # Of its own phase alone: nobody asks a decode worker's batch of the context table.
        mode = {"context": "static_ctx", "generation": "static_gen"}[phase]
        told = estimate(handle, handle, backend, runtime, ours, stride=max(1, length["osl"] // 8), mode=mode)
        found[phase] = {
            "batch": batch,
            "tp": int(row[f"{sign}tp"]),
            "whole": sum(told["with"][phase].values()),
            "without": sum(told["without"][phase].values()),
        }
    return found


def _settings(row: dict[str, Any], sign: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        field: int(row[sign + n]) for n, field in SIZES.items() if row.get(sign + n) is not None
    }
    for column, (field, owner) in QUANTS.items():
        if row.get(sign + column):
            settings[field] = {"enum": [owner, row[sign + column]]}
    return settings
