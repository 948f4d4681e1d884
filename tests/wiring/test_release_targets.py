"""Every named op of every model class of a release as a target: the models build, and the op counts once.

One spec wires the op into all classes at once, each time at another anchor in another way, so that a round costs one
plan. A run of the suite takes a few rounds of each release; with NEWOP_GEN_ALL_TARGETS set, all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from support.releases import CLONE_RELEASES, RELEASES
from wiring.builds import CODE
from wiring.sweep import CORE, PHASES, WAYS, Target, changes_of, facts_of, op_with, patched, targets, wiring

from newop_gen.checkout.tree import Tree
from newop_gen.plan.merge import without_spans
from newop_gen.problems import Conflict
from newop_gen.wiring import WiringFacts, plan_wiring

ALWAYS, NEVER = "self.config.tp_size > 0", "self.config.tp_size < 0"
WHENS = (None, ALWAYS, NEVER)
ROUNDS = 5

Job = tuple[Target, str, str | None]


def _rounds(everything: Sequence[Target]) -> Iterator[list[Job]]:
    """Lists of jobs, one per class and phase; all together every target in all ways, or a few spread evenly."""
    lists: dict[tuple[str, str], list[Job]] = {}
    for target, way, when in product(everything, WAYS, WHENS):
        lists.setdefault((target.model, target.phase), []).append((target, way, when))
    if os.environ.get("NEWOP_GEN_ALL_TARGETS"):
        for number in range(max(map(len, lists.values()))):
            yield [jobs[number] for jobs in lists.values() if number < len(jobs)]
        return
    for number in range(ROUNDS):
        yield [
            jobs[(number * len(jobs) // ROUNDS + shift * 5) % len(jobs)] for shift, jobs in enumerate(lists.values())
        ]


def _patched(tree: Tree, facts: WiringFacts, jobs: Sequence[Job], directory: Path) -> dict[str, Any]:
    """One round's plan, checked, and its files written to `directory` for the release to execute."""
    wired = [
        wiring(target.model, target.phase, way, target.anchor, **({"when": when} if when else {}))
        for target, way, when in jobs
    ]
    op = op_with(wired)
    changes = changes_of(tree, plan_wiring(op, tree, facts))
    assert {c.path for c in changes} == {target.file for target, _, _ in jobs}
    assert all(without_spans(c) == c.before for c in changes)
    assert plan_wiring(op, patched(tree, changes), facts).done
    files = {}
    for change in changes:
        files[change.path] = str(directory / change.path.replace("/", "__"))
        Path(files[change.path]).write_bytes(change.after)
    checks = [
        {
            "model": target.model,
            "phase": target.phase,
            "anchor": target.anchor,
            "builds": 2,
            "op_class": op.class_name(target.phase),  # type: ignore[arg-type]
            "name": f"{target.phase}_new_op",
        }
        for target, _, _ in jobs
    ]
    return {"files": files, "checks": checks}


def _formatted(directory: Path) -> None:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=120", "--diff", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _judge(job: Job, runs: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is wrong with the models built for a job."""
    target, way, when = job
    if not runs:
        yield f"{target}: no model of the release is of this class"
    for run in runs:
        ours, scale = run["ours"]
        before, its_scale = run["anchor_before"]
        expected = 0 if when == NEVER else before if way == "replace" else max(before, 1)
        gone = 0 if way == "replace" and when != NEVER else before
        fine = ours == expected and run["anchor_after"][0] == gone and run["class"] == target.model
        # An op beside a composite one takes the scale of what is inside; the composite's own is always 1.
        fine &= (
            ours != before or "overlap" in target.anchor or "block" in target.anchor or abs(scale - its_scale) < 1e-9
        )
        if not fine:
            yield f"{target} {way} when {when}: expected {expected} in {run}"


@pytest.mark.parametrize("version", [*RELEASES, *CLONE_RELEASES])
def test_models_build_and_the_op_counts_once(release: Any, version: str, tmp_path: Path) -> None:
    checkout = release(version)
    tree = Tree.open(checkout.root)
    facts = facts_of(tree)
    everything = list(targets(tree, facts))
    assert len(everything) > 100
    jobs, rounds = [], []
    pending = list(_rounds(everything))
    while pending:
        one = pending.pop()
        directory = tmp_path / "patched" / str(len(jobs))
        directory.mkdir(parents=True)
        try:
            rounds.append(_patched(tree, facts, one, directory))
            jobs.append(one)
        except Conflict:
            # One helper makes ops of both phases: where they stand in a list on one line, only one can be replaced.
            halves = [[job for job in one if job[0].phase == phase] for phase in PHASES]
            assert all(halves)
            pending += halves
    _formatted(tmp_path / "patched")
    if CORE in facts.model_files[0]:
        pytest.skip("planned and formatted; the core package needs its compiled extension to build models")
    results = checkout.run(CODE, "aiconfigurator", rounds)
    wrong = [
        text
        for one, told in zip(jobs, results, strict=True)
        for job, runs in zip(one, told, strict=True)
        for text in _judge(job, runs)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_wrong_count_is_noticed() -> None:
    """The judgement can fail: an op that is there twice, not at all, or with another scale."""
    target = Target("LLAMAModel", "models.py", "context", "context_attention")
    good = {"class": "LLAMAModel", "ours": [1, 8.0], "anchor_before": [1, 8.0], "anchor_after": [1, 8.0]}
    assert not list(_judge((target, "after", None), [good]))
    for wrong in ({"ours": [2, 16.0]}, {"ours": [0, 0]}, {"ours": [1, 4.0]}, {"anchor_after": [0, 0]}, {"class": "B"}):
        assert list(_judge((target, "after", None), [good | wrong]))
    assert list(_judge((target, "replace", None), [good]))
    assert list(_judge((target, "after", NEVER), [good]))
    assert list(_judge((target, "after", None), []))
