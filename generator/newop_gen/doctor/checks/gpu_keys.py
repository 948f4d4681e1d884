"""Keys of the system description that systems of this tree haven't got."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...problems import CheckoutRefused
from ..finding import Finding, Severity
from ..flow import text_key
from ..sdk import Definition
from ..subject import Subject

CODES = {"missing-gpu-key": "a query reads a key of the GPU's description that systems lack"}


def find(subject: Subject) -> Iterator[Finding]:
    systems = _systems(subject)
    if not systems:
        return
    seen: set[tuple[str, str]] = set()
    for definition in subject.code.definitions:
        guarded = _guarded(definition)
        for node in definition.nodes:
            if not (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)):
                continue
            key = text_key(node)
            if key is None or text_key(node.value) != "gpu" or key in guarded or (definition.name, key) in seen:
                continue
            lacking = sorted(name for name, keys in systems.items() if key not in keys)
            if not lacking:
                continue
            seen.add((definition.name, key))
            everywhere = len(lacking) == len(systems)
            yield Finding(
                "missing-gpu-key",
                Severity.FAILS if everywhere else Severity.LATENT,
                definition.place(node),
                definition.names,
                f"{definition.name} reads {key}, which "
                + ("no system of this tree has" if everywhere else f"{', '.join(lacking)} lacks")
                + ": a KeyError when the line is reached",
                "ask with `in` or `.get` first; a peak is the 16-bit one times the compute factor of the quant mode",
            )


def _guarded(definition: Definition) -> set[str]:
    """Keys that the function asks about with `in`, or catches a KeyError for."""
    found = {
        n.left.value
        for n in definition.nodes
        if isinstance(n, ast.Compare) and isinstance(n.left, ast.Constant) and isinstance(n.left.value, str)
        if any(isinstance(o, (ast.In, ast.NotIn)) for o in n.ops)
    }
    for node in definition.nodes:
        if isinstance(node, ast.Try) and any(
            h.type is None or "KeyError" in ast.unparse(h.type) for h in node.handlers
        ):
            found |= {k for s in node.body for n in ast.walk(s) if (k := text_key(n)) is not None}
    return found


def _systems(subject: Subject) -> dict[str, set[str]]:
    """Keys of the GPU's description by system."""
    code = subject.code
    found = {}
    for name in code.tree.listdir(code.systems):
        if not name.endswith(".yaml"):
            continue
        try:
            loaded = code.tree.document(f"{code.systems}/{name}")
        except CheckoutRefused:
            continue
        if isinstance(loaded, dict) and isinstance(loaded.get("gpu"), dict):
            found[name.removesuffix(".yaml")] = set(loaded["gpu"])
    return found
