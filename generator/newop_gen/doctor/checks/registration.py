"""Tables that nothing loads, loaders that nothing calls, loaders that are called with what they can't read."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..loaders import Loader
from ..sdk import DATABASE, Definition
from ..subject import Subject

CODES = {
    "unregistered-loader": "a loader is called nowhere",
    "unloaded-member": "a perf file member has no loader",
    "unmapped-member": "a table is asked for whose member has no entry in the map of loaders",
    "unassigned-table": "a query reads a table that nothing assigns",
    "wrong-input": "a loader is given what it can't read",
    "single-source": "a loader reads one path where others read all sources",
}


def find(subject: Subject) -> Iterator[Finding]:
    yield from _loaders(subject)
    yield from _members(subject)
    yield from _requests(subject)
    yield from _tables(subject)
    yield from _inputs(subject)


def _loaders(subject: Subject) -> Iterator[Finding]:
    tables = subject.tables
    used = {x.name for r in tables.registrations for x in tables.entries[r.loader]}
    # What another loader calls, or a function that is no query but keeps a cache of its own.
    used |= {called(n) for d in subject.code.definitions for n in d.nodes if called(n) and d.name != called(n)}
    for name, loader in tables.loaders.items():
        if name in used:
            continue
        yield Finding(
            "unregistered-loader",
            Severity.FAILS,
            loader.definition.place(),
            (name,),
            f"{name} is called nowhere: its table is never loaded",
            "register it where the tables of the other loaders are loaded",
        )


def _members(subject: Subject) -> Iterator[Finding]:
    code = subject.code
    if code.common is None or not subject.tables.registrations:
        return
    named = {
        node.attr
        for source in (*code.table_sources, *code.backends, *code.models)
        for node in code.nodes_of(source)
        if isinstance(node, ast.Attribute)
    }
    for member, node in code.members.items():
        if member not in named:
            yield Finding(
                "unloaded-member",
                Severity.LATENT,
                code.common.place(node),
                (member,),
                f"no code names {member}: its perf file is never read",
                "load it, or take the member out",
            )


def _requests(subject: Subject) -> Iterator[Finding]:
    tables = subject.tables
    if not tables.mapped:
        return
    mapped = {r.member for r in tables.registrations if r.mapped}
    for request in tables.requests:
        if request.member in mapped or request.member not in subject.code.members or not request.attributes:
            continue
        if _calls_loader(request.node, subject):
            continue
        yield Finding(
            "unmapped-member",
            Severity.FAILS,
            request.definition.place(request.node),
            (request.member, *request.attributes),
            f"{request.member} is loaded through the map of loaders, which has no entry for it: a KeyError while the "
            f"database is made, and no database",
            f"add {request.member} with its loader to the map",
        )


def _calls_loader(node: ast.AST, subject: Subject) -> bool:
    return any(isinstance(n, ast.Name) and n.id in subject.tables.entries for n in ast.walk(node))


def _tables(subject: Subject) -> Iterator[Finding]:
    """Attributes that look like tables, because they are keyed step by step, and are assigned nowhere."""
    queries = subject.queries
    assigned = {
        n.attr
        for source in subject.code.table_sources
        for n in subject.code.nodes_of(source)
        if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store)
    } | set(subject.tables.filled)
    # setattr and dicts of attributes name them as texts.
    texts = {
        n.value
        for source in subject.code.table_sources
        for n in subject.code.nodes_of(source)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    defined = queries.database_methods
    class_level = {
        t.id
        for source in subject.code.table_sources
        for c in source.tree.body
        if isinstance(c, ast.ClassDef)
        for n in c.body
        if isinstance(n, (ast.Assign, ast.AnnAssign))
        for t in (n.targets if isinstance(n, ast.Assign) else [n.target])
        if isinstance(t, ast.Name)
    }
    seen: set[str] = set()
    for definition in subject.code.definitions:
        for node in definition.nodes:
            attribute = _database_attribute(node, definition)
            if attribute is None or attribute in seen or attribute in assigned | texts | defined | class_level:
                continue
            if not attribute.startswith("_") or attribute.startswith("__"):
                continue
            seen.add(attribute)
            yield Finding(
                "unassigned-table",
                Severity.FAILS,
                definition.place(node),
                (*definition.names, attribute),
                f"{definition.name} reads {attribute}, which nothing assigns: an AttributeError at the first question",
                "load the table under that name, or read the name it is loaded under",
            )


def _database_attribute(node: ast.AST, definition: Definition) -> str | None:
    """`self.attribute` in the database class, `database.attribute` elsewhere."""
    if not (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name)):
        return None
    in_database = definition.owner is not None and definition.owner.name == DATABASE
    wanted = "self" if in_database else "database"
    return node.attr if node.value.id == wanted and (in_database or wanted in definition.flow.params) else None


def _inputs(subject: Subject) -> Iterator[Finding]:
    code, tables = subject.code, subject.tables
    if not code.reads_sources:
        return
    suffixes = {(code.file_name(m) or "").rpartition(".")[2] for m in code.members}
    for registration in tables.registrations:
        for loader in tables.entries[registration.loader]:
            names = (loader.name, *([registration.member] if registration.member else []))
            how = _reads_a_path(loader)
            if how is None:
                continue
            if registration.sources:
                what = (
                    f"{loader.name} opens what it is given as one text file, and is given a list of (path, kernel "
                    f"source) sources: a TypeError while the table is loaded"
                )
            elif "parquet" in suffixes and any(called(n) == "DictReader" for n in loader.definition.nodes):
                what = (
                    f"{loader.name} reads text, and its perf file is parquet: a UnicodeDecodeError while it is loaded"
                )
            elif len(loader.definition.node.args.args) == 1:  # one that wants more to be told has rules of its own
                yield Finding(
                    "single-source",
                    Severity.LATENT,
                    registration.definition.place(registration.node),
                    names,
                    f"{loader.name} is given one path, where loaders get the sources that _build_op_sources lists: "
                    f"rows of sibling versions are never used",
                    "load it as the others are, and read rows with the function that they use",
                )
                continue
            else:
                continue
            yield Finding(
                "wrong-input",
                Severity.FAILS,
                loader.definition.place(how),
                names,
                what,
                "read rows with the function that the other loaders read them with",
            )


def _reads_a_path(loader: Loader) -> ast.AST | None:
    """Where a loader opens its own parameter."""
    for node in loader.definition.nodes:
        if called(node) in ("open", "exists", "isfile") and isinstance(node, ast.Call) and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Name) and argument.id in {a.arg for a in loader.definition.node.args.args}:
                return node
    return None
