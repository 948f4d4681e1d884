"""Empty cells where a loader wants a number: parquet's nulls come to it as empty texts, as those of a text table do.

A default does not help: `row.get("power", 0.0)` gives it for a column that is not there, not for a cell that is empty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ...problems import Place
from ..columns import columns_with_gaps
from ..finding import Finding, Severity
from ..flow import keyed, text_key
from ..loaders import Loader
from ..subject import Subject
from .data_files import data_files

CODES = {"empty-cell": "a perf file has an empty cell where its loader makes a number of it: ValueError, no database"}


def find(subject: Subject) -> Iterator[Finding]:
    wanted: dict[str, list[tuple[str, Loader, set[str]]]] = {}
    for loader in subject.tables.loaders.values():
        columns = numbers(loader)
        for member in subject.tables.members_of(loader.name):
            name = subject.code.file_name(member)
            if name and columns:
                wanted.setdefault(name, []).append((member, loader, columns))
    for path in data_files(subject):
        loaders = wanted.get(Path(path).name)
        gaps = columns_with_gaps(subject.code.tree.root / path) if loaders else {}
        for member, loader, columns in loaders or ():
            empty = sorted(columns & set(gaps))
            if empty:
                yield Finding(
                    "empty-cell",
                    Severity.FAILS,
                    Place(path, gaps[empty[0]] or 1),
                    (loader.name, member),
                    f"{', '.join(empty)} is empty in a row, and {loader.name} makes a number of it: ValueError for the "
                    "empty text, while the table is loaded, and no database; a default of row.get is for a column that "
                    "is not there",
                    f'read it as `float(row.get("{empty[0]}") or 0.0)` where it may be empty, or collect it',
                )
                break


def numbers(loader: Loader) -> set[str]:
    """Columns of which a loader makes a number without asking whether there is one."""
    parents = {child: node for node in ast.walk(loader.loop) for child in ast.iter_child_nodes(node)}
    found = set()
    for node in ast.walk(loader.loop):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "float")):
            continue
        if len(node.args) != 1:
            continue
        column = _cell(loader, node.args[0])
        if column is not None and not _asked(node, column, loader, parents):
            found.add(column)
    return found


def _cell(loader: Loader, node: ast.expr) -> str | None:
    """The column whose cell an expression is, as it stands."""
    node = loader.definition.flow.sole(node)
    base = keyed(node)
    return text_key(node) if isinstance(base, ast.Name) and base.id == loader.row else None


def _asked(node: ast.AST, column: str, loader: Loader, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether it stands behind a condition on that column, or in a try."""
    while node is not loader.loop and node in parents:
        outer = parents[node]
        if isinstance(outer, ast.Try) and node in outer.body:
            return True
        if isinstance(outer, (ast.If, ast.IfExp)) and node is not outer.test and column in loader.columns(outer.test):
            return True
        node = outer
    return False
