"""The postcondition: what is this program's fault, and what was wrong with the file before."""

from __future__ import annotations

import ast

import pytest

from newop_gen.plan import FileChange, Span
from newop_gen.plan.postcondition import check_postcondition
from newop_gen.problems import CheckoutRefused


def change(before: bytes, inserted: bytes) -> FileChange:
    """`inserted` at the end."""
    after = before + inserted
    return FileChange("common.py", before, after, spans=(Span(len(before), len(after), "op:enum", b""),))


@pytest.mark.parametrize(
    "broken", [b"a = 1\nreturn a\n", b"a = 1\ndef f(a, a): ...\n", b"a = 1\nbreak\n", b"a = 1\nx: (yield)\n"]
)
def test_a_file_that_did_not_compile_is_the_users(broken: bytes) -> None:
    ast.parse(broken)  # which is why nobody noticed before
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(broken, b"b = 2\n")])
    (problem,) = refused.value.problems
    assert problem.code == "target-syntax"
    assert (problem.place.file, problem.place.line) == ("common.py", 2)
    assert "internal" not in str(problem)


def test_an_insertion_that_does_not_compile_is_ours() -> None:
    with pytest.raises(CheckoutRefused) as refused:
        check_postcondition([change(b"a = 1\n", b"return a\n")])
    (problem,) = refused.value.problems
    assert problem.code == "postcondition" and "internal check failed" in problem.found


def test_a_file_that_compiles_passes() -> None:
    check_postcondition([change(b"a = 1\n", b"b = 2\n")])
