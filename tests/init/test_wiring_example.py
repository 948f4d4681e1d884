"""The wiring in a first spec is a comment that is right where it says something, and says nothing where it can't."""

from __future__ import annotations

import dataclasses

import pytest
from checkouts import VERSIONS, copy_fixture
from support.applying import prepare

from newop_gen.init.draft import Draft, KeyDraft, NestingDraft, ParamDraft
from newop_gen.init.wiring_example import _BASE, _MOE, _QUANT, example
from newop_gen.init.write import checked, rendered
from newop_gen.problems import SpecError

MODES = {"CommQuantMode": ("half",)}


def draft(**params):
    keys = tuple(KeyDraft((name,), (name,)) for name in params)
    nesting = NestingDraft(keys, (("x", "num_tokens"),), "linear")
    return Draft("my_op", "what it does", "a test", params, ("context",), "one", "x", "tokens", {"context": nesting})


def wired(draft):
    """The draft's text with the example taken out of its comment."""
    text = rendered(draft)
    begin = text.index("# wiring:\n")
    end = text.index("\n\n", begin)
    block = "\n".join(line.removeprefix("# ").removeprefix("#") for line in text[begin:end].splitlines())
    return text[:begin] + block + text[end:]


def ints(*names):
    return {name: ParamDraft("int") for name in names}


@pytest.mark.parametrize("fixture", VERSIONS)
@pytest.mark.parametrize("table", [_BASE, _MOE], ids=["base", "moe"])
def test_what_it_says_is_in_scope_on_every_layout(tmp_path, fixture, table):
    every = [names[0] for names in table.values()]
    root = copy_fixture(fixture, tmp_path)
    for some in (every[:5], every[5:]):
        assert prepare([checked(wired(draft(**ints(*some))))], root).plan.pending


@pytest.mark.parametrize("fixture", ["v0_6", "v0_10"])
def test_each_enum_has_its_mode(tmp_path, fixture):
    params = {f"mode_{n}": ParamDraft(enum, MODES.get(enum, ("bfloat16",))) for n, enum in enumerate(_QUANT)}
    assert prepare([checked(wired(draft(**params)))], copy_fixture(fixture, tmp_path)).plan.pending


def test_the_model_is_one_that_has_the_attributes():
    assert example(draft(**ints("hidden_size"))).model == "LLAMAModel"
    assert example(draft(**ints("hidden_size", "num_experts"))).model == "MOEModel"
    assert "num_experts: self._num_experts" in rendered(draft(**ints("num_experts")))


def test_a_name_that_says_nothing_gets_no_guess(tmp_path):
    text = rendered(draft(**ints("param1", "hidden_size"), kind=ParamDraft("str")))
    assert "#       param1:\n#       hidden_size: self._hidden_size\n#       kind:\n" in text
    assert "where nothing stands" in text
    assert checked(text).spec.wiring == []
    with pytest.raises(SpecError) as caught:
        checked(wired(draft(**ints("param1", "hidden_size"))))
    (problem,) = caught.value.problems
    assert wired(draft(**ints("param1", "hidden_size"))).splitlines()[problem.place.line - 1].strip() == "param1:"
    assert "no value" in problem.found


def test_no_params_no_arguments(tmp_path):
    assert prepare([checked(wired(draft()))], copy_fixture("v0_8", tmp_path)).plan.pending


def test_an_entry_for_each_phase(tmp_path):
    both = dataclasses.replace(draft(**ints("hidden_size")), used=("context", "generation"))
    spec = checked(wired(both)).spec
    assert [(w.phase, w.at.after) for w in spec.wiring] == [
        ("context", ["context_attention"]),
        ("generation", ["generation_attention"]),
    ]
    assert prepare([checked(wired(both))], copy_fixture("v0_8", tmp_path)).plan.pending
