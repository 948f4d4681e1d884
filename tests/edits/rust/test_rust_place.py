"""Whole lines between items, arms, fields and statements."""

import pytest

from newop_gen.checkout.rust import RustSource
from newop_gen.edits.rust import find, place
from newop_gen.plan import Plan, Step
from newop_gen.plan.merge import without_spans
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused


def source_of(text: str) -> RustSource:
    return RustSource("m.rs", text.encode())


def apply(source, *edits):
    steps = tuple(Step(f"op{i}", "s", "s", (edit,)) for i, edit in enumerate(edits))
    (change,) = Plan(".", "toy", (), steps, {"m.rs": source.data}).changes()
    check_postcondition([change])
    assert without_spans(change) == source.data
    return change.after.decode()


ENUM = """\
use a::b;

/// Ops.
#[derive(Debug)]
pub enum Op {
    /// One.
    A(X), // the first
    // and
    /// Two.
    B {
        y: u32,
    },
}
"""


def test_before_an_item_goes_above_its_comments_and_attributes():
    source = source_of(ENUM)
    got = apply(source, place.before(source, find.find_item(source, "enum", "Op"), "const N: u32 = 1;\n\n"))
    assert got == ENUM.replace("/// Ops.", "const N: u32 = 1;\n\n/// Ops.")


def test_before_leaves_comments_that_a_blank_line_or_code_parts():
    text = "// a header\n\nfn a() {} // of a\nfn b() {}\n"
    source = source_of(text)
    b = find.find_function(source, "b")
    assert apply(source, place.before(source, b, "fn n() {}\n")) == text.replace("fn b", "fn n() {}\nfn b")
    a = find.find_function(source, "a")
    assert apply(source, place.before(source, a, "fn n() {}\n")) == text.replace("fn a", "fn n() {}\nfn a")


def test_after_keeps_the_comment_of_the_line_and_what_follows():
    source = source_of(ENUM)
    one, two = find.items(find.body(source, find.find_item(source, "enum", "Op")))
    assert apply(source, place.after(source, one, "    N,\n")) == ENUM.replace("the first\n", "the first\n    N,\n")
    assert apply(source, place.after(source, two, "    N,\n")) == ENUM.replace("    },\n", "    },\n    N,\n")


def test_at_end_of_braces_and_brackets():
    source = source_of(ENUM)
    braces = find.body(source, find.find_item(source, "enum", "Op"))
    assert apply(source, place.at_end(source, braces, "    N,\n")) == ENUM.replace("    },\n}", "    },\n    N,\n}")
    text = "fn f() {\n    let all = vec![\n        a(),\n    ];\n}\n"
    source = source_of(text)
    macro = find.tokens(find.macros(source.root, "vec")[0])
    assert apply(source, place.at_end(source, macro, "        b(),\n")) == text.replace(
        "    ];", "        b(),\n    ];"
    )


def test_two_edits_at_one_place_stand_in_the_order_of_planning():
    source = source_of(ENUM)
    braces = find.body(source, find.find_item(source, "enum", "Op"))
    edits = [place.at_end(source, braces, f"    {name},\n") for name in ("M", "N")]
    assert apply(source, *edits) == ENUM.replace("    },\n}", "    },\n    M,\n    N,\n}")


PATTERNS = """\
fn f(op: &Op) -> f64 {
    match op {
        Op::A(o) => o.weight(),
        // nothing
        Op::B(_)
        | Op::C(_)
        | Op::D(_) => 0.0,
    }
}
"""


def arms(source):
    return find.arms(source, find.last_match(source, find.find_function(source, "f")))


def test_before_the_last_pattern():
    source = source_of(PATTERNS)
    edit = place.before_last_pattern(source, arms(source)[-1], "        | Op::N(_)\n")
    assert apply(source, edit) == PATTERNS.replace("        | Op::D", "        | Op::N(_)\n        | Op::D")


def test_patterns_that_share_a_line_are_refused():
    source = source_of(PATTERNS.replace("Op::B(_)\n        | Op::C(_)\n        | ", "Op::B(_) | "))
    with pytest.raises(CheckoutRefused, match="several patterns on a line"):
        place.before_last_pattern(source, arms(source)[-1], "        | Op::N(_)\n")
    with pytest.raises(CheckoutRefused, match="an arm of several patterns"):
        place.before_last_pattern(source, arms(source)[0], "        | Op::N(_)\n")


def test_before_an_arm_goes_above_its_comment_and_after_it_below():
    source = source_of(PATTERNS)
    one, two = arms(source)
    line = "        Op::N(o) => 1.0,\n"
    assert apply(source, place.before(source, two, line)) == PATTERNS.replace("        // no", line + "        // no")
    assert apply(source, place.after(source, one, line)) == PATTERNS.replace("        // no", line + "        // no")
    assert apply(source, place.after(source, two, line)) == PATTERNS.replace("0.0,\n", "0.0,\n" + line)


@pytest.mark.parametrize("text", ["enum Op { A }\n", "enum Op {\n    A }\n", "mod x; enum Op {\n    A,\n}\n"])
def test_what_shares_its_line_is_refused(text):
    source = source_of(text)
    enum = find.find_item(source, "enum", "Op")
    with pytest.raises(CheckoutRefused, match="on the same line"):
        place.before(source, enum, "fn n() {}\n")
        place.at_end(source, find.body(source, enum), "    N,\n")


def test_after_refuses_what_goes_on_on_the_line():
    source = source_of("fn a() {} fn b() {}\n")
    with pytest.raises(CheckoutRefused, match="on the same line"):
        place.after(source, find.find_function(source, "a"), "fn n() {}\n")


def test_newlines_are_those_of_the_place():
    text = ENUM.replace("\n", "\r\n")
    source = source_of(text)
    braces = find.body(source, find.find_item(source, "enum", "Op"))
    assert apply(source, place.at_end(source, braces, "    N,\n")) == text.replace(
        "    },\r\n}", "    },\r\n    N,\r\n}"
    )
    item = find.find_item(source, "enum", "Op")
    assert apply(source, place.before(source, item, "x!{}\n")) == text.replace("/// Ops.", "x!{}\r\n/// Ops.")
