"""The plan of an op in a tree whose queries are methods of `PerfDatabase`."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...checkout.python import PythonSource
from ...checkout.tree import Tree
from ...edits.python.bracket import insert_element
from ...edits.python.find import assigned_dict, find_call, find_class, find_method, find_nested_function
from ...edits.python.place import after_statement, end_of_module_definitions
from ...model.op import Op
from ...plan import Step, StepKey
from ...problems import CheckoutRefused, Place, Problem
from ...render import fragment
from ...render.code import statement
from ...render.python import literal
from ..common.data_files import plan_data
from ..common.settle import Draft, StepDraft, finish
from ..common.steps import in_order, plan_each, wiring_steps
from ..python.listed import draft, enum_members, loader_stubs, need, query_methods
from ..python.loader import render_loaders
from ..python.operations import render_operations
from ..python.pre_interpolate import render_pre_interpolation
from ..python.query import render_queries
from ..python.unit_test import TestView, plan_test
from .facts import DatabaseFacts
from .support import render_support


@dataclass(frozen=True)
class Targets:
    """The target files and their fixed points, located once for all ops of a run."""

    common: PythonSource
    database: PythonSource
    operations: PythonSource
    db_class: ast.ClassDef
    init: ast.FunctionDef | ast.AsyncFunctionDef


def locate(tree: Tree, facts: DatabaseFacts) -> Targets:
    """Raises `CheckoutRefused` with the file and the nearest candidate where an anchor is missing."""
    common, database, operations = (need(tree, path) for path in (facts.common, facts.perf_database, facts.operations))
    db_class = find_class(database, "PerfDatabase")
    return Targets(common, database, operations, db_class, find_method(database, db_class, "__init__"))


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: DatabaseFacts) -> list[Step]:
    """Steps of every op, in order. Raises every problem of every op."""
    targets = locate(tree, facts)
    return plan_each(ops, facts, lambda op, spec_path: _plan_op(op, spec_path, tree, facts, targets))


def _plan_op(op: Op, spec_path: Path, tree: Tree, facts: DatabaseFacts, at: Targets) -> list[Step]:
    steps = finish(
        [
            StepDraft(
                op.name, StepKey.ENUM, "PerfDataFilename members", list(enum_members(op, facts.suffix, at.common))
            ),
            _loaders(op, facts, at),
            _registration(op, facts, at),
            _pre_interpolation(op, facts, at),
            _queries(op, facts, at),
            _support(op, facts, at),
            _operations(op, facts, at),
            _test(op, tree, facts),
            plan_data(op, spec_path, tree, facts),
        ]
    )
    return in_order(steps, wiring_steps(op, tree, facts.models, facts.sixteen_bit))


def _loaders(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, StepKey.LOADER, "Perf data loader")
    loaders = [n for n in _functions(at.database) if n.name.startswith("load_") and n.name.endswith("_data")]
    if not loaders:
        raise _missing(at.database, "a top-level load_*_data function")
    taken = {n.name: n for n in _top(at.database)}
    for name, text in render_loaders(op, facts):
        insertion = after_statement(at.database, loaders[-1], text, blank_lines=(2, 0))
        step.drafts.append(draft(at.database, insertion, None, taken.get(name), name))
    return step


def _registration(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, StepKey.REGISTRATION, "Loading in PerfDatabase.__init__")
    if facts.wrapper:
        load = find_nested_function(at.database, at.init, "_load_op_data")
        func_map = assigned_dict(at.database, load, "func_map")
        for table in op.tables:
            column = func_map.keys[0].col_offset if func_map.keys and func_map.keys[0] is not None else 0
            entry = _entry(f"PerfDataFilename.{table.member}", table.loader, column)
            insertion = insert_element(at.database, func_map, entry)
            step.drafts.append(draft(at.database, insertion, func_map, telling=False))
    text = fragment(facts.templates, "register.py.j2", op=op, facts=facts)
    step.drafts.append(_before_correction(at, 0, text))
    return step


def _entry(key: str, value: str, column: int) -> str:
    """An element of a dict whose elements stand at `column`, itself not indented."""
    return textwrap.dedent(" " * column + statement(f"{key}: ", value, column, ",")).removesuffix(",")


def _pre_interpolation(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, StepKey.PRE_INTERPOLATION, "Pre-interpolation of the grid")
    text = render_pre_interpolation(op, facts)
    if text:
        step.drafts.append(_before_correction(at, 1, text))
    return step


def _before_correction(at: Targets, number: int, text: str) -> Draft:
    """A block of `__init__` that goes before the first or second `self._correct_data()`, above its comment."""
    call = find_call(at.database, at.init, "self._correct_data", number, of=2)
    before = at.init.body[at.init.body.index(call) - 1]
    insertion = after_statement(at.database, before, text, blank_lines=(1, 0))
    return draft(at.database, insertion, at.init, telling=False)


def _queries(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    methods = query_methods(render_queries(op, facts), op, at.database)
    return StepDraft(op.name, StepKey.QUERY, "Queries in the five database modes", [methods])


def _support(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, StepKey.SUPPORT_MATRIX, "Quant modes in the support matrix")
    text = render_support(op, facts)
    if text:
        method = find_method(at.database, at.db_class, "_update_support_matrix")
        insertion = after_statement(at.database, method.body[-1], text, blank_lines=(1, 0))
        step.drafts.append(draft(at.database, insertion, method))
    return step


def _operations(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, StepKey.OPERATIONS, "Operation subclasses")
    taken = {n.name: n for n in _top(at.operations)}
    for name, text in render_operations(op, facts):
        insertion = end_of_module_definitions(at.operations, text)
        step.drafts.append(draft(at.operations, insertion, None, taken.get(name), name))
    return step


def _test(op: Op, tree: Tree, facts: DatabaseFacts) -> StepDraft:
    """The unit test, and a stub for each loader where the tests' fixtures replace all of them."""
    step = plan_test(TestView(op, facts), tree)
    if facts.stubs is not None:
        step.drafts += loader_stubs(op, need(tree, facts.stubs), lambda loader: f"{literal(loader)}: None")
    return step


def _functions(source: PythonSource) -> list[ast.FunctionDef]:
    return [n for n in source.tree.body if isinstance(n, ast.FunctionDef)]


def _top(source: PythonSource) -> list[ast.FunctionDef | ast.ClassDef]:
    return [n for n in source.tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def _missing(source: PythonSource, what: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(Place(source.path), f"{what} is not there", what, "", "anchor-missing"))
