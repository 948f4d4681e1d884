"""The key that answers for one that was not collected: `fallback`, `nearest` and `alike`, one level after the other.

The keys of a table are narrowed down from the outermost level in. At each level those stay that have the value asked
for; where there are none, those that the spec says stand in for it. A level that was decided is not gone back to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model.op import key_params
from ...render.document import Doc
from ...render.rust import call, closure, compared, method, string, text
from ...sol.quants import SIXTEEN_BIT_NAMES
from ...spec.model import Key
from .slices import Slices
from .view import EngineParam


def narrowing(s: Slices, indent: int) -> list[str]:
    """Statements that narrow `among`, a `Vec` of references to keys in the order of the file, for the key `asked`."""
    params = {p.name: p for p in s.fields}
    return [text((doc, ";"), indent) for key in s.keys for doc in _level(key, params, s.owner.facts.sixteen_bit)]


def helpers(s: Slices) -> set[str]:
    """The functions that those statements call."""
    used = {"prefer" for key in s.keys if key.fallback is not None or key.alike is not None}
    used |= {"nearest" for key in s.keys if key.nearest}
    return used | {"keep_first" for key in s.keys if key.alike is not None}


def _level(key: Key, params: dict[str, EngineParam], sixteen_bit: str) -> Iterator[Doc]:
    names = key_params(key)
    asked = closure("key", _same((params[n] for n in names), "asked"))
    only = params[names[0]]
    if key.alike is not None:
        alike = closure("key", _same((params[n] for n in key.alike.same), "asked"))
        yield call("prefer", ["&mut among", asked, alike])
        near = params[key.alike.nearest].ident if key.alike.nearest else None
        value = [closure("key", [f"key.{near}"]), f"asked.{near}"] if near else [closure("_", ["0"]), "0"]
        same = closure("key, other", _same((params[n] for n in names), "other"))
        yield call("keep_first", ["&mut among", *value, same])
    elif key.nearest:
        yield call("nearest", ["&mut among", closure("key", [f"key.{only.ident}"]), f"asked.{only.ident}"])
    elif key.fallback is not None:
        mode = sixteen_bit if key.fallback in SIXTEEN_BIT_NAMES else key.fallback
        level = f"key.{only.ident}.name()" if only.quant else f"key.{only.ident}"
        instead = compared(level, string(mode if only.quant else key.fallback))
        yield call("prefer", ["&mut among", asked, closure("key", [instead])])
    else:
        for name in names:
            yield method("among", "retain", closure("key", _same([params[name]], "asked")))


def _same(params: Iterable[EngineParam], other: str) -> list[Doc]:
    return [compared(f"key.{p.ident}", f"{other}.{p.ident}") for p in params]
