"""The op's Python classes in the compiled module."""

from __future__ import annotations

from ....checkout.rust import RustSource
from ....edits.rust import find
from ....edits.rust.place import after, before
from ...common.settle import Draft
from ..view import EngineOp
from .base import arm, draft, first_named


def wrapping(op: EngineOp, source: RustSource) -> Draft:
    """The arms that wrap an op of a composite in its class, after the last one that does so."""
    match = find.last_match(source, find.find_function(source, "wrap_op"))
    wrapped = [a for a in find.arms(source, match) if find.value(a).startswith("wrap!")]
    last = find.last_arm(source, match, "an arm that wraps an op in its class", wrapped)
    text = "".join(arm(f"Op::{p.variant}(_)", f"wrap!({p.pyclass})", 8) for p in op.phases)
    return draft(source, after(source, last, text), match)


def classes(op: EngineOp, source: RustSource, text: str) -> Draft:
    """The classes and what they need, before the function that registers all."""
    structs = [n for n in find.items(source.root) if n.type == "struct_item"]
    taken = first_named(structs, [p.pyclass for p in op.phases])
    edit = before(source, find.find_function(source, "register"), text.strip() + "\n\n")
    return draft(source, edit, None, taken, op.phases[0].pyclass, telling=True)


def registered(op: EngineOp, source: RustSource) -> Draft:
    """The statements that add the classes to the module, after the last one."""
    function = find.find_function(source, "register")
    body = find.body(source, function)
    added = [n for n in find.items(body) if find.code(n).startswith("m.add_class::<")]
    if not added:
        raise find.missing(source, "a statement m.add_class", "", (), function)
    text = "".join(f"    m.add_class::<{p.pyclass}>()?;\n" for p in op.phases)
    return draft(source, after(source, added[-1], text), body)
