"""One element into a bracketed literal: before/after cases, then random literals in random layouts."""

import ast
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newop_gen.checkout.python import PythonSource
from newop_gen.edits.python.bracket import insert_element, insert_sorted_string
from newop_gen.edits.python.elements import nodes_of
from newop_gen.plan import Insertion, Plan, Step
from newop_gen.plan.merge import without_spans
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused


def source_of(text):
    return PythonSource("m.py", textwrap.dedent(text).lstrip("\n").encode())


def container(source):
    """The expression of the last statement."""
    return source.tree.body[-1].value


def merged(source, *insertions):
    steps = tuple(Step(f"op{i}", "wiring", "wiring", (edit,)) for i, edit in enumerate(insertions))
    (change,) = Plan(".", "toy", ("op",), steps, {"m.py": source.data}).changes()
    check_postcondition([change])
    assert without_spans(change) == source.data
    return change.after


CASES = {
    "one line, end": ("x = [a, b]", "N", "end", None, "x = [a, b, N]"),
    "one line, before the first": ("x = [a, b]", "N", "before", 0, "x = [N, a, b]"),
    "one line, before another": ("x = [a, b]", "N", "before", 1, "x = [a, N, b]"),
    "one line, after": ("x = [a, b]", "N", "after", 0, "x = [a, N, b]"),
    "one line, several lines to insert": (
        "x = [a]",
        "N(\n    1,\n)",
        "end",
        None,
        "x = [a,\n    N(\n        1,\n    )]",
    ),
    "tuple of one": ("x = (a,)", "N", "end", None, "x = (a, N,)"),
    "call": ("f(a, *b, c=1)", "d=2", "end", None, "f(a, *b, c=1, d=2)"),
    "method call across lines": ("x = (a\n  .f(b))", "N", "end", None, "x = (a\n  .f(b, N))"),
    "parenthesised elements": ("x = [(a), (b)]", "N", "after", 0, "x = [(a), N, (b)]"),
    "comma in a string": ("x = ['a,', b]", "N", "after", 0, "x = ['a,', N, b]"),
    "empty": ("x = []", "N", "end", None, "x = [\n    N,\n]"),
    "empty with a comment": ("x = [\n    # none\n]", "N", "end", None, "x = [\n    # none\n    N,\n]"),
    "own lines, end": ("x = [\n    a,\n    b,\n]", "N", "end", None, "x = [\n    a,\n    b,\n    N,\n]"),
    "own lines, end, below comments": (
        "x = {\n    a: b,  # a\n    # c: d\n}",
        "n: m",
        "end",
        None,
        "x = {\n    a: b,  # a\n    # c: d\n    n: m,\n}",
    ),
    "own lines, after keeps the comment": (
        "x = [\n    a,  # note, on a\n    b,\n]",
        "N",
        "after",
        0,
        "x = [\n    a,  # note, on a\n    N,\n    b,\n]",
    ),
    "own lines, before goes above its comments": (
        "x = [\n    a,\n    # note\n    # on b\n    b,\n]",
        "N",
        "before",
        1,
        "x = [\n    a,\n    N,\n    # note\n    # on b\n    b,\n]",
    ),
    "a string that looks like a comment": (
        "x = ['''\n# no\n''',\n    b]",
        "N",
        "before",
        1,
        "x = ['''\n# no\n''',\n    N,\n    b]",
    ),
    "own lines, no last comma": ("x = [\n    a,\n    b\n]", "N", "end", None, "x = [\n    a,\n    b,\n    N,\n]"),
    "a sole element, no comma": ("x = [\n    a\n]", "N", "end", None, "x = [\n    a,\n    N,\n]"),
    "before a sole element, no comma": ("x = [\n    a\n]", "N", "before", 0, "x = [\n    N,\n    a,\n]"),
    "no last comma but a comment": (
        "x = [\n    a,\n    b  # b\n]",
        "N",
        "end",
        None,
        "x = [\n    a,\n    b,  # b\n    N,\n]",
    ),
    "all on one line below the bracket": ("f(\n    a, b\n)", "N", "end", None, "f(\n    a, b, N\n)"),
    "tabs": ("def f():\n\tx = [\n\t\ta,\n\t]\nx = [\n\ta,\n]", "N", "end", None, None),
    "line gets too long": (f"x = [a, {'b' * 60}]", "N" * 60, "end", None, f"x = [a, {'b' * 60},\n    {'N' * 60}]"),
}


@pytest.mark.parametrize("name", CASES)
def test_before_and_after(name):
    before, text, at, index, after = CASES[name]
    source = source_of(before + "\n")
    node = container(source)
    anchor = None if index is None else nodes_of(node)[index][-1]
    got = merged(source, *insert_element(source, node, text, at=at, anchor=anchor)).decode()
    if after is not None:
        assert got == after + "\n"
    if name == "tabs":
        assert got.endswith("x = [\n\ta,\n\tN,\n]\n")


@pytest.mark.parametrize(
    "code, text",
    [
        ("x = a, b", "N"),  # no parentheses
        ("x = (a), (b)", "N"),
        ("f(i for i in y)", "N"),
        ("f(a=1, **b)", "c"),  # positional after keywords
        ("x = " + "[" * 120 + "]" * 120, "N"),
    ],
)
def test_refused(code, text):
    source = PythonSource("m.py", code.encode() + b"\n")
    with pytest.raises(CheckoutRefused) as refusal:
        insert_element(source, container(source), text)
    assert str(refusal.value.problems[0].place).startswith("m.py:1:")


@pytest.mark.parametrize("text", ["a, b", "a,", "a] + [b", "", "a  # c", "a: b", "*"])
def test_text_that_is_not_one_element_is_a_fault_of_the_caller(text):
    source = source_of("x = [1]\n")
    with pytest.raises((ValueError, CheckoutRefused)):
        insert_element(source, container(source), text)


def test_an_anchor_elsewhere_is_a_fault_of_the_caller():
    source = source_of("x = [1]\n")
    with pytest.raises(ValueError, match="anchor"):
        insert_element(source, container(source), "a", at="after", anchor=ast.Constant(1))


@pytest.mark.parametrize(
    "before, name, after",
    [
        ('__all__ = ["A", "C"]', "B", '__all__ = ["A", "B", "C"]'),
        ('__all__ = ["A", "b"]', "ZEE", '__all__ = ["ZEE", "A", "b"]'),
        ('__all__ = ["op2", "op11"]', "op10", '__all__ = ["op2", "op10", "op11"]'),
        ("__all__ = ['C', 'A']", "B", "__all__ = ['C', 'A', 'B']"),
        ('__all__ = [\n    "A",\n    "C",\n]', "B", '__all__ = [\n    "A",\n    "B",\n    "C",\n]'),
        ('__all__ = [\n    "B",\n    "C",\n]', "A", '__all__ = [\n    "A",\n    "B",\n    "C",\n]'),
    ],
)
def test_sorted_string(before, name, after):
    source = source_of(before + "\n")
    assert merged(source, *insert_sorted_string(source, container(source), name)).decode() == after + "\n"


def test_sorted_names_of_two_ops_stand_in_order_whatever_the_order_of_planning():
    source = source_of('__all__ = [\n    "A",\n    "Z",\n]\n')
    node = container(source)
    edits = [e for name in ("N", "B") for e in insert_sorted_string(source, node, name)]
    assert ast.literal_eval(merged(source, *edits).decode().partition("=")[2].strip()) == ["A", "B", "N", "Z"]


# Random literals: elements, separators, comments, newlines, indentation and encodings in any mixture.

ELEMENTS = [
    "a",
    "(b)",
    "c.d",
    "f(1, 2)",
    "'x, # y'",
    "'''p\n# q\n'''",
    "[1,\n  2]",
    "'é'",
    "(\n    1\n)",
    "*z",
    "lambda: 0",
]
SEPARATORS = [", ", ",", ",\n    ", ",  # c, d\n    ", " ,\n\n    ", "\n    , ", ",\n    # e\n    # [\n    "]


@st.composite
def literals(draw):
    parts = draw(st.lists(st.sampled_from(ELEMENTS), max_size=5))
    kind = draw(st.sampled_from(["list", "tuple", "set", "dict", "call"]))
    if kind == "dict":
        parts = [p if p == "*z" else f"{p}: {p}" for p in parts]
        parts = ["**z" if p == "*z" else p for p in parts]
    opening, closing = {"list": "[]", "tuple": "()", "set": "{}", "dict": "{}", "call": ("f(", ")")}[kind]
    if kind == "set" and not parts:
        parts = ["a"]
    out = opening + draw(st.sampled_from(["", "\n    ", "  # first\n    "]))
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if not last:
            out += part + draw(st.sampled_from(SEPARATORS))
        elif kind == "tuple" and len(parts) == 1:
            out += part + draw(st.sampled_from([",", ",\n", ",  # end\n"]))
        else:
            out += part + draw(st.sampled_from(["", ",", "\n", ",\n", "  # end\n", ",  # end\n", ",\n    # end\n"]))
    text = f"y = 1\nx = {out}{closing}" + draw(st.sampled_from(["\n", "", "  # after\n", "\nz = 2\n"]))
    if draw(st.booleans()):
        text = textwrap.indent(text, "    ").replace("\n    # q", "\n# q")
        text = "def g():\n" + text
    if draw(st.booleans()):
        text = text.replace("    ", "\t")
    data = text.encode()
    if draw(st.booleans()):
        data = data.replace(b"\n", b"\r\n")
    prefix = draw(st.sampled_from([b"", b"\xef\xbb\xbf", b"# -*- coding: latin-1 -*-\n"]))
    if prefix.startswith(b"#"):
        data = data.decode().encode("latin-1")
    return PythonSource("m.py", prefix + data)


def find_x(tree):
    (assign,) = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and n.targets[0].id == "x"]
    return assign.value


def shown(node):
    return ["|".join("" if p is None else ast.dump(p) for p in parts) for parts in nodes_of(node)]


def new_element(node, number, width):
    if isinstance(node, ast.Dict):
        return f"n{number}: " + "m" * width
    text = f"n{number}_" + "m" * width
    return f"k{number}={text}" if isinstance(node, ast.Call) else text


@given(
    literals(),
    st.lists(
        st.tuples(st.sampled_from(["end", "before", "after"]), st.integers(0, 4), st.sampled_from([1, 120])),
        min_size=1,
        max_size=4,
    ),
)
def test_any_insertions_into_any_literal_add_up(source, wishes):
    node = find_x(source.tree)
    old = shown(node)
    after, before, end, edits = {}, {}, [], []
    for number, (at, index, width) in enumerate(wishes):
        text = new_element(node, number, width)
        if at == "end" or not old:
            at, index = "end", None
            end.append(number)
        else:
            index %= len(old)
            if at == "after":
                after.setdefault(index, []).insert(0, number)  # stacks
            else:
                before.setdefault(index, []).append(number)
        anchor = None if index is None else nodes_of(node)[index][-1]
        try:
            edits += insert_element(source, node, text, at=at, anchor=anchor)
        except CheckoutRefused as refusal:
            # `f(k=1, a)`; the only thing that random literals can't take
            assert isinstance(node, ast.Call) and refusal.problems[0].code == "element"
            return
    try:
        result = merged(source, *edits)
    except CheckoutRefused:
        assert isinstance(node, ast.Call)  # one keyword before a positional argument is fine, `f(*z, k=1, a)` is not
        return
    expected = []
    for index, element in enumerate(old):
        expected += before.get(index, []) + [element] + after.get(index, [])
    expected += end
    got = shown(find_x(ast.parse(result)))
    assert len(got) == len(expected)
    for wanted, actual in zip(expected, got, strict=True):
        assert actual == wanted if isinstance(wanted, str) else f"n{wanted}" in actual
    if b"\r\n" in source.data and b"coding" not in source.data:
        assert b"\n" not in result.replace(b"\r\n", b"")


def test_negative_control_a_dropped_comma_is_noticed():
    """The same check on an insertion that forgets the comma must fail."""
    source = source_of("x = [\n    'a',\n]\n")
    (good,) = insert_element(source, container(source), "'n'")
    bad = Insertion(good.path, good.offset, good.text.replace(b",", b""))
    assert len(find_x(ast.parse(merged(source, good, good))).elts) == 3
    assert len(find_x(ast.parse(merged(source, bad, bad))).elts) != 3


LONG = '"' + "a" * 118 + '"'
RUFF_CLEAN = [
    ("x = [a, b]\n", "N"),
    ("x = [\n    a,\n    b,\n]\n", "N(\n    1,\n)"),
    ("x = {\n    a: b,  # c\n    # d\n}\n", "k: v"),
    ("x = []\n", "N"),
    ("class C:\n    x: dict = {}\n    y = 1\n", "k: v"),
    (f"x = [\n    {LONG}\n]\n", "N"),
    (f"x = [\n    {LONG}  # c\n]\n", "N"),
    ("f(\n    a,\n    b,\n)\n", "c=1"),
]


def formatted(data):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "-"],
        input=data, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def literal_of(source):
    kinds = (ast.List, ast.Dict, ast.Call)
    return next(n for n in ast.walk(source.tree) if isinstance(n, kinds))


@pytest.mark.parametrize("before, text", RUFF_CLEAN)
def test_what_ruff_has_formatted_stays_as_ruff_formats_it(before, text):
    """One element at the end, and two: together, and one after the other with the same result."""
    source = source_of(before)
    assert formatted(source.data) == source.data
    other = text.replace("N", "M").replace("k", "l").replace("c", "d")
    element = insert_element(source, literal_of(source), text)
    one = PythonSource("m.py", merged(source, *element))
    assert formatted(one.data) == one.data
    two = merged(source, *element, *insert_element(source, literal_of(source), other))
    assert formatted(two) == two
    assert merged(one, *insert_element(one, literal_of(one), other)) == two


@pytest.mark.parametrize("at", ["before", "after"])
def test_elements_beside_a_sole_one_are_formatted_too(at):
    def beside(source, text):
        sole = next(e for e in literal_of(source).elts if isinstance(e, ast.Constant))
        return insert_element(source, literal_of(source), text, at=at, anchor=sole)

    source = source_of(f"x = [\n    {LONG}\n]\n")
    one = PythonSource("m.py", merged(source, *beside(source, "N")))
    two = merged(source, *beside(source, "N"), *beside(source, "M"))
    assert formatted(one.data) == one.data and formatted(two) == two
    assert merged(one, *beside(one, "M")) == two


@pytest.mark.parametrize("before, text", RUFF_CLEAN[3:7])
def test_negative_control_without_what_is_shared_it_would_not_be_formatted(before, text):
    source = source_of(before)
    element, *shared = insert_element(source, literal_of(source), text)
    assert shared
    alone = source.data[: element.offset] + element.text + source.data[element.offset :]
    with pytest.raises((AssertionError, subprocess.CalledProcessError)):
        assert formatted(alone) == alone
