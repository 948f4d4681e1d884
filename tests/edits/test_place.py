"""Whole lines between statements."""

import ast
import random
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newop_gen.checkout.python import PythonSource
from newop_gen.edits.lines import encode, indent
from newop_gen.edits.python.place import (
    after_statement,
    before_statement,
    end_of_class,
    end_of_module_definitions,
    indentation,
)
from newop_gen.plan import Insertion, Plan, Step
from newop_gen.plan.merge import without_spans
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused


def source_of(text):
    return PythonSource("m.py", textwrap.dedent(text).lstrip("\n").encode())


def apply(source, *edits):
    steps = tuple(Step(f"op{i}", "s", "s", (edit,)) for i, edit in enumerate(edits))
    (change,) = Plan(".", "toy", (), steps, {"m.py": source.data}).changes()
    check_postcondition([change])
    assert without_spans(change) == source.data
    return change.after.decode(source.encoding)


def test_indent_leaves_blank_lines_empty():
    assert indent("a\n\n   \nb\n", 4) == "    a\n\n\n    b\n"
    assert indent("a:\n    b", "\t") == "\ta:\n\t    b"


def test_indent_counts_only_newlines_as_line_ends():
    assert indent("'a\u2028b'\n", 2) == "  'a\u2028b'\n"


def test_after_keeps_the_comment_of_the_line():
    source = source_of("a = 1  # one\nb = 2\n")
    assert apply(source, after_statement(source, source.tree.body[0], "n = 0\n")) == "a = 1  # one\nn = 0\nb = 2\n"


def test_after_a_function_keeps_the_comments_in_its_body():
    source = source_of("def f():\n    return 1\n\n    # in f\n\n# on g\ndef g(): ...\n")
    got = apply(source, after_statement(source, source.tree.body[0], "n = 0\n", blank_lines=(1, 0)))
    assert got == "def f():\n    return 1\n\n    # in f\n\nn = 0\n\n# on g\ndef g(): ...\n"


def test_before_goes_above_decorators_and_below_comments():
    source = source_of("# on f\n@d\n@e(\n    1)\ndef f(): ...\n")
    got = apply(source, before_statement(source, source.tree.body[0], "n = 0\n", blank_lines=(0, 1)))
    assert got == "# on f\nn = 0\n\n@d\n@e(\n    1)\ndef f(): ...\n"


def test_end_of_class_before_what_follows():
    source = source_of(
        """
        class A:
            def f(self):
                return 1


        if __name__ == "__main__":
            pass
        """
    )
    got = apply(source, end_of_class(source, source.tree.body[0], "def g(self):\n    return 2\n"))
    assert got == source.data.decode().replace("return 1\n", "return 1\n\n    def g(self):\n        return 2\n")


def test_end_of_definitions_is_before_the_main_guard_and_two_ops_keep_their_order():
    source = source_of("def f():\n    pass\n\n\nif __name__ == '__main__':\n    f()\n")
    got = apply(source, *(end_of_module_definitions(source, f"def {name}():\n    pass\n") for name in "gh"))
    assert got == (
        "def f():\n    pass\n\n\ndef g():\n    pass\n\n\ndef h():\n    pass\n\n\nif __name__ == '__main__':\n    f()\n"
    )


@pytest.mark.parametrize("tail", ["", "  # end"])
def test_a_missing_final_newline_stays_missing(tail):
    source = PythonSource("m.py", b"class A:\n    x = 1" + tail.encode())
    got = apply(source, *(end_of_class(source, source.tree.body[0], f"{n} = 1\n", blank_lines=0) for n in "yz"))
    assert got == f"class A:\n    x = 1{tail}\n    y = 1\n    z = 1"


def test_an_empty_file():
    source = PythonSource("m.py", b"")
    assert apply(source, end_of_module_definitions(source, "a = 1\n")) == "a = 1\n"


def test_newlines_of_the_neighbour_and_the_mark_are_kept():
    source = PythonSource("m.py", b"\xef\xbb\xbfa = 1\r\nb = 2\nc = 3\n")
    first, second, _ = source.tree.body
    before = before_statement(source, first, "n = 0\n")
    assert before.offset == 3
    edits = [after_statement(source, first, "p = 0\n"), after_statement(source, second, "q = 0\n")]
    assert [edit.text for edit in edits] == [b"p = 0\r\n", b"q = 0\n"]


def test_tabs_are_taken_over():
    source = PythonSource("m.py", b"class A:\n\tx = 1\n")
    assert indentation(source, source.tree.body[0].body[0]) == "\t"
    got = apply(source, end_of_class(source, source.tree.body[0], "def f(self):\n    return 1\n"))
    assert got == "class A:\n\tx = 1\n\n\tdef f(self):\n\t    return 1\n"


@pytest.mark.parametrize("code", ["a = 1; b = 2\n", "if a: b = 2\n", "a = 1; \\\nb = 2\n"])
def test_a_line_shared_with_another_statement_is_refused(code):
    source = PythonSource("m.py", code.encode())
    last = source.tree.body[-1]
    statement = last.body[0] if isinstance(last, ast.If) else last
    with pytest.raises(CheckoutRefused, match="line"):
        before_statement(source, statement, "n = 0\n")
    if len(source.tree.body) > 1:
        with pytest.raises(CheckoutRefused, match="line"):
            after_statement(source, source.tree.body[0], "n = 0\n")


def test_one_line_class_is_refused():
    source = source_of("class A: pass\n")
    with pytest.raises(CheckoutRefused, match="body"):
        end_of_class(source, source.tree.body[0], "x = 1\n")


def test_text_outside_the_encoding_is_refused():
    source = PythonSource("m.py", "# coding: latin-1\na = 'é'\n".encode("latin-1"))
    assert encode(source, "é") == b"\xe9"
    with pytest.raises(CheckoutRefused, match="iso-8859-1"):
        encode(source, "漢")


def test_columns_of_a_file_in_another_encoding():
    source = PythonSource("m.py", "# coding: latin-1\nx = 'éé'; y = 2\n".encode("latin-1"))
    assert source.text(source.tree.body[1]) == "y = 2"


@pytest.mark.parametrize("data", [b"a = 1\rb = 2\n", b"a = '\r'\r\n"])
def test_a_lone_carriage_return_is_refused(data):
    with pytest.raises(CheckoutRefused, match="carriage return"):
        _ = PythonSource("m.py", data).tree


def test_a_lfs_pointer_says_so():
    with pytest.raises(CheckoutRefused, match="git lfs pull"):
        _ = PythonSource("m.py", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n").tree


# Random modules.

PIECES = [
    "a = 1\n",
    "b = [\n    1,\n]  # b\n",
    "# comment\n",
    "\n",
    "@d\ndef f():\n    return '''\nx\n'''\n",
    "class C:\n    x = 'é'\n\n    def m(self):\n        pass\n    # in C\n",
    "if a:\n    pass\nelse:\n    pass  # no\n",
    "'a\\\nb'\n",
]


@st.composite
def modules(draw):
    text = "".join(draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6)))
    if not ast.parse(text).body:
        text += "a = 1\n"
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    if draw(st.booleans()):
        text = text.replace("    ", "\t")
    data = text.encode()
    if draw(st.booleans()):
        data = data.replace(b"\n", b"\r\n")
    if draw(st.booleans()):
        seed = draw(st.integers(0, 99))
        data = mixed_newlines(data, seed)
    return PythonSource("m.py", draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + data)


def mixed_newlines(data, seed):
    rng = random.Random(seed)
    return b"".join(
        line.rstrip(b"\r\n") + rng.choice([b"\n", b"\r\n"]) if line.endswith(b"\n") else line
        for line in data.splitlines(keepends=True)
    )


@given(
    modules(),
    st.lists(st.tuples(st.sampled_from(["before", "after", "end"]), st.integers(0, 9)), min_size=1, max_size=4),
)
def test_insertions_add_statements_and_nothing_else(source, wishes):
    body = source.tree.body
    slots = [[] for _ in range(len(body) + 1)]
    edits = []
    for number, (where, index) in enumerate(wishes):
        text = f"n{number} = [\n    {number},\n]\n"
        index %= len(body)
        if where == "before":
            edits.append(before_statement(source, body[index], text))
        elif where == "after":
            edits.append(after_statement(source, body[index], text))
        else:
            edits.append(end_of_module_definitions(source, text))
            index = max(
                [i for i, n in enumerate(body) if isinstance(n, (ast.ClassDef, ast.FunctionDef))], default=len(body) - 1
            )
        slots[index + (where != "before")].append(number)
    result = apply(source, *edits)
    tree = ast.parse(result.encode())
    new = [n for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id.startswith("n")]
    assert len(new) == len(wishes)
    rest = [ast.dump(n) for n in tree.body if n not in new]
    assert rest == [ast.dump(n) for n in body]
    position = {}
    seen = 0
    for node in tree.body:
        if node in new:
            position[node.targets[0].id] = seen
        else:
            seen += 1
    for slot, numbers in enumerate(slots):
        assert all(position[f"n{number}"] == slot for number in numbers)
    assert result.endswith("\n") == source.data.endswith(b"\n")
    assert result.startswith("\ufeff") == source.data.startswith(b"\xef\xbb\xbf")


def test_negative_control_a_wrong_offset_is_noticed():
    source = source_of("a = '''\nb\n'''\n")
    good = after_statement(source, source.tree.body[0], "n = 0\n")
    bad = Insertion("m.py", good.offset - 4, good.text)
    assert len(ast.parse(apply(source, good)).body) == 2
    assert len(ast.parse(apply(source, bad)).body) == 1
