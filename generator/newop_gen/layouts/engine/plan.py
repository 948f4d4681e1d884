"""The plan of an op in a tree whose ops are computed in Rust."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Skip, Step, StepKey
from ...problems import CheckoutRefused, Problem, spec_place
from ..common.afd import afd_notes
from ..common.data_files import new_file, plan_data
from ..common.settle import StepDraft, finish
from ..common.steps import in_order, plan_each, wiring_steps
from ..python.listed import enum_members, exports, import_contract, need
from . import fixtures, operator, pyclass, shell, table, table_notes, table_view
from .facts import EngineFacts
from .operator_test import OperatorTests
from .places import classes, operators, shells, specs, tables
from .places.base import need as rust
from .view import EngineOp

# Files of a crate that are what they are called: no op can have a module of that name.
NOT_MODULES = frozenset({"mod", "lib", "main"})


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: EngineFacts) -> list[Step]:
    """Steps of every op, in order. Raises every problem of every op."""
    return plan_each(ops, facts, lambda op, spec_path: _plan_op(EngineOp(op, facts), spec_path, tree))


def _plan_op(op: EngineOp, spec_path: Path, tree: Tree) -> list[Step]:
    refused = [*_refusals(op), *operator.refusals(op), *table_notes.refusals(op)]
    if refused:
        raise CheckoutRefused(refused)
    facts, tests = op.facts, OperatorTests(op)
    steps = finish(
        [
            _enum(op, tree),
            _operator(op, tree, tests),
            _tables(op, tree),
            _views(op, tree),
            _classes(op, tree),
            _shell(op, tree),
            _tests(op, tree, tests),
            plan_data(op.op, spec_path, tree, facts, by_family=True),
        ]
    )
    return in_order(steps, _wiring(op, tree))


def _refusals(op: EngineOp) -> list[Problem]:
    if op.module not in NOT_MODULES:
        return []
    return [
        Problem(
            spec_place(op.op.name, ("op",)),
            f"an op can't be called {op.module!r} here: {op.module}.rs is what Rust calls a file of its own",
            "another name",
            "",
            "module-name",
        )
    ]


def _enum(op: EngineOp, tree: Tree) -> StepDraft:
    drafts = enum_members(op.op, op.facts.suffix, need(tree, op.facts.common))
    return StepDraft(op.op.name, StepKey.ENUM, "PerfDataFilename members", list(drafts))


def _operator(op: EngineOp, tree: Tree, tests: OperatorTests) -> StepDraft:
    """The operator: its file, its variants, and every match over them."""
    at = op.facts.crate.file
    step = StepDraft(op.op.name, StepKey.OPERATOR, f"Operator operators/{op.module}.rs: SOL, five modes, weights")
    step.drafts.append(new_file(tree, op.operator_file, operator.render(op, tested=bool(tests.phases)).encode("utf-8")))
    step.drafts += operators.module(op, rust(tree, at("operators/mod.rs")))
    source = rust(tree, at("operators/op.rs"))
    step.drafts += [operators.imports(op, source), operators.variants(op, source)]
    step.drafts += operators.weights(op, source)
    step.drafts += operators.names(op, source)
    step.drafts += operators.seq_split(op, source)
    step.drafts.append(operators.query(op, source))
    step.drafts.append(operators.roofline(op, rust(tree, at("operators/fpm_sol.rs"))))
    if op.facts.readiness is not None:
        step.drafts.append(specs.readiness(op, rust(tree, op.facts.readiness)))
    return step


def _tables(op: EngineOp, tree: Tree) -> StepDraft:
    step = StepDraft(op.op.name, StepKey.TABLE, f"Tables perf_database/{op.module}.rs")
    step.drafts.append(new_file(tree, op.table_file, table.render(op).encode("utf-8")))
    source = rust(tree, op.facts.crate.file("perf_database/mod.rs"))
    step.drafts += [*tables.module(op, source), tables.field(op, source), tables.made(op, source)]
    step.notes += table_notes.notes(op)
    return step


def _views(op: EngineOp, tree: Tree) -> StepDraft:
    """What Python sees of the tables."""
    step = StepDraft(op.op.name, StepKey.VIEW, "Views of the tables for Python")
    source = rust(tree, op.facts.crate.file("perf_database/table_view.rs"))
    views = [view for one in op.tables for view in table_view.views(op, one)]
    step.drafts.append(tables.view(op, source, table_view.render(op)))
    step.drafts += tables.registry(op, source, views)
    step.drafts.append(tables.dispatch(op, source, views))
    step.drafts += shells.view_keys(views, need(tree, op.facts.table_views))
    return step


def _classes(op: EngineOp, tree: Tree) -> StepDraft:
    step = StepDraft(op.op.name, StepKey.CLASS, "Python classes of the compiled op")
    source = rust(tree, op.facts.crate.file("py_ops.rs"))
    step.drafts += [classes.wrapping(op, source), classes.classes(op, source, pyclass.render(op))]
    step.drafts.append(classes.registered(op, source))
    return step


def _shell(op: EngineOp, tree: Tree) -> StepDraft:
    """The shells over the compiled classes, where they are exported, and their old place."""
    facts = op.facts
    step = StepDraft(op.op.name, StepKey.OPERATIONS, f"Shells operations/{op.module}.py over the compiled classes")
    step.drafts.append(new_file(tree, op.shell_file, shell.render(op).encode("utf-8")))
    names = [phase.class_name for phase in op.phases]
    step.drafts += exports(op.op, names, facts.package, need(tree, facts.operations))
    step.drafts.append(new_file(tree, op.shim_file, shell.shim(op).encode("utf-8")))
    return step


def _tests(op: EngineOp, tree: Tree, tests: OperatorTests) -> StepDraft:
    """Tests of the operator, the variants in those of the wire format, and the op in the lists of upstream's tests."""
    facts = op.facts
    step = StepDraft(
        op.op.name, StepKey.TEST, "Tests of the operator and of the wire format, and lists of upstream's tests"
    )
    if tests.phases:
        step.drafts.append(new_file(tree, op.operator_test_file, tests.render().encode("utf-8")))
    else:
        why = "no arguments were found that ask for a row of a made-up table"
        step.skips.append(tests.made.unfilled or Skip(f"unit test of {op.op.name}", why))
    source = rust(tree, facts.crate.file("engine/spec.rs"))
    calls = [fixtures.call(phase).rstrip(",") for phase in op.phases]
    step.drafts.append(specs.fixtures(op, source, fixtures.render(op)))
    step.drafts += specs.listed(op, source, calls)
    step.drafts += specs.pinned(op, source, calls)
    if facts.definitions is not None:
        step.drafts.append(shells.inventory(op, shell.inventory(op), need(tree, facts.definitions)))
    if facts.import_contract is not None:
        step.drafts.append(import_contract(op.op, need(tree, facts.import_contract)))
    return step


def _wiring(op: EngineOp, tree: Tree) -> list[Step]:
    facts = op.facts
    steps = wiring_steps(op.op, tree, facts.models, facts.sixteen_bit, ("seq_split",))
    if not any(step.edits for step in steps):
        return steps
    notes = [
        "A model with the op in it needs the op's tables: upstream's tests of that model fail where they are absent "
        "(SILICON raises), as its estimates do. Give the tables in `data`, or wire a model of your own."
    ]
    if facts.afd is not None:
        notes += afd_notes(op.op, need(tree, facts.afd))
    return [dataclasses.replace(step, notes=(*step.notes, *notes)) for step in steps]
