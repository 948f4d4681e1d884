"""Fixtures are this project's own writing: no body of a function is a release's.

Names, signatures and the order of milestones have to be the release's, so single statements coincide. Runs of them, and
long ones, must not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from checkouts import VERSIONS, built

from fixture_selfcheck.test_anchors import real_tree

pytestmark = pytest.mark.fixtures

#: How many statements in a row may be a release's, and how long (in characters of `ast.unparse`) a single one may be.
LONGEST_RUN = 6
LONGEST_STATEMENT = 400


def bodies(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Every function's simple statements in order, without docstrings, imports and nested functions."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            yield node.name, list(_simple(node.body))


def _simple(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        inner += [handler.body for handler in getattr(statement, "handlers", [])]
        if any(inner):
            for part in inner:
                yield from _simple(part)
        else:
            yield ast.unparse(statement)


def coincidences(fixture: Path, real: Path) -> Iterator[str]:
    """Runs of statements, and long single ones, that a fixture shares with its release."""
    known: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    for path in real.rglob("*.py"):
        for _, statements in bodies(ast.parse(path.read_text(encoding="utf-8"))):
            known.update(statements)
            for i in range(len(statements) - LONGEST_RUN):
                runs.add(tuple(statements[i : i + LONGEST_RUN + 1]))
    for path in sorted(fixture.rglob("*.py")):
        for name, statements in bodies(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.relative_to(fixture)} {name}"
            for i in range(len(statements) - LONGEST_RUN):
                if tuple(statements[i : i + LONGEST_RUN + 1]) in runs:
                    yield f"{where}: {LONGEST_RUN + 1} statements from {statements[i]!r}"
            for statement in statements:
                if len(statement) > LONGEST_STATEMENT and statement in known:
                    yield f"{where}: {statement[:80]}..."


@pytest.mark.parametrize("name", VERSIONS)
def test_no_body_is_a_releases(name: str, release: Callable[..., Any]) -> None:
    found = list(coincidences(built(name), real_tree(VERSIONS[name], release)))
    assert not found, "\n".join(found)


def test_a_copied_body_would_be_found() -> None:
    tree = built("v0_9") / "src" / "aiconfigurator" / "sdk"
    assert any("perf_database.py __init__" in line for line in coincidences(tree, tree))
    assert any("gpt.py __init__: self.context_ops.extend" in line for line in coincidences(tree, tree))
