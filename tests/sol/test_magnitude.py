"""How large whole numbers become: exact, and never less than what is found by trying."""

from __future__ import annotations

import random

import pytest

from newop_gen.sol.check import compile_expr
from newop_gen.sol.evaluate import SolValueError, evaluate
from newop_gen.sol.formula import compile_formula
from newop_gen.sol.magnitude import Magnitudes, Span, input_bits
from newop_gen.sol.tree import Expr
from newop_gen.sol.types import Type
from newop_gen.spec.model import Sol

ENV = {"a": Type.INT, "b": Type.INT, "r": Type.REAL}


def typed(text: str) -> Expr:
    expr, findings = compile_expr(text, ENV, bounded=False)
    assert expr is not None, findings
    return expr


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("7", 7, 7),
        ("a", 0, 255),
        ("2 * a * b", 0, 2 * 255 * 255),
        ("a - b", -255, 255),
        ("-a", -255, 0),
        ("(a - b) ** 2", 0, 255 * 255),
        ("max(a - 5, 1)", 1, 250),
        ("min(a, 3)", 0, 3),
        ("a % 7", 0, 7),
        ("a if r > 1.0 else 3 * b", 0, 765),
    ],
)
def test_the_span_of_an_expression(text: str, low: int, high: int) -> None:
    assert Magnitudes(Span(0, 255)).of(typed(text)) == Span(low, high)


@pytest.mark.parametrize("text", ["a / b", "a * r", "r", "a > b", "0.5"])
def test_what_is_not_whole_has_none(text: str) -> None:
    assert Magnitudes(Span(0, 255)).of(typed(text)) is None


@pytest.mark.parametrize("seed", range(40))
def test_a_span_holds_what_is_found_by_trying(seed: int) -> None:
    source = random.Random(seed)
    texts = ["a", "b", "3", "17"]
    for _ in range(4):
        left, right = source.choice(texts), source.choice(texts)
        form = source.choice(["({} + {})", "({} - {})", "({} * {})", "({} // {})", "({} % {})", "ceil_div({}, {})"])
        texts.append(form.format(left, right))
    expr = typed(texts[-1])
    magnitudes = Magnitudes(Span(0, 63))
    span = magnitudes.of(expr)
    assert span is not None and magnitudes.largest >= span.largest
    for _ in range(200):
        try:
            value = evaluate(expr, {"a": source.randint(0, 63), "b": source.randint(0, 63)})
        except SolValueError:
            continue
        assert isinstance(value, int) and span.low <= value <= span.high


def test_a_divisor_is_never_zero_only_where_that_is_certain() -> None:
    magnitudes = Magnitudes(Span(0, 255))
    certain = {text: magnitudes.nonzero(typed(text)) for text in ("a", "a + 1", "max(a, 1)", "a - 300", "0.5", "a - 9")}
    assert certain == {"a": False, "a + 1": True, "max(a, 1)": True, "a - 300": True, "0.5": True, "a - 9": False}


def formula_bits(*parts: dict[str, str], **let: str) -> int:
    sol = Sol.model_validate({"let": let, "parts": [{"name": f"part{n}", **part} for n, part in enumerate(parts)]})
    formula, findings = compile_formula(sol, ENV)
    assert formula is not None, findings
    return input_bits(formula, 127)


def test_how_many_bits_inputs_may_have() -> None:
    assert formula_bits({"bytes": "2 * a * b"}) == 32  # 65 bits
    assert formula_bits({"bytes": "a * a * b * b"}) == 31  # 4 x 31 bits are 124
    assert formula_bits({"bytes": "a ** 9"}) == 14  # 9 x 14 bits are 126
    assert formula_bits({"bytes": "square * square"}, square="a * b") == 31


def test_whole_bytes_of_several_parts_are_one_number() -> None:
    alone = {"bytes": "a ** 3 * 2147483648"}  # 127 bits at 32
    assert formula_bits(alone) == 32
    assert formula_bits(alone, alone, alone) == 31


def test_numbers_that_are_too_large_by_themselves() -> None:
    assert formula_bits({"bytes": "9007199254740992 ** 3 * a"}) == 0
