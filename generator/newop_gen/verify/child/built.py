"""What is asked of models: building them, looking at their op lists, and running the real backends on them."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import json
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from .calls import _databases, result_of
from .link import decode, encode, failure
from .upstream import sdk, upstream

_models: dict[str, Any] = {}
_backends: dict[str, Any] = {}
LISTS = {"context": "context_ops", "generation": "generation_ops"}


def verbs() -> dict[str, Callable[..., Any]]:
    return {"catalogue": catalogue, "classes": classes, "build": build, "probe": probe, "estimate": estimate}


def catalogue() -> dict[str, Any]:
    """The models that the release knows by name, and the raw configuration of those that it has one of."""
    common = sdk("common")
    names: dict[str, Any] = dict.fromkeys(getattr(common, "SupportedModels", None) or ())
    folder = os.path.join(os.path.dirname(upstream().__file__ or ""), "model_configs")
    for name in sorted(os.listdir(folder) if os.path.isdir(folder) else ()):
        if name.endswith("_config.json") and not name.endswith("_hf_quant_config.json"):
            with open(os.path.join(folder, name), encoding="utf-8") as stream:
                names[name[: -len("_config.json")].replace("--", "/")] = json.load(stream)
    return names


def _model_modules() -> Iterator[Any]:
    package = sdk("models")
    yield package
    for found in pkgutil.iter_modules(getattr(package, "__path__", ())):
        yield importlib.import_module(f"{package.__name__}.{found.name}")


def classes(names: list[str]) -> list[str]:
    """Those of `names` that are model classes here."""
    return [n for n in names if any(isinstance(getattr(m, n, None), type) for m in _model_modules())]


def build(
    handle: str,
    model: str,
    settings: dict[str, Any],
    backend: str,
    ours: list[str],
    names: list[str],
    taken: dict[str, str] | None = None,
) -> Any:
    """Builds a model and tells its op lists, and what the dotted `names` stand for where its op lists are made.

    `settings` are fields of `ModelConfig`; those that the release does not have are left out. `taken` are attributes
    that the model gets as soon as `BaseModel` has set its own. For a model that can't be built: the error, the classes
    whose methods had begun, and whether it happened where one of `ours` is made.
    """
    configuration = _configuration(settings)
    seen: list[dict[str, Any]] = []
    begun: set[str] = set()
    files = {getattr(m, "__file__", None) for m in _model_modules()}

    def returned(frame: Any, event: str, _: Any) -> None:
        if event == "return" and frame.f_code.co_filename in files and "self" in frame.f_locals:
            begun.update(c.__name__ for c in type(frame.f_locals["self"]).__mro__)
            scope = {}
            for name in names:
                found, value = _resolve(frame, name)
                if found:
                    scope[name] = encode(value)
            seen.append({"function": frame.f_code.co_name, "class": type(frame.f_locals["self"]).__name__, **scope})

    with _taken(taken or {}):
        sys.setprofile(returned)
        try:
            made = sdk("models").get_model(model, configuration, backend)
        except Exception as error:
            sys.setprofile(None)
            return {**failure(error), "classes": sorted(begun), "in_our_call": _in_call(error, ours)}
        finally:
            sys.setprofile(None)
    _models[handle] = made
    return {
        "class": type(made).__name__,
        "bases": [c.__name__ for c in type(made).__mro__],
        "mtp": encode(getattr(made, "_mtp_scale_factor", None)),
        "scopes": seen,
        "context": [_op(o, ours) for o in made.context_ops],
        "generation": [_op(o, ours) for o in made.generation_ops],
    }


def _in_call(error: BaseException, ours: list[str]) -> bool:
    """Whether an error came up in a call of one of our classes, its arguments included, or in the class itself."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if type(frame.f_locals.get("self")).__name__ in ours:
            return True
        try:
            with open(frame.f_code.co_filename, encoding="utf-8") as stream:
                tree = ast.parse(stream.read())
        except (OSError, SyntaxError, UnicodeDecodeError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.lineno <= line <= (node.end_lineno or node.lineno):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name in ours:
                    return True
    return False


@contextlib.contextmanager
def _taken(attributes: dict[str, str]) -> Iterator[None]:
    """Inside this block, models are made with these attributes in place of their own."""
    base = sdk("models").BaseModel
    original = base.__init__

    @functools.wraps(original)
    def made(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        for name, value in attributes.items():
            getattr(self, name)  # what a release's models don't have, it doesn't decide by
            setattr(self, name, value)

    if attributes:
        base.__init__ = made
    try:
        yield
    finally:
        base.__init__ = original


def _configuration(settings: dict[str, Any]) -> Any:
    made = sdk("config").ModelConfig
    known = {k: v for k, v in settings.items() if k in made.__dataclass_fields__}
    return made(**decode(known, sdk("common")))


def _resolve(frame: Any, dotted: str) -> tuple[bool, Any]:
    """(True, value) of a dotted name in a frame, (False, None) where it means nothing there."""
    first, *rest = dotted.split(".")
    if first in frame.f_locals:
        value = frame.f_locals[first]
    elif first in frame.f_globals:
        value = frame.f_globals[first]
    else:
        return False, None
    for name in rest:
        if not hasattr(value, name):
            return False, None
        value = getattr(value, name)
    return True, value


def _op(op: Any, ours: list[str]) -> dict[str, Any]:
    """An op of a list, with what it holds when it is made of others."""
    told: dict[str, Any] = {
        "name": getattr(op, "_name", ""),
        "class": type(op).__name__,
        "scale": encode(getattr(op, "_scale_factor", None)),
    }
    if type(op).__name__ in ours:
        told["held"] = {k[1:]: encode(v) for k, v in vars(op).items() if k.startswith("_")}
    inside: list[Any] = []
    for value in vars(op).values():
        if isinstance(value, (list, tuple)):
            inside += [_op(o, ours) for o in value if hasattr(o, "get_weights") and hasattr(o, "_name")]
    if inside:
        told["inside"] = inside
    return told


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
    model = _models[host]
    owner, name, scale, params = op
    try:
        made = getattr(operations, owner)(name, scale, **decode(params, common))
    except Exception as error:
        return failure(error)
    calls: list[Any] = []
    _record(made, calls)
    kept = {attribute: list(getattr(model, attribute)) for attribute in LISTS.values()}
    drafts = getattr(model, "_nextn", 0)
    try:
        for phase_name, attribute in LISTS.items():
            getattr(model, attribute)[:] = [made] if phase_name == phase else []
        model._nextn = run.get("nextn", 0)
        settings = sdk("config").RuntimeConfig(**runtime)
        if "ctx_tokens" in run:
            _fresh(backend).run_agg(model, _databases[handle], settings, ctx_tokens=run["ctx_tokens"])
            total = None
        else:
            summary = _backend(backend).run_static(model, _databases[handle], settings, mode=run["mode"], stride=1)
            total = _totals(summary)
        return {"calls": calls, "total": total}
    except Exception as error:
        return {**failure(error), "calls": calls}
    finally:
        model._nextn = drafts
        for attribute, ops in kept.items():
            getattr(model, attribute)[:] = ops


def _fresh(backend: str) -> Any:
    """A backend without results of earlier runs, which it keeps by shape and not by model."""
    return sdk("backends.factory").get_backend(backend)


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


def _totals(summary: Any) -> dict[str, Any]:
    return {
        "context": {k: float(v) for k, v in summary.get_context_latency_dict().items()},
        "generation": {k: float(v) for k, v in summary.get_generation_latency_dict().items()},
        "context_energy": {k: float(v) for k, v in summary.get_context_energy_wms_dict().items()},
        "generation_energy": {k: float(v) for k, v in summary.get_generation_energy_wms_dict().items()},
    }


def estimate(
    host: str,
    handle: str,
    backend: str,
    runtime: dict[str, Any],
    ours: list[str],
    stride: int = 1,
    mode: str = "static",
) -> dict[str, Any]:
    """A built model's static estimate by op name (`mode` of `run_static` says of which phases), and the weights of its
    context ops: with our ops and without."""
    model = _models[host]
    kept = {attribute: list(getattr(model, attribute)) for attribute in LISTS.values()}
    found = {}
    try:
        for which in ("with", "without"):
            for attribute, ops in kept.items():
                chosen = ops if which == "with" else [o for o in ops if type(o).__name__ not in ours]
                getattr(model, attribute)[:] = chosen
            settings = sdk("config").RuntimeConfig(**runtime)
            summary = _fresh(backend).run_static(model, _databases[handle], settings, mode=mode, stride=stride)
            found[which] = {
                **_totals(summary),
                "weights": float(sum(o.get_weights() for o in model.context_ops)),
            }
    finally:
        for attribute, ops in kept.items():
            getattr(model, attribute)[:] = ops
    return found
