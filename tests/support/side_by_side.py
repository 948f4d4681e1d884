"""The same spec files on three releases, whose ops are methods of the database, modules of their own, and compiled:
each op asked the same in all three, and each difference held to a rule.

A rule explains a difference when both answers are what an independent evaluator of the spec gives under the rules of
their release, and these two differ in that rule. What no rule explains is a defect.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from newop_gen.checkout.tree import Tree
from newop_gen.layouts.recognise import layout_of
from newop_gen.model.loaded import LoadedOp, load_ops
from newop_gen.model.op import Query
from newop_gen.verify.bench import MADE_UP, Bench
from newop_gen.verify.checks.lookup import BETWEEN, OUTSIDE, between_points, outside_points
from newop_gen.verify.checks.modes import asked_points
from newop_gen.verify.expectation import Answer, Variation, judge
from newop_gen.verify.grid import Nothing, Refusal
from newop_gen.verify.points import Values
from newop_gen.verify.session import Extension, chosen_python, session
from support.applying import EXAMPLES, SPECS, apply_specs
from support.compiled import builder, together
from support.releases import copy_release
from support.standing import standing

TREES = ("0.8.0", "0.10.0", "0.12.0")
COMPILED = "0.12.0"
REPLAYED = ("mla_bmm", "context_mla", "generation_mla", "mamba2")
"""Upstream's own ops as specs, those whose quant modes every release has."""
COMPARED = (*EXAMPLES, *(SPECS / "upstream" / f"{name}.yaml" for name in REPLAYED))
SYSTEMS = ("h200_sxm",)
CLOSE = 1e-9
ON_ITS_OWN = Variation(missing="error")
"""A table that gives no SOL where it has no data."""

RULES = {
    "cubic": "a cubic through all points, or a line where one axis is hit exactly",
    "between": "the spec's method among measured and added points, or lines between measured ones, axis after axis",
    "energy": "the latencies agree; energy is interpolated, or power is and energy is power times latency",
    "outside": "the spec's policy beyond the measured range, or the shares of the SOL that the nearest points have",
    "empirical": "EMPIRICAL is SOL / scale, or the SOL over the utilisation that was measured",
    "utilisation": "utilisation is taken of added points, too, or of measured ones alone",
}
"""Every difference that there is between two of the releases."""


@dataclass
class Comparison:
    """How the answers of two releases stand to each other: those that are the same to the last bit, within 1e-9, and
    otherwise by a rule, each counted by kind of question; `refused` by both. Of `unpromised` ones the spec has no word,
    such as on a line that goes below zero. `unexplained` tells what no rule explains."""

    bits: Counter[str] = field(default_factory=Counter)
    close: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    unpromised: int = 0
    unexplained: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Question:
    kind: str
    query: Query
    values: Values
    mode: str


def compared() -> dict[tuple[str, str], Comparison]:
    """Each release against the next one, over all specs. Raises `ReleaseUnavailable`."""
    pairs = list(itertools.pairwise(TREES))
    found = {pair: Comparison() for pair in pairs}
    with tempfile.TemporaryDirectory(prefix="newop-side-") as name, contextlib.ExitStack() as stack:
        roots = {tree: stack.enter_context(_applied(tree, Path(name))) for tree in TREES}
        for loaded in load_ops(COMPARED):
            benches = {
                tree: stack.enter_context(_bench(loaded, root, extension, Path(name) / f"{loaded.op.name}-{tree}"))
                for tree, (root, extension) in roots.items()
            }
            questions = list(_questions(benches[COMPILED]))
            answers = {tree: _answers(bench, questions) for tree, bench in benches.items()}
            for older, newer in pairs:
                estimates = [_estimates(questions, answers[tree]) for tree in (older, newer)]
                for asked, one, two in zip(questions, answers[older], answers[newer], strict=True):
                    there = _point(asked)
                    at = (estimates[0].get(there, {}), estimates[1].get(there, {}))
                    _compare(found[older, newer], benches[older], benches[newer], asked, one, two, at)
    return found


@contextlib.contextmanager
def _applied(tree: str, scratch: Path) -> Iterator[tuple[Path, Extension | None]]:
    """A checkout with the specs in it, and what was built of it."""
    if tree != COMPILED:
        root = copy_release(tree, scratch / f"checkout-{tree}", systems=SYSTEMS).root
        apply_specs(root, COMPARED, lint=False)
        yield root, None
        return
    with standing(tree, together(scratch), SYSTEMS) as root, builder(root) as made:
        built = made.make("extension")
        yield root, Extension(made.crate.module, str(built.path), built.sha256)


@contextlib.contextmanager
def _bench(loaded: LoadedOp, root: Path, extension: Extension | None, scratch: Path) -> Iterator[Bench]:
    """The op in one checkout, over the made-up tables that all have."""
    tree, scratch_root = Tree.open(root), scratch
    scratch_root.mkdir()
    layout = layout_of(tree)
    with session(root, chosen_python(print), print, extension) as conversation:
        bench = Bench(loaded.op, loaded.path, layout.facts(tree), layout.rules(tree), conversation, scratch_root)
        bench.add(MADE_UP, bench.made_up())
        yield bench


def _questions(bench: Bench) -> Iterator[Question]:
    """What is asked: by a release that adds no points to its tables."""
    for query in bench.op.queries:
        for values, _ in asked_points(bench, query):
            yield Question("SOL", query, values, "SOL")
        measured = [values for _, values, _ in bench.measured(bench.own, query)]
        between = list(itertools.islice(between_points(bench, bench.own, query), BETWEEN))
        outside = list(itertools.islice(outside_points(bench, bench.own, query), OUTSIDE))
        for kind, points in (("measured", measured), ("between", between), ("outside", outside)):
            for mode in ("SILICON", "HYBRID", "EMPIRICAL"):
                yield from (Question(f"{mode}, {kind}", query, values, mode) for values in points)


def _estimates(questions: Sequence[Question], answers: Sequence[dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """What EMPIRICAL answered, by point."""
    return {_point(q): answer for q, answer in zip(questions, answers, strict=True) if q.mode == "EMPIRICAL"}


def _point(asked: Question) -> Any:
    return asked.query.method, *asked.values.items()


def _answers(bench: Bench, questions: Sequence[Question]) -> list[dict[str, Any]]:
    return bench.query(bench.own.handle, [(q.query, q.values, q.mode) for q in questions])


def _compare(
    found: Comparison, older: Bench, newer: Bench, asked: Question, one: Mapping[str, Any], two: Mapping[str, Any],
    estimates: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> None:  # fmt: skip
    if "latency" in one and "latency" in two:
        if (one["latency"], one["energy"]) == (two["latency"], two["energy"]):
            found.bits[asked.kind] += 1
            return
        if _near(one["latency"], two["latency"]) and _near(one["energy"], two["energy"]):
            found.close[asked.kind] += 1
            return
    elif "error" in one and "error" in two:
        found.refused[asked.kind] += 1
        return
    promised = tuple(bench.expect.silicon(bench.own, asked.query, asked.values) for bench in (older, newer))
    if any(isinstance(promise, Nothing) for promise in promised):
        found.unpromised += 1
    elif rule := _rule(older, newer, asked, (one, two), promised, estimates):
        found.rules[rule] += 1
    else:
        found.unexplained.append(f"{older.op.name} {asked.kind} {dict(asked.values)}: {_text(one)} and {_text(two)}")


def _rule(
    older: Bench, newer: Bench, asked: Question, outcomes: Sequence[Mapping[str, Any]], promised: Sequence[Answer],
    estimates: Sequence[Mapping[str, Any]],
) -> str:  # fmt: skip
    """The rule by which both answers are right; "" for none."""
    if asked.mode == "EMPIRICAL":
        return _empirical_rule(older, newer, asked, outcomes[0])
    # HYBRID is EMPIRICAL, to the last bit, where the table has no answer of its own.
    answered = [bench.expect.silicon(bench.own, asked.query, asked.values, ON_ITS_OWN) for bench in (older, newer)]
    fell_back = [asked.mode == "HYBRID" and isinstance(promise, Refusal) for promise in answered]
    for promise, outcome, estimate, back in zip(promised, outcomes, estimates, fell_back, strict=True):
        if not (outcome == estimate if back else judge(promise, outcome)[0]):
            return ""
    if all(fell_back):
        return _empirical_rule(older, newer, asked, outcomes[0])
    if asked.kind.endswith("outside") and older.rules.outside != newer.rules.outside:
        return "outside"
    if asked.query.nesting.method == "cubic" and older.rules.between == newer.rules.between:
        return "cubic"
    if "latency" in outcomes[0] and "latency" in outcomes[1] and _near(outcomes[0]["latency"], outcomes[1]["latency"]):
        return "energy"
    if older.rules.between != newer.rules.between and asked.kind.endswith("between"):
        return "between"
    return ""


def _empirical_rule(older: Bench, newer: Bench, asked: Question, one: Mapping[str, Any]) -> str:
    if older.rules.empirical == "constant" and newer.rules.empirical == "utilisation":
        times = older.expect.sol(asked.query, asked.values)
        right = times is not None and "latency" in one and _near(one["latency"], times.sol / asked.query.empirical)
        return "empirical" if right else ""
    adds = older.rules.fills_grid and not newer.rules.fills_grid and asked.query.nesting.pre_interpolate
    return "utilisation" if adds and not asked.kind.endswith("measured") else ""


def _near(one: float, two: float) -> bool:
    return abs(one - two) <= CLOSE * max(abs(one), abs(two))


def _text(outcome: Mapping[str, Any]) -> str:
    return str(outcome.get("error", {}).get("class") or f"{outcome.get('latency')!r}, {outcome.get('energy')!r}")
