"""The ops of a checkout as a spec would say them: keys, axes, phases. Read off the code, not off names, as far as that
goes; what was told by a name, or not at all, is among an op's `notes`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...checkout.tree import Tree
from ...doctor.loaders import Loader, Store
from ...doctor.subject import Subject
from ...problems import CheckoutRefused, Place, Problem
from ...spec.model import PhaseName
from ...spec.usual_columns import BATCH, SEQUENCE, SIZES, TOKENS
from .asked import Asked, asked
from .rows import Filed, Value, filed

PHASES: tuple[PhaseName, PhaseName] = ("context", "generation")
MOST_AXES = 3
UNSAID = Value()


@dataclass(frozen=True)
class Level:
    """One level of the nested dict. `written` is the key as the loader has it."""

    written: str
    value: Value

    @property
    def type(self) -> str:
        """What a param of it would be; "" when it can't be told."""
        return self.value.kind if self.value.kind != "real" else ""

    @property
    def column(self) -> str:
        """The expression over columns, or the one column that it comes from in a way that can't be read, or ""."""
        return self.value.text or (self.value.columns[0] if len(self.value.columns) == 1 else "")


@dataclass(frozen=True)
class Existing:
    """An op of a checkout: one loader with what asks its table.

    `axes` are (role, level) with a role of x, b or s, or "" for a size of the op. `names` is all it can be asked for
    by, `columns` all that its loader reads."""

    name: str
    names: frozenset[str]
    place: Place
    files: tuple[str, ...]
    columns: frozenset[str]
    queries: tuple[str, ...]
    keys: tuple[Level, ...] = ()
    axes: tuple[tuple[str, Level], ...] = ()
    phases: tuple[PhaseName, ...] = ()
    prefix: str = "none"
    method: str = ""
    latency: Value = UNSAID
    notes: tuple[str, ...] = ()
    unread: str = ""
    """Why its nesting can't be read; then there are no keys and axes."""

    @property
    def query(self) -> str:
        return "x" if any(role == "x" for role, _ in self.axes) else "b,s"

    @property
    def levels(self) -> tuple[Level, ...]:
        return (*self.keys, *(level for _, level in self.axes))


def existing(tree: Tree) -> list[Existing]:
    """All ops of a checkout that have a table, by name. Raises `CheckoutRefused` where no loader can be recognised."""
    subject = Subject.of(tree)
    found = [_existing(subject, loader) for loader in subject.tables.loaders.values()]
    if not found and subject.compiled is not None:
        raise CheckoutRefused(
            Problem(Place(str(tree.root)), "ops are compiled here, and --like reads ops that are Python",
                    "a checkout of 0.6 to 0.11, which may have the same op",
                    "begin from a table (--from-csv) or from questions", "init-like")
        )  # fmt: skip
    if not found:
        raise CheckoutRefused(
            Problem(Place(str(tree.root)), "no loader of a perf file was recognised in it", "the SDK's own files",
                    "`newop-gen detect --checkout DIR` says what was looked for", "init-like")
        )  # fmt: skip
    return sorted(found, key=lambda op: op.name)


def _existing(subject: Subject, loader: Loader) -> Existing:
    attributes = [
        attribute
        for attribute, registrations in subject.tables.filled.items()
        if any(loader in subject.tables.entries[r.loader] for r in registrations)
    ]
    queries = list(
        dict.fromkeys(q for attribute in attributes for q in subject.queries.by_attribute.get(attribute, ()))
    )
    operations = [
        operation
        for operation in subject.queries.operations.values()
        if any(q.definition in subject.queries.behind(ask.name) for ask in operation.asks for q in queries)
    ]
    members = subject.tables.members_of(loader.name)
    base = Existing(
        name=_plain(loader.name),
        names=frozenset(
            (loader.name, _plain(loader.name), *attributes, *map(_plain, attributes), *members)
            + tuple(n for q in queries for n in (q.definition.name, _plain(q.definition.name)))
            + tuple(operation.name for operation in operations)
        ),
        place=loader.definition.place(),
        files=tuple(name for m in members if (name := subject.code.file_name(m))),
        columns=frozenset(_read(loader)),
        queries=tuple(dict.fromkeys(q.definition.name for q in queries)),
    )
    return _with_nesting(base, loader, asked(subject, queries, operations, attributes))


def _with_nesting(op: Existing, loader: Loader, told: Asked) -> Existing:
    shapes: dict[tuple[str, ...], tuple[Store, Filed]] = {}
    unread = ""
    for store in loader.stores:
        for chain in store.chains:
            if chain.root not in loader.returned or not chain.keys:
                continue
            row = filed(loader, store, chain)
            if row is not None:
                shapes.setdefault(row.written, (store, row))
            elif chain.walked:
                unread = "the loader goes down its levels in a loop whose keys can't be read"
            else:
                unread = "rows are not stored in the loop that reads them"
    if unread or len(shapes) != 1:
        return _refused(op, unread or _shapes_said(shapes))
    ((written, (store, row)),) = shapes.items()
    levels = [Level(text, value) for text, value in zip(written, row.keys)]
    depth = len(levels)
    notes = [f"TODO rows: {op.name} leaves rows out when {condition}" for condition in row.skipped]
    count = told.axes(depth)
    if count is None:
        count = _by_name(levels)
        if count:
            notes.append(
                "TODO the queries do not tell keys and axes apart: the axes are those that columns' names tell"
            )
    if not 1 <= count <= MOST_AXES:
        return _refused(
            op, f"which of its {depth} levels ({', '.join(written)}) are axes can't be read off its queries"
        )
    keys, below = levels[:-count], levels[-count:]
    roles = [_role(level, told.inputs(n, count)) for n, level in enumerate(below)]
    wrong = _wrong_roles(roles, below)
    if wrong:
        return _refused(op, wrong)
    passed = {"x": {"x"}, "b": {"batch_size", "x"}, "s": {"s"}}
    named = [r for n, r in enumerate(roles) if r and not told.inputs(n, count) & passed[r]]
    if named:
        notes.append(f"TODO axes {', '.join(named)}: told by their columns' names, not seen in what operations pass")
    if (store.guard == "none") != loader.backwards:
        notes.append("the loader keeps the last of rows that repeat; a generated one keeps the first")
    phases = told.phases
    by_name = tuple(p for p in PHASES if p in op.name.split("_"))
    if len(phases) == 2 and len(by_name) == 1:
        phases = by_name
        notes.append(f"its operations run in both phases: that this table is of {by_name[0]} is told by its name only")
    elif not phases:
        phases = by_name or PHASES
        why = "by its name" if by_name else "as nothing says which"
        notes.append(f"TODO no model wires it: phases {', '.join(phases)}, {why}")
    latency = dict(row.leaf.fields).get("latency", row.leaf)
    return Existing(
        **{
            **vars(op),
            "keys": tuple(keys),
            "axes": tuple(zip(roles, below)),
            "phases": phases,
            "prefix": told.prefix if "context" in phases and "x" not in roles else "none",
            "method": told.method(count),
            "latency": latency,
            "notes": tuple(notes),
        }
    )


def _refused(op: Existing, why: str) -> Existing:
    return Existing(**{**vars(op), "unread": why})


def _shapes_said(shapes: Iterable[tuple[str, ...]]) -> str:
    found = [f"[{', '.join(shape)}]" for shape in shapes]
    if not found:
        return "the dict that it returns is not the one that it files rows in"
    return f"it files rows in {len(found)} shapes: {' and '.join(found)}"


def _by_name(levels: list[Level]) -> int:
    """How many of the innermost levels are run-time sizes, by what columns are usually called."""
    count = 0
    for level in reversed(levels):
        if not _role(level, frozenset()):
            break
        count += 1
    return count


def _role(level: Level, inputs: frozenset[str]) -> str:
    """x, b or s: by the column's name, else by what operations pass for it; "" for a size of the op."""
    columns = {c.lower() for c in level.value.columns}
    for role, usual in (("b", BATCH), ("s", SEQUENCE), ("x", (*TOKENS, *SIZES))):
        if columns & set(usual):
            return role
    passed = {role for name, role in (("x", "x"), ("batch_size", "b"), ("s", "s")) if name in inputs}
    return passed.pop() if len(passed) == 1 else ""


def _wrong_roles(roles: list[str], levels: list[Level]) -> str:
    said = ", ".join(level.written for level in levels)
    run_time = [role for role in roles if role]
    if not run_time:
        return f"none of its axes ({said}) can be told to be a run-time size"
    if len(set(run_time)) != len(run_time) or ("x" in run_time and len(run_time) > 1):
        return f"its axes ({said}) count more than a spec can say: tokens, or batch and sequence"
    return ""


def _plain(name: str) -> str:
    """A name without what its kind adds: `load_..._data`, `query_..._table`."""
    name = name.strip("_")
    for before in ("load_", "query_"):
        name = name.removeprefix(before)
    for after in ("_data", "_table"):
        name = name.removesuffix(after)
    return name


def _read(loader: Loader) -> Iterator[str]:
    for node in ast.walk(loader.loop):
        yield from loader.columns(node) if isinstance(node, (ast.Subscript, ast.Call)) else ()
