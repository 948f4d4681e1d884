"""The table of docs/architecture.md against the imports: each package knows only those in rows above its own."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import newop_gen

PACKAGE = Path(newop_gen.__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"
FREE = {"__version__"}  # a string, that anybody may ask for


def order(page: str) -> list[str]:
    """Packages and modules in the order of the table."""
    return re.findall(r"^\| `(\w+)(?:/|\.py)` \|", page, re.MULTILINE)


def imports(module: tuple[str, ...], package: bool, text: str) -> Iterator[str]:
    """What a module imports from the package's top, wherever in it; imports for types alone don't count."""
    tree = ast.parse(text)
    for_types = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    here = module if package else module[:-1]
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level or node in for_types:
            continue
        base = here[: len(here) - (node.level - 1)]
        target = (*base, *(node.module or "").split(".")) if node.module else base
        yield from (target[:1] if target else (alias.name for alias in node.names))


def arrows() -> set[tuple[str, str]]:
    """Who imports whom, among packages and modules at the top."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        package = parts[-1] == "__init__"
        module = parts[:-1] if package else parts
        if not module or module == ("__main__",):
            continue
        targets = imports(module, package, path.read_text(encoding="utf-8"))
        found |= {(module[0], target) for target in targets if target != module[0] and target not in FREE}
    return found


def up(rows: list[str], edges: set[tuple[str, str]]) -> list[str]:
    """The arrows that don't lead to a row above."""
    place = {name: number for number, name in enumerate(rows)}
    return sorted(f"{a} -> {b}" for a, b in edges if place[b] >= place[a])


def test_each_package_has_a_row() -> None:
    tops = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").is_file()}
    assert set(order(PAGE.read_text(encoding="utf-8"))) == tops - {"__init__", "__main__", "templates"}


def test_each_package_knows_only_rows_above() -> None:
    assert up(order(PAGE.read_text(encoding="utf-8")), arrows()) == []


def test_an_arrow_that_leads_up_is_seen() -> None:
    rows = order(PAGE.read_text(encoding="utf-8"))
    lazily = "def f():\n    from ..cli.flow import prepare\n"
    assert list(imports(("verify", "run"), False, lazily)) == ["cli"]
    assert list(imports(("verify",), True, "from .. import cli\n")) == ["cli"]
    assert list(imports(("verify", "checks", "modes"), False, "from ..bench import Bench\n")) == ["verify"]
    assert up(rows, {*arrows(), ("verify", "cli")}) == ["verify -> cli"]
