"""What can't be wired is refused before anything is planned: where, what was looked for, and what comes nearest."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, prepare
from wiring.sweep import TOY, changes_of, op_with, patched, toy_tree

from newop_gen.checkout.tree import Tree
from newop_gen.problems import CheckoutRefused, Place, Problem
from newop_gen.spec.load import load_specs
from newop_gen.wiring import SpecPlace, WiringFacts, plan_wiring

FORMS = Path(__file__).parent / "cases"


@pytest.fixture
def tree(tmp_path: Path) -> Any:
    return lambda form: toy_tree(tmp_path, (FORMS / form / "models.py").read_bytes())


def _wired(model: str, at: dict[str, Any], phase: str = "context", **more: Any) -> dict[str, Any]:
    return {"model": model, "phase": phase, "at": at, "args": {"width": "self._width", "layers": 3}} | more


def _problems(tree: Tree, *wirings: dict[str, Any], **more: Any) -> list[Problem]:
    with pytest.raises(CheckoutRefused) as caught:
        plan_wiring(op_with(wirings, **more), tree, TOY)
    return caught.value.problems


def _problem(tree: Tree, *wirings: dict[str, Any], **more: Any) -> Problem:
    (problem,) = _problems(tree, *wirings, **more)
    return problem


def test_a_missing_class_names_the_nearest(tree: Any) -> None:
    problem = _problem(tree("lists"), _wired("ListsModel", {"after": "context_norm"}))
    assert problem.found == f"no model class ListsModel (looked in {TOY.model_files[0]})"
    assert problem.suggestion.startswith("did you mean 'ListModel'")
    assert isinstance(problem.place, SpecPlace) and problem.place.path == ("wiring", 0, "model")


@pytest.mark.parametrize("name", ["LISTMODEL", "Listmodel", "List"])
def test_a_class_in_another_case_or_cut_short_is_near(tree: Any, name: str) -> None:
    problem = _problem(tree("lists"), _wired([name, "Qqq"], {"after": "context_norm"}))  # type: ignore[arg-type]
    assert problem.suggestion == "did you mean 'ListModel'?"
    assert isinstance(problem.place, SpecPlace) and problem.place.path == ("wiring", 0, "model", 0)


def test_without_a_near_one_the_classes_are_listed(tree: Any) -> None:
    assert "ListModel" in _problem(tree("lists"), _wired("Qqq", {"after": "context_norm"})).suggestion


def test_a_missing_anchor_names_the_nearest_and_the_class(tree: Any) -> None:
    problem = _problem(tree("lists"), _wired("ListModel", {"after": ["context_atention", "mla"]}))
    found = "class ListModel has no context op named context_atention or mla (looked in "
    assert problem.found.startswith(f"{found}{TOY.model_files[0]}:")
    assert "did you mean 'context_attention'" in problem.suggestion
    assert isinstance(problem.place, SpecPlace) and problem.place.path == ("wiring", 0, "at", "after", 0)


def test_a_missing_anchor_is_told_at_its_line_of_the_spec(tmp_path: Path) -> None:
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8")
    line = next(n for n, text in enumerate(text.splitlines(), 1) if "after: " in text or "before: " in text)
    before = text.splitlines()[line - 1]
    name = re.search(r"context_\w+", before)
    assert name is not None
    spec = tmp_path / "spec.yaml"
    spec.write_text(text.partition("\ndata:")[0].replace(name[0], name[0].title()) + "\n", encoding="utf-8")
    with pytest.raises(CheckoutRefused) as caught:
        prepare(load_specs([spec]), copy_fixture("v0_8", tmp_path))
    problem = caught.value.problems[0]
    assert problem.place == Place(str(spec), line, name.start() + 1)
    assert f"'{name[0]}'" in problem.suggestion and "models.py:" in problem.found


def test_an_anchor_of_the_other_phase_is_none(tree: Any) -> None:
    problem = _problem(tree("builders"), _wired("BuilderModel", {"after": "context_attention"}, "generation"))
    assert "context_attention goes into the context ops" in problem.found


def test_a_list_that_is_started_anew_is_no_place(tree: Any) -> None:
    problem = _problem(tree("builders"), _wired("BuilderModel", {"after": "context_lost"}))
    assert "stands in __init__" in problem.found
    assert "whose list _build_context_ops starts anew" in problem.found


def test_a_name_that_is_not_written_out_is_no_anchor(tree: Any) -> None:
    problem = _problem(tree("builders"), _wired("BuilderModel", {"after": "context_global_up"}))
    assert "names that are computed are no anchors" in problem.suggestion
    assert "f'{prefix}_up'" in problem.suggestion


def test_a_helper_that_gives_a_list_is_no_anchor(tree: Any, tmp_path: Path) -> None:
    text = (FORMS / "builders" / "models.py").read_text()
    text = text.replace('+ self._ffn(f"context_{kind}", c)', '+ self._ffn("context_ffn", c)')
    problem = _problem(toy_tree(tmp_path, text.encode()), _wired("BuilderModel", {"after": "context_ffn"}))
    assert "context_ffn has no place of its own: it is a list of ops" in problem.found


def test_a_class_that_takes_its_ops_from_a_base(tree: Any, tmp_path: Path) -> None:
    text = (FORMS / "lists" / "models.py").read_text() + "\n\nclass ChildModel(ListModel):\n    pass\n"
    problem = _problem(toy_tree(tmp_path, text.encode()), _wired("ChildModel", {"after": "context_norm"}))
    assert problem.suggestion == "it takes its ops from ListModel: wire that class"


@pytest.mark.parametrize(
    ("field", "value", "found", "near"),
    [
        ("when", "self.architectur == 1", "self.architectur is set nowhere", "self.architecture"),
        ("when", "tp_sise > 1", "tp_sise is not in scope", ""),
        ("when", "divisr > 1", "divisr is not in scope", "divisor"),
        ("when", "self.config.tp_sizes > 1", "ModelConfig has no tp_sizes", "self.config.tp_size"),
        ("scale", "common.GEMMQuantMode.fp16", "common.GEMMQuantMode.fp16 does not exist", ""),
        ("scale", ["layers", "self.layers"], "none of the alternatives is in scope", ""),
        ("args", {"width": "self._width", "layers": "pp"}, "pp is not in scope", ""),
        ("args", {"width": "self._width"}, "no argument for layers", ""),
    ],
)
def test_names_that_are_not_in_scope(tree: Any, field: str, value: Any, found: str, near: str) -> None:
    problem = _problem(tree("composites"), _wired("CompositeModel", {"after": "context_norm"}, **{field: value}))
    assert found in problem.found
    assert near in problem.suggestion
    assert isinstance(problem.place, SpecPlace)
    assert problem.place.path[:3] == ("wiring", 0, field)


def test_the_place_of_a_name_is_that_of_its_first_letter(tree: Any) -> None:
    wired = _wired("CompositeModel", {"after": "context_norm"}, when="w > 1 and divisr > 1")
    place = _problem(tree("composites"), wired).place
    assert isinstance(place, SpecPlace)
    assert (place.path, place.offset) == (("wiring", 0, "when"), len("w > 1 and "))


def test_a_local_must_be_assigned_on_every_path(tree: Any) -> None:
    wired = _wired("AppendModel", {"before": "context_embedding"}, when="divisor > 1")
    assert "divisor is not assigned on every path" in _problem(tree("statements"), wired).found


def test_a_local_that_both_branches_assign_is_in_scope(tree: Any) -> None:
    wired = _wired("AppendModel", {"before": "context_p2p"}, when="divisor > 1")
    assert plan_wiring(op_with([wired]), tree("statements"), TOY).edits


def test_an_attribute_that_is_set_only_later(tree: Any, tmp_path: Path) -> None:
    text = (FORMS / "lists" / "models.py").read_text()
    text = text.replace("        # a lone element", "        self._later = 1\n        # a lone element")
    tree = toy_tree(tmp_path, text.encode())
    assert (
        "self._later is set only later"
        in _problem(tree, _wired("ListModel", {"after": "context_norm"}, when="self._later > 0")).found
    )
    assert plan_wiring(
        op_with([_wired("ListModel", {"after": "context_logits"}, when="self._later > 0")]), tree, TOY
    ).edits


def test_the_first_alternative_in_scope_wins(tree: Any) -> None:
    wired = _wired(
        "ListModel", {"after": "context_norm"}, when=["self.model_name == 'a'", "self.architecture == 'b'", "true"]
    )
    (change,) = changes_of(t := tree("lists"), plan_wiring(op_with([wired]), t, TOY))
    assert b'if self.architecture == "b"' in change.after
    assert b"model_name" not in change.after


def test_a_name_that_is_taken(tree: Any) -> None:
    wired = _wired("ListModel", {"after": "context_norm"}, name="context_proj")
    problem = _problem(tree("lists"), wired)
    assert problem.code == "name-taken"
    assert isinstance(problem.place, SpecPlace)
    assert problem.place.path == ("wiring", 0, "name")


def test_a_mode_that_the_tree_does_not_have(tree: Any) -> None:
    mode = {"type": "GEMMQuantMode", "modes": ["w4afp8"], "otherwise": "w4afp8"}
    wired = _wired("QuantModel", {"after": "context_qkv"}, args={"mode": "gemm_quant_mode"})
    problem = _problem(tree("quants"), wired, params={"mode": mode})
    assert problem.found == "this tree's GEMMQuantMode has no mode w4afp8"


def test_all_problems_are_said_at_once(tree: Any) -> None:
    problems = _problems(
        tree("lists"),
        _wired("NoModel", {"after": "context_norm"}),
        _wired("ListModel", {"after": "context_nowhere"}),
        _wired(
            "ListModel",
            {"after": "context_norm"},
            when="self.a > 1",
            scale="self.b",
            args={"width": "self.c", "layers": "self.d"},
        ),
    )
    assert len(problems) == 6


def test_what_is_optional_is_skipped_by_name(tree: Any) -> None:
    wired = [
        _wired("NoModel", {"after": "context_norm"}, optional=True),
        _wired("ListModel", {"after": "context_nowhere"}, optional=True),
        _wired("ListModel", {"after": "context_norm"}),
    ]
    step = plan_wiring(op_with(wired), tree("lists"), TOY)
    assert [s.what for s in step.skips] == [
        "new_op in the context ops of NoModel",
        "new_op in the context ops of ListModel",
    ]
    assert "no model class NoModel" in step.skips[0].why
    assert len(step.edits) == 1


def test_optional_does_not_excuse_a_name_that_is_not_in_scope(tree: Any) -> None:
    wired = _wired("ListModel", {"after": "context_norm"}, when="self.a > 1", optional=True)
    assert _problem(tree("lists"), wired).code == "wiring-scope"


def test_the_first_model_class_that_the_tree_has(tree: Any) -> None:
    wired = _wired("ListModel", {"after": "context_norm"}) | {"model": ["NoModel", "ListModel", "OneLineModel"]}
    (change,) = changes_of(t := tree("lists"), plan_wiring(op_with([wired]), t, TOY))
    assert change.after.count(b"ContextNewOp") == 1


def test_a_list_that_is_half_on_one_line(tree: Any, tmp_path: Path) -> None:
    text = (FORMS / "lists" / "models.py").read_text()
    text = text.replace("),\n                # the end of the list\n", "), ops.GEMM('context_more', 1),\n")
    problem = _problem(toy_tree(tmp_path, text.encode()), _wired("ListModel", {"after": "context_more"}))
    assert problem.code == "anchor-shape"
    assert problem.place.line > 1


def test_ops_that_the_file_does_not_import(tree: Any, tmp_path: Path) -> None:
    facts = WiringFacts(TOY.model_files, "float16", ops_module="operations")
    with pytest.raises(CheckoutRefused) as caught:
        plan_wiring(op_with([_wired("ListModel", {"after": "context_norm"})]), tree("lists"), facts)
    assert any("context_norm" in p.found or "operations is not in scope" in p.found for p in caught.value.problems)


# notes


def _notes(tree: Tree, *wirings: dict[str, Any], **more: Any) -> str:
    return "\n".join(plan_wiring(op_with(wirings, **more), tree, TOY).notes)


def test_mixed_steps_are_explained_where_they_cost_otherwise(tree: Any) -> None:
    t = tree("builders")
    assert "as one merged request" in _notes(t, _wired("BuilderModel", {"after": "context_attention"}))
    generation = _wired("BuilderModel", {"after": "generation_attention"}, "generation")
    assert "leave its cost out; `name: generation_attention`" in _notes(t, generation)
    assert "mixed" not in _notes(t, generation | {"name": "generation_attention"})
    tokens = {
        "axis": {"query": "x"},
        "nesting": {"axes": [{"axis": "x"}], "method": "linear"},
        "sol": {"parts": [{"name": "all", "bytes": "x"}]},
    }
    assert "wire it into the context phase too" in _notes(t, generation, **tokens)
    assert "mixed" not in _notes(t, generation, _wired("BuilderModel", {"after": "context_attention"}), **tokens)


def test_groups_and_alternatives_are_explained(tree: Any) -> None:
    t = tree("composites")
    assert "is an alternative of context_block" in _notes(t, _wired("CompositeModel", {"after": "context_attention"}))
    replaced = _wired("CompositeModel", {"replace": "context_attention"})
    assert "counts only when that one is used" in _notes(t, replaced)
    inside = _wired("CompositeModel", {"after": "generation_shared_up"}, "generation", name="generation_attention")
    assert "the name of an op in a group is not seen" in _notes(t, inside)
    assert "the slower of its groups" in _notes(t, inside)


def test_a_scale_that_is_not_one_of_the_layers_is_said(tree: Any) -> None:
    t = tree("lists")
    assert "its scale is 1, as that of context_embedding" in _notes(
        t, _wired("ListModel", {"after": "context_embedding"})
    )
    assert "its scale" not in _notes(t, _wired("ListModel", {"after": "context_norm"}))


def test_several_places_with_one_scale_are_said(tree: Any) -> None:
    wired = _wired("AppendModel", {"after": "context_attention"}, scale="self._num_layers")
    assert "stands in 2 places" in _notes(tree("statements"), wired)


def test_a_name_that_changes_the_tokens_is_said(tree: Any) -> None:
    notes = _notes(tree("lists"), _wired("ListModel", {"after": "context_norm"}), name="my_logits_gemm")
    assert "the number of requests instead of tokens" in notes


def test_keywords_are_taken_over_from_the_anchor(tree: Any) -> None:
    facts = WiringFacts(TOY.model_files, "float16", taken_over=("window_size",))
    t = tree("statements")
    step = plan_wiring(op_with([_wired("AppendModel", {"after": "context_attention"})]), t, facts)
    (change,) = changes_of(t, step)
    assert change.after.count(b"window_size=128") == 2
    assert plan_wiring(
        op_with([_wired("AppendModel", {"after": "context_attention"})]), patched(t, [change]), facts
    ).done


def test_a_list_that_a_fallback_gets_by_name_and_others_do_too(tree: Any, tmp_path: Path) -> None:
    """Beside the `FallbackOp` the op would be missing where the list goes on its own, and in the list it would count
    only when the fallback is used."""
    text = (FORMS / "by_name" / "models.py").read_text()
    alone = "            self.context_ops.extend(granular)\n            block = []\n"
    text = text.replace("            block = granular\n", alone, 1)
    problem = _problem(toy_tree(tmp_path, text.encode()), _wired("ByNameModel", {"after": "context_attention"}))
    assert "its list is handed to ops.FallbackOp() by name, and elsewhere" in problem.found
