"""A sample of the replays holds on each release; and a replay does not explain what it should not."""

from __future__ import annotations

import ast
import importlib.util
import json
from collections.abc import Iterator

import pytest
from support.applying import ROOT

from replay.catalog import BY_NAME, REPLAYS
from replay.engine import COMPILED
from replay.kinds import ENERGY, RELEASES, SILICON, SOL
from replay.rules import RULES
from replay.run import UPSTREAM, Done, Size, run_batch, shortest_table

SAMPLE = Size(measured=60, random=120, energy=30)


def results(release, version: str, names=None, setup: str = "") -> list[Done]:
    """Results of ops (default: all) on the shortest table of each, from one process."""
    tree = release(version, systems=None)
    chosen = [r for r in REPLAYS if version in r.releases and (names is None or r.name in names)]
    return run_batch(tree, [(r, shortest_table(tree, r)) for r in chosen], SAMPLE, setup=setup)


@pytest.mark.parametrize("version", RELEASES)
def test_generated_ops_answer_as_upstreams_do(release, version) -> None:
    done = results(release, version)
    assert {one.replay for one in done} == {r.name for r in REPLAYS if version in r.releases}
    for one in done:
        assert one.result["modes"], one
        for mode, tally in one.result["modes"].items():
            assert not tally["unexplained"], (one.replay, one.table, mode, tally["examples"])
            assert tally["points"] == tally["equal"] + tally["alike"] + sum(tally["explained"].values())
            assert tally["points"] >= 30


def test_specs_of_upstreams_ops_are_all_replayed() -> None:
    python, compiled = {stem for r in REPLAYS for stem in r.releases.values()}, {one.spec for one in COMPILED}
    assert {p.relative_to(UPSTREAM).with_suffix("").as_posix() for p in UPSTREAM.rglob("*.yaml")} == python | compiled


OFF_BY_A_LITTLE = """
from replay import tables, trial
exact = trial.Trial.ours
def ours(self, *asked):
    found = exact(self, *asked)
    return tables.Outcome(tuple(v * (1 + 1e-11) + 1e-300 for v in found.values), found.energy, found.error)
trial.Trial.ours = ours
"""
REFUSALS = ("structured miss", "more key-value heads", "not a time", "borrowed utilisation", "refused backend")
"""Rules about points that one side has no answer for."""

RAISES = """
from replay import tables, trial
trial.Trial.ours = lambda self, *asked: tables.Outcome(error="{error}")
"""


@pytest.mark.parametrize("version", ["0.8.0", "0.10.0"])
def test_no_rule_explains_an_answer_that_is_off_by_a_little(release, version) -> None:
    """A hundred-billionth more than the right answer: nothing is equal, nothing explained but refusals."""
    done = results(release, version, setup=OFF_BY_A_LITTLE)
    for one in done:
        for mode, tally in one.result["modes"].items():
            explained = dict(tally["explained"])
            for refusal in REFUSALS:
                explained.pop(refusal, None)
            if one.replay == "wideep_deepep_ll" and mode != SILICON and mode != ENERGY:
                explained.pop("no SOL", None)  # upstream has no answer to compare with
            assert not explained and not tally["equal"], (one.replay, mode, tally)
            refused = tally["alike"] + sum(tally["explained"].values())
            assert tally["unexplained"] == tally["points"] - refused, (one.replay, mode, tally)
        assert any(tally["unexplained"] for tally in one.result["modes"].values()), one.replay


@pytest.mark.parametrize(
    ("version", "error"), [("0.8.0", "PerfDataNotAvailableError"), ("0.10.0", "EmpiricalNotImplementedError")]
)
def test_no_rule_explains_refusals_of_points_that_are_there(release, version, error) -> None:
    names = ("context_mla", "generation_mla", "mla_bmm", "compute_scale")
    done = results(release, version, names=names, setup=RAISES.format(error=error))
    for one in done:
        for mode, tally in one.result["modes"].items():
            assert not tally["equal"]
            assert tally["unexplained"] >= tally["points"] * 0.7, (one.replay, mode, tally)


MISTAKES = [
    # op, what its spec says, what the mistaken one says, and the mode that must show it
    ("context_mla", "prefix * prefix)", "prefix * s)", SOL),
    ("context_mla", "prefix: quadratic", "prefix: sol_ratio", SILICON),
    ("context_mla", "sqrt_second_axis: true", "sqrt_second_axis: false", SILICON),
    ("generation_mla", "column: isl + step", "column: isl", SILICON),
    ("generation_mla", "s: generation_sequence", "s: collected", SILICON),
    ("mla_bmm", "outside: extrapolate", "outside: clamp", SILICON),
    ("mla_bmm", ", fallback: bfloat16", "", SILICON),
    ("context_attention", "num_heads: heads", "num_heads: collected", SILICON),
    ("context_attention", "column: 0 if num_key_value_heads == num_heads else", "column:", SILICON),
    ("gdn, context", ", nearest: num_v_heads", "", SILICON),
    ("wideep_deepep_ll", "unit: us", "unit: ms", SILICON),
]


def test_a_spec_with_a_mistake_is_not_explained(release, tmp_path) -> None:
    """Each mistake alone in a spec; all of them in one tree."""
    tree = release("0.8.0", systems=None)
    work, specs = [], []
    for number, (name, right, wrong, _) in enumerate(MISTAKES):
        replay = BY_NAME[name]
        stem = replay.releases["0.8.0"]
        text = (UPSTREAM / f"{stem}.yaml").read_text(encoding="utf-8")
        assert right in text, (name, right)
        specs.append(tmp_path / f"{stem}_{number}.yaml")
        op = f"mistaken_{number}"
        specs[-1].write_text(text.replace(right, wrong).replace(f"op: replay_{stem}", f"op: {op}"), encoding="utf-8")
        own = {"query": replay.query.replace(f"replay_{stem}", op), "op": op}
        work.append((replay, shortest_table(tree, replay), own))
    for mistake, one in zip(MISTAKES, run_batch(tree, work, SAMPLE, specs=specs)):
        unexplained = {mode: tally["unexplained"] for mode, tally in one.result["modes"].items()}
        assert unexplained[mistake[-1]] > 0, (mistake, json.dumps(unexplained))


@pytest.mark.parametrize("version", RELEASES)
def test_upstreams_side_of_a_difference_stands_where_it_is_said_to(release, version) -> None:
    """The line of each place begins a statement of its kind in its function."""
    sdk = release(version).sdk
    modules: dict[str, dict[str, ast.AST]] = {}
    for rule in RULES:
        assert rule.places, rule.name
        for place in rule.places:
            if version not in place.lines:
                continue
            if place.file not in modules:
                tree = ast.parse((sdk / place.file).read_text(encoding="utf-8"))
                modules[place.file] = {"": tree, **dict(functions_of(tree))}
            found = ast.walk(modules[place.file][place.function])
            kinds = {type(n).__name__ for n in found if getattr(n, "lineno", 0) == place.lines[version]}
            assert place.kind in kinds, (rule.name, place, kinds)


def functions_of(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Functions and methods of a module by their qualified names."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield f"{prefix}{child.name}", child
        elif isinstance(child, ast.ClassDef):
            yield from functions_of(child, f"{prefix}{child.name}.")


def test_every_rule_is_in_the_catalog() -> None:
    named = {name for replay in REPLAYS for name in replay.rules}
    assert named == {rule.name for rule in RULES}
    assert len(BY_NAME) == len(REPLAYS)


def test_the_command_fails_on_what_is_left_and_on_what_failed(capsys) -> None:
    """The sums of its table, and its exit status."""
    tally = {"points": 5, "equal": 3, "alike": 1, "explained": {"peak figure": 1}, "unexplained": 0, "worst": 1e-16}
    good = Done("0.8.0", "mla_bmm", "a/b/c", {"modes": {SOL: tally}})
    assert command().report([good, good]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["mla_bmm", "0.8.0", "2", SOL, "10", "6", "2", "2", "0"]
    assert any("perf_database.py:5219" in line for line in lines)

    left = Done("0.8.0", "mla_bmm", "a/b/d", {"modes": {SOL: {**tally, "equal": 2, "unexplained": 1}}})
    assert command().report([good, left]) == 1
    failed = Done("0.8.0", "mla_bmm", "a/b/e", {"modes": {}, "failed": "no memory"})
    assert command().report([good, failed]) == 1
    assert "0.8.0 mla_bmm: a/b/e" in capsys.readouterr().out
    assert command().report([good, Done("0.8.0", "mla_bmm", "a/b/f", {})]) == 0
    assert "1 of 2 tables were left out" in capsys.readouterr().out


def command():
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("replay_command", ROOT / "scripts" / "replay.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
