"""What is asked of models whose ops are Python: the real backends run on them, and every call of an op is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import models
from .databases import databases, result_of
from .link import decode, failure
from .models import LISTS, fresh, made, restored, totals
from .upstream import sdk

_backends: dict[str, Any] = {}


def verbs() -> dict[str, Callable[..., Any]]:
    return {**models.verbs(_attributes, lambda: None), "probe": probe}


def _attributes(op: Any) -> Mapping[str, Any]:
    return dict(vars(op))


def _backend(name: str) -> Any:
    if name not in _backends:
        _backends[name] = sdk("backends.factory").get_backend(name)
    return _backends[name]


def probe(
    host: str, handle: str, backend: str, op: list[Any], phase: str, runtime: dict[str, Any], run: dict[str, Any]
) -> Any:
    """Lets a real backend run a model whose only op is one of ours, and tells every call that the op got.

    `run` has `mode` (of `run_static`) or `ctx_tokens` (of `run_agg`), and `nextn`, the number of MTP draft tokens.
    """
    common, operations = sdk("common"), sdk("operations")
    model = made[host]
    owner, name, scale, params = op
    try:
        asked = getattr(operations, owner)(name, scale, **decode(params, common))
    except Exception as error:
        return failure(error)
    calls: list[Any] = []
    _record(asked, calls)
    with restored(model):
        try:
            for phase_name, attribute in LISTS.items():
                getattr(model, attribute)[:] = [asked] if phase_name == phase else []
            model._nextn = run.get("nextn", 0)
            settings = sdk("config").RuntimeConfig(**runtime)
            if "ctx_tokens" in run:
                fresh(backend).run_agg(model, databases[handle], settings, ctx_tokens=run["ctx_tokens"])
                total = None
            else:
                summary = _backend(backend).run_static(model, databases[handle], settings, mode=run["mode"], stride=1)
                total = totals(summary)
            return {"calls": calls, "total": total}
        except Exception as error:
            return {**failure(error), "calls": calls}


def _record(op: Any, calls: list[Any]) -> None:
    asked = op.query

    def query(database: Any, **given: Any) -> Any:
        told = {k: float(v) for k, v in given.items() if isinstance(v, (int, float)) or hasattr(v, "dtype")}
        try:
            result = asked(database, **given)
        except Exception as error:
            calls.append([told, failure(error)])
            raise
        calls.append([told, result_of(result)])
        return result

    op.query = query
