"""Anchors: found where Python would find them, refused with the nearest name elsewhere."""

import ast
import textwrap

import pytest

from newop_gen.checkout.python import PythonSource
from newop_gen.edits.python import find
from newop_gen.problems import CheckoutRefused

MODULE = '''
"""class InString: pass"""
from typing import TYPE_CHECKING
from .base import A, B

if TYPE_CHECKING:
    class OnlyForTypes: ...

# class Commented: ...


class Files:
    first = 1
    last: int
    second = 2


class Database:
    def __init__(self, b):
        self._load()
        self._table = {"a": 1}
        self._correct()

        def load(name):
            table = {
                "a": 1,
            }

            def deeper():
                table = {}

        self._correct()
        self._table = {"b": 1}
        if b:
            self._correct()

    @property
    def ops(self): ...

    @ops.setter
    def ops(self, v): ...

    def twice(self): ...
    def twice(self): ...


class Other:
    class Inner: ...
    def only_here(self): ...


def load_a(): ...
def load_b(): ...
'''
SOURCE = PythonSource("sdk/db.py", textwrap.dedent(MODULE).lstrip().encode())
DATABASE = find.find_class(SOURCE, "Database")
INIT = find.find_method(SOURCE, DATABASE, "__init__")


def test_found():
    assert find.find_function(SOURCE, "load_b").name == "load_b"
    assert find.last_assign_in_class(SOURCE, find.find_class(SOURCE, "Files")).targets[0].id == "second"
    assert find.find_method(SOURCE, DATABASE, "ops", decorator="ops.setter").args.args[1].arg == "v"
    load = find.find_nested_function(SOURCE, INIT, "load")
    assert ast.literal_eval(find.assigned_dict(SOURCE, load, "table")) == {"a": 1}


def test_calls_are_counted_in_the_body_itself():
    first, second = find.calls_in_body(INIT, "self._correct")
    assert find.find_call(SOURCE, INIT, "self._correct", 0, of=2) is first
    assert find.find_call(SOURCE, INIT, "self._correct", 1, of=2) is second
    with pytest.raises(CheckoutRefused, match="there 2 times; expected 1"):
        find.find_call(SOURCE, INIT, "self._correct", 0, of=1)
    with pytest.raises(CheckoutRefused, match=r"the nearest is self\._correct"):
        find.find_call(SOURCE, INIT, "self._corect", 0, of=1)


@pytest.mark.parametrize("name", ["InString", "OnlyForTypes", "Commented", "Inner", "load_a"])
def test_a_class_elsewhere_is_no_class(name):
    with pytest.raises(CheckoutRefused) as refusal:
        find.find_class(SOURCE, name)
    (problem,) = refusal.value.problems
    assert problem.place.file == "sdk/db.py"
    assert f"class {name} is not there" in problem.found


def test_the_nearest_candidate_is_named():
    with pytest.raises(CheckoutRefused, match="the nearest is Database"):
        find.find_class(SOURCE, "PerfDatabase")
    with pytest.raises(CheckoutRefused, match=r"sdk/db\.py:17:1"):
        find.find_method(SOURCE, DATABASE, "only_here")


@pytest.mark.parametrize("name", ["twice", "ops"])
def test_an_ambiguous_anchor_is_refused(name):
    with pytest.raises(CheckoutRefused, match="there 2 times"):
        find.find_method(SOURCE, DATABASE, name)


def test_a_literal_of_another_kind_is_refused():
    with pytest.raises(CheckoutRefused, match="a list literal"):
        find.assigned_list(SOURCE, find.find_nested_function(SOURCE, INIT, "load"), "table")


def test_attempt_gives_the_problem_instead_of_raising():
    assert find.attempt(find.find_class, SOURCE, "Other")[1] is None
    node, problem = find.attempt(find.find_class, SOURCE, "Othr")
    assert node is None
    assert "Other" in problem.suggestion


def test_attempt_lets_a_broken_file_through():
    with pytest.raises(CheckoutRefused, match="does not parse"):
        find.attempt(find.find_class, PythonSource("m.py", b"<<<<<<< ours\n"), "A")


def test_dotted_names():
    assert find.dotted(ast.parse("a.b.c", mode="eval").body) == "a.b.c"
    assert find.dotted(ast.parse("a().b", mode="eval").body) == ""
