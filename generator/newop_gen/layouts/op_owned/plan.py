"""The plan of an op in a tree whose ops own their tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Skip, Step, StepKey
from ...render import fragment
from ..common.afd import afd_notes
from ..common.data_files import new_file, plan_data
from ..common.settle import StepDraft, finish
from ..common.steps import in_order, plan_each, wiring_steps
from ..python.listed import (
    enum_members,
    exports,
    import_contract,
    loader_stubs,
    need,
    query_methods,
    support_keys,
    support_resolver,
    support_snapshot,
)
from ..python.unit_test import plan_test
from . import places
from .facts import OpOwnedFacts
from .module import ModuleView, render_forwards, render_module
from .notes import cp_note, engine_note, query_notes
from .support import render_resolver, render_snapshot, support_entries
from .unit_test import OwnedTestView


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    """Steps of every op, in order. Raises every problem of every op."""
    return plan_each(ops, facts, lambda op, spec_path: _plan_op(op, spec_path, tree, facts))


def _plan_op(op: Op, spec_path: Path, tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    module = ModuleView(op, facts)
    steps = finish(
        [
            _enum(op, tree, facts),
            _module(module, tree),
            _forward(module, tree),
            _support(module, tree),
            _test(module, tree),
            plan_data(op, spec_path, tree, facts, by_family=facts.family_first),
        ]
    )
    return in_order(steps, _wiring(op, tree, facts))


def _enum(op: Op, tree: Tree, facts: OpOwnedFacts) -> StepDraft:
    drafts = enum_members(op, facts.suffix, need(tree, facts.common))
    return StepDraft(op.name, StepKey.ENUM, "PerfDataFilename members", list(drafts))


def _module(module: ModuleView, tree: Tree) -> StepDraft:
    """The op's own module, where it is exported, and its shim."""
    op, facts = module.op, module.facts
    step = StepDraft(op.name, StepKey.OPERATIONS, f"Module operations/{op.name}.py: loader, cache, queries, operations")
    step.drafts.append(new_file(tree, facts.module_file(op.name), render_module(module).encode("utf-8")))
    step.drafts += exports(op, module.classes, facts.package, need(tree, facts.operations))
    if facts.shims is not None:
        shim = fragment(facts.templates, "shim.py.j2", op=op, facts=facts)
        step.drafts.append(new_file(tree, f"{facts.shims}/{op.name}.py", shim.encode("utf-8")))
    step.notes += [note for note in (cp_note(op, facts),) if note]
    return step


def _forward(module: ModuleView, tree: Tree) -> StepDraft:
    step = StepDraft(module.op.name, StepKey.QUERY, "Queries of PerfDatabase, which forward to the module")
    database = need(tree, module.facts.perf_database)
    step.drafts.append(query_methods(render_forwards(module), module.op, database))
    step.notes += query_notes(module.op, module.facts)
    if module.facts.engine_step is not None:
        source = need(tree, module.facts.engine_step)
        step.notes.append(engine_note(b"RustEngineUnsupportedError" in source.data))
    return step


def _support(module: ModuleView, tree: Tree) -> StepDraft:
    step = StepDraft(module.op.name, StepKey.SUPPORT_MATRIX, "Quant modes in the support matrix")
    entries = support_entries(module)
    if not entries:
        return step
    if not module.facts.support_matrix:
        what = ", ".join(e.key for e in entries)
        step.skips.append(
            Skip(f"{what} in the support matrix", "the tree has no _LazySupportMatrix with keys per backend")
        )
        return step
    database = need(tree, module.facts.perf_database)
    step.drafts += support_keys([e.key for e in entries], database)
    step.drafts.append(support_resolver(render_resolver(entries, module.facts), database))
    snapshot = support_snapshot(render_snapshot(entries), database)
    if snapshot is not None:
        step.drafts.append(snapshot)
    return step


def _wiring(op: Op, tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    steps = wiring_steps(op, tree, facts.models, facts.sixteen_bit, ("seq_split",) if facts.seq_split else ())
    if facts.afd is None or not any(step.edits for step in steps):
        return steps
    notes = afd_notes(op, need(tree, facts.afd))
    return [dataclasses.replace(step, notes=(*step.notes, *notes)) for step in steps]


def _test(module: ModuleView, tree: Tree) -> StepDraft:
    """The op's own test, and the lists of upstream's tests that have to name it."""
    op, facts = module.op, module.facts
    step = plan_test(OwnedTestView(op, facts, module), tree)
    if facts.stubs is not None:
        conftest = need(tree, facts.stubs)
        step.drafts += loader_stubs(op, conftest, lambda loader: places.stub_of(loader, op, facts, conftest))
    if facts.import_contract is not None:
        step.drafts.append(import_contract(op, need(tree, facts.import_contract)))
    if facts.opspec_coverage is not None:
        step.drafts += places.opspec_exempt(module.classes, need(tree, facts.opspec_coverage))
    return step
