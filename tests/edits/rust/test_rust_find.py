"""Locating items, arms and patterns of Rust files."""

import pytest

from newop_gen.checkout.rust import RustSource
from newop_gen.edits.rust import find
from newop_gen.problems import CheckoutRefused

ENGINE = b"""\
//! An engine.

/// Not this one: fn weigh() {}
pub enum Op {
    A(X),
}

pub struct Engine {
    pub a: A,
}

impl Op {
    pub fn weigh(&self) -> f64 {
        let scale = match self {
            Op::A(o) if o.heavy() => 2.0,
            _ => 1.0,
        };
        match self {
            Op::A(o) => match o.kind {
                Kind::Deep => 1.0,
                other => other.value(),
            },
            Op::B(_) | Op::C(_) => 0.0,
        }
    }
}

impl Clone for Op {
    fn clone(&self) -> Self {
        todo!()
    }
}

impl Engine<'_> {
    fn weigh(&self) {}
}

#[cfg(test)]
mod tests {
    fn weigh() {
        let all = vec![1];
        for one in all {
            assert_eq!(1, one);
            assert_eq!(1, one, "again");
        }
    }
}
"""


def source_of(text: bytes = ENGINE) -> RustSource:
    return RustSource("engine.rs", text)


def test_items_are_those_of_the_scope_asked_for():
    source = source_of()
    assert find.named(find.find_item(source, "enum", "Op")) == "Op"
    assert find.find_method(source, "Op", "weigh").start_point[0] == 12
    assert find.find_method(source, "Engine", "weigh").start_point[0] == 34
    inner = find.find_module(source, "tests")
    assert find.find_function(source, "weigh", inner).start_point[0] == 39


def test_what_is_not_there_is_refused_with_the_nearest_name():
    with pytest.raises(CheckoutRefused) as refusal:
        find.find_method(source_of(), "Op", "weight")
    (problem,) = refusal.value.problems
    assert problem.code == "anchor-missing" and "fn weight of Op" in problem.found and "weigh" in problem.suggestion
    with pytest.raises(CheckoutRefused, match="impl Ops"):
        find.find_method(source_of(), "Ops", "weigh")
    with pytest.raises(CheckoutRefused, match="fn weigh"):
        find.find_function(source_of(), "weigh")


def test_an_item_that_is_there_twice_is_refused():
    with pytest.raises(CheckoutRefused, match="2 times"):
        find.find_item(source_of(b"fn f() {}\n#[cfg(x)]\nfn f() {}\n"), "function", "f")


def test_the_last_match_is_the_outermost_one_that_the_value_comes_from():
    source = source_of()
    match = find.last_match(source, find.find_method(source, "Op", "weigh"))
    arms = find.arms(source, match)
    assert [[find.code(p) for p in find.patterns(arm)] for arm in arms] == [["Op::A(o)"], ["Op::B(_)", "Op::C(_)"]]
    assert find.value(arms[-1]) == "0.0"


def test_an_arm_that_takes_whatever_comes():
    source = source_of(
        b"fn f() { match x { A => 1, _ if t => 2, a::B => 3, Op::C(_) => 4, A | B => 5, other => 6, _ => 7 } }\n"
    )
    match = find.last_match(source, find.find_function(source, "f"))
    assert [find.value(arm) for arm in find.arms(source, match) if find.catches_all(arm)] == ["6", "7"]


def test_macros_are_found_in_order_below_a_scope():
    source = source_of()
    tests = find.find_module(source, "tests")
    calls = find.macros(tests, "assert_eq")
    assert [find.code(find.tokens(call)) for call in calls] == ["(1, one)", '(1, one, "again")']
    assert len(find.macros(tests, "vec")) == 1


@pytest.mark.parametrize("text", [b"fn f( {}\n", b"fn f() {\n", b"<<<<<<< a\nfn f() {}\n"])
def test_a_file_that_is_no_rust_is_refused_with_its_line(text):
    with pytest.raises(CheckoutRefused) as refusal:
        find.find_function(source_of(text), "f")
    (problem,) = refusal.value.problems
    assert problem.code == "target-syntax" and problem.place.line and problem.expected == "valid Rust"


def test_bytes_that_no_compiler_takes_are_refused():
    with pytest.raises(CheckoutRefused, match="0xff"):
        find.find_function(source_of(b"// \xff\nfn f() {}\n"), "f")
    with pytest.raises(CheckoutRefused, match="carriage return"):
        find.find_function(source_of(b"// a\rb\nfn f() {}\n"), "f")


def test_a_coding_cookie_means_nothing_in_rust():
    assert source_of(b"# coding: latin-1\nfn f() {}\n").encoding == "utf-8"
