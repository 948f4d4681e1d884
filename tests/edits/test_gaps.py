"""Reading commas from the gaps between elements, against LibCST's reading of the same expressions."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path

import pytest
from checkouts import built

from newop_gen.checkout.python import PythonSource
from newop_gen.edits.python.elements import Elements, _depth, nodes_of, read_with_libcst
from newop_gen.edits.python.gaps import read_gaps
from newop_gen.problems import CheckoutRefused

FORMS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.Call)
STDLIB = Path(sysconfig.get_paths()["stdlib"])
#: Code in many hands' styles: every release's shape, and modules of the standard library.
FILES = [
    *sorted(path for name in ("v0_6", "v0_9") for path in built(name).rglob("*.py")),
    *sorted(built("v0_10").glob("**/operations/*.py")),
    *(STDLIB / f"{name}.py" for name in ("argparse", "bdb", "copy", "fractions", "locale", "mimetypes", "optparse")),
    Path(__file__),
]


def by_gaps(source: PythonSource, node: ast.AST) -> Elements | None:
    return read_gaps(source, node, nodes_of(node))


def by_libcst(source: PythonSource, node: ast.AST) -> Elements | None:
    try:
        return read_with_libcst(source, node)
    except CheckoutRefused:
        return None


def readings(source: PythonSource) -> list[tuple[ast.AST, Elements | None]]:
    return [(n, by_gaps(source, n)) for n in ast.walk(source.tree) if isinstance(n, FORMS)]


def test_gaps_say_what_libcst_says() -> None:
    read, left = 0, 0
    for file in FILES:
        source = PythonSource(file.name, file.read_bytes())
        for node, found in readings(source):
            # What is inside another expression is read often enough with the outermost one.
            if found is None:
                left += not isinstance(node, ast.Tuple)  # most have no brackets
            elif read % 3 == 0 or getattr(node, "end_lineno", 0) > getattr(node, "lineno", 0):
                assert found == by_libcst(source, node), f"{file}:{node.lineno}"  # type: ignore[attr-defined]
            read += found is not None
    assert read > 4000 and left < read / 50


@pytest.mark.parametrize(
    "code",
    [
        "[]", "[ # , (\n]", "[a]", "[(a)]", "[((a)), (b),]", "[(a), # ),\n ( # (\n (b) # ,\n ), ]", "[a\\\n, b]", "(a,)",
        "((a), b)", "{a, (b)}", "{a: b, (c): (d)}", "{(a): b, }", "{a: (b), (c): ((d))}", "f()", "(f)(a)", "f ( # (\n a)", "f(a, (b), *c, d=(e), **g)",
        "f(*(a), k=((b)),)", "(f\n .g)(a)", "f[(0)](a, )", "[a, 'x,(', b]", "[(yield), a]", "[a if (b) else (c), d]",
    ],
)  # fmt: skip
def test_forms(code: str) -> None:
    source = PythonSource("m.py", f"def scope():\n    é = 1; {code}\n".encode())
    statement = source.tree.body[0].body[-1]  # type: ignore[attr-defined]
    found = by_gaps(source, statement.value)
    assert found is not None
    assert found == by_libcst(source, statement.value)


@pytest.mark.parametrize(
    "code",
    [
        "a, b",
        "(a), (b)",
        "(a, b), (c)",
        "[a][0], [b]",
        "(a).b, f(c)",
        "{**a}",
        "f(i for i in a)",
        "f((i for i in a))",
    ],
)
def test_what_gaps_do_not_tell_is_left_to_libcst(code: str) -> None:
    source = PythonSource("m.py", f"{code}\n".encode())
    assert by_gaps(source, source.tree.body[0].value) is None  # type: ignore[attr-defined]


def test_another_encoding_is_left_to_libcst() -> None:
    source = PythonSource("m.py", "# coding: latin-1\nx = ['é', a]\n".encode("latin-1"))
    node = source.tree.body[0].value  # type: ignore[attr-defined]
    assert by_gaps(source, node) is None
    assert by_libcst(source, node) is not None


def test_depth_is_counted() -> None:
    assert _depth(ast.parse("[" * 90 + "]" * 90).body[0]) > 89
