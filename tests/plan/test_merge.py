"""Merging edits, and the postcondition that trusts nothing."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newop_gen.plan import Creation, FileChange, Insertion, Plan, Replacement, Span, Step, StepKey
from newop_gen.plan.merge import without_spans
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused, Conflict, Exit
from newop_gen.review.why import STEP_REASONS

BEFORE = b"a = 1\nb = 2\nc = 3\n"


def plan(*edits, sources=None):
    steps = tuple(Step(f"op{i}", "key", "a title", (edit,)) for i, edit in enumerate(edits))
    return Plan("/r", "toy", ("op",), steps, sources or {"m.py": BEFORE})


def test_order_at_one_offset():
    edits = [
        Insertion("m.py", 6, b"n1 = 0\n"),
        Insertion("m.py", 6, b"s1 = 0\n", stacks=True),
        Insertion("m.py", 6, b"s2 = 0\n", stacks=True),
        Insertion("m.py", 6, b"n2 = 0\n"),
    ]
    (change,) = plan(*edits).changes()
    assert change.after == b"a = 1\ns2 = 0\ns1 = 0\nn1 = 0\nn2 = 0\nb = 2\nc = 3\n"
    assert [span.label for span in change.spans] == ["op2:key", "op1:key", "op0:key", "op3:key"]


def test_insertions_on_both_sides_of_a_replacement():
    edits = [
        Replacement("m.py", 6, 12, b"B = 0\n", b"b = 2\n"),
        Insertion("m.py", 6, b"before = 0\n"),
        Insertion("m.py", 12, b"after = 0\n"),
    ]
    (change,) = plan(*edits).changes()
    assert change.after == b"a = 1\nbefore = 0\nB = 0\nafter = 0\nc = 3\n"
    assert without_spans(change) == BEFORE


@pytest.mark.parametrize(
    "edits",
    [
        (Replacement("m.py", 0, 6, b"", BEFORE[:6]), Replacement("m.py", 0, 12, b"", BEFORE[:12])),
        (Replacement("m.py", 0, 6, b"", BEFORE[:6]), Insertion("m.py", 3, b"x")),
        (Replacement("m.py", 0, 18, b"", BEFORE), Insertion("m.py", 6, b""), Insertion("m.py", 12, b"")),
        (Creation("n.py", b"1"), Creation("n.py", b"2")),
        (Creation("m.py", b"1"), Insertion("m.py", 0, b"")),
        (Insertion("m.py", 0, b""), Creation("m.py", b"1")),
    ],
)
def test_edits_in_each_others_way_are_a_conflict(edits):
    with pytest.raises(Conflict, match="both change the same part") as conflict:
        plan(*edits).changes()
    assert conflict.value.exit_code == Exit.CONFLICT


def test_two_ops_may_want_the_very_same_new_file():
    (change,) = plan(Creation("n.txt", b"1", 0o600, data=True), Creation("n.txt", b"1", 0o600, data=True)).changes()
    assert (change.before, change.after, change.mode, change.data) == (None, b"1", 0o600, True)


def test_what_is_done_is_left_out():
    edit = Insertion("m.py", 0, b"x", done=True)
    assert plan(edit).changes() == []
    assert plan(edit).pending == []
    assert plan(edit).steps[0].done


def texts(**sizes):
    """Bytes of a kind of file that anything may stand in, as long as it is text."""
    return st.text(st.characters(max_codepoint=127, min_codepoint=1), **sizes).map(str.encode)


@st.composite
def plans(draw):
    cuts = sorted(draw(st.lists(st.integers(0, 30), min_size=2, max_size=8)))
    before = draw(texts(min_size=30, max_size=30))
    edits = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        text = draw(texts(max_size=5))
        if draw(st.booleans()):
            edits.append(Replacement("m.md", start, end, text, before[start:end]))
        edits.append(Insertion("m.md", start, text, stacks=draw(st.booleans())))
    return before, draw(st.permutations(edits))


@given(plans())
def test_taking_the_spans_out_gives_the_old_bytes(drawn):
    before, edits = drawn
    try:
        (change,) = plan(*edits, sources={"m.md": before}).changes()
    except Conflict:
        assert sum(isinstance(edit, Replacement) for edit in edits) > 1
        return
    check_postcondition([change])
    assert without_spans(change) == before
    assert len(change.after) - len(before) == sum(len(s.old) * -1 + s.end - s.start for s in change.spans)


GOOD = FileChange("m.py", b"a = 1\n", b"a = 1\nb = 2\n", spans=(Span(6, 12, "op:key", b""),))


@pytest.mark.parametrize(
    "bad, message",
    [
        (replace(GOOD, after=b"a = 9\nb = 2\n"), "not the old bytes"),
        (replace(GOOD, after=b"a = 1\nb = 2\n\n"), "not the old bytes"),
        (replace(GOOD, spans=()), "not the old bytes"),
        (replace(GOOD, spans=(Span(6, 99, "op:key", b""),)), "leave the file"),
        (replace(GOOD, spans=(Span(6, 12, "op:key", b""), Span(8, 12, "op:key", b""))), "overlap"),
        (replace(GOOD, after=b"a = 1\nb = =\n"), "would not compile"),
        (FileChange("n.py", None, b"return 1\n", spans=(Span(0, 9, "op:test", b""),)), "would not compile"),
        (FileChange("n.py", None, b"x = '\xff'\n", spans=(Span(0, 8, "op:test", b""),)), "would not compile"),
        (FileChange("n.py", None, b"x\0\n", spans=(Span(0, 3, "op:test", b""),)), "would not compile"),
        (FileChange("n.txt", None, b"more than recorded", spans=(Span(0, 4, "op:data", b""),)), "not the old bytes"),
    ],
)
def test_the_postcondition_can_fail(bad, message):
    check_postcondition([GOOD])
    with pytest.raises(CheckoutRefused, match=message) as refusal:
        check_postcondition([GOOD, bad])
    assert [p.code for p in refusal.value.problems] == ["postcondition"]


def test_the_postcondition_names_every_file():
    bad = [replace(GOOD, path=name, after=b"a = 9\nb = 2\n") for name in ("m.py", "n.py")]
    with pytest.raises(CheckoutRefused) as refusal:
        check_postcondition(bad)
    assert [p.place.file for p in refusal.value.problems] == ["m.py", "n.py"]


def test_a_step_key_is_its_text_wherever_a_text_is_wanted():
    key = StepKey.PRE_INTERPOLATION
    assert f"{key}" == str(key) == key == "pre-interpolation" and json.dumps([key]) == '["pre-interpolation"]'
    assert {key: 1}["pre-interpolation"] == 1 and set(STEP_REASONS) == set(StepKey)
    (change,) = Plan("/r", "toy", ("op",), (Step("op", key, "", (Creation("n.md", b"1"),)),), {}).changes()
    assert change.spans[0].label == "op:pre-interpolation"
