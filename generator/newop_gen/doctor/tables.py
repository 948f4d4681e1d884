"""Which loader fills which attribute of the database, from which perf file."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .flow import called
from .loaders import Loader, find_loaders
from .nests import PLAIN, UNKNOWN, Nest
from .sdk import DATABASE, MEMBERS, Code, Definition


@dataclass(frozen=True)
class Registration:
    """One place that names a loader: in a map of members, or as a call. `attributes` are those of the database that
    get what it gives."""

    loader: str
    member: str | None
    attributes: tuple[str, ...]
    definition: Definition
    node: ast.AST
    mapped: bool
    wrapped: bool  # what the loader gives is wrapped before the database holds it
    sources: bool  # the loader is given prioritised sources


@dataclass(frozen=True)
class Request:
    """A call that has a member's table loaded through the map: `self.table = load(PerfDataFilename.member)`."""

    member: str
    attributes: tuple[str, ...]
    definition: Definition
    node: ast.AST


@dataclass
class Tables:
    """Loaders, where they are registered, and the attributes of the database that hold tables."""

    code: Code

    @functools.cached_property
    def loaders(self) -> dict[str, Loader]:
        return find_loaders(self.code)

    @functools.cached_property
    def entries(self) -> dict[str, tuple[Loader, ...]]:
        """Functions that give tables: loaders, and what calls one and hands on what it gives."""
        found: dict[str, tuple[Loader, ...]] = {name: (loader,) for name, loader in self.loaders.items()}
        plain = [d for d in self.code.definitions if d.owner is None]
        for _ in range(2):
            for definition in plain:
                if definition.name in found:
                    continue
                names = {called(n) for r in _returned(definition) for n in definition.flow.origins(r)} & set(found)
                if names:
                    found[definition.name] = tuple(loader for n in sorted(names) for loader in found[n])
        return found

    @functools.cached_property
    def registrations(self) -> tuple[Registration, ...]:
        return tuple(r for d in self.code.definitions if d.name not in self.entries for r in self._named_in(d))

    def _named_in(self, definition: Definition) -> Iterator[Registration]:
        names = set(self.entries)
        parents: dict[ast.AST, ast.AST] | None = None
        for node in definition.nodes:
            if not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names):
                continue
            if parents is None:
                parents = {child: outer for outer in definition.nodes for child in ast.iter_child_nodes(outer)}
            parent = parents[node]
            if isinstance(parent, ast.Dict) and node in parent.values:
                key = parent.keys[parent.values.index(node)]
                member = member_of(key) if key is not None else None
                wrapped, sources = self.wrapper is not None, _builds_sources(definition.nodes)
                yield Registration(node.id, member, (), definition, node, True, wrapped, sources)
                continue
            found = self._call(definition, node, parents)
            members = _given_members(definition, node, parents) if found.member is None else ()
            yield from (replace(found, member=m) for m in members) if members else (found,)

    def _call(self, definition: Definition, node: ast.Name, parents: dict[ast.AST, ast.AST]) -> Registration:
        member: str | None = None
        attributes: tuple[str, ...] = ()
        wrapper = self.wrapper.name if self.wrapper else ""
        wrapped = sources = False
        inner: ast.AST = node
        while inner in parents and not isinstance(inner, ast.stmt):
            outer = parents[inner]
            wrapped = wrapped or (called(outer) == wrapper != "")
            if isinstance(outer, ast.Call):
                given = (*outer.args, *(k.value for k in outer.keywords))
                sources = sources or any(_builds_sources(definition.flow.origins(a)) for a in given)
            if isinstance(outer, ast.Call) and member is None:
                origins = (
                    n for a in (*outer.args, *(k.value for k in outer.keywords)) for n in definition.flow.origins(a)
                )
                member = next((m for n in origins if (m := member_of(n))), None)
            if isinstance(outer, ast.Dict) and inner in outer.values:
                key = outer.keys[outer.values.index(inner)]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    attributes = (key.value,)
            inner = outer
        if not attributes and isinstance(inner, (ast.Assign, ast.AnnAssign)):
            attributes = _attributes(definition, inner)
        return Registration(node.id, member, attributes, definition, node, False, wrapped, sources)

    @functools.cached_property
    def requests(self) -> tuple[Request, ...]:
        found = []
        for definition in self.code.definitions:
            if definition.owner is None or definition.owner.name != DATABASE:
                continue
            for node in definition.nodes:
                if not (isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call)):
                    continue
                member = next((m for a in node.value.args if (m := member_of(a))), None)
                if member is not None:
                    found.append(Request(member, _attributes(definition, node), definition, node))
        return tuple(found)

    @functools.cached_property
    def mapped(self) -> bool:
        """Loaders are looked up in a map of members."""
        return any(r.mapped for r in self.registrations)

    @functools.cached_property
    def filled(self) -> dict[str, tuple[Registration, ...]]:
        """Registrations by attribute of the database."""
        by_member: dict[str, list[Registration]] = {}
        found: dict[str, list[Registration]] = {}
        for registration in self.registrations:
            if registration.mapped and registration.member:
                by_member.setdefault(registration.member, []).append(registration)
            for attribute in registration.attributes:
                found.setdefault(attribute, []).append(registration)
        for request in self.requests:
            for attribute in request.attributes:
                found.setdefault(attribute, []).extend(by_member.get(request.member, ()))
        return {attribute: tuple(rs) for attribute, rs in found.items()}

    def members_of(self, loader: str) -> tuple[str, ...]:
        """Members whose files a loader is given."""
        return tuple(
            dict.fromkeys(
                r.member
                for r in self.registrations
                if r.member and any(x.name == loader for x in self.entries.get(r.loader, ()))
            )
        )

    def names_of(self, attribute: str) -> tuple[str, ...]:
        """What a table can be asked for by."""
        found = [attribute]
        for registration in self.filled.get(attribute, ()):
            found += [registration.loader, *([registration.member] if registration.member else [])]
        return tuple(dict.fromkeys(found))

    def nest_of(self, attribute: str) -> Nest:
        """What the table in an attribute does with missing keys, once the database holds it."""
        nests = set()
        wrapped = all(r.wrapped for r in self.filled.get(attribute, ()))
        for registration in self.filled.get(attribute, ()):
            for loader in self.entries[registration.loader]:
                named = [loader.nests[n] for n in loader.returned if n in loader.nests]
                stored = {c.root for s in loader.stores for c in s.chains}
                nests |= {nest if any(n in stored for n in loader.returned) else UNKNOWN for nest in named}
        if len(nests) != 1:
            return UNKNOWN if nests else PLAIN
        (nest,) = nests
        if not wrapped:
            return nest
        if self.wrapper_freezes:
            return PLAIN
        return Nest(None, nest.known) if nest.makes is None else _Plain(nest.makes)

    @functools.cached_property
    def wrapper(self) -> ast.ClassDef | None:
        """The class that tables are wrapped in: a UserDict that the database module defines."""
        classes = [n for n in self.code.database.tree.body if isinstance(n, ast.ClassDef)] if self.code.database else []
        return next((c for c in classes if any("UserDict" in ast.unparse(b) for b in c.bases)), None)

    @functools.cached_property
    def wrapper_freezes(self) -> bool:
        """Whether wrapping turns the inner dicts into plain ones, too: what it takes over is the result of a call."""
        nodes = ast.walk(self.wrapper) if self.wrapper else ()
        return any(
            called(n) == "update" and isinstance(n, ast.Call) and n.args and isinstance(n.args[0], ast.Call)
            for n in nodes
        )


class _Plain(Nest):
    """A plain dict whose values were made by another: a missing key raises, one that is there leads to `inner`."""

    def __init__(self, inner: Nest) -> None:
        super().__init__(None)
        object.__setattr__(self, "inner", inner)

    def below(self, levels: int) -> Nest:
        inner: Nest = self.inner  # type: ignore[attr-defined]
        return self if levels == 0 else inner.below(levels - 1)


def member_of(node: ast.AST) -> str | None:
    """The member of `PerfDataFilename.member`, however the class is reached."""
    if isinstance(node, ast.Attribute):
        owner = node.value
        name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
        if name == MEMBERS:
            return node.attr
    return None


def _given_members(definition: Definition, node: ast.AST, parents: dict[ast.AST, ast.AST]) -> tuple[str, ...]:
    """The members that calls of the function inside, in which the loader is named, are given."""
    while node in parents and not (isinstance(node, ast.FunctionDef) and node is not definition.node):
        node = parents[node]
    if not isinstance(node, ast.FunctionDef) or node is definition.node:
        return ()
    given = (a for n in definition.nodes if called(n) == node.name and isinstance(n, ast.Call) for a in n.args)
    return tuple(dict.fromkeys(m for a in given if (m := member_of(a))))


def _builds_sources(nodes: Iterable[ast.AST]) -> bool:
    return any("_build_op_sources" in called(n) for n in nodes)


def _returned(definition: Definition) -> Iterator[ast.expr]:
    return (n.value for n in definition.nodes if isinstance(n, ast.Return) and n.value is not None)


def _attributes(definition: Definition, assign: ast.Assign | ast.AnnAssign) -> tuple[str, ...]:
    """The attributes that an assignment's value ends up in, through names and cache entries."""
    targets = assign.targets if isinstance(assign, ast.Assign) else [assign.target]
    texts = {ast.unparse(part) for t in targets for part in (t.elts if isinstance(t, ast.Tuple) else [t])}
    assigns = [n for n in definition.nodes if isinstance(n, ast.Assign)]
    for _ in range(4):
        for other in assigns:
            values = [
                other.value,
                *([other.value.body, other.value.orelse] if isinstance(other.value, ast.IfExp) else []),
            ]
            if any(ast.unparse(v) in texts for v in values):
                texts |= {ast.unparse(t) for t in other.targets}
    found = []
    for text in sorted(texts):
        owner, _, attribute = text.rpartition(".")
        if owner.isidentifier() and attribute.isidentifier():
            found.append(attribute)
    return tuple(found)
