"""Names that nothing defines: helpers that are not there (any more), members that an enum hasn't got."""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator

from ...checkout.python import PythonSource
from ..finding import Finding, Severity
from ..flow import called
from ..sdk import DATABASE, enum_members
from ..subject import Subject

CODES = {
    "undefined-name": "a name is used that nothing defines",
    "missing-method": "a method of the database is called that it hasn't got",
    "missing-enum-member": "an enum is asked for a member that it hasn't got",
    "stored-none": "what a helper that works in place gives, None, is stored as the table",
}

_GIVEN = {"__file__", "__name__", "__doc__", "__package__", "__spec__", "__path__", "__class__"}


def find(subject: Subject) -> Iterator[Finding]:
    for source in (*subject.code.table_sources, *subject.code.models, *subject.code.helpers):
        yield from _names(source, subject)
    yield from _methods(subject)
    yield from _members(subject)
    yield from _stored(subject)


def _names(source: PythonSource, subject: Subject) -> Iterator[Finding]:
    if any(
        isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names) for n in subject.code.nodes_of(source)
    ):
        return
    try:
        table = symtable.symtable(source.data, source.path, "exec")  # type: ignore[arg-type]
    except SyntaxError:
        return  # parses, but no interpreter compiles it (a return outside a function): that is not about names
    known = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()}
    known |= {s.get_name() for scope in _scopes(table) for s in scope.get_symbols() if s.is_declared_global()}
    known |= set(vars(builtins)) | _GIVEN
    unknown = {
        s.get_name()
        for scope in _scopes(table)
        if scope.get_type() == "function"
        for s in scope.get_symbols()
        if s.is_global() and s.is_referenced() and s.get_name() not in known
    }
    if not unknown:
        return
    annotations = _annotations(source.tree)
    seen = set()
    for owner in ast.walk(source.tree):
        if not isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        for node in ast.walk(owner):
            if isinstance(node, ast.Name) and node.id in unknown and node not in annotations and node.id not in seen:
                seen.add(node.id)
                yield Finding(
                    "undefined-name",
                    Severity.FAILS,
                    source.place(node),
                    (owner.name, node.id, *_near(owner, node, subject)),
                    f"{owner.name} uses {node.id}, which neither this file nor an import defines: a NameError when the "
                    f"line is reached",
                    "import it, or call the helper that this tree has",
                )


def _near(owner: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.AST, subject: Subject) -> list[str]:
    """Names of the tables in the statement of a function's body that a node stands in: what it is about."""
    for statement in owner.body:
        if any(part is node for part in ast.walk(statement)):
            return list(dict.fromkeys(_attributes(statement, subject)))
    return []


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _scopes(child)


def _annotations(tree: ast.Module) -> set[ast.AST]:
    """Nodes in annotations, which are never evaluated under `from __future__ import annotations`."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(part, ast.AST):
                found |= set(ast.walk(part))
    return found


def _methods(subject: Subject) -> Iterator[Finding]:
    code = subject.code
    owner = next((d.owner for d in code.definitions if d.owner is not None and d.owner.name == DATABASE), None)
    if owner is None or owner.bases:
        return
    known = subject.queries.database_methods | {
        n.attr
        for source in (*code.table_sources, *code.backends)
        for n in code.nodes_of(source)
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
    }
    known |= {n.name for n in owner.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))} | set(dir(object))
    for definition in code.definitions:
        in_database = definition.owner is owner
        wanted = "self" if in_database else "database"
        if not in_database and wanted not in definition.flow.params:
            continue
        for node in definition.nodes:
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            held = node.func.value
            if isinstance(held, ast.Name) and held.id == wanted and node.func.attr not in known:
                yield Finding(
                    "missing-method",
                    Severity.FAILS,
                    definition.place(node),
                    (*definition.names, node.func.attr),
                    f"{definition.name} calls {node.func.attr}, which {DATABASE} hasn't got: an AttributeError, in "
                    "every mode that comes there",
                    "call the helper that this tree has",
                )


def _members(subject: Subject) -> Iterator[Finding]:
    """`common.Enum.member` where the enum's source has no such member."""
    code = subject.code
    if code.common is None:
        return
    has = {
        name: {m for m, _ in enum_members(owner)}
        | {n.name for n in owner.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        for name, owner in code.enums.items()
    }
    aliased = _aliased(code.common)
    methods = (d for ds in subject.wirings.methods.values() for d in ds)
    for definition in (*code.definitions, *methods):
        for node in definition.nodes:
            if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)):
                continue
            held = node.value
            name = held.attr if isinstance(held, ast.Attribute) else held.id if isinstance(held, ast.Name) else ""
            if name not in has or node.attr in has[name] or node.attr.startswith("_") or node.attr in dir(str):
                continue
            if isinstance(held, ast.Attribute) and not isinstance(held.value, ast.Name):
                continue
            added = node.attr in aliased
            yield Finding(
                "missing-enum-member",
                Severity.LATENT if added else Severity.FAILS,
                definition.place(node),
                (*definition.names, name, node.attr),
                f"{name} has no member {node.attr}"
                + (
                    ": it is put into the enum's own table at import, which an attribute finds up to Python 3.11 only"
                    if added
                    else ": an AttributeError when the line is reached"
                ),
                f"use {name}[{node.attr!r}]" if added else f"use a member that {name} has",
            )


def _aliased(common: PythonSource) -> set[str]:
    """Names that the module puts into the member tables of its enums after the fact."""
    if b"_member_map_" not in common.data:
        return set()
    return {n.value for n in ast.walk(common.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _stored(subject: Subject) -> Iterator[Finding]:
    """`table[key] = helper(...)` where the helper fills the grid in place and gives nothing."""
    for definition in subject.code.definitions:
        for node in definition.nodes:
            if not (isinstance(node, ast.Assign) and called(node.value) in subject.queries.grid_helpers):
                continue
            yield Finding(
                "stored-none",
                Severity.WRONG,
                definition.place(node),
                (*definition.names, *_attributes(node, subject)),
                f"{called(node.value)} fills the grid in place and gives nothing: None is stored for the table",
                "call it, and store nothing",
            )


def _attributes(node: ast.AST, subject: Subject) -> list[str]:
    return [
        name
        for n in ast.walk(node)
        if isinstance(n, ast.Attribute) and n.attr in subject.tables.filled
        for name in subject.tables.names_of(n.attr)
    ]
