"""Model files that somebody else changed: either a plan that holds what every plan promises, or a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wiring.sweep import TOY, WAYS, changes_of, op_with, patched, targets, toy_tree

from newop_gen.checkout.python import PythonSource
from newop_gen.plan import Insertion, Plan, Step
from newop_gen.problems import CheckoutRefused, NewopError
from newop_gen.wiring import plan_wiring

FORMS = Path(__file__).parent / "cases"
PATH = TOY.model_files[0]


@given(st.data())
@settings(max_examples=150)
def test_changed_model_files_never_crash_the_plan(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    form = data.draw(st.sampled_from(sorted(p.name for p in FORMS.iterdir() if (p / "models.py").is_file())))
    text = (FORMS / form / "models.py").read_text()
    tree = toy_tree(tmp_path_factory.mktemp("toy"), text.encode())
    target = data.draw(st.sampled_from(list(targets(tree, TOY))))
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(("drop", "twice", "join", "no comma", "comment", "tabs", "star")))
        line = lines[at]
        lines[at] = {
            "drop": "",
            "twice": line * 2,
            "join": line.rstrip("\n") + " ",
            "no comma": line.replace(",\n", "\n"),
            "comment": line.rstrip("\n") + "  # said, by somebody: [(\n",
            "tabs": line.replace("        ", "\t\t"),
            "star": line.replace("ops.", "*ops."),
        }[change]
    tree._sources[PATH] = PythonSource(PATH, "".join(lines).encode())
    more = {"when": "self.config.tp_size > 1"} if data.draw(st.booleans()) else {}
    wired = {"model": target.model, "phase": target.phase, "at": {data.draw(st.sampled_from(WAYS)): target.anchor}}
    op = op_with([wired | {"args": {"width": "self._width", "layers": 3}} | more])
    try:
        changes = changes_of(tree, plan_wiring(op, tree, TOY))
        again = plan_wiring(op, patched(tree, changes), TOY)
    except NewopError as error:
        assert all(problem.found for problem in error.problems)
        broken = any(problem.code == "postcondition" for problem in error.problems)
        assert not (broken and _compiles("".join(lines))), str(error)
    else:
        assert again.done


def _compiles(text: str) -> bool:
    try:
        compile(text, PATH, "exec")
    except SyntaxError:
        return False
    return True


def test_code_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    text = (FORMS / "lists" / "models.py").read_text()
    deep = "        self._deep = " + " + ".join(["w"] * 3000) + "\n"
    text = text.replace("        self.context_ops.extend(\n", deep + "        self.context_ops.extend(\n", 1)
    tree = toy_tree(tmp_path, text.encode())
    wired = {"model": "ListModel", "phase": "context", "at": {"after": "context_norm"}}
    with pytest.raises(CheckoutRefused) as caught:
        plan_wiring(op_with([wired | {"args": {"width": 1, "layers": 3}}]), tree, TOY)
    assert "nested too deeply" in str(caught.value) or "does not parse" in str(caught.value)


def test_what_is_to_be_made_once_is_made_once() -> None:
    def merged(*edits: Insertion) -> bytes:
        steps = tuple(Step(f"op{i}", "wiring", "", (edit,)) for i, edit in enumerate(edits))
        (change,) = Plan("", "", (), steps, {"a.py": b"[a]"}).changes()
        return change.after

    comma = Insertion("a.py", 2, b",", once=True)
    assert merged(comma, comma) == b"[a,]"
    assert merged(comma, Insertion("a.py", 2, b",")) == b"[a,,]"
    assert merged(comma, Insertion("a.py", 2, b" ", once=True)) == b"[a, ]"
