"""The pull request text: what it says, and that no text of a spec is markup in it. Read by a real Markdown parser."""

from __future__ import annotations

import dataclasses
import re

import pytest
from browser.pages import EXAMPLES, HARM, plan_of, report
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from newop_gen.model.op import Op
from newop_gen.plan import Prepared
from newop_gen.resources import specs_dir
from newop_gen.review.html.verification import Build
from newop_gen.review.pr_text import code_block, code_span, formula_text, markdown, pr_text
from newop_gen.spec.load import load_spec

READER = MarkdownIt("gfm-like", {"linkify": False})
HEADINGS = ["What", "Why", "Files", "SOL", "Data", "Tests", "How verified", "Notes for the reviewer"]


def tokens(text):
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def kinds(text):
    return {token.type for token in tokens(text)}


def words(text):
    return "".join(token.content for token in tokens(text) if token.type in ("text", "code_inline"))


def described(spec, note="a note", code="x = 1", verification=None):
    loaded = load_spec(spec)
    plan = plan_of([loaded.spec.op], note, code)
    reports = {loaded.spec.op: verification} if verification else {}
    return pr_text([loaded], Prepared(plan, tuple(plan.changes())), reports)


def test_it_says_what_why_files_formula_data_tests_and_how_verified():
    text = described(specs_dir() / "new_op.yaml", verification=report("new_op"))
    found = re.findall("^## (.*)$", text, re.MULTILINE)
    assert found == HEADINGS
    assert text.startswith("Add `new_op`\n\n")
    assert "a query is refused, where the release leaves that to the spec." in text  # some hold the utilization there
    assert "| `src/aiconfigurator/sdk/common.py` | +1 | enum |" in text
    assert "python -m pytest tests/test_new_op.py" in text
    assert "2 checks, 77 assertions, 0 skipped" in text
    assert "| 243 | `865fab7877fcd62a` |" in text
    assert "\n\n\n\n" not in text


def test_tests_in_rust_are_not_given_to_pytest(tmp_path):
    """They have cargo's command; what stands beside an op in Rust is no file of pytest's."""
    loaded = load_spec(specs_dir() / "new_op.yaml")
    plan = plan_of(["new_op"], "a note", "x = 1")
    steps = tuple(
        dataclasses.replace(
            step,
            edits=tuple(
                dataclasses.replace(edit, path=edit.path.replace("test_new_op.py", "tests.rs")) for edit in step.edits
            ),
        )
        for step in plan.steps
    )
    changed = dataclasses.replace(plan, steps=steps)
    assert "python -m pytest tests/test_new_op.py" in pr_text([loaded], Prepared(plan, tuple(plan.changes())))
    assert "pytest" not in pr_text([loaded], Prepared(changed, tuple(changed.changes())))


def test_a_layout_with_a_template_of_its_own_has_those_sections():
    loaded = load_spec(specs_dir() / "new_op.yaml")
    plan = dataclasses.replace(plan_of(["new_op"], "a note", "x = 1"), layout="aisimulate")
    text = pr_text([loaded], Prepared(plan, tuple(plan.changes())), {"new_op": report("new_op")})
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "Why and what changed", "Review map", "Evidence", "Modeling or data provenance", "Tracking",
    ]  # fmt: skip
    assert "2 variants at the end of `Op`" in text and "`newop-gen remove new_op`" in text
    assert "2 checks, 77 assertions, 0 skipped" in text and "| 243 | `865fab7877fcd62a` |" in text
    assert "a note" in words(text) and "\n\n\n\n" not in text


def test_what_was_not_built_is_said():
    unbuilt = report("new_op").model_copy(update={"build": Build(built=False, why="--no-build", toolchain="")})
    text = described(specs_dir() / "new_op.yaml", verification=unbuilt)
    assert "Not built (--no-build): the op is compiled, and nothing that it answers was asked." in words(text)


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda p: p.stem)
def test_the_formula_is_the_spec_s(spec):
    loaded = load_spec(spec)
    op = Op.from_spec(loaded.spec)
    text = formula_text(op)
    for phase in op.phases:
        sol = op.sol(phase)
        for piece in [
            *sol.let.values(),
            *(p for part in sol.parts for p in (part.flops, part.precision, part.bytes) if p),
        ]:
            assert str(piece) in text
        assert phase in text
    assert text in pr_text([loaded])


def test_without_a_checkout_and_without_data(tmp_path):
    text = (specs_dir() / "new_op.yaml").read_text(encoding="utf-8")
    spec = tmp_path / "new_op.yaml"
    spec.write_text(text.partition("data:   ")[0], encoding="utf-8")
    described = pr_text([load_spec(spec)])
    assert "## Files" not in described
    assert "no measurements come with this" in described
    assert "not yet; `newop-gen verify`" in described


def test_a_failed_verification_is_told():
    text = described(specs_dir() / "new_op.yaml", verification=report("new_op", failed=True))
    assert "1 check FAILED" in text
    assert "sol: 1 of 12 fail; probable cause: as it should be" in text


HARMFUL = [
    HARM,
    "![x](https://e.example/p.png) [a](javascript:1) <https://e.example> ~~gone~~ **bold** _em_ # h",
    "- item",
    "1. item",
    "# heading",
    "| a | b |",
    "&lt;script&gt;",
    "`unpaired",
    "a\n\n# heading\n```\nfence",
    "trailing \\",
    "=== \n---",
]


@pytest.mark.parametrize("harm", HARMFUL)
def test_free_text_is_no_markup(harm):
    rendered = kinds(f"- {markdown(harm)}\n")
    assert not rendered & {
        "html_block", "image", "link_open", "strong_open", "em_open", "s_open", "heading_open", "fence", "table_open",
    }  # fmt: skip
    # A comment that keeps a name from being called is the only HTML.
    assert {t.content for t in tokens(f"- {markdown(harm)}\n") if t.type == "html_inline"} <= {"<!-- -->"}


def test_negative_control_the_reader_sees_markup_that_is_not_escaped():
    assert {"html_inline", "image", "link_open", "strong_open"} <= kinds(HARMFUL[1] + "<b>")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_free_text_comes_out_as_it_went_in(text):
    from newop_gen.text import printable

    shown = words(f"x {markdown(text)} x").replace("<!-- -->", "")
    expected = printable(" ".join(f"x {text} x".split()))
    if text.count("`") % 2:
        assert shown == expected
    else:
        assert "html_block" not in kinds(f"x {markdown(text)} x")


@pytest.mark.parametrize("text", ["@somebody, see #12 and GH-7", "mail a@b.example", "issue#3"])
def test_nobody_is_called_and_nothing_linked(text):
    done = markdown(text)
    assert not re.search(r"@\w|#\d|GH-\d", done)
    assert done.replace("<!-- -->", "") == text


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "a|b", "x" * 200, "`"])
def test_code_spans(text):
    row = f"| h |\n|---|\n| {code_span(text)} |\n"
    spans = [t for t in tokens(row) if t.type == "code_inline"]
    assert [t.content for t in spans] == [text]


def test_a_code_block_can_not_be_left():
    text = "a\n```\n# heading\n````\nb"
    (fence,) = READER.parse(code_block(text))
    assert (fence.type, fence.content) == ("fence", text + "\n")


def test_harm_in_a_plan():
    text = described(specs_dir() / "new_op.yaml", HARM + " @all", HARM, report("new_op", HARM, failed=True))
    assert [t.content for t in tokens(text) if t.type == "html_block"] == [
        "<!-- Which model or kernel needs this, and since when: a sentence that no tool can write. -->\n"
    ]
    assert {t.content for t in tokens(text) if t.type == "html_inline"} <= {"<!-- -->"}
    assert "image" not in kinds(text)
