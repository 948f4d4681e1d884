"""The printer's core: what breaks, what stays on its line, and how far in lines begin."""

from __future__ import annotations

from newop_gen.render.document import (
    HARD,
    SOFT,
    SPACE,
    Doc,
    Either,
    Group,
    IfBroken,
    Indented,
    joined,
    render,
)


def listed(*elements: str, most: int | None = None) -> Doc:
    return Group(("[", Indented((SOFT, joined(elements), IfBroken(","))), SOFT, "]"), most)


def test_a_group_breaks_all_its_lines_or_none() -> None:
    assert render(listed("one", "two"), width=10) == "[one, two]"
    assert render(listed("one", "two"), width=9) == "[\n    one,\n    two,\n]"


def test_an_inner_group_breaks_after_the_outer_one() -> None:
    doc = Group(("function(", Indented((SOFT, listed("one", "two"))), SOFT, ")"))
    assert render(doc, width=20) == "function([one, two])"
    assert render((doc, ";"), width=20) == "function(\n    [one, two]\n);"
    assert render(doc, width=13) == "function(\n    [\n        one,\n        two,\n    ]\n)"


def test_what_follows_up_to_the_next_break_counts() -> None:
    assert render((listed("one", "two"), ";"), width=10) == "[\n    one,\n    two,\n];"
    assert render((listed("one", "two"), HARD, ";"), width=10) == "[one, two]\n;"
    assert render(listed("one", "two"), width=10, suffix=",") == "[\n    one,\n    two,\n]"


def test_margin_and_start_take_columns_and_are_not_written() -> None:
    assert render(listed("one", "two"), width=12, margin=2) == "[one, two]"
    assert render(listed("one", "two"), width=12, margin=3) == "[\n    one,\n    two,\n]"
    assert render(listed("one", "two"), width=12, start=3) == "[\n    one,\n    two,\n]"


def test_a_group_may_be_narrower_than_its_line() -> None:
    assert render(listed("one", "two", most=10), width=100) == "[one, two]"
    assert render(listed("one", "two", most=9), width=100) == "[\n    one,\n    two,\n]"


def test_a_line_that_always_breaks_breaks_the_groups_around() -> None:
    assert render(Group(("{", Indented((SPACE, Group(("one", HARD, "two")))), SPACE, "}")), width=100) == (
        "{\n    one\n    two\n}"
    )


def test_text_for_a_flat_group_only() -> None:
    doc = Group(("{", Indented((IfBroken("", " "), SOFT, "one")), IfBroken("", " "), SOFT, "}"))
    assert render(doc, width=7) == "{ one }"
    assert render(doc, width=6) == "{\n    one\n}"


def test_either_takes_the_first_choice_that_fits_with_what_follows() -> None:
    hugged = ("f(", listed("one", "two"), ")")
    opened = ("f(", Indented((HARD, listed("one", "two"))), HARD, ")")
    doc = Either((Group("short and flat"), hugged, opened))
    assert render(doc, width=14) == "short and flat"
    assert render(doc, width=13) == "f([one, two])"
    assert render((doc, ";"), width=13) == "f([\n    one,\n    two,\n]);"
    assert render((doc, ";"), width=8, start=5) == "f([\n    one,\n    two,\n]);"
    assert render((doc, ";"), width=8, start=6) == "f(\n    [\n        one,\n        two,\n    ]\n);"


def test_an_empty_line_has_no_spaces() -> None:
    assert render(("{", Indented((HARD, "one", HARD, HARD, "two")), HARD, "}"), width=9) == ("{\n    one\n\n    two\n}")
