"""Texts of a spec end up in docstrings, comments and literals: what could leave those places is refused."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from newop_gen.spec.text import _LATIN, text_fault
from spec.cases import changed, escaped, load_text, problems, refused

HUMAN = {
    "summary": ("summary: the op of the tests", "summary: {}"),
    "meaning": ("meaning: width", "meaning: {}"),
    "unit": ("unit: elements", "unit: {}"),
}
OLD_KEY = "    - param: style\n"
TEXT = {
    **HUMAN,
    "alias": (OLD_KEY, OLD_KEY + "      alias: {{a: {}}}\n"),
    "alias key": (OLD_KEY, OLD_KEY + "      alias: {{{}: b}}\n"),
    "only": (OLD_KEY, OLD_KEY + "      only: [{}]\n"),
    "fallback": (OLD_KEY, OLD_KEY + "      fallback: {}\n"),
    "default": (OLD_KEY, OLD_KEY + "      default: {}\n"),
    "modes": ("modes: [bfloat16, fp8]", "modes: [bfloat16, fp8, {}]"),
    "phase value": ("  table: per_phase", "  table: phase_column\n  values: {{context: {}}}"),
    "constants row": (
        "  context:\n    parts:",
        "  context:\n    constants: {{by: style, rows: {{{}: {{fac: 1}}}}}}\n    parts:",
    ),
    "flops": ("flops: 2 * b * s * alpha * beta", "flops: {}"),
    "precision": ("precision: bfloat16", "precision: {}"),
    "let": ("total: b * alpha", "total: {}"),
    "column": ("column: batch_size", "column: {}"),
    "weights": ("weights: alpha * beta", "weights: {}"),
    "when": ("when: self.is_special", "when: {}"),
    "argument": ("alpha: self._hidden", "alpha: {}"),
    "op": ("op: new_op", "op: {}"),
    "param": ("  beta: {type: int}", "  {}: {{type: int}}\n  beta: {{type: int}}"),
    "model": ("model: LLAMAModel", "model: {}"),
    "anchor": ("after: context_attention", "after: {}"),
    "file": ("file: data/new_op.csv", "file: {}"),
    "system": ("system: h200_sxm", "system: {}"),
    "version": ("version: newest", "version: {}"),
}

KEYS = ("alias key", "constants row", "param")
"""Fields that are keys; the place of a problem with a key is its start."""

BIDI = [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]
INVISIBLE = [*"\u200b\u200c\u200d\u2060\ufeff\u00ad"]
CONTROL = [*"\x00\x01\x07\b\t\n\v\f\r\x1b\x7f\x80\x85\x9f\u2028\u2029"]


def placed(field: str, scalar: str) -> str:
    old, new = TEXT[field]
    return changed(old, new.format(scalar))


@pytest.mark.parametrize("field", TEXT)
def test_hidden_characters_by_escapes(field: str) -> None:
    """In pure ASCII, as YAML escapes, where looking at the file's characters finds nothing."""
    every = [*BIDI, *INVISIBLE, *CONTROL, "\ud800", "\udfff", "\U000e0041", "\ue000"]
    for char in every if field in HUMAN else ["\u202e", "\u200d", "\0", "\r", "\u2028", "\ud800"]:
        text = placed(field, escaped(f"a{char}b"))
        mine = [p for p in problems(text) if p.code == "text-character"]
        assert mine, ascii(char)
        assert f"U+{ord(char):04X}" in mine[0].found
        if not char.isspace() and field not in KEYS:  # the place is that of the escape, not of the text
            assert text.splitlines()[mine[0].place.line - 1][mine[0].place.column - 1] == "\\"


@pytest.mark.parametrize("field", HUMAN)
@pytest.mark.parametrize(
    "text",
    [
        '"""', "a\"\"\"b", "'''", "\\", "end\\", "\\N{DIGIT ONE}", "\\x41", 'ends in "', " leads", "trails ", "x" * 81,
        '""" + __import__("os").system("true") + """',
    ],
)  # fmt: skip
def test_breakouts_of_a_docstring(text: str, field: str) -> None:
    codes = {p.code for p in problems(placed(field, escaped(text)))}
    assert codes <= {"text-breakout", "text-space", "text-word"} and codes


TOOL_TEXT = [
    "# type: ignore", "#type:int", "type: ignore", "noqa", "# NOQA: E501", "x  # noqa", "# fmt: off", "fmt:skip",
    "# pragma: no cover", "pragma", "nosec", "ruff: noqa", "pylint: disable=all", "mypy: ignore", "isort: skip",
    "<<<<<<< HEAD", "=======", ">>>>>>> x", "bread>>> x", "||||||| y", "-*- coding: utf-7 -*-", "coding=unicode_escape", "coding:raw",
    "newop-gen: begin", "{{7*7}}", "{% raw %}", "{# c #}", "}}", "{{self.__init__.__globals__}}", "%}",
]  # fmt: skip


@pytest.mark.parametrize("field", TEXT)
def test_text_that_tools_act_on(field: str) -> None:
    for text in TOOL_TEXT if field in HUMAN else TOOL_TEXT[::7]:
        found = problems(placed(field, escaped(text)))
        assert "text-control" in {p.code for p in found}, text
        assert not any("49" in p.found for p in found)


@pytest.mark.parametrize("field", HUMAN)
@pytest.mark.parametrize(
    "text", list("\u043c\u0435\uff45\u4e2d\u0131\u0138\u00d7\u00f7\u2014\u2019\U0001f600\ufb01\u0301")
)
def test_only_latin_letters_besides_ascii(text: str, field: str) -> None:
    assert {p.code for p in problems(placed(field, text))} == {"text-character"}


@pytest.mark.parametrize("field", [f for f in TEXT if f not in HUMAN])
def test_names_and_values_are_ascii(field: str) -> None:
    assert "text-character" in {p.code for p in problems(placed(field, "na\u00efve"))}


def test_place_of_a_character_inside_a_text() -> None:
    refused(changed("the op of the tests", "the op @@\u0416 of"), "text-character")
    refused(changed("the op of the tests", '"the \\"op\\" @@\\u0416 of"'), "text-character")
    refused(changed("the op of the tests", "'the ''op'' @@\u0416 of'"), "text-character")
    refused(changed("the op of the tests", "the op\n  folded @@\u0416 of"), "text-character")
    refused(changed("the op of the tests", ">-\n  the op\n  folded @@\u0416 of"), "text-character")


@pytest.mark.parametrize(
    "text",
    [
        'says "hello" to it', "100% of {curly} braces", "a `code` word; and $HOME, #5", "naïve façade, Œuvre, Łódź, ß",
        "it's 3/4 'quoted'", "'", "decoding in steps", "{x} and %s and \"%d\" stay text", "x" * 80,
    ],
)  # fmt: skip
def test_ordinary_texts(text: str) -> None:
    """The control: these are taken, and read back from a docstring and a literal as they were."""
    loaded = load_text(placed("summary", "'" + text.replace("'", "''") + "'"))
    assert loaded.spec.summary == text
    assert ast.literal_eval(f'"""{text}"""') == text
    assert ast.literal_eval(ascii(text)) == text


def test_every_text_that_passes_is_safe_in_a_docstring_and_a_comment() -> None:
    """All texts of up to three of the characters that can mean something, and none that passes gets out."""
    alphabet = ['"', "'", "\\", "{", "}", "%", "#", "N", " ", "\n", "\r", "\t", "\x00", "é"]
    passed = 0
    for first in alphabet:
        for second in alphabet:
            for third in alphabet:
                text = "a" + first + second + third
                if text_fault(text, human=True):
                    continue
                passed += 1
                tree = ast.parse(f'def f():\n    """{text}"""  # {text}\n    return 1\n')
                assert ast.literal_eval(f'"""{text}"""') == text
                assert len(tree.body) == 1 and len(tree.body[0].body) == 2
    assert passed > 100


def test_latin_letters_are_none_that_a_linter_objects_to(tmp_path: Path) -> None:
    text = "".join(sorted(_LATIN))
    assert text.isalpha() and len(text) > 100
    lines = ['"""Module."""', "", *(f"# {letter} {letter}" for letter in text), f'X = "{text}"', ""]
    (tmp_path / "letters.py").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "RUF,PL", "letters.py"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
    (tmp_path / "letters.py").write_text("# \u0131 \u00d7\n", encoding="utf-8")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 1  # the control
