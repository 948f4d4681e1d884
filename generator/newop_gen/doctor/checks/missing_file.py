"""What a loader says when its file is not there, which is so for most systems and versions."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..finding import Finding, Severity
from ..flow import called
from ..loaders import Loader
from ..subject import Subject

CODES = {"warns-without-file": "a loader warns of a file that is not there, which for most systems is nothing odd"}
LOUD = ("warning", "warn", "error", "exception", "info", "print")


def find(subject: Subject) -> Iterator[Finding]:
    said = {loader: _said(loader) for loader in subject.tables.loaders.values()}
    quiet = [loader for loader, node in said.items() if node is not None and called(node) not in LOUD]
    loud = [(loader, node) for loader, node in said.items() if node is not None and called(node) in LOUD]
    if len(quiet) <= len(loud):
        return  # it is what this tree does
    for loader, node in loud:
        yield Finding(
            "warns-without-file",
            Severity.LATENT,
            loader.definition.place(node),
            (loader.name, *subject.tables.members_of(loader.name)),
            f"{loader.name} says so with {called(node)}() when its file is not there, where {len(quiet)} others use "
            "debug(): a line for every system, backend and version that was not collected, whichever op is asked for",
            "use logger.debug",
        )


def _said(loader: Loader) -> ast.Call | None:
    """What is logged where a loader finds no file and gives None."""
    for node in ast.walk(loader.definition.node):
        if not isinstance(node, ast.If) or not any(_gives_none(s) for s in node.body):
            continue
        # `os.path.exists(path)`, `rows is None`, `not rows`: before the loop, so not about a row.
        if node.lineno > loader.loop.lineno:
            continue
        for statement in node.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                return statement.value
    return None


def _gives_none(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Return):
        return False
    value = statement.value
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(p is None or (isinstance(p, ast.Constant) and p.value is None) for p in parts)
