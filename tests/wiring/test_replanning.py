"""Planning again: nothing twice, hand edits noticed, and several ops at once as one after the other."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import built
from hypothesis import given, settings
from hypothesis import strategies as st
from wiring.sweep import TOY, Target, changes_of, facts_of, op_with, patched, targets, toy_tree

from newop_gen.checkout.python import PythonSource
from newop_gen.checkout.tree import Tree
from newop_gen.problems import CheckoutRefused, Conflict
from newop_gen.wiring import plan_wiring

FORMS = Path(__file__).parent / "cases"
PATH = TOY.model_files[0]


def _tree(root: Path, form: str) -> Tree:
    return toy_tree(root, (FORMS / form / "models.py").read_bytes())


def _wiring(target: Target, way: str, **more: object) -> dict[str, object]:
    args = {"width": "self._width", "layers": 3}
    return {"model": target.model, "phase": target.phase, "at": {way: target.anchor}, "args": args} | more


def _with_models(tree: Tree, text: str) -> Tree:
    other = patched(tree, [])
    other._sources[PATH] = PythonSource(PATH, text.encode())
    return other


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tree]:
    names = sorted(p.name for p in FORMS.iterdir() if (p / "models.py").is_file())
    return {name: _tree(tmp_path_factory.mktemp(name), name) for name in names}


@given(st.data())
@settings(max_examples=60)
def test_several_ops_at_once_are_as_one_after_the_other(trees: dict[str, Tree], data: st.DataObject) -> None:
    tree = trees[data.draw(st.sampled_from(sorted(trees)))]
    tree = _own_count(tree) if data.draw(st.booleans()) else tree
    everything = list(targets(tree, TOY))
    ops = []
    for name in ("one", "two", "three"):
        wired = []
        for number, target in enumerate(data.draw(st.lists(st.sampled_from(everything), max_size=2, unique=True))):
            more: dict[str, object] = {"name": f"{name}_{number}"}
            if "attention" in target.anchor and data.draw(st.booleans()):
                more = {"name": f"{target.phase}_attention"} if not any("attention" in str(w) for w in wired) else more
            if data.draw(st.booleans()):
                more["when"] = 'self.architecture == "Toy"'
            if data.draw(st.booleans()):
                more["scale"] = data.draw(st.sampled_from(("self._num_layers", "7")))
            wired.append(_wiring(target, data.draw(st.sampled_from(("before", "after"))), **more))
        ops.append(op_with(wired, name))
    together = patched(tree, changes_of(tree, *(plan_wiring(op, tree, TOY) for op in ops)))
    in_turn = tree
    for op in ops:
        in_turn = patched(in_turn, changes_of(in_turn, plan_wiring(op, in_turn, TOY)))
    assert _text(together) == _text(in_turn)
    for op in ops:
        assert plan_wiring(op, together, TOY).done


def _own_count(tree: Tree) -> Tree:
    """The tree with another scale in all ops of the overlapping groups than an op has by default."""
    return _with_models(tree, _text(tree).replace("self._num_layers * self._mtp_scale_factor", "self._width / 2"))


GROUP = {"model": "CompositeModel", "phase": "generation", "args": {"width": "self._width", "layers": 3}}
INTO = GROUP | {"at": {"after": "generation_bmm"}, "scale": "7", "name": "into"}


@pytest.mark.parametrize(
    "into", [INTO, INTO | {"at": {"before": "generation_bmm"}}, INTO | {"when": "self._width > 1"}]
)
@pytest.mark.parametrize("first", ["into", "beside"])
def test_another_scale_in_a_group_changes_nothing_beside_it(trees: dict[str, Tree], into, first: str) -> None:
    """The scale that upstream's ops of an `OverlapOp` share is that of an op beside it, whatever came in before."""
    tree = _own_count(trees["composites"])
    ops = {
        "into": op_with([into], "into"),
        "beside": op_with([GROUP | {"at": {"after": "generation_rope_overlap"}, "name": "beside"}], "beside"),
    }
    order = [first, *(name for name in ops if name != first)]
    for name in order:
        tree = patched(tree, changes_of(tree, plan_wiring(ops[name], tree, TOY)))
    assert '"beside", self._width / 2,' in _flat(tree)
    assert all(plan_wiring(op, tree, TOY).done for op in ops.values())


@pytest.mark.parametrize("fixture", ["v0_8", "v0_10"])
def test_any_order_in_and_beside_upstreams_groups(fixture: str) -> None:
    """Two ops inside a group with scales of their own, and one beside it: the same file in every order, in one go and
    one after the other."""
    tree = Tree.open(built(fixture))
    facts = facts_of(tree)
    everything = [t for t in targets(tree, facts) if t.phase == "generation"]
    for beside in (t for t in everything if "overlap" in t.anchor):
        inside = [t for t in everything if t.model == beside.model and "shared" in t.anchor][:2]
        assert inside
        wired = {
            "beside": _wiring(beside, "after", name="beside", args={"width": 3, "layers": 3}),
            **{
                f"in_{way}": _wiring(t, way, name=f"in_{way}", scale="7", args={"width": 3, "layers": 3})
                for t, way in zip(inside, ("before", "after"))
            },
        }
        ops = [op_with([wiring], name) for name, wiring in wired.items()]
        found = set()
        for order in itertools.permutations(ops):
            in_turn = tree
            for op in order:
                in_turn = patched(in_turn, changes_of(in_turn, plan_wiring(op, in_turn, facts)))
            together = patched(tree, changes_of(tree, *(plan_wiring(op, tree, facts) for op in order)))
            assert all(plan_wiring(op, in_turn, facts).done for op in ops)
            found |= {in_turn.python(beside.file).data, together.python(beside.file).data}  # type: ignore[union-attr]
        assert len(found) == 1 and found != {tree.python(beside.file).data}  # type: ignore[union-attr]


def test_what_replaced_the_ops_of_a_group_stands_in_for_them(trees: dict[str, Tree]) -> None:
    tree = _own_count(trees["composites"])
    anchors = ("generation_bmm", "generation_rope")
    replacing = op_with([GROUP | {"at": {"replace": a}, "name": f"own_{a}"} for a in anchors], "replacing")
    tree = patched(tree, changes_of(tree, plan_wiring(replacing, tree, TOY)))
    beside = op_with([GROUP | {"at": {"after": "generation_rope_overlap"}, "name": "beside"}], "beside")
    tree = patched(tree, changes_of(tree, plan_wiring(beside, tree, TOY)))
    assert '"beside", self._width / 2,' in _flat(tree)
    assert plan_wiring(beside, tree, TOY).done


def test_the_order_at_one_place_matters(trees: dict[str, Tree]) -> None:
    """The comparison above can fail: without stacking, two ops after the same one come in the other order."""
    tree = trees["lists"]
    ops = [op_with([WIRED | {"at": {"after": "context_norm"}}], name) for name in ("one", "two")]
    steps = [plan_wiring(op, tree, TOY) for op in ops]
    flat = [replace(s, edits=tuple(replace(e, stacks=False) for e in s.edits)) for s in steps]  # type: ignore[call-arg]
    assert _text(patched(tree, changes_of(tree, *steps))) != _text(patched(tree, changes_of(tree, *flat)))


def _text(tree: Tree) -> str:
    source = tree.python(PATH)
    assert source is not None
    return source.data.decode()


def _flat(tree: Tree) -> str:
    return " ".join(_text(tree).split())


WIRED = {"model": "ListModel", "phase": "context", "args": {"width": "self._width", "layers": 3}}


def test_what_is_there_is_done_and_nothing_else(trees: dict[str, Tree]) -> None:
    tree = trees["lists"]
    op = op_with([WIRED | {"at": {"after": "context_norm"}}])
    first = plan_wiring(op, tree, TOY)
    assert not first.done
    again = plan_wiring(op, patched(tree, changes_of(tree, first)), TOY)
    assert again.edits
    assert again.done


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("layers=3),", "layers=4),"),  # another argument
        ('"context_new_op", self._num_layers,', '"context_new_op", 1,'),  # another scale
        ("layers=3),", "layers=3, more=1),"),
    ],
)
def test_an_op_that_was_changed_by_hand_is_a_conflict(trees: dict[str, Tree], old: str, new: str) -> None:
    tree = trees["lists"]
    op = op_with([WIRED | {"at": {"after": "context_norm"}}])
    after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
    assert after.count(old) == 1
    with pytest.raises(Conflict) as caught:
        plan_wiring(op, _with_models(tree, after.replace(old, new)), TOY)
    (problem,) = caught.value.problems
    assert problem.code == "wiring-differs"
    assert problem.place.line
    assert 'ops.ContextNewOp("context_new_op"' in problem.expected


def test_an_op_that_was_moved_by_hand_is_a_conflict(trees: dict[str, Tree]) -> None:
    tree = trees["lists"]
    elsewhere = op_with([WIRED | {"at": {"before": "context_norm"}}])
    moved = patched(tree, changes_of(tree, plan_wiring(elsewhere, tree, TOY)))
    with pytest.raises(Conflict):
        plan_wiring(op_with([WIRED | {"at": {"after": "context_norm"}}]), moved, TOY)


def test_a_condition_that_was_changed_by_hand_is_a_conflict(trees: dict[str, Tree]) -> None:
    tree = trees["lists"]
    for way in ("after", "replace"):
        op = op_with([WIRED | {"at": {way: "context_attention"}, "when": 'self.architecture == "Toy"'}])
        after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
        assert after.count('self.architecture == "Toy"') == 1
        with pytest.raises(Conflict):
            changed = after.replace('self.architecture == "Toy"', 'self.architecture == "Toys"')
            plan_wiring(op, _with_models(tree, changed), TOY)


def test_a_replacement_that_was_changed_by_hand_is_a_conflict(trees: dict[str, Tree]) -> None:
    tree = trees["lists"]
    op = op_with([WIRED | {"at": {"replace": "context_attention"}}])
    after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
    assert plan_wiring(op, _with_models(tree, after), TOY).done
    with pytest.raises(Conflict):
        plan_wiring(op, _with_models(tree, after.replace("layers=3),", "layers=4),")), TOY)


def test_a_replacement_whose_op_was_taken_out_by_hand_is_a_missing_anchor(trees: dict[str, Tree]) -> None:
    tree = trees["lists"]
    op = op_with([WIRED | {"at": {"replace": "context_norm"}}])
    after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
    line = next(line for line in after.splitlines(keepends=True) if "ContextNewOp" in line)
    with pytest.raises(CheckoutRefused):
        plan_wiring(op, _with_models(tree, after.replace(line, "")), TOY)


def test_an_override_that_was_changed_by_hand_is_a_conflict(trees: dict[str, Tree]) -> None:
    tree = trees["quants"]
    op = op_with(
        [
            {
                "model": "QuantModel",
                "phase": "context",
                "at": {"after": "context_qkv"},
                "args": {"mode": "gemm_quant_mode"},
            }
        ],
        params={"mode": {"type": "GEMMQuantMode", "modes": ["fp8"], "otherwise": "fp8"}},
        name="one",
    )
    after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
    assert after.count("one_mode = gemm_quant_mode") == 1
    with pytest.raises(Conflict) as caught:
        changed = after.replace("one_mode = gemm_quant_mode", "one_mode = self.config.gemm_quant_mode")
        plan_wiring(op, _with_models(tree, changed), TOY)
    assert "one_mode is not set as the spec has it" in caught.value.problems[0].found


def test_half_of_it_is_completed(trees: dict[str, Tree]) -> None:
    """One of two places was taken out by hand: that one comes back, the other is left alone."""
    tree = trees["statements"]
    wired = {"model": "AppendModel", "phase": "context", "args": {"width": 1, "layers": 3}}
    op = op_with([wired | {"at": {"after": "context_attention"}}])
    after = _text(patched(tree, changes_of(tree, plan_wiring(op, tree, TOY))))
    start = "        self.context_ops.append(ops.ContextNewOp"
    (line,) = (line for line in after.splitlines(keepends=True) if line.startswith(start))
    half = _with_models(tree, after.replace("\n" + line, "\n"))
    step = plan_wiring(op, half, TOY)
    assert [e.done for e in step.edits].count(False) == 1
    assert _text(patched(half, changes_of(half, step))) == after
