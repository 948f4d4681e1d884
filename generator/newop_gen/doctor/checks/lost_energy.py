"""Energy that interpolation drops: helpers that give a latency without an energy, and who uses them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called, keyed, text_key
from ..nests import chains_of
from ..queries import QueryMethod
from ..sdk import DATABASE, Definition
from ..subject import Subject

CODES = {
    "energy-not-interpolated": "a query reads the energy of a result that has none, and takes it for 0",
    "energy-not-extrapolated": "the points that are added to a table have no energy",
}


def find(subject: Subject) -> Iterator[Finding]:
    lossy = lossy_helpers(subject)
    if not lossy:
        return
    for query in subject.queries.found:
        yield from _asked(query, set(lossy), subject)
    grids = _lossy_grids(subject, set(lossy))
    for definition in subject.code.definitions:
        if definition.name not in grids and definition.name not in lossy:
            yield from _added(definition, grids, subject)


def lossy_helpers(subject: Subject) -> dict[str, Definition]:
    """Helpers that read leaves and give a dict with a latency and without an energy."""
    found = {}
    for definition in subject.code.definitions:
        if definition.name not in subject.queries.point_helpers:
            continue
        for node in definition.nodes:
            if isinstance(node, ast.Return) and node.value is not None:
                keys = given_keys(node.value)
                if "latency" in keys and "energy" not in keys:
                    found[definition.name] = definition
    for name in subject.queries.forwarding(set(found)):
        found[name] = subject.code.by_name[name][0]
    return found


def given_keys(value: ast.expr) -> set[object]:
    """The keys of a dict that is written out, or made from a list of keys that is."""
    if isinstance(value, ast.Dict):
        return {k.value for k in value.keys if isinstance(k, ast.Constant)}
    if isinstance(value, ast.DictComp):
        runs = value.generators[0].iter
        return (
            {e.value for e in runs.elts if isinstance(e, ast.Constant)}
            if isinstance(runs, (ast.Tuple, ast.List))
            else set()
        )
    return set()


def _asked(query: QueryMethod, lossy: set[str], subject: Subject) -> Iterator[Finding]:
    flow = query.definition.flow
    for node in query.definition.nodes:
        if text_key(node) != "energy" or not isinstance(node, ast.Call):
            continue
        base = keyed(node)
        default = node.args[1] if len(node.args) > 1 else None
        # A default that is worked out from the power makes good for it.
        if not (isinstance(default, ast.Constant) and default.value == 0) or not isinstance(base, ast.Name):
            continue
        makers = {called(v) for v in flow.values.get(base.id, ())}
        if makers & lossy:
            (helper, *_) = sorted(makers & lossy)
            yield Finding(
                "energy-not-interpolated",
                Severity.WRONG,
                query.definition.place(node),
                subject.queries.names_of(query),
                f"{helper} gives latency and power of measured leaves, and no energy: for what it answers this is "
                f"{default.value}, and so is the power of the op",
                'work it out: result.get("energy", result["power"] * result["latency"])',
            )
            return


def _lossy_grids(subject: Subject, lossy: set[str]) -> set[str]:
    found = {
        d.name
        for d in subject.code.definitions
        if d.name in subject.queries.grid_helpers and any(called(n) in lossy for n in d.nodes)
    }
    return found | subject.queries.forwarding(found)


def _added(definition: Definition, grids: set[str], subject: Subject) -> Iterator[Finding]:
    """Tables that a function fills with such a grid helper, and does not go through again to add energy."""
    roots = {
        ast.unparse(n)
        for n in definition.nodes
        if isinstance(n, ast.Attribute) and n.attr in subject.tables.filled and isinstance(n.value, ast.Name)
    }
    mended = [
        n.lineno
        for n in definition.nodes
        if isinstance(n, ast.Call) and called(n) == "setdefault" and text_key_of_setdefault(n) == "energy"
    ] + [
        n.lineno
        for n in definition.nodes
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and text_key(n) == "energy"
    ]
    seen: set[str] = set()
    blocks = _blocks(definition)
    for node in definition.nodes:
        if not (called(node) in grids and isinstance(node, ast.Call)):
            continue
        grid = next((k.value for k in node.keywords if k.arg == "data_dict"), node.args[0] if node.args else None)
        if grid is None:
            continue
        first, last = blocks.get(node, (0, 0))
        if any(first <= line <= last for line in mended):
            continue
        names = _tables_of(grid, definition, roots, subject, near=(first, last))
        if not names or names[0] in seen:
            continue
        seen.add(names[0])
        yield Finding(
            "energy-not-extrapolated",
            Severity.WRONG,
            definition.place(node),
            (*names, *definition.names),
            f"{called(node)} gives the points that it adds to {names[0]} a latency and a power, and no energy, which "
            f"interpolation between them counts as 0",
            'give every leaf its energy afterwards: leaf.setdefault("energy", leaf["power"] * leaf["latency"])',
        )


def text_key_of_setdefault(node: ast.Call) -> str | None:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def _blocks(definition: Definition) -> dict[ast.AST, tuple[int, int]]:
    """For each call, the lines of the statement of the function's own body that it stands in."""
    found: dict[ast.AST, tuple[int, int]] = {}
    for statement in definition.node.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call):
                found[node] = (statement.lineno, statement.end_lineno or statement.lineno)
    return found


def _tables_of(
    grid: ast.expr, definition: Definition, roots: set[str], subject: Subject, near: tuple[int, int]
) -> tuple[str, ...]:
    """Names of the table that a grid is part of: names are assigned anew for each table, so the block decides."""
    flow = definition.flow
    values = {
        name: [v for v in given if near[0] <= v.lineno <= near[1]]
        for name, given in _all_values(flow.values, flow.loops)
    }
    found = sorted({c.root.rpartition(".")[2] for part in _parts(grid, values) for c in chains_of(part, values, roots)})
    if not found and definition.owner is not None and definition.owner.name != DATABASE:
        # An op that owns its table hands it to the function that fills it.
        parameters = {a.arg for a in definition.node.args.args} - {"self", "cls"}
        if any(isinstance(n, ast.Name) and n.id in parameters for part in _parts(grid, values) for n in ast.walk(part)):
            found = sorted(
                a for a, rs in subject.tables.filled.items() if any(r.definition.owner is definition.owner for r in rs)
            )
    return tuple(name for a in found for name in subject.tables.names_of(a))


def _all_values(
    values: dict[str, list[ast.expr]], loops: dict[str, list[ast.expr]]
) -> list[tuple[str, list[ast.expr]]]:
    return [(name, [*values.get(name, ()), *loops.get(name, ())]) for name in {*values, *loops}]


def _parts(grid: ast.expr, values: dict[str, list[ast.expr]]) -> list[ast.AST]:
    found: list[ast.AST] = []
    seen: set[str] = set()
    todo: list[ast.AST] = [grid]
    while todo:
        for part in ast.walk(todo.pop()):
            found.append(part)
            if isinstance(part, ast.Name) and part.id not in seen:
                seen.add(part.id)
                todo += values.get(part.id, [])
    return found
