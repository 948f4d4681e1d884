"""The place of a character inside a scalar, whatever its quoting, folding and escapes."""

from __future__ import annotations

import re
import string

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from newop_gen.spec.nodes import Document, Scalar, source_index
from newop_gen.spec.source import parse_document
from spec.cases import changed, refused


def scalar_of(source: str) -> tuple[Document, Scalar]:
    document = Document.of("spec.yaml", source)
    root, _ = parse_document(document)
    value = root.entries[0][1]
    assert isinstance(value, Scalar)
    return document, value


STYLES = {
    "plain": "a: {}\nb: 1\n",
    "single": "a: '{}'\nb: 1\n",
    "double": 'a: "{}"\nb: 1\n',
    "literal": "a: |\n  {}\nb: 1\n",
    "folded": "a: >-  # a comment\n    {}\nb: 1\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_one_line(style: str) -> None:
    text = "alpha + beta * (gamma)"
    source = STYLES[style].format(text)
    document, scalar = scalar_of(source)
    for offset, char in enumerate(text):
        if char != " ":
            assert document.text[source_index(document, scalar, offset)] == char
            assert source_index(document, scalar, offset) == source.index(text) + offset


@pytest.mark.parametrize(
    "source",
    [
        "a: first\n  second\n\n  third fourth\nb: 1\n",
        "a: 'first\n  second ''quoted''\n\n  third'\nb: 1\n",
        'a: "first\n  second\\\n  \\x61b \\"c\\" \\\\ \\u0064\\U00000065 \\n f\\tg"\nb: 1\n',
        "a: |\n    first\n      second\n\n    third\nb: 1\n",
        "a: |2-\n    first\n   second\n\n  third\nb: 1\n",
        "a: >\n  first\n    more\n\n  third\n  fourth\n",
        "a: >+\n\n  first\n  second\n\n\n",
        "a: |\n  first\r\n  second\r\n",
        "{a: first second, b: 1}\n",
        "{a: first\n second, b: 1}\n",
    ],
)
def test_several_lines(source: str) -> None:
    """Each visible character is found where the source has it, in order, and never before the one in front of it."""
    document, scalar = scalar_of(source)
    last = -1
    for offset, char in enumerate(scalar.text):
        if char.isspace():
            continue
        index = source_index(document, scalar, offset)
        assert index > last
        last = index
        assert document.text[index] in (char, "\\", "'"), (offset, char)
        if document.text[index] == char:
            continue
        assert scalar.style in ("'", '"')


@given(
    text=st.text(alphabet=string.ascii_letters + " '\"\\\n\t:#{}é😀", min_size=1, max_size=40).filter(str.strip),
    style=st.sampled_from(["'", '"', "|", ">"]),
)
def test_any_text_in_any_style(text: str, style: str) -> None:
    """What PyYAML writes: the n-th visible character of the value is the n-th of the source, and it is that one."""
    source = yaml.dump({"a": text}, default_style=style, allow_unicode=True, width=20)
    document, scalar = scalar_of(source.replace('"a"', "a").replace("'a'", "a").replace("? |-\n  a\n: ", "a: "))
    if scalar.text != text:  # a text that this style cannot hold
        return
    for offset, char in enumerate(text):
        if char.isspace():
            continue
        index = source_index(document, scalar, offset)
        found = document.text[index]
        if found == "\\" and scalar.style == '"':
            escape = re.match(r"\\(x..|u.{4}|U.{8}|.)", document.text[index:])
            assert escape and yaml.safe_load(f'"{escape.group()}"') == char
        else:
            assert found == char


def test_the_end_of_a_text_is_after_its_last_character() -> None:
    for style, source in STYLES.items():
        document, scalar = scalar_of(source.format("a + b"))
        index = source_index(document, scalar, len("a + b"))
        assert document.text[index - 1] == "b", style
    document, scalar = scalar_of("a: ''\nb: 1\n")
    assert source_index(document, scalar, 0) == 4


FORMULA = "        flops: 2 * b * s * alpha * beta\n"


@pytest.mark.parametrize(
    "lines",
    [
        "flops: 2 * b * s * @@alfa * beta",
        "flops: '2 * b * s * @@alfa * beta'",
        'flops: "2 * b * s * @@alfa * beta"',
        'flops: "2 \\x2a b \\u002a s * @@alfa * beta"',
        "flops: 2 * b *\n          s * @@alfa * beta",
        "flops: '2 * b *\n          s * @@alfa * beta'",
        'flops: "2 * b * \\\n          s * @@alfa * beta"',
        "flops: |\n          2 * b * s\n            * @@alfa * beta",
        "flops: |-\n          2 * b * s\n            * @@alfa * beta",
        "flops: >-\n          2 * b * s\n          * @@alfa * beta",
        "flops: >  # why\n\n          2 * b * s\n          * @@alfa * beta",
        "? flops\n        : 2 * b * s * @@alfa * beta",
    ],
)
def test_the_column_of_an_undeclared_name(lines: str) -> None:
    (problem,) = refused(changed(FORMULA, f"        {lines}\n"), "formula")
    assert "did you mean 'alpha'?" in problem.suggestion


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ("flops: 2 * b *@@", ["formula"]),
        ("flops: |\n          2 * b *@@\n", ["formula"]),
        ("flops: '2 * (b * s@@'", ["formula"]),
        ("flops: @@alfa * s * @@betta", ["formula", "formula"]),
        ("flops: |\n          @@alfa\n          * @@betta", ["formula", "formula"]),
    ],
)
def test_other_places_in_a_formula(lines: str, codes: list[str]) -> None:
    refused(changed(FORMULA, f"        {lines}\n"), *codes)
