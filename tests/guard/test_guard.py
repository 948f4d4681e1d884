"""The guard lets through what specs mean, on every layout, and nothing that was planted."""

from __future__ import annotations

import importlib
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import VERSIONS, copy_fixture
from safety.hostile_specs import TABLE
from spec.cases import BASE, escaped
from support.applying import ROOT, SPECS, prepare

from newop_gen.checkout.tree import Tree
from newop_gen.plan import Creation
from newop_gen.problems import CheckoutRefused, NewopError
from newop_gen.spec.load import load_specs

from .planting import (
    EXPRESSIONS,
    STATEMENTS,
    code_edits,
    compiles,
    name_places,
    planned,
    refusals,
    statement_lines,
    with_text,
)

ALL_SPECS = sorted([*SPECS.rglob("*.yaml"), *(ROOT / "tests/spec/valid").glob("*.yaml")])
PLANTED_PER_FORM = 2


@pytest.mark.parametrize("fixture", VERSIONS)
def test_what_specs_mean_is_let_through(tmp_path: Path, fixture: str) -> None:
    root = copy_fixture(fixture, tmp_path)
    let_through = 0
    tree = Tree.open(root)
    for spec in ALL_SPECS:
        try:
            prepare(load_specs([spec]), tree)
            let_through += 1
        except NewopError as error:
            assert "guard" not in [p.code for p in error.problems], error
    assert let_through >= len(ALL_SPECS) - 7  # some name a mode, a system or a table that a fixture lacks


VALUES = ['"""', "'''", '\\"""', '"""\\', "#", "}", '""" + x + """']


@pytest.mark.parametrize("fixture", ["v0_6", "v0_8", "v0_9", "v0_10", "v0_11"])
def test_values_that_look_like_code_are_let_through(tmp_path: Path, fixture: str) -> None:
    """A value is any text on one line, and whatever reads the code that it gets into must take it for one."""
    root, spec = copy_fixture(fixture, tmp_path), tmp_path / "spec.yaml"
    base = BASE.replace("self.is_special", "self.config.tp_size > 1").replace("self._hidden,", "self._hidden_size,")
    base = base[: base.index("data:")]
    for value in VALUES:
        spec.write_text(
            base.replace("param: style\n", f"param: style\n      only: [{escaped(value)}]\n", 1), encoding="utf-8"
        )
        plan, ops = planned(root, spec)
        assert any(literal in text for _, _, text in code_edits(plan) for literal in (repr(value), json.dumps(value)))
        assert not refusals(plan, ops)


@pytest.mark.parametrize(("fixture", "spec"), [("v0_8", "latent_attention"), ("v0_11", "new_op")])
def test_nothing_that_was_planted_is(tmp_path: Path, fixture: str, spec: str) -> None:
    """Foreign expressions in place of names, foreign statements before others, in whatever a plan puts in."""
    plan, ops = planned(copy_fixture(fixture, tmp_path), SPECS / f"{spec}.yaml")
    assert not refusals(plan, ops)
    rng = random.Random(1)
    names, lines = [], []
    for step, index, text in code_edits(plan):
        whole = isinstance(plan.steps[step].edits[index], Creation)
        names += [(step, index, text, at) for at in name_places(text, whole)]
        lines += [(step, index, text, at) for at in statement_lines(text, whole)]
    assert len(names) > 500 and len(lines) > 100
    escaped = []
    planted = compiled = 0
    for form in EXPRESSIONS:
        for step, index, text, (start, end) in rng.sample(names, PLANTED_PER_FORM):
            raw = text.encode()
            hostile = with_text(plan, step, index, (raw[:start] + form.encode() + raw[end:]).decode())
            planted += 1
            compiled += compiles(hostile)
            if not refusals(hostile, ops):
                escaped.append((plan.steps[step].key, form, text.count("\n", 0, start) + 1))
    for form in STATEMENTS:
        for step, index, text, (line, indent) in rng.sample(lines, PLANTED_PER_FORM):
            rows = text.split("\n")
            rows[line:line] = [" " * indent + row for row in form.split("\n")]
            hostile = with_text(plan, step, index, "\n".join(rows))
            planted += 1
            compiled += compiles(hostile)
            if not refusals(hostile, ops):
                escaped.append((plan.steps[step].key, form, line + 1))
    assert planted == PLANTED_PER_FORM * (len(EXPRESSIONS) + len(STATEMENTS))
    assert compiled > planted * 2 / 3  # what other checks refuse anyway shows nothing
    assert not escaped


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("\n\n\nclass", "\n\n\n# type: ignore\nclass", "the comment"),
        ("\n\n\nclass", "\n\n\n# coding: utf-7\nclass", "the comment"),
        ("\n\n\nclass", "\n\n\n# see below\rimport os\nclass", "the character"),
        ('"""', '"""\u202e', "the character"),
        ('"""', '"""\x0c', "the character"),
        ('"""', '""">>> import os\n', "the text"),
        ("        super().__init__(", "        super().\\\n__init__(", "a line that is continued"),
        ("super().__init__(", "super(Operation, self).__init__(", "a call of something that is no name"),
        ("(Operation):", "(Operation, metaclass=foreign):", "a class with more than bases"),
        ("(Operation):", "(foreign):", "the name foreign"),
        ("\n\n\nclass", "\nif 1:\n    pass\n\n\nclass X:\n    pass\n\n\nclass", "a node Pass"),
    ],
)  # fmt: skip
def test_texts_that_only_look_alike_are_refused(tmp_path: Path, old: str, new: str, what: str) -> None:
    plan, ops = planned(copy_fixture("v0_8", tmp_path), SPECS / "new_op.yaml")
    step, index, text = next(e for e in code_edits(plan) if plan.steps[e[0]].key == "operations")
    text = "\n\n\n" + text.lstrip("\n")
    assert old in text, text
    found = refusals(with_text(plan, step, index, text.replace(old, new, 1)), ops)
    assert any(what in one for one in found), found


@pytest.mark.parametrize(
    "path", ["../common.py", "/etc/passwd", "src/.git/config", "src/other.py", "src/new_op.pth", "src/new_op.py"]
)
def test_new_files_have_the_ops_own_names(tmp_path: Path, path: str) -> None:
    plan, ops = planned(copy_fixture("v0_10", tmp_path), SPECS / "new_op.yaml")
    number, step = next((n, s) for n, s in enumerate(plan.steps) if any(isinstance(e, Creation) for e in s.edits))
    moved = tuple(replace(e, path=path) if isinstance(e, Creation) else e for e in step.edits)
    hostile = replace(plan, steps=(*plan.steps[:number], replace(step, edits=moved), *plan.steps[number + 1 :]))
    assert any("a new file" in one for one in refusals(hostile, ops))


def test_a_sidecar_says_what_sidecars_say(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    text = BASE.replace("self.is_special", "self.config.tp_size > 1").replace("self._hidden,", "self._hidden_size,")
    spec.write_text(text, encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/new_op.csv").write_text(TABLE, encoding="utf-8")
    plan, ops = planned(copy_fixture("v0_11", tmp_path), spec)
    found = [
        (n, m, edit)
        for n, step in enumerate(plan.steps)
        for m, edit in enumerate(step.edits)
        if edit.path.endswith("collection_meta.yaml")
    ]
    ((number, index, sidecar),) = found
    assert isinstance(sidecar, Creation) and not refusals(plan, ops)
    said = with_text(plan, number, index, sidecar.content.decode() + "tables: {}\n")
    assert any("a line that says something else" in one for one in refusals(said, ops))


def test_a_hole_in_a_renderer_becomes_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the whole: free text that gets into code as it is. Without the guard it would be written."""
    root = copy_fixture("v0_8", tmp_path)
    (loaded,) = load_specs([SPECS / "new_op.yaml"])
    text = 'x""" + __import__("os").system("true") + """y'
    loaded = [replace(loaded, spec=loaded.spec.model_copy(update={"summary": text}))]  # past the checks of specs
    rendering = importlib.import_module("newop_gen.render.environment")
    prepare(loaded, root)

    rendering.environment.cache_clear()
    monkeypatch.setattr(rendering, "docstring", lambda text, *sizes: text)
    try:
        with pytest.raises(CheckoutRefused) as refused:
            prepare(loaded, root)
    finally:
        rendering.environment.cache_clear()
    assert {p.code for p in refused.value.problems} == {"guard"}
