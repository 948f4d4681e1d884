"""What is asked of an op that the checkout's engine computes, from Python: the same questions as of one in Python.

There is no query method and no loader. An op is an object of a compiled class; the engine evaluates it against the
tables of a database that it reads itself. Each database here has an engine of its own for each mode, so that what one
answer leaves behind (a utilisation grid) is not there for another.
"""

from __future__ import annotations

import contextlib
import copy
import importlib
import pickle
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from . import models
from .command import Refused
from .databases import databases, digest_of, flat, members_of, result_of
from .link import decode, encode, failure
from .models import LISTS, fresh, made, restored, totals
from .upstream import sdk, upstream

RUN_TIME = ("x", "b", "s", "prefix")

_declared: dict[str, dict[str, Any]] = {"queries": {}, "tables": {}}
_engines: dict[tuple[str, str], Any] = {}


def verbs() -> dict[str, Callable[..., Any]]:
    return {
        "declare": declare,
        "look": look,
        "leaves": leaves,
        "digest": digest,
        "query": query,
        "parts": parts,
        "operate": operate,
        "hold": hold,
        **models.verbs(attributes, forget),
        "probe": probe,
    }


def declare(queries: dict[str, Any], tables: dict[str, str]) -> bool:
    """What stands for an op's queries and tables here: [class, whether it is of the context phase] by method, and the
    class that binds a table by the database's attribute."""
    _declared["queries"].update(queries)
    _declared["tables"].update(tables)
    return True


def look(members: list[str], classes: list[str], views: list[str], native: str, module: str) -> dict[str, Any]:
    """What is there of an op: file members, shells that are exported over compiled classes of the extension, views, and
    the shells' module where users import it from."""
    operations, compiled = sdk("operations"), importlib.import_module(native)
    exported = getattr(operations, "__all__", ())
    layers = sdk("engine_table_view").VIEW_KEY_LAYERS
    return {
        "members": members_of(members),
        "classes": {c: isinstance(getattr(operations, c, None), type) for c in classes},
        "exports": {c: c in exported for c in classes},
        "compiled": {c: isinstance(getattr(compiled, c, None), type) for c in classes},
        "views": {v: v in layers for v in views},
        "modules": {module: _importable(module)},
        "modes": [m.name for m in sdk("common").DatabaseMode],
        "version": getattr(upstream(), "__version__", ""),
    }


def _importable(module: str) -> bool:
    try:
        sdk(f"operations.{module}")
    except ModuleNotFoundError:
        return False
    return True


def leaves(handle: str, attribute: str) -> Any:
    """The leaves of a table as the engine shows it: [[keys, leaf], ...]; None where there is no file."""
    database = databases[handle]
    getattr(sdk("operations"), _declared["tables"][attribute]).load_data(database)
    table = getattr(getattr(database, attribute), "data", None)
    return None if table is None else flat(table)


def digest(handle: str, attribute: str) -> str:
    """A digest of all leaves of a table, which moves when any of them does."""
    return digest_of(leaves(handle, attribute))


def _engine(handle: str, mode: str | None) -> Any:
    """The engine of a database in a mode; without one, in the mode that is the database's now."""
    engine, database = sdk("engine"), databases[handle]
    mode = mode or database.get_default_database_mode().name
    if (handle, mode) not in _engines:
        # As `EngineHandle.for_database`, but in any mode of the engine: not all may be a database's own.
        root = database.systems_root
        spec = engine.build_database_probe_spec_json(database, systems_path=root, database_mode=mode)
        native = importlib.import_module(sdk("operations.base").Operation.__module__)
        compiled = bytes(native.engine_spec_bincode_from_json(spec))
        _engines[handle, mode] = engine.EngineHandle(compiled, systems_path=root)
    return _engines[handle, mode]


def query(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Evaluates ops: [method, arguments, mode or None] each, one outcome each. Run-time arguments have the spec's
    names, all others are params."""

    def one(method: str, arguments: Any, mode: str | None) -> Any:
        ops, where = _asked(method, arguments)
        [(_, latency, energy, source)] = _engine(handle, mode).evaluate_ops_json(ops, **where)
        return {"latency": latency, "energy": energy, "source": source}

    return [_outcome(one, *call) for call in calls]


def parts(handle: str, calls: list[list[Any]]) -> list[Any]:
    """The SOL with its compute and memory bound: [method, arguments] each."""

    def one(method: str, arguments: Any) -> Any:
        ops, where = _asked(method, arguments)
        [(_, *times)] = _engine(handle, "SOL").evaluate_ops_sol_json(ops, **where)
        return result_of(tuple(times))

    return [_outcome(one, *call) for call in calls]


def _asked(method: str, arguments: Any) -> tuple[str, dict[str, Any]]:
    """An op as the engine gets it, and where it is evaluated."""
    owner, is_context = _declared["queries"][method]
    given = decode(arguments, sdk("common"))
    op = getattr(sdk("operations"), owner)("asked", 1.0, **{n: v for n, v in given.items() if n not in RUN_TIME})
    where = {
        "is_context": is_context,
        "batch_size": given.get("b", 1),
        "s": given.get("s", 1),
        "prefix": given.get("prefix", 0),
        "x": given.get("x"),
    }
    return sdk("engine").build_ops_json([op]), where


def _outcome(one: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return one(*arguments)
    except Exception as error:
        return failure(_typed(error))


def _typed(error: Exception) -> Exception:
    """An error as the release's own steps raise it: an engine may give all of its errors one class, and the steps over
    it turn those about missing data into the SDK's."""
    if type(error) is ValueError:
        try:
            sdk("rust_engine_step")._reraise_engine_error(error)
        except Exception as typed:
            return typed
    return error


def operate(handle: str, calls: list[list[Any]]) -> list[Any]:
    """Makes ops and asks them as the SDK's orchestration does: [class, name, scale, params, keyword arguments] each,
    with attributes that are set on an op before it is asked."""

    def one(
        owner: str, name: str, scale: float, params: Any, given: dict[str, Any], attributes: Mapping[str, Any] = {}
    ) -> Any:
        op = getattr(sdk("operations"), owner)(name, scale, **decode(params, sdk("common")))
        for attribute, value in attributes.items():
            setattr(op, attribute, value)
        return {**result_of(op._engine_query(databases[handle], **given)), "weights": float(op.get_weights())}

    return [_outcome(one, *call) for call in calls]


def hold(calls: list[list[Any]]) -> list[Any]:
    """What objects of compiled classes hold, and what is left of it after a trip: [class, name, scale, params, further
    keyword arguments] each. The trips: `pickled`, `copied`, `serialised` (to the engine's own form and back), and
    `composed` (put into a composite, and read from it)."""
    operations = sdk("operations")

    def told(op: Any) -> dict[str, Any]:
        return {"class": type(op).__name__, **{k[1:]: encode(v) for k, v in attributes(op).items()}}

    def one(owner: str, name: str, scale: float, params: Any, more: dict[str, Any]) -> Any:
        op = getattr(operations, owner)(name, scale, **decode(params, sdk("common")), **more)
        trips = {
            "pickled": lambda: told(pickle.loads(pickle.dumps(op))),
            "copied": lambda: told(copy.deepcopy(op)),
            "serialised": lambda: told(_native(op).op_from_spec_json(op._spec_json())),
            "composed": lambda: told(operations.OverlapOp("composed", [op], [op])._group_a[0]),
        }
        return {"made": told(op), **{name: _outcome(trip) for name, trip in trips.items()}}

    return [_outcome(one, *call) for call in calls]


def _native(op: Any) -> Any:
    """The extension that a compiled class is of, as its module names it."""
    compiled = next(c for c in type(op).__mro__ if c.__name__ == "Operation")
    return importlib.import_module(compiled.__module__)


def attributes(op: Any) -> Mapping[str, Any]:
    """What an op holds, by name: what its compiled classes give, and what was set from Python. A getter of the base
    raises where a family holds no such thing."""
    given: dict[str, Any] = {}
    for owner in type(op).__mro__:
        for name, member in vars(owner).items():
            if isinstance(member, types.GetSetDescriptorType) and name.startswith("_") and not name.startswith("__"):
                with contextlib.suppress(TypeError):
                    given[name] = getattr(op, name)
    return {**given, **getattr(op, "__dict__", {})}


def forget() -> None:
    """Compiled models are kept by their configuration, whatever their op lists hold."""
    sdk("rust_engine_step")._engine_handle_cache_clear()


def probe(
    host: str, handle: str, backend: str, op: list[Any], phase: str, runtime: dict[str, Any], run: dict[str, Any]
) -> Any:
    """Lets a real backend run a model whose only op is one of ours. The engine calls it where nobody can listen: the
    one call that `run_static` means (of two tokens, one of which decodes) is told as the engine's own rule has it, with
    what came out."""
    model, (owner, name, scale, params) = made[host], op
    with restored(model):
        try:
            ours = getattr(sdk("operations"), owner)(name, scale, **decode(params, sdk("common")))
            for phase_name, attribute in LISTS.items():
                getattr(model, attribute)[:] = [ours] if phase_name == phase else []
            model._nextn = run.get("nextn", 0)
            forget()
            settings = sdk("config").RuntimeConfig(**runtime)
            summary = fresh(backend).run_static(model, databases[handle], settings, mode=run["mode"], stride=1)
            total = totals(summary)
        except Exception as error:
            return {**failure(_typed(error)), "calls": [[_call(phase, runtime, run), failure(_typed(error))]]}
        finally:
            forget()
    outcome = {
        "latency": total[phase][name],
        "energy": total[f"{phase}_energy"][name],
        "source": getattr(summary, f"get_{phase}_source_dict")()[name],
    }
    return {"calls": [[_call(phase, runtime, run), outcome]], "total": total}


def _call(phase: str, runtime: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, float]:
    """What an op is asked in a static run: by the engine's session, for a context of what is not cached, and for the
    first step after it of each draft and beam."""
    batch, beam, prefix = runtime["batch_size"], runtime["beam_width"], runtime["prefix"]
    if phase == "context":
        s = runtime["isl"] - prefix
        given = {"x": batch * s, "batch_size": batch, "beam_width": 1, "s": s, "prefix": prefix}
    else:
        batch *= run.get("nextn", 0) + 1
        given = {"x": batch * beam, "batch_size": batch, "beam_width": beam, "s": runtime["isl"] + 1, "prefix": 0}
    return {name: float(value) for name, value in given.items()}


@contextlib.contextmanager
def raised_by_engine(op: str, ours: list[str], refused: Refused) -> Iterator[None]:
    """Inside this block, what an engine raises about the op is counted: its messages name the op that has no answer."""
    step = sdk("rust_engine_step")
    raising = step._reraise_engine_error

    def counting(error: Exception) -> None:
        if op in str(error):
            refused.add(error)
        raising(error)

    step._reraise_engine_error = counting
    try:
        yield
    finally:
        step._reraise_engine_error = raising
