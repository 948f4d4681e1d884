"""The plan of an op in a tree whose ops own their tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from ...checkout.tree import Tree
from ...model.op import Op
from ...plan import Skip, Step
from ...problems import NewopError
from ...render import fragment
from ..common.data_files import new_file
from ..common.settle import StepDraft, finish
from ..python.listed import enum_members, exports, import_contract, need
from . import places
from .afd import afd_notes
from .data import plan_owned_data
from .facts import OpOwnedFacts
from .module import ModuleView, render_forwards, render_module
from .notes import cp_note, engine_note, query_notes
from .support import render_resolver, render_snapshot, support_entries
from .unit_test import plan_unit_test


def plan_ops(ops: Sequence[tuple[Op, Path]], tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    """Steps of every op, in order. All problems of all ops are gathered; the gravest kind decides the exit code."""
    steps: list[Step] = []
    failures: list[NewopError] = []
    for op, spec_path in ops:
        try:
            steps += _plan_op(op, spec_path, tree, facts)
        except NewopError as error:
            failures.append(error)
    if failures:
        gravest = min(failures, key=lambda e: e.exit_code)
        raise type(gravest)(p for e in failures for p in e.problems)
    return steps


def _plan_op(op: Op, spec_path: Path, tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    module = ModuleView(op, facts)
    before = finish(
        [
            _enum(op, tree, facts),
            _module(module, tree),
            _forward(module, tree),
            _support(module, tree),
            _test(module, tree),
            plan_owned_data(op, spec_path, tree, facts),
        ]
    )
    # A reviewer reads in the guide's order: the model after the operations, test and data last.
    last = next((i for i, s in enumerate(before) if s.key in ("test", "data")), len(before))
    return [*before[:last], *_wiring(op, tree, facts), *before[last:]]


def _enum(op: Op, tree: Tree, facts: OpOwnedFacts) -> StepDraft:
    drafts = enum_members(op, facts.suffix, need(tree, facts.common))
    return StepDraft(op.name, "enum", "PerfDataFilename members", list(drafts))


def _module(module: ModuleView, tree: Tree) -> StepDraft:
    """The op's own module, where it is exported, and its shim."""
    op, facts = module.op, module.facts
    step = StepDraft(op.name, "operations", f"Module operations/{op.name}.py: loader, cache, queries, operations")
    step.drafts.append(new_file(tree, facts.module_file(op.name), render_module(module).encode("utf-8")))
    step.drafts += exports(op, module.classes, facts.package, need(tree, facts.operations))
    if facts.shims is not None:
        shim = fragment(facts.templates, "shim.py.j2", op=op, facts=facts)
        step.drafts.append(new_file(tree, f"{facts.shims}/{op.name}.py", shim.encode("utf-8")))
    step.notes += [note for note in (cp_note(op, facts),) if note]
    return step


def _forward(module: ModuleView, tree: Tree) -> StepDraft:
    step = StepDraft(module.op.name, "query", "Queries of PerfDatabase, which forward to the module")
    database = need(tree, module.facts.perf_database)
    step.drafts.append(places.forwards(render_forwards(module), module.op, database))
    step.notes += query_notes(module.op, module.facts)
    if module.facts.engine_step is not None:
        source = need(tree, module.facts.engine_step)
        step.notes.append(engine_note(b"RustEngineUnsupportedError" in source.data))
    return step


def _support(module: ModuleView, tree: Tree) -> StepDraft:
    step = StepDraft(module.op.name, "support-matrix", "Quant modes in the support matrix")
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
    step.drafts += places.support_keys([e.key for e in entries], database)
    step.drafts.append(places.support_resolver(render_resolver(entries, module.facts), database))
    snapshot = places.support_snapshot(render_snapshot(entries), database)
    if snapshot is not None:
        step.drafts.append(snapshot)
    return step


def _wiring(op: Op, tree: Tree, facts: OpOwnedFacts) -> list[Step]:
    if not op.spec.wiring:
        return []
    from ...wiring import WiringFacts, plan_wiring

    split = ("seq_split",) if facts.seq_split else ()
    wiring = plan_wiring(op, tree, WiringFacts(facts.models, facts.sixteen_bit, taken_over=split))
    if facts.afd is not None and wiring.edits:
        notes = afd_notes(op, need(tree, facts.afd))
        wiring = dataclasses.replace(wiring, notes=(*wiring.notes, *notes))
    return [wiring]


def _test(module: ModuleView, tree: Tree) -> StepDraft:
    """The op's own test, and the lists of upstream's tests that have to name it."""
    op, facts = module.op, module.facts
    step = plan_unit_test(op, tree, facts, module)
    if facts.stubs is not None:
        step.drafts += places.loader_stubs(op, facts, need(tree, facts.stubs))
    if facts.import_contract is not None:
        step.drafts.append(import_contract(op, need(tree, facts.import_contract)))
    if facts.opspec_coverage is not None:
        step.drafts += places.opspec_exempt(module.classes, need(tree, facts.opspec_coverage))
    return step
