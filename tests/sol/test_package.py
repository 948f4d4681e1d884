"""What the package must not do: run text, share code between renderer and reference, load what it does not need."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import newop_gen.sol

ROOT = Path(newop_gen.sol.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))


def imports(file: Path) -> set[str]:
    """The last part of every module that a file imports from the package, and the first of all others."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {module.split(".")[-1]} if node.level else {module.split(".")[0]}
            found |= {alias.name for alias in node.names} if node.level else set()
        elif isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_is_ever_run(file: Path) -> None:
    called = {node.func.id for node in ast.walk(ast.parse(file.read_text())) if _is_plain_call(node)}
    assert not called & {"eval", "exec", "compile", "__import__", "getattr", "setattr"}
    assert not imports(file) & {"importlib", "jinja2", "libcst", "subprocess", "os"}
    # The spelling of Python makes its trees; nobody reads one.
    assert "ast" not in imports(file) or (file.name.startswith("python_") and "ast.parse" not in file.read_text())


def _is_plain_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_reference_and_renderer_share_no_code() -> None:
    assert not any("render" in name or name.startswith("python") for name in imports(ROOT / "evaluate.py"))
    for file in (ROOT / "render").glob("*.py"):
        assert not imports(file) & {"evaluate", "bounds"}, file.name


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys, newop_gen.sol.evaluate, newop_gen.sol.render.python\n"
        "print([name for name in ('pydantic', 'jinja2', 'libcst', 'yaml', 'rich', 'click') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
