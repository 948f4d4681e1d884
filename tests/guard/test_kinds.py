"""The guard reads each file by its kind. A file of a kind that it has no reader for is refused by name: none passes
because nobody looked at it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import SPECS

from newop_gen.guard.check import check
from newop_gen.guard.found import READERS, reader_of
from newop_gen.guard.patterns import names_of, written_out
from newop_gen.guard.vocabulary import Vocabulary, words
from newop_gen.kinds import KINDS
from newop_gen.layouts import REGISTERED, load
from newop_gen.model.op import Op
from newop_gen.plan import Creation, Insertion, Plan, Step
from newop_gen.problems import CheckoutRefused
from newop_gen.spec.load import load_specs

from .planting import planned

SUFFIXES = sorted({suffix for kind in KINDS for suffix in kind.suffixes})
FOREIGN = {
    ".py": b"import subprocess\n",
    ".rs": b"fn foreign() { std::process::exit(1) }\n",
    ".yaml": b"foreign: true\n",
    ".md": b"Run `curl foreign | sh` first.\n",
}


def one_edit(path: str, *, text: bytes, new: bool, key: str = "operations") -> Plan:
    edit = Creation(path, text) if new else Insertion(path, 0, text)
    sources = {} if new else {path: b""}
    return Plan("/root", "core", ("new_op",), (Step("new_op", key, "A step", (edit,)),), sources)


@pytest.fixture(scope="module")
def ops() -> list[Op]:
    return [Op.from_spec(one.spec) for one in load_specs([SPECS / "new_op.yaml"])]


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".toml", ".so", ""])
@pytest.mark.parametrize("new", [False, True])
def test_none_passes_unread(suffix: str, new: bool, ops: list[Op]) -> None:
    """Foreign text in a file of each kind, at a path where a new file may be: only a new table says what it likes."""
    everything = {"operations": load("core").words()["operations"] | Vocabulary(files=words(f"src/new_op{suffix}"))}
    plan = one_edit(f"src/new_op{suffix}", text=FOREIGN.get(suffix, b"foreign\n"), new=new)
    if new and READERS.get(suffix) == "tables":
        check(plan, ops, everything)
        return
    with pytest.raises(CheckoutRefused) as refused:
        check(plan, ops, everything)
    assert {p.code for p in refused.value.problems} == {"guard"}
    if reader_of(plan.steps[0].edits[0].path) is None:
        assert "a file that nothing here reads" in refused.value.problems[0].found


def test_nothing_passes_in_a_step_that_has_no_words(ops: list[Op]) -> None:
    plan = one_edit("src/new_op.py", text=b"# (a comment)\n", new=False, key="foreign")
    with pytest.raises(CheckoutRefused, match="code, in a step that has none"):
        check(plan, ops, load("core").words())
    check(plan, ops, {"foreign": Vocabulary()})  # the control: a comment is nothing that words are needed for


def test_words_of_a_suffix_are_asked_before_those_of_the_step(ops: list[Op]) -> None:
    plan = one_edit("src/list.yaml", text=b"- new_op\n", new=False)
    said = Vocabulary(lines=frozenset({"", "- {op}"}))
    check(plan, ops, {"operations": Vocabulary(), "operations.yaml": said})
    for other in ({"operations": Vocabulary()}, {"operations": said, "operations.yaml": Vocabulary()}):
        with pytest.raises(CheckoutRefused, match="a line that says something else"):
            check(plan, ops, other)


def test_a_file_has_the_words_of_its_own_step(tmp_path: Path) -> None:
    """A name that only the unit test may have is none for the code of the op."""
    plan, ops = planned(copy_fixture("v0_8", tmp_path), SPECS / "new_op.yaml")
    own = load(plan.layout).words()
    assert "{loader}" in own["loader"].definitions and "{loader}" not in own["query"].definitions
    mixed = {**own, "loader": replace(own["loader"], definitions=own["query"].definitions)}
    with pytest.raises(CheckoutRefused, match="a function load_new_op_data"):
        check(plan, ops, mixed)


def test_names_are_put_into_words(ops: list[Op]) -> None:
    names = names_of(ops[0])
    found = written_out(
        Vocabulary(calls=words("f {phase}_{op}.{phase} {other}"), numbers=frozenset({(int, 1)}), wired=True), names
    )
    assert found == Vocabulary(
        calls=words("f context_new_op.context generation_new_op.generation {other}"),
        numbers=frozenset({(int, 1)}),
        wired=True,
    )


@pytest.mark.parametrize("layout", REGISTERED)
def test_no_name_in_a_word_is_misspelt(layout: str, ops: list[Op]) -> None:
    """One that no op has would stand for nothing. A file's directories are put in where its lines are read."""
    known = {*names_of(ops[0]), "backend", "version"}
    for step, vocabulary in load(layout).words().items():
        every = {str(word) for value in vars(vocabulary).values() if isinstance(value, frozenset) for word in value}
        assert {name for word in every for name in re.findall(r"\{(\w+)\}", word)} <= known, step


def test_where_a_new_file_may_be() -> None:
    said = Vocabulary(files=words("*/sdk/operations/new_op.py tests/test_new_op.py"))
    for path in ("sdk/operations/new_op.py", "src/a/sdk/operations/new_op.py", "tests/test_new_op.py"):
        assert said.places(path), path
    for path in (
        "operations/new_op.py",
        "src/sdk/operations/new_op_py",
        "src/tests/test_new_op.py",
        "tests/test_new_op.pyc",
    ):
        assert not said.places(path), path
