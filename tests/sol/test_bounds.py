"""What is refused because it can fail, against brute force over the declared ranges."""

from __future__ import annotations

import itertools
import random

import pytest

from newop_gen.sol.bounds import Bounds, Range
from newop_gen.sol.check import resolve
from newop_gen.sol.evaluate import SolValueError, evaluate
from newop_gen.sol.parse import SolSyntax, parse
from newop_gen.sol.tree import Expr
from newop_gen.sol.types import Type

from .samples import ENV, GPU, INTS, MODE_VALUES, Texts, reference

RANGES = {name: Range(*ends) for name, ends in zip(INTS, [(1, 64), (1, 4096), (0, 3), (2, 2)], strict=True)}


def resolved(text: str) -> Expr:
    findings: list = []
    tree, _ = resolve(parse(text), ENV, findings)
    assert findings == []
    return tree


REFUSED = [
    ("b / 0", 4, 1, "a division by zero"),
    ("b // (3 - 3)", 5, 7, "a division by zero"),
    ("b / (s - 1)", 4, 7, "can be 0"),
    ("b % (s - b)", 4, 7, "can be 0"),
    ("ceil_div(b, s // 2)", 12, 6, "can be 0"),
    ("b / (128 // s)", 4, 10, "can be 0"),
    ("b / (s - b) if s > b else 0", 4, 7, "can be 0"),
    ("b / min(s, 0 * b)", 4, 13, "a division by zero"),
    ("(s - b) ** -1", 0, 7, "can be 0"),
    ("(s - b) ** 0.5", 0, 7, "can be negative"),
    ("(b * s) ** 64", 0, 13, "can pass the largest real"),
    ("((b ** 64) ** 64) ** 64", 1, 9, "can pass the largest real"),
    ("1 + 1e308 * b", 4, 9, "can pass the largest real"),
]


@pytest.mark.parametrize(("text", "offset", "length", "found"), REFUSED)
def test_refused(text: str, offset: int, length: int, found: str) -> None:
    findings = Bounds().check(resolved(text))
    assert [(f.offset, f.length) for f in findings] == [(offset, length)]
    assert found in findings[0].found


ACCEPTED = [
    "b / s",
    "b / max(s - 1, 1)",
    "b / (s + 1)",
    "b // (128 // s + 1)",
    "max(s - b, 0) ** 0.5",
    "(s + b) ** -1",
    "b / bytes_of(kv) / flops(fp8) / mem_bw",
    "ceil_div(s, 64) * b / ceil_div(s, b)",
    "-b / -s",
    "(1 if b > s else 2) ** -0.5",
    "s % 64 + b",
    "(b - s) ** 2",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(text: str) -> None:
    assert Bounds().check(resolved(text)) == []


def test_prefix_can_be_zero() -> None:
    tree, _ = resolve(parse("1 / prefix"), {"prefix": Type.INT}, [])
    assert "can be 0" in Bounds().check(tree)[0].found
    assert Bounds({"prefix": Range(1, 9)}).check(tree) == []


def test_lets_carry_their_range() -> None:
    bounds = Bounds()
    bounds.let("n", resolved("s - b"))
    bounds.declare("k", 2, 8)
    env = {**ENV, "n": Type.INT, "k": Type.INT}
    assert bounds.check(resolve(parse("1 / n"), env, [])[0]) != []
    assert bounds.check(resolve(parse("1 / k"), env, [])[0]) == []


def _fails_somewhere(tree: Expr, seed: int) -> bool:
    """Whether a corner or a random point of the box has no finite value."""
    source = random.Random(seed)
    corners = [dict(zip(INTS, point, strict=True)) for point in itertools.product(*(set(RANGES[n]) for n in INTS))]
    points = [{name: source.randint(*map(int, RANGES[name])) for name in INTS} for _ in range(12)]
    given = Texts(seed).values()
    for point in [*corners, *points]:
        try:
            evaluate(tree, reference({**given, **point}), GPU, modes=MODE_VALUES)
        except SolValueError:
            return True
    return False


def test_what_is_accepted_never_fails() -> None:
    outcomes = {"accepted": 0, "refused": 0, "refused and failing": 0}
    for seed in range(1200):
        texts = Texts(seed)
        try:
            tree, _ = resolve(parse(texts.number(texts.random.randint(1, 3))), ENV, findings := [])
        except SolSyntax:  # too long
            continue
        if findings:
            continue
        if Bounds(RANGES).check(tree):
            outcomes["refused"] += 1
            outcomes["refused and failing"] += _fails_somewhere(tree, seed)
        else:
            outcomes["accepted"] += 1
            assert not _fails_somewhere(tree, seed), seed
    assert outcomes["accepted"] > 600, outcomes
    # Without the check these would have got through: the search does find failures where there are some.
    assert outcomes["refused and failing"] > 100, outcomes
