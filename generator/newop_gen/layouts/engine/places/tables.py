"""The op's tables in the compiled engine: where they are loaded, and where Python sees them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

from ....checkout.rust import RustSource
from ....edits.rust import find
from ....edits.rust.ordered import insert_module, insert_use
from ....edits.rust.place import after, at_end, before
from ....problems import CheckoutRefused, Problem
from ....render import rust
from ...common.settle import Draft
from ..view import EngineOp
from .base import before_rest, draft, first_named

if TYPE_CHECKING:
    from tree_sitter import Node


class View(Protocol):
    """One attribute of the database that Python sees as a table: the file it is made of, the arm that makes it, and the
    element of `VIEW_KEY_LAYERS` that says what its keys become."""

    @property
    def attribute(self) -> str: ...

    @property
    def filename(self) -> str: ...

    @property
    def arm(self) -> str: ...

    @property
    def layers(self) -> str: ...


_FUNCTION = re.compile(r"^fn (\w+)", re.MULTILINE)

TABLES = "PerfTables"
LAST = "system_spec"
"""The field before which the tables are made: it takes what they are made of."""


def module(op: EngineOp, source: RustSource) -> Iterable[Draft]:
    """The tables' module, as `perf_database/mod.rs` lists it."""
    edit = insert_module(source, op.module, f"pub mod {op.module_ident};\n")
    mods = [n for n in find.items(source.root) if n.type == "mod_item"]
    yield draft(source, edit, None, first_named(mods, [op.module]), f"perf_database::{op.module}")
    text = f"pub use {op.module_ident}::{op.table_struct};\n"
    yield draft(source, insert_use(source, op.module_ident, text, op.facts.crate.edition))


def field(op: EngineOp, source: RustSource) -> Draft:
    """The field of `PerfTables`, after the last one that is a table."""
    body = find.body(source, find.find_item(source, "struct", TABLES))
    fields = find.items(body)
    tables = [f for f in fields if find.code(f.child_by_field_name("type")).endswith("Table")]
    if not tables:
        raise find.missing(source, f"a table among the fields of {TABLES}", "", (), body)
    taken = first_named(fields, [op.table_field])
    edit = after(source, tables[-1], f"    pub {op.table_field}: {op.table_struct},\n")
    return draft(source, edit, body, taken, f"{TABLES}.{op.table_field}")


def made(op: EngineOp, source: RustSource) -> Draft:
    """Where the field gets its value."""
    literals = [n for n in _struct_literals(source.root) if find.code(n.child_by_field_name("name")) == TABLES]
    if len(literals) != 1:
        where = source.place(literals[-1] if literals else source.root)
        found = f"{TABLES} is made {len(literals)} times"
        raise CheckoutRefused(Problem(where, found, "one place", "", "anchor-ambiguous"))
    body = find.body(source, literals[0])
    fields = [(find.code(f.child_by_field_name("field")), f) for f in find.items(body)]
    last = find.only(source, f"a value of {TABLES}.{LAST}", LAST, fields, literals[0])
    call = rust.call(f"{op.table_struct}::with_sources", ["data_root.clone()", "&resolver"])
    text = " " * 12 + rust.text((rust.field(op.table_field, (call, "?")), ","), 12) + "\n"
    return draft(source, before(source, last, text), body)


def _struct_literals(scope: Node) -> Iterable[Node]:
    for child in scope.named_children:
        if child.type == "struct_expression":
            yield child
        yield from _struct_literals(child)


def view(op: EngineOp, source: RustSource, text: str) -> Draft:
    """The functions that make the op's views, after the last one of that kind."""
    functions = [n for n in find.items(source.root) if n.type == "function_item"]
    views = [f for f in functions if find.named(f).startswith("view_")]
    if not views:
        raise find.missing(source, "a function view_...", op.view_fn, map(find.named, functions))
    taken = first_named(functions, _FUNCTION.findall(text))
    name = find.named(taken) if taken is not None else op.view_fn
    return draft(source, after(source, views[-1], f"\n{text.strip()}\n"), None, taken, name, telling=True)


def registry(op: EngineOp, source: RustSource, views: Sequence[View]) -> Iterable[Draft]:
    """The attributes in the list of all views, with the files that each is made of."""
    item = find.find_item(source, "const", "TABLE_VIEW_ATTRIBUTES")
    value = item.child_by_field_name("value")
    listed = next((n for n in value.named_children if n.type == "array_expression"), None) if value else None
    if listed is None:
        raise find.missing(source, "an array as value of TABLE_VIEW_ATTRIBUTES", "", (), item)
    strings = [n for entry in find.items(listed) for n in entry.named_children if n.type == "string_literal"]
    known = {find.code(n).strip('"'): n for n in strings}
    for one in views:
        files = rust.array([rust.string(one.filename)], "&[")
        entry = rust.bracketed("(", [rust.string(one.attribute), files], ")", rust.ARGUMENTS)
        text = "    " + rust.text((entry, ","), 4) + "\n"
        yield draft(source, at_end(source, listed, text), listed, known.get(one.attribute), one.attribute)


def dispatch(op: EngineOp, source: RustSource, views: Sequence[View]) -> Draft:
    """The arms that answer for the attributes, before the one that refuses all others."""
    match = find.last_match(source, find.find_function(source, "table_view_json"))
    return before_rest(source, match, "".join(one.arm for one in views))
