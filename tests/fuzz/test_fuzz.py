"""Random specs on every layout, chosen to have everything in them; and that what notices mistakes does notice them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from checkouts import VERSIONS, python_for
from support.thorough import THOROUGH

from fuzz import coverage, points, specs
from fuzz.chosen import chosen, share
from fuzz.run import Outcome, anchors, run, summary
from newop_gen.layouts.python import query as query_views
from newop_gen.sol.evaluate import SolTimes
from newop_gen.sol.render.python import PythonDialect
from newop_gen.sol.tree import Expr
from newop_gen.spec.load import load_spec
from newop_gen.spec.model import Spec


@pytest.mark.parametrize("fixture", VERSIONS)
def test_random_specs(fixture: str, tmp_path: Path) -> None:
    if python_for(fixture) is None:
        pytest.skip("no interpreter for a fixture")
    seeds = share(fixture) if THOROUGH else chosen(fixture)
    outcome = run(fixture, seeds, tmp_path, again=fixture in ("v0_6", "v0_8"))
    assert not outcome.failures, "\n".join(outcome.failures[:20])
    missing = coverage.wanted() - set(outcome.covered)
    assert not missing, f"no spec has {sorted(missing)}; scripts/fuzz.py --choose looks for some"
    assert min(outcome.bounds["compute"], outcome.bounds["memory"]) > outcome.asked / 5
    assert 0 < outcome.refused < outcome.asked / 4
    assert re.search(rf"\n{len(seeds)} specs, {outcome.asked} points .* 0 of \d+ items not covered$", summary(outcome))


def test_a_seed_is_a_spec() -> None:
    """The same everywhere: nothing in it comes from an order of sets or from the clock."""
    known = anchors("v0_8")
    assert specs.make(7, known) == specs.make(7, known) != specs.make(8, known)


# what is noticed


def spec_of(text: str) -> Spec:
    return Spec.model_validate(yaml.safe_load(text))


PLAIN = """
{newop: 1, op: plain, summary: of bytes, phases: {used: [context], table: one}, axis: {query: x}, empirical: 0.5,
 sol: {parts: [{name: all, bytes: 2 * x}]}, nesting: {axes: [{axis: x}], method: linear}}
"""


def test_what_no_spec_has_is_missing() -> None:
    found = coverage.count(spec_of(PLAIN))
    missing = coverage.wanted() - set(found)
    assert {"Key.nearest=True", "operator **", "function flops", "axes 3, cubic", "Wiring.when=<list>"} <= missing
    assert {"Axis.query=x", "axes 1, linear", "operator *", "Phases.used=context", "bytes alone"} <= set(found)
    assert not set(found) & {"Axis.query=b,s", "operator /", "function min"}


def without_powers(maker: specs._Maker, *arguments: object) -> dict[str, object]:
    made = ORIGINAL(maker)
    text = yaml.safe_dump(made, width=10_000)
    return yaml.safe_load(text.replace("**", "*"))  # type: ignore[no-any-return]


ORIGINAL = specs._Maker.spec


def test_a_generator_that_never_makes_a_thing_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(specs._Maker, "spec", without_powers)
    counted: Counter[str] = Counter()
    for seed in range(40):
        path = tmp_path / f"{seed}.yaml"
        path.write_text(yaml.safe_dump(specs.make(seed), allow_unicode=True, sort_keys=False), encoding="utf-8")
        try:
            counted += coverage.count(load_spec(path).spec)
        except Exception as error:  # a root may have become a product with a real, where an int has to be
            assert "problem" in type(error).__module__
    assert counted["operator *"] > 40
    assert {"operator **", "node Power", "form a real exponent"} <= coverage.wanted() - set(counted)


@pytest.mark.parametrize(
    ("old", "new"),
    [("min(", "max("), (" // ", " / "), (" - ", " + "), ("value.memory", "value.compute"), (" <= ", " < ")],
)
def test_a_renderer_that_is_wrong_is_noticed(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    original = PythonDialect.tree

    def mutated(self: PythonDialect, expr: Expr) -> ast.expr:
        return ast.parse(ast.unparse(original(self, expr)).replace(old, new), mode="eval").body

    monkeypatch.setattr(PythonDialect, "tree", mutated)
    assert any("instead of" in failure for failure in few(tmp_path).failures)


def test_an_evaluator_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    original = points.evaluate_formula

    def off(*arguments: object, **more: object) -> SolTimes:
        times = original(*arguments, **more)  # type: ignore[arg-type]
        return SolTimes(times.sol * (1 + 3e-12), times.math, times.mem * (1 + 3e-12), times.parts)

    monkeypatch.setattr(points, "evaluate_formula", off)
    assert any("instead of" in failure for failure in few(tmp_path).failures)


def test_a_line_that_is_too_long_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(query_views, "WIDTH", 160)
    assert any("E501" in f or "would reformat" in f for f in few(tmp_path, range(40), number=1).failures)


def test_points_that_are_wrong_are_told_apart() -> None:
    assert points.wrong((2.0, 1.0, 2.0), [2.0, 1.0, 2.0]) == ""
    assert points.wrong((2.0, 1.0, 2.0), [2.0 * (1 + 1e-13), 1.0, 2.0]) == ""
    assert points.wrong((2.0, 1.0, 2.0), [2.0 * (1 + 1e-11), 1.0, 2.0])
    assert points.wrong(2.0, {"error": "KeyError"})
    assert points.wrong("division by zero", 3.0)
    assert points.wrong("division by zero", {"error": "ZeroDivisionError"}) == ""
    assert points.wrong("inf is not a finite number", [float("inf"), 0.0, float("inf")]) == ""


def few(directory: Path, chosen: range = range(12), number: int = 30) -> Outcome:
    if python_for("v0_8") is None:
        pytest.skip("no interpreter for a fixture")
    return run("v0_8", chosen, directory, number=number, again=False)


def test_few_specs_are_fine(tmp_path: Path) -> None:
    """The control of the controls."""
    assert not few(tmp_path).failures
