"""Layouts by name. A new layout is a package or a module here and one line in `REGISTERED`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .base import Detection, Layout, Probe

if TYPE_CHECKING:
    from ..checkout.tree import Tree

__all__ = ["REGISTERED", "Detection", "Layout", "Probe", "detect", "load"]

REGISTERED: Mapping[str, str] = {
    "direct": "database.direct",
    "func_map": "database.func_map",
    "sources": "database.sources",
    "op_owned": "op_owned.op_owned",
    "core": "op_owned.core",
    "engine": "engine.engine",
    "aisimulate": "engine.aisimulate",
}
"""Each layout's package or module below this one, in the order in which they are asked."""


def load(name: str) -> Layout:
    """The layout `name`, which is the `LAYOUT` of its package."""
    layout: Layout = importlib.import_module(f"{__name__}.{REGISTERED[name]}").LAYOUT
    return layout


def detect(tree: Tree, *, everything: bool = True) -> Detection:
    """Probe a tree with every layout. The first whose required probes all hold is the tree's layout; without
    `everything` those after it are not asked."""
    probes: dict[str, list[Probe]] = {}
    found: Layout | None = None
    for name in REGISTERED:
        layout = load(name)
        probes[name] = layout.probes(tree)
        if found is None and all(p.found for p in probes[name] if p.required):
            found = layout
            if not everything:
                break
    return Detection(found, probes)
