"""Where Python names an op whose maths is compiled: the views of its tables, and upstream's inventories."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ....checkout.python import PythonSource
from ....edits.python.bracket import insert_element
from ....edits.python.find import assigned_dict
from ....plan import Insertion
from ....render.python import literal
from ...common.settle import Draft
from ...python.listed import draft
from ..view import EngineOp
from .tables import View

VIEWS = "VIEW_KEY_LAYERS"
INVENTORY = "OPERATIONS_DEF_INVENTORY"


def view_keys(views: Iterable[View], source: PythonSource) -> Iterable[Draft]:
    """How each level of a view's keys becomes a Python value again, after the last entry."""
    layers = assigned_dict(source, source.tree, VIEWS)
    known = {k.value: k for k in layers.keys if isinstance(k, ast.Constant)}
    for view in views:
        edits = insert_element(source, layers, view.layers)
        yield draft(source, edits, layers, known.get(view.attribute), view.attribute, telling=False)


def inventory(op: EngineOp, functions: Sequence[str], source: PythonSource) -> Draft:
    """The functions of the op's shell among those of all shells, which upstream keeps free of estimates."""
    name = f"{op.module}.py"
    listed = assigned_dict(source, source.tree, INVENTORY)
    names = "".join(f"        {literal(one)},\n" for one in sorted(functions))
    entry = f"{literal(name)}: frozenset(\n    {{\n{names}    }}\n)"
    known = [(k.value, k) for k in listed.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
    taken = next((key for value, key in known if value == name), None)
    return draft(source, _sorted_entry(source, listed, name, entry), listed, taken, name, telling=False)


def _sorted_entry(source: PythonSource, node: ast.Dict, key: str, text: str) -> list[Insertion]:
    """The entry where its key belongs among sorted ones, at the end of others."""
    keys = [k.value if isinstance(k, ast.Constant) else None for k in node.keys]
    known = [k for k in keys if isinstance(k, str)]
    if len(known) < len(keys) or known != sorted(known) or not known:
        return insert_element(source, node, text)
    index = sum(k < key for k in known)
    if index == 0:
        return insert_element(source, node, text, at="before", anchor=node.keys[0], sort=key)
    element, *shared = insert_element(source, node, text, at="after", anchor=node.keys[index - 1], sort=key)
    return [replace(element, stacks=False), *shared]
