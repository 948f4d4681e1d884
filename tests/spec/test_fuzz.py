"""Whatever the input, only `SpecError` comes out, with places inside the file and messages that a terminal can show."""

from __future__ import annotations

import os
import random
import tempfile
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newop_gen.problems import SpecError
from newop_gen.spec.load import MAX_PROBLEMS, load_spec
from spec.cases import BASE, VALID, assert_printable

SECONDS = 5.0  # of the processor, in a process that may be large: a bomb takes minutes
COUNT = int(os.environ.get("NEWOP_GEN_FUZZ", "300"))
"""Mutations of valid specs; set it higher for a long run."""

TEXTS = [BASE, *(path.read_text(encoding="utf-8") for path in VALID)]


def outcome(raw: bytes) -> str:
    """ "loaded" or "refused"; anything else fails the test."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "spec.yaml"
        path.write_bytes(raw)
        started = time.process_time()
        try:
            loaded = load_spec(path)
        except SpecError as error:
            lines = raw.count(b"\n") + 1
            assert 1 <= len(error.problems) <= MAX_PROBLEMS + 20
            for problem in error.problems:
                assert problem.code and problem.found
                assert problem.place.file == str(path)
                assert 0 <= problem.place.line <= lines + 1
                assert problem.place.column >= (1 if problem.place.line else 0)
                assert_printable(problem)
            return "refused"
        finally:
            assert time.process_time() - started < SECONDS
        for warning in loaded.warnings:
            assert_printable(warning)
        return "loaded"


@given(st.binary(max_size=400))
@example(b"\xff\xfea\0")
@example(b"a: !!python/object:os.system []")
def test_random_bytes(raw: bytes) -> None:
    assert outcome(raw) == "refused"


@given(st.text(max_size=300))
def test_random_text(text: str) -> None:
    assert outcome(text.encode("utf-8", "surrogatepass")) == "refused"


@given(st.text(alphabet="ab:,-?[]{}&*!|>'\"%@`#\\ \n\t<=~01.", max_size=200))
@settings(max_examples=300)
def test_random_yaml_punctuation(text: str) -> None:
    assert outcome(text.encode()) == "refused"


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.text(max_size=20),
    st.sampled_from(["x", "b,s", "one", "context", "int", "bilinear", "b * s", "a" * 600, "null", "NO", "{{7*7}}"]),
)
FIELDS = st.sampled_from(
    ["newop", "op", "summary", "params", "phases", "axis", "sol", "nesting", "empirical", "wiring", "data", "weights"]
    + ["keys", "axes", "method", "param", "column", "parts", "name", "flops", "context", "generation", "at", "values"]
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(FIELDS, inner, max_size=6)),
    max_leaves=30,
)


@given(st.dictionaries(FIELDS, TREES, max_size=10))
@settings(max_examples=80)
def test_random_trees(tree: dict[str, object]) -> None:
    """Well-formed YAML with the right words in the wrong places."""
    assert outcome(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass")) == "refused"


REPLACED = yaml.safe_load(BASE)


def locations(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(loc for key, value in items for loc in locations(value, (*path, key)))]


@given(st.sampled_from(locations(REPLACED)[1:]), TREES)
@settings(max_examples=150)
def test_a_valid_spec_with_one_part_replaced(path: tuple[str | int, ...], value: object) -> None:
    """Each part of a valid spec against values of every kind: that is where unions and cross-field rules meet."""
    text = yaml.safe_dump(REPLACED)
    tree = yaml.safe_load(text)
    node = tree
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = value
    outcome(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass"))


TOKENS = [
    *[b":", b": ", b"- ", b"[", b"]", b"{", b"}", b"&a ", b"*a", b"!!str ", b"<<: ", b"|\n", b">\n", b"'", b'"', b"#", b",", b"?"],
    *[b"\n", b"\t", b"  ", b"\r", b"\0", b"\xff", b"\xe2\x80\xae", b"null", b"NO", b"1e400", b".nan", b"---\n", b"%YAML"],
    *[b"op", b"axis", b"prefix", b"b", b"s", b"context", b"generation", b"(", b")", b"**", b"/", b"%", b"if", b"else", b"9" * 50],
]  # fmt: skip


def mutate(rng: random.Random, raw: bytes) -> bytes:
    """One to four small changes: bytes, tokens, lines, and pieces of the same file."""
    data = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(7)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1:
            data[at:at] = rng.choice(TOKENS)
        elif kind == 2:
            del data[at : at + rng.randint(1, 12)]
        elif kind == 3:
            start = rng.randrange(len(data) + 1)
            data[at:at] = data[start : start + rng.randint(1, 60)]
        else:
            lines = bytes(data).split(b"\n")
            one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
            if kind == 4:
                lines[one], lines[two] = lines[two], lines[one]
            elif kind == 5:
                lines[one] = b" " * rng.randint(0, 8) + lines[one].lstrip()
            else:
                del lines[one]
            data = bytearray(b"\n".join(lines))
        if not data:
            data = bytearray(b"a")
    return bytes(data)


def test_mutations_of_valid_specs() -> None:
    rng = random.Random(1)
    seen = {"loaded": 0, "refused": 0}
    for number in range(COUNT):
        seen[outcome(mutate(rng, TEXTS[number % len(TEXTS)].encode()))] += 1
    # Mutations that leave a valid spec show that the rest is refused for what was changed.
    assert seen["loaded"] > 0 and seen["refused"] > seen["loaded"]


@pytest.mark.parametrize("name", ["caf\u00e9", "x" * 5000, "a\\x1b[31mb", "\\ud800", "\\u202e", "a\\nb"], ids=ascii)
def test_names_of_a_refused_spec_are_shown_safely(name: str) -> None:
    """A name that is refused still comes up in other messages: as missing, as unknown, as undeclared."""
    key = f'"{name}"'
    for old, new in (
        ("  beta: {type: int}", f"  beta: {{type: int}}\n  {key}: {{unit: a}}"),
        ("  beta: {type: int}", f"  beta: {{type: int}}\n  {key}: {{type: int}}"),
        ("    - param: style", f"    - param: {key}"),
        ("    - param: style", f"    - {{param: style, alias: {{{key}: a}}, only: [{key}, {key}]}}"),
        ("  - {axis", f"  - {{axis: {key}}}\n    - {{axis"),
        ("beta: 8", f"beta: 8, {key}: 9"),
        ("{after: context_attention}", f"{{after: {key}, before: {key}}}"),
        ("total: b * alpha", f"total: b * alpha\n      {key}: total"),
        ("flops: 2 * b * s * alpha * beta", f"flops: {key}"),
        ("summary: the op of the tests", f"{key}: {key}"),
    ):
        assert outcome(BASE.replace(old, new, 1).encode()) == "refused"


def test_the_check_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: an exception of another kind does not pass as a refusal."""
    from newop_gen.spec import load

    monkeypatch.setattr(load, "read_source", lambda path: {}["a"])
    with pytest.raises(KeyError):
        outcome(BASE.encode())
