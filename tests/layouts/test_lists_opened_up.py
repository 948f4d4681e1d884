"""Two ops in a list of upstream's that was empty, or had one element and no comma: applied and removed in any order."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, prepare
from support.owned import without_data

from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import load_spec

OPS = ("new_op", "state_scan")
EXEMPT = re.compile(r"(?<=^EXEMPT: dict\[str, str\] = )\{.*?\n\}", re.MULTILINE | re.DOTALL)
LISTS = {"empty": "{}", "a sole element": '{\n    "AnOp": "' + "x" * 110 + '"\n}'}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("removed", [0, 1])
@pytest.mark.parametrize("first, together", [(0, True), (1, True), (0, False)])
def test_what_two_ops_share_goes_with_the_last_of_them(name, first, together, removed, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = copy_fixture("v0_11", tmp_path)
    path = next(root.rglob("test_opspec_coverage.py"))
    text, count = EXEMPT.subn(LISTS[name], path.read_text(encoding="utf-8"))
    assert count == 1
    path.write_text(text, encoding="utf-8")
    files = without_data([SPECS / f"{op}.yaml" for op in OPS], tmp_path / "specs")
    specs = [load_spec(files[first]), load_spec(files[1 - first])]
    for some in [specs] if together else [[spec] for spec in specs]:
        apply_plan(prepare(some, root))
    both = entries(path)
    assert len(both) == 4 + (name != "empty") and not prepare(specs, root).changes
    remove_op(root, (OPS[removed],))
    assert len(entries(path)) == len(both) - 2
    remove_op(root, (OPS[1 - removed],))
    assert path.read_text(encoding="utf-8") == text


def entries(path: Path) -> dict[str, str]:
    """What the dict holds; every element has lines of its own, with a comma, and no line ends in a space."""
    text = path.read_text(encoding="utf-8")
    found = EXEMPT.search(text)
    assert found is not None
    assert all(line.endswith(",") for line in found[0].split("\n")[1:-1])
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    return ast.literal_eval(found[0])
