"""The next layout: a package and a template directory, and nothing else is touched."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import EXAMPLES, apply_specs
from support.owned import run_generated_tests, without_data

from newop_gen import layouts
from newop_gen.checkout.tree import Tree
from newop_gen.layouts import detect

# What the layout's package would hold.
PACKAGE = '''
from newop_gen.layouts.base import Probe
from newop_gen.layouts.op_owned.layout import OwnedLayout
from newop_gen.layouts.op_owned.words import OP_OWNED


class Next(OwnedLayout):
    """As `op_owned`, but the SDK says which generation it is, and queries are not cached."""

    def probes(self, tree):
        marked = Probe("marker", "is there sdk/generation.txt?", tree.exists(tree.at("sdk/generation.txt")))
        return [marked, *super().probes(tree)]


LAYOUT = Next("next", "The next one", ({templates!r}, "op_owned", "sources"), core=False, listed=lambda: OP_OWNED)
'''


@pytest.fixture
def next_layout(monkeypatch, tmp_path):
    """Registers the toy: its package as a module, its templates as a directory."""
    templates = tmp_path / "templates"
    templates.mkdir()
    forward = (Path(layouts.__file__).parents[3] / "templates" / "op_owned" / "forward.py.j2").read_text("utf-8")
    cached = "    @functools.lru_cache(maxsize=32768)\n"
    assert cached in forward
    (templates / "forward.py.j2").write_text(forward.replace(cached, ""), encoding="utf-8")
    module = types.ModuleType("newop_gen.layouts.next")
    exec(PACKAGE.format(templates=str(templates)), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(layouts, "REGISTERED", {"next": "next", **layouts.REGISTERED})


def test_a_layout_is_added_by_a_package_and_templates(next_layout, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    detection = detect(Tree.open(root))
    assert detection.layout.name == "op_owned"  # the mark is what tells the toy's trees apart
    assert [p.name for p in detection.missing("next")] == ["marker"]
    (root / "src/aiconfigurator/sdk/generation.txt").write_text("next\n", encoding="utf-8")
    plan = apply_specs(root, without_data(EXAMPLES, tmp_path / "specs"))
    assert plan.layout == "next"
    text = (root / "src/aiconfigurator/sdk/perf_database.py").read_text(encoding="utf-8")
    assert "lru_cache" not in text.split("def query_new_op_tokens")[0].rpartition("return ")[2]
    run_generated_tests(root, [s.stem for s in EXAMPLES])
