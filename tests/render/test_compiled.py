"""Compiled templates are kept, found again, and never outlive their source or what they were made with."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

from newop_gen.render.compiled import Beside
from newop_gen.render.environment import environment
from newop_gen.resources import templates_dir

TEMPLATES = sorted(p for p in templates_dir().rglob("*.j2") if p.parent.name not in ("init", "review"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "pycache_prefix", None)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "t.py.j2").write_text("one {{ x }}")
    return tmp_path


def rendered(folder: Path) -> str:
    return Environment(loader=FileSystemLoader(folder), bytecode_cache=Beside()).get_template("t.py.j2").render(x=1)


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").glob("*"))


def test_what_is_kept_is_what_is_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(folder) == "one 1"
    assert [path.suffix for path in kept(folder)] == [".pyc"]
    monkeypatch.setattr(Environment, "compile", lambda *_: pytest.fail("compiled again"))
    assert rendered(folder) == "one 1"


def test_another_source_is_compiled_anew(folder: Path) -> None:
    assert rendered(folder) == "one 1"
    (folder / "t.py.j2").write_text("two {{ x }}")
    assert rendered(folder) == "two 1"


@pytest.mark.parametrize("data", [b"", b"no bytecode"])
def test_a_file_that_holds_no_bytecode_is_written_anew(folder: Path, data: bytes) -> None:
    assert rendered(folder) == "one 1"
    (file,) = kept(folder)
    whole = file.read_bytes()
    file.write_bytes(data)
    assert rendered(folder) == "one 1"
    assert file.read_bytes() == whole


def test_where_nothing_can_be_written_it_still_renders(folder: Path) -> None:
    (folder / "__pycache__").write_text("in the way")
    assert rendered(folder) == "one 1"


def test_python_s_setting_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(folder) == "one 1"
    assert not kept(folder)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_nothing_is_worked_out_when_a_template_is_compiled(path: Path) -> None:
    """A filter over constants would be: what was kept would then be of an older filter than the one that is called."""
    env = environment(path.parent.name)
    for node in env.parse(path.read_text(encoding="utf-8")).find_all((nodes.Filter, nodes.Test, nodes.Call)):
        with pytest.raises(nodes.Impossible):
            node.as_const(nodes.EvalContext(env))
