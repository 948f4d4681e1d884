"""Power and energy of a row: leaves without them, and power that is only looked for in the first row."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import text_key
from ..loaders import Loader, Store
from ..subject import Subject
from .lost_energy import given_keys

CODES = {
    "leaf-without-energy": "the leaves of a table have a latency and no energy",
    "leaf-without-power": "the leaves of a table have no power, which interpolation reads: KeyError",
    "power-of-first-row": "whether rows have power is decided by the first row",
}


def find(subject: Subject) -> Iterator[Finding]:
    readers = _power_readers(subject)
    for loader in subject.tables.loaders.values():
        names = (loader.name, *subject.tables.members_of(loader.name))
        for store in loader.stores:
            yield from _leaf(loader, store, names, subject)
            if readers:
                yield from _powerless(loader, store, names, readers, subject)
        if subject.code.reads_sources:
            yield from _first_row(loader, names)


def _leaf(loader: Loader, store: Store, names: tuple[str, ...], subject: Subject) -> Iterator[Finding]:
    leaf = loader.definition.flow.sole(store.value)
    if not isinstance(leaf, ast.Dict):
        return
    keys = {k.value for k in leaf.keys if isinstance(k, ast.Constant)}
    if "latency" not in keys or "energy" in keys:
        return
    if not _asked_for_energy(loader, subject):
        return
    yield Finding(
        "leaf-without-energy",
        Severity.WRONG,
        loader.definition.place(store.node),
        names,
        "the leaf has a latency and no energy, which its query reads as 0",
        'store {"latency": ms, "power": W, "energy": power * latency}',
    )


def _power_readers(subject: Subject) -> list[str]:
    """Helpers that look the power of a leaf up, and have no answer without it."""
    return sorted(
        d.name
        for d in subject.code.definitions
        if d.name in subject.queries.point_helpers | subject.queries.grid_helpers
        and any(_looks_power_up(n) for n in d.nodes)
    )


def _looks_power_up(node: ast.AST) -> bool:
    """`leaf["power"]`, or `{m: leaf[m] for m in ("latency", "power")}`."""
    if isinstance(node, ast.DictComp) and isinstance(name := node.generators[0].target, ast.Name):
        parts = (n for n in ast.walk(node.value) if isinstance(n, ast.Subscript))
        return "power" in given_keys(node) and any(
            isinstance(p.slice, ast.Name) and p.slice.id == name.id for p in parts
        )
    return isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and text_key(node) == "power"


def _powerless(
    loader: Loader, store: Store, names: tuple[str, ...], readers: list[str], subject: Subject
) -> Iterator[Finding]:
    leaf = loader.definition.flow.sole(store.value)
    keys = {k.value for k in leaf.keys if isinstance(k, ast.Constant)} if isinstance(leaf, ast.Dict) else set()
    if "latency" not in keys or "power" in keys or not _asked_for_energy(loader, subject):
        return
    yield Finding(
        "leaf-without-power",
        Severity.FAILS,
        loader.definition.place(store.node),
        names,
        f"the leaf has no power, and {readers[0]} reads leaf['power']: a KeyError where it is interpolated or added to",
        'store {"latency": ms, "power": W, "energy": power * latency}',
    )


def _asked_for_energy(loader: Loader, subject: Subject) -> bool:
    """Whether a query of the table reads an energy: tables of corrections have none."""
    attributes = {
        attribute
        for attribute, registrations in subject.tables.filled.items()
        if any(loader in subject.tables.entries[r.loader] for r in registrations)
    }
    queries = {q for a in attributes for q in subject.queries.by_attribute.get(a, ())}
    return any(text_key(n) == "energy" for q in queries for n in q.definition.nodes)


def _first_row(loader: Loader, names: tuple[str, ...]) -> Iterator[Finding]:
    """`power = float(row.get("power", 0.0)) if has_power else 0.0`, with `has_power` from one row."""
    for node in ast.walk(loader.loop):
        if not (isinstance(node, ast.IfExp) and isinstance(node.test, ast.Name)):
            continue
        if not any(text_key(n) == "power" for n in ast.walk(node)):
            continue
        origins = [o for v in loader.definition.flow.values.get(node.test.id, ()) for o in ast.walk(v)]
        if any(isinstance(o, ast.Constant) and o.value == "power" for o in origins):
            yield Finding(
                "power-of-first-row",
                Severity.LATENT,
                loader.definition.place(node),
                names,
                f"{node.test.id} is what the first row of all sources says: when the first source has no power column, "
                f"the power of every other source counts as 0",
                'read it row by row: `float(row.get("power") or 0.0)`',
            )
            return
