"""What is said of layouts: the page on adding one shows the toy as it is, and the table of layouts stands once."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from layouts.test_toy_layout import REGISTRY
from support.applying import ROOT

from newop_gen.layouts import REGISTERED
from newop_gen.layouts.base import Layout

from .commands import PAGES

PAGE = ROOT / "docs" / "adding-a-layout.md"
TOY = ROOT / "tests" / "layouts" / "toy"
FILES = {path.name: path.read_text(encoding="utf-8") for path in (*TOY.glob("package/*.py"), *TOY.glob("templates/*"))}
FILES["the registry of a tree"] = REGISTRY

_SHOWN = re.compile(
    r"^<!-- toy: (?P<file>[^\n]+) -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"^```(?:python|text)$", re.MULTILINE)
_HEAD = re.compile(r"^\| layout \| seen in \|.*\n\|[-|]+\|\n(?P<rows>(?:\|.*\n)+)", re.MULTILINE)


def shown(text: str) -> list[re.Match[str]]:
    """Everything that a page shows of the toy."""
    return list(_SHOWN.finditer(text))


def strange(text: str) -> list[str]:
    """What a page shows and the file does not have: statements of Python, which stand in a page without their margin, or
    whole pieces of other text."""
    found = []
    for piece in shown(text):
        file = FILES[piece["file"]]
        if piece["language"] == "python":
            known = {ast.dump(node) for node in ast.walk(ast.parse(file)) if isinstance(node, ast.stmt)}
            found += [ast.unparse(node) for node in ast.parse(piece["text"]).body if ast.dump(node) not in known]
        elif piece["text"] not in file:
            found.append(piece["text"])
    return found


def test_what_is_shown_is_the_toy() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert strange(text) == []
    assert {piece["file"] for piece in shown(text)} == set(FILES)
    assert len(shown(text)) == len(_FENCE.findall(text)), "a piece that is from nowhere"


def test_a_piece_that_is_otherwise_is_seen() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for old, new in (("source is not None)", "source is None)"), ("max(sol_math, sol_mem)", "min(sol_math, sol_mem)")):
        assert len(strange(text.replace(old, new))) == 1, old


def test_each_method_of_a_layout_is_told() -> None:
    rows = set(re.findall(r"^\| `(\w+)\(", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert rows == {name for name in vars(Layout) if not name.startswith("_") and callable(getattr(Layout, name))}


def tables(pages: tuple[Path, ...] = PAGES) -> list[tuple[str, list[str]]]:
    """(page, layouts) of every table of layouts."""
    return [
        (path.name, re.findall(r"^\| `(\w+)` \|", match["rows"], re.MULTILINE))
        for path in pages
        for match in _HEAD.finditer(path.read_text(encoding="utf-8"))
    ]


def test_the_table_of_layouts_stands_once_and_has_them_all() -> None:
    assert tables() == [("layouts.md", list(REGISTERED))]


@pytest.mark.parametrize("row", ["| `core` | 0.11 | the same |", "| `core` | 0.11 | the same | there |"])
def test_a_second_table_is_seen(tmp_path: Path, row: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# A page\n\n| layout | seen in | how |\n|---|---|---|\n{row}\n", encoding="utf-8")
    assert tables((page,)) == [("page.md", ["core"])]
