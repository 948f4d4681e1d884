"""What every child is asked of models: building them, looking at their op lists, estimates with an op and without."""

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
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .databases import databases
from .link import decode, encode, failure
from .upstream import sdk, upstream

made: dict[str, Any] = {}
LISTS = {"context": "context_ops", "generation": "generation_ops"}


def verbs(attributes: Callable[[Any], Mapping[str, Any]], anew: Callable[[], None]) -> dict[str, Callable[..., Any]]:
    """`attributes` gives what an op holds, by name; `anew` makes the release forget what it keeps of a model, whose op
    lists are about to be others."""
    return {
        "catalogue": catalogue,
        "classes": classes,
        "build": functools.partial(build, attributes),
        "estimate": functools.partial(estimate, anew),
    }


def catalogue() -> dict[str, Any]:
    """The models that the release knows by name, and the raw configuration of those that it has one of."""
    common = sdk("common")
    names: dict[str, Any] = dict.fromkeys(getattr(common, "SupportedModels", None) or ())
    # In the package itself, or in the one that its SDK is of.
    packages = [os.path.dirname(upstream().__file__ or ""), os.path.dirname(os.path.dirname(common.__file__))]
    for folder in dict.fromkeys(os.path.join(package, "model_configs") for package in packages):
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
    attributes: Callable[[Any], Mapping[str, Any]],
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
            model_made = sdk("models").get_model(model, configuration, backend)
        except Exception as error:
            sys.setprofile(None)
            return {**failure(error), "classes": sorted(begun), "in_our_call": _in_call(error, ours)}
        finally:
            sys.setprofile(None)
    made[handle] = model_made
    return {
        "class": type(model_made).__name__,
        "bases": [c.__name__ for c in type(model_made).__mro__],
        "mtp": encode(getattr(model_made, "_mtp_scale_factor", None)),
        "scopes": seen,
        "context": [_op(o, ours, attributes) for o in model_made.context_ops],
        "generation": [_op(o, ours, attributes) for o in model_made.generation_ops],
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


def _op(op: Any, ours: list[str], attributes: Callable[[Any], Mapping[str, Any]]) -> dict[str, Any]:
    """An op of a list, with what it holds when it is made of others."""
    held = attributes(op)
    told: dict[str, Any] = {
        "name": held.get("_name", ""),
        "class": type(op).__name__,
        "scale": encode(held.get("_scale_factor")),
    }
    if type(op).__name__ in ours:
        told["held"] = {k[1:]: encode(v) for k, v in held.items() if k.startswith("_")}
    inside: list[Any] = []
    for value in held.values():
        if isinstance(value, (list, tuple)):
            inside += [_op(o, ours, attributes) for o in value if hasattr(o, "get_weights") and hasattr(o, "_name")]
    if inside:
        told["inside"] = inside
    return told


def fresh(backend: str) -> Any:
    """A backend without results of earlier runs, which it keeps by shape and not by model."""
    return sdk("backends.factory").get_backend(backend)


@contextlib.contextmanager
def restored(model: Any) -> Iterator[dict[str, list[Any]]]:
    """Gives the op lists of a model, by attribute; after the block they and its number of drafts are these again."""
    kept = {attribute: list(getattr(model, attribute)) for attribute in LISTS.values()}
    drafts = getattr(model, "_nextn", 0)
    try:
        yield kept
    finally:
        model._nextn = drafts
        for attribute, ops in kept.items():
            getattr(model, attribute)[:] = ops


def totals(summary: Any) -> dict[str, Any]:
    return {
        "context": {k: float(v) for k, v in summary.get_context_latency_dict().items()},
        "generation": {k: float(v) for k, v in summary.get_generation_latency_dict().items()},
        "context_energy": {k: float(v) for k, v in summary.get_context_energy_wms_dict().items()},
        "generation_energy": {k: float(v) for k, v in summary.get_generation_energy_wms_dict().items()},
    }


def estimate(
    anew: Callable[[], None],
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
    model = made[host]
    found = {}
    with restored(model) as kept:
        for which in ("with", "without"):
            for attribute, ops in kept.items():
                chosen = ops if which == "with" else [o for o in ops if type(o).__name__ not in ours]
                getattr(model, attribute)[:] = chosen
            settings = sdk("config").RuntimeConfig(**runtime)
            anew()
            summary = fresh(backend).run_static(model, databases[handle], settings, mode=mode, stride=stride)
            found[which] = {
                **totals(summary),
                "weights": float(sum(o.get_weights() for o in model.context_ops)),
            }
    return found
