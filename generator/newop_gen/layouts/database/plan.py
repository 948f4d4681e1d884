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
from ...edits.python.find import (
    assigned_dict,
    find_call,
    find_class,
    find_method,
    find_nested_function,
    last_assign_in_class,
)
from ...edits.python.place import after_statement, end_of_class, end_of_module_definitions
from ...model.op import Op
from ...plan import Insertion, Step
from ...problems import CheckoutRefused, NewopError, Place, Problem
from ...render import fragment
from ...render.code import statement
from ...render.python import literal
from ..common.data_files import plan_data
from ..common.modes import check_modes
from ..common.settle import Draft, StepDraft, finish, settled
from ..python.facts import DatabaseFacts
from ..python.loader import render_loaders
from ..python.operations import render_operations
from ..python.pre_interpolate import render_pre_interpolation
from ..python.query import render_queries
from ..python.unit_test import plan_test
from .support import render_support


@dataclass(frozen=True)
class Targets:
    """The target files and their fixed points, located once for all ops of a run."""

    common: PythonSource
    database: PythonSource
    operations: PythonSource
    enum: ast.ClassDef
    db_class: ast.ClassDef
    init: ast.FunctionDef | ast.AsyncFunctionDef


def locate(tree: Tree, facts: DatabaseFacts) -> Targets:
    """Raises `CheckoutRefused` with the file and the nearest candidate where an anchor is missing."""
    sources = [_need(tree, path) for path in (facts.common, facts.perf_database, facts.operations)]
    common, database, operations = sources
    db_class = find_class(database, "PerfDatabase")
    return Targets(
        common,
        database,
        operations,
        find_class(common, "PerfDataFilename"),
        db_class,
        find_method(database, db_class, "__init__"),
    )


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: DatabaseFacts) -> list[Step]:
    """Steps of every op, in order. All problems of all ops are gathered; the gravest kind decides the exit code."""
    targets = locate(tree, facts)
    steps: list[Step] = []
    failures: list[NewopError] = []
    for op, spec_path in ops:
        try:
            steps += _plan_op(op, spec_path, tree, facts, targets)
        except NewopError as error:
            failures.append(error)
    if failures:
        gravest = min(failures, key=lambda e: e.exit_code)
        raise type(gravest)(p for e in failures for p in e.problems)
    return steps


def _plan_op(op: Op, spec_path: Path, tree: Tree, facts: DatabaseFacts, at: Targets) -> list[Step]:
    check_modes(op, facts.quants, spec_path)
    steps = finish(
        [
            _enum(op, facts, at),
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
    if not op.spec.wiring:
        return steps
    from ...wiring import WiringFacts, plan_wiring

    wiring = plan_wiring(op, tree, WiringFacts(model_files=facts.models, sixteen_bit=facts.sixteen_bit))
    # A reviewer reads in the guide's order: the model after the operations, test and data last.
    last = next((i for i, s in enumerate(steps) if s.key in ("test", "data")), len(steps))
    return [*steps[:last], wiring, *steps[last:]]


def _enum(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "enum", "PerfDataFilename members")
    members = {t.id: n for n in at.enum.body if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    values = {n.value.value: n for n in members.values() if isinstance(n.value, ast.Constant)}
    last = last_assign_in_class(at.common, at.enum)
    for table in op.tables:
        value = f"{table.stem}{facts.suffix}"
        text = f"    {statement(f'{table.member} = ', literal(value), 4)}\n"
        taken = members.get(table.member) or values.get(value)
        insertion = after_statement(at.common, last, text)
        name = f"PerfDataFilename.{table.member}"
        step.drafts.append(_draft(at.common, insertion, taken, name, at.enum, telling=False))
    return step


def _loaders(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "loader", "Perf data loader")
    loaders = [n for n in _functions(at.database) if n.name.startswith("load_") and n.name.endswith("_data")]
    if not loaders:
        raise _missing(at.database, "a top-level load_*_data function")
    taken = {n.name: n for n in _top(at.database)}
    for name, text in render_loaders(op, facts):
        insertion = after_statement(at.database, loaders[-1], text, blank_lines=(2, 0))
        step.drafts.append(_draft(at.database, insertion, taken.get(name), name))
    return step


def _registration(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "registration", "Loading in PerfDatabase.__init__")
    if facts.wrapper:
        load = find_nested_function(at.database, at.init, "_load_op_data")
        func_map = assigned_dict(at.database, load, "func_map")
        for table in op.tables:
            column = func_map.keys[0].col_offset if func_map.keys and func_map.keys[0] is not None else 0
            entry = _entry(f"PerfDataFilename.{table.member}", table.loader, column)
            insertion = insert_element(at.database, func_map, entry, at="end", anchor=None)
            step.drafts.append(_draft(at.database, insertion, None, "", func_map, telling=False))
    text = fragment(facts.layout, "register.py.j2", op=op, facts=facts)
    step.drafts.append(_before_correction(at, 0, text))
    return step


def _entry(key: str, value: str, column: int) -> str:
    """An element of a dict whose elements stand at `column`, itself not indented."""
    return textwrap.dedent(" " * column + statement(f"{key}: ", value, column, ",")).removesuffix(",")


def _pre_interpolation(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "pre-interpolation", "Pre-interpolation of the grid")
    text = render_pre_interpolation(op, facts)
    if text:
        step.drafts.append(_before_correction(at, 1, text))
    return step


def _before_correction(at: Targets, number: int, text: str) -> Draft:
    """A block of `__init__` that goes before the first or second `self._correct_data()`, above its comment."""
    call = find_call(at.database, at.init, "self._correct_data", number, of=2)
    before = at.init.body[at.init.body.index(call) - 1]
    insertion = after_statement(at.database, before, text, blank_lines=(1, 0))
    return _draft(at.database, insertion, None, "", at.init, telling=False)


def _queries(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "query", "Queries in the five database modes")
    methods = {n.name: n for n in at.db_class.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}
    taken = next((methods[q.method] for q in op.queries if q.method in methods), None)
    text = render_queries(op, facts)
    # The text is indented already: `end_of_class` indents what it is given.
    insertion = end_of_class(at.database, at.db_class, _dedented(text))
    step.drafts.append(_draft(at.database, insertion, taken, f"PerfDatabase.{op.queries[0].method}", at.db_class))
    return step


def _support(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "support-matrix", "Quant modes in the support matrix")
    text = render_support(op, facts)
    if text:
        method = find_method(at.database, at.db_class, "_update_support_matrix")
        insertion = after_statement(at.database, method.body[-1], text, blank_lines=(1, 0))
        step.drafts.append(_draft(at.database, insertion, None, "", method))
    return step


def _operations(op: Op, facts: DatabaseFacts, at: Targets) -> StepDraft:
    step = StepDraft(op.name, "operations", "Operation subclasses")
    taken = {n.name: n for n in _top(at.operations)}
    for name, text in render_operations(op, facts):
        insertion = end_of_module_definitions(at.operations, text)
        step.drafts.append(_draft(at.operations, insertion, taken.get(name), name))
    return step


def _test(op: Op, tree: Tree, facts: DatabaseFacts) -> StepDraft:
    """The unit test, and a stub for each loader where the tests' fixtures replace all of them."""
    step = plan_test(op, tree, facts)
    if facts.stubs is not None:
        conftest = _need(tree, facts.stubs)
        stubs = assigned_dict(conftest, conftest.tree, "_LOADER_STUBS")
        keys = {k.value: k for k in stubs.keys if isinstance(k, ast.Constant)}
        for loader in dict.fromkeys(t.loader for t in op.tables):
            insertion = insert_element(conftest, stubs, f"{literal(loader)}: None", at="end", anchor=None)
            step.drafts.append(_draft(conftest, insertion, keys.get(loader), loader, stubs, telling=False))
    return step


def _draft(
    source: PythonSource,
    edits: Insertion | Sequence[Insertion],
    taken: ast.AST | None,
    name: str,
    within: ast.AST | None = None,
    *,
    telling: bool = True,
) -> Draft:
    insertion, *besides = [edits] if isinstance(edits, Insertion) else edits
    # An inserted last statement of a scope may end past it by its newline.
    span = (source.start(within), source.line_end(within.end_lineno)) if within is not None else None  # type: ignore[attr-defined]
    place = source.place(taken) if taken is not None else None
    return Draft(settled(source, insertion, span), place, name, telling, tuple(besides))


def _functions(source: PythonSource) -> list[ast.FunctionDef]:
    return [n for n in source.tree.body if isinstance(n, ast.FunctionDef)]


def _top(source: PythonSource) -> list[ast.FunctionDef | ast.ClassDef]:
    return [n for n in source.tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def _dedented(text: str) -> str:
    return "\n".join(line[4:] if line.startswith("    ") else line for line in text.split("\n"))


def _need(tree: Tree, path: str) -> PythonSource:
    source = tree.python(path)
    if source is None:
        raise CheckoutRefused(
            Problem(Place(path), "the file is not there", "a file of this layout", "", "target-missing")
        )
    return source


def _missing(source: PythonSource, what: str) -> CheckoutRefused:
    return CheckoutRefused(Problem(Place(source.path), f"{what} is not there", what, "", "anchor-missing"))
