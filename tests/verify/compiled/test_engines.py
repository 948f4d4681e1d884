"""The crate of a real release with every spec in it at once: it compiles, what came with the ops passes, no line of
theirs is warned of, and rustfmt has nothing to say that it had not said before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support import needs
from support.compiled import builder, new_hunks, together
from support.releases import ReleaseUnavailable
from support.standing import standing

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.crate import LISTED_IN
from newop_gen.model.loaded import LoadedOp, load_ops
from newop_gen.plan import Creation, Insertion, Plan
from newop_gen.prepare import prepare
from newop_gen.verify.compiled.diagnosis import locate
from newop_gen.verify.compiled.make import Builder, BuildFailed, Built
from newop_gen.verify.compiled.unit_tests import run_tests
from newop_gen.write.regions import lines_of_plan

SYSTEMS = ("h200_sxm",)


@dataclass(frozen=True)
class Engine:
    """A checkout with ops in it, their plan, which has nothing left to do, and what builds it."""

    root: Path
    ops: list[LoadedOp]
    plan: Plan
    builder: Builder

    def tests_of(self, op: str) -> list[str]:
        """What the names of an op's own tests contain."""
        return [part for part in self.builder.crate.tests_of(op) if part not in LISTED_IN]

    def written(self, op: str) -> int:
        """How many tests its files of the crate hold."""
        edits = [edit for step in self.plan.steps if step.op == op for edit in step.edits]
        files = [e.content for e in edits if isinstance(e, Creation) and e.path.endswith(".rs")]
        return sum(len(re.findall(rb"^\s*#\[test\]$", content, re.MULTILINE)) for content in files)


@pytest.fixture(scope="module")
def engine(cargo, tmp_path_factory) -> Iterator[Engine]:
    specs = together(tmp_path_factory.mktemp("specs"))
    try:
        with standing("0.12.0", specs, systems=SYSTEMS) as root, builder(root) as made:
            ops = load_ops(specs)
            yield Engine(root, ops, prepare(ops, Tree.open(root)).plan, made)
    except ReleaseUnavailable as error:
        needs.RELEASE.missing(str(error))


@pytest.fixture(scope="module")
def built(engine) -> Built:
    return engine.builder.make("tests")


def test_every_spec_is_in(engine) -> None:
    assert engine.plan.pending == [] and len(engine.ops) == len({one.op.name for one in engine.ops}) > 20


def test_nothing_that_was_put_in_is_warned_of(engine, built) -> None:
    lines = lines_of_plan(engine.plan)
    found = locate(built.warnings, engine.root, engine.builder.directory, lines, engine.ops[0])
    assert found and [f"{one.where}: {one.text}" for one in found if one.op] == []


def test_what_came_with_the_ops_passes(engine, built) -> None:
    """Every unit test of each op, and upstream's own of what each is listed in, with all of them in the lists."""
    filters = [part for one in engine.ops for part in engine.tests_of(one.op.name)]
    found = run_tests(built, engine.builder.directory, engine.builder.python, [*filters, *LISTED_IN], print)
    assert (found.failed, found.ended) == ([], ""), found.why
    for one in engine.ops:
        mine = [name for name in found.said if any(part in name for part in engine.tests_of(one.op.name))]
        assert len(mine) == engine.written(one.op.name), one.op.name
    assert "engine::spec::tests::op_variant_indices_are_pinned" in found.said


def test_rustfmt_has_nothing_new_to_say(engine) -> None:
    edition, seen = engine.builder.crate.edition, set()
    for step in engine.plan.steps:
        for edit in step.edits:
            if not edit.path.endswith(".rs") or edit.path in seen:
                continue
            seen.add(edit.path)
            before = None if isinstance(edit, Creation) else _without(engine.plan, edit.path)
            assert new_hunks(before, (engine.root / edit.path).read_bytes(), edition) == [], edit.path
    assert len(seen) > 2 * len(engine.ops)


def _without(plan: Plan, path: str) -> bytes:
    """A file as it was before anything was put in."""
    data = plan.sources[path]
    edits = {e for step in plan.steps for e in step.edits if isinstance(e, Insertion) and e.path == path}
    for edit in sorted(edits, key=lambda e: e.offset, reverse=True):
        assert data[edit.offset :].startswith(edit.text)
        data = data[: edit.offset] + data[edit.offset + len(edit.text) :]
    return data


def test_a_place_that_is_left_out_does_not_pass(engine, built, tmp_path) -> None:
    """The control: the index that a variant has is taken out of what pins it."""
    path = engine.root / engine.builder.crate.file("engine/spec.rs")
    before = path.read_bytes()
    path.write_bytes(before.replace(b" + later.len()", b"", 1))
    assert path.read_bytes() != before
    try:
        found = run_tests(
            engine.builder.make("tests"), engine.builder.directory, engine.builder.python, LISTED_IN, print
        )
        assert found.failed == ["engine::spec::tests::op_variant_indices_are_pinned"]
        path.write_bytes(before.replace(b"OpSpec::NewOpContext(_)", b"OpSpec::Gemm(_)", 1))
        with pytest.raises(BuildFailed, match="non-exhaustive"):
            engine.builder.make("tests")
    finally:
        path.write_bytes(before)
    assert replace(engine.builder.make("tests"), seconds=0.0).digest == built.digest
