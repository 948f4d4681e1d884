"""The reference evaluator, against values worked out by hand."""

from __future__ import annotations

import math

import pytest

from newop_gen.sol.check import compile_expr, resolve
from newop_gen.sol.evaluate import Gpu, Quant, SolValueError, evaluate
from newop_gen.sol.parse import parse
from newop_gen.sol.types import Type

ENV = {"n": Type.INT, "m": Type.INT, "r": Type.REAL, "t": Type.STR, "q": Type.QUANT, "kv": Type.QUANT, "z": Type.INT}
VALUES = {"n": 7, "m": 2, "r": 0.5, "t": "a", "q": Quant("fp8", 1, 2), "kv": Quant("float16", 2, 0), "z": 0}
GPU = Gpu(mem_bw=1e12, flops={1: 1e15, 2: 1.9e15})

CASES = [
    ("1 + 2 * 3", 7),
    ("10 - 4 - 3", 3),
    ("10 - (4 - 3)", 9),
    ("2 * 3 / 4 * 2", 3.0),
    ("n // m", 3),
    ("-n // m", -4),
    ("-(n // m)", -3),
    ("n % m", 1),
    ("-n % m", 1),
    ("n // r", 14.0),
    ("-n ** 2", -49),
    ("(-n) ** 2", 49),
    ("m ** -1", 0.5),
    ("16 ** 0.5", 4.0),
    ("m ** 3 ", 8),
    ("min(n, m, 5)", 2),
    ("max(n, m, 7.5)", 7.5),
    ("ceil_div(n, m)", 4),
    ("ceil_div(8, m)", 4),
    ("ceil_div(-n, m)", -3),
    ("ceil_div(9007199254740992 * 2 + 1, 2)", 2**53 + 1),
    ("n > m and t == 'a'", True),
    ("n < m or t != 'a'", False),
    ("not n < m", True),
    ("n == 7.0", True),
    ("1 if n > m else 2", 1),
    ("1 if n < m else 2 if m > n else 3", 3),
    ("1 if z == 0 else n // z", 1),
    ("z == 0 or n // z > 1", True),
    ("z != 0 and n // z > 1", False),
    ("q == fp8", True),
    ("q == nvfp4", False),
    ("kv == bfloat16", True),
    ("kv == float16", True),
    ("kv != q", True),
    ("bytes_of(q)", 1),
    ("bytes_of(nvfp4) * 16", 9.0),
    ("bytes_of(kv if q == fp8 else q)", 2),
    ("flops(q)", 1.9e15),
    ("flops(bfloat16)", 1e15),
    ("flops(nvfp4)", 4e15),
    ("mem_bw / 2", 5e11),
    ("9007199254740992 + 1", 2**53 + 1),
    ("9007199254740992 + 1.0", float(2**53)),
]


@pytest.mark.parametrize(("text", "value"), CASES)
def test_value(text: str, value: object) -> None:
    expr, findings = compile_expr(text, ENV, gpu=True)
    assert expr is not None, findings
    result = evaluate(expr, VALUES, GPU)
    assert result == value and type(result) is type(value)


FAILURES = [
    ("n / z", "division by zero"),
    ("n // z", "division by zero"),
    ("n % z", "division by zero"),
    ("ceil_div(n, z)", "division by zero"),
    ("z ** -1", "division by zero"),
    ("(m - n) ** 0.5", "a root of a negative number"),
    ("1e300 * 1e300 * z", "inf is not a finite number"),
    ("(r * 1e300) ** 2", "a number too large"),
    ("(n ** 64) ** 16 / 3", "a number too large"),
    ("((((n ** 64) ** 64) ** 64) ** 64) ** 64 > 1", "a number too large"),
    ("n * undeclared", "no value for 'undeclared'"),
    ("flops(kv) * 0 + n / flops(kv)", "division by zero"),
]


@pytest.mark.parametrize(("text", "why"), FAILURES)
def test_failure(text: str, why: str) -> None:
    tree, _ = resolve(parse(text), {**ENV, "undeclared": Type.INT}, [])
    with pytest.raises(SolValueError) as caught:
        evaluate(tree, VALUES, GPU)
    assert caught.value.why == why


def test_a_gpu_is_needed_only_where_it_is_used() -> None:
    tree, _ = resolve(parse("mem_bw"), {}, [])
    with pytest.raises(SolValueError, match="no GPU"):
        evaluate(tree, {})


def test_unresolved_trees_are_refused() -> None:
    with pytest.raises(ValueError, match="unresolved"):
        evaluate(parse("q == fp8"), VALUES)


def test_modes_of_the_target_are_used() -> None:
    tree, _ = resolve(parse("bytes_of(nvfp4) + bytes_of(bfloat16)"), {}, [])
    old = {"nvfp4": Quant("nvfp4", 0.5, 4), "float16": Quant("float16", 2, 1)}
    assert evaluate(tree, {}, modes=old) == 2.5
    with pytest.raises(SolValueError, match="no mode 'nvfp4'"):
        evaluate(tree, {}, modes={"float16": old["float16"]})


SYSTEM = {"gpu": {"mem_bw": 8e12, "float16_tc_flops": 2.25e15, "int8_tc_flops": 1e15, "fp8_tc_flops": 4.6e15}}


@pytest.mark.parametrize(
    ("quant", "rule", "peak"),
    [
        (Quant("float16", 2, 1), "figure", 2.25e15),
        (Quant("fp8", 1, 2), "figure", 4.6e15),
        (Quant("fp8", 1, 2), "factor", 4.5e15),
        (Quant("sq", 1, 2), "figure", 4.6e15),
        (Quant("nvfp4", 0.5, 4), "figure", 9e15),
        (Quant("fp8", 1, 0), "figure", 0.0),
    ],
)
def test_peak_of_a_system(quant: Quant, rule: str, peak: float) -> None:
    gpu = Gpu.from_system(SYSTEM, rule)
    assert gpu.mem_bw == 8e12
    assert gpu.peak(quant) == peak


def test_the_strict_rule_takes_the_figure_of_the_type_that_a_mode_computes_in_or_none() -> None:
    figures = {"bfloat16_tc_flops": 2.0, "int8_tc_flops": 5.0, "fp8_tc_flops": 0.0, "fp4_tc_flops": float("inf")}
    gpu = Gpu.from_system({"gpu": {"mem_bw": 1.0, **figures}}, "strict")
    assert gpu.peak(Quant("bfloat16", 2, 1, "bfloat16")) == 2.0
    assert gpu.peak(Quant("sq", 1, 2, "int8")) == 5.0
    for quant in (Quant("fp8", 1, 2, "fp8"), Quant("nvfp4", 0.5, 4, "fp4"), Quant("int8", 1, 0), Quant("x", 1, 1, "x")):
        with pytest.raises(SolValueError, match=f"no peak FLOPS for {quant.name}"):
            gpu.peak(quant)


def test_system_with_the_newer_key_and_fp4() -> None:
    gpu = Gpu.from_system({"gpu": {"mem_bw": 1.0, "bfloat16_tc_flops": 2.0, "fp4_tc_flops": 9.0}})
    assert [gpu.peak(Quant("q", 1, factor)) for factor in (1, 2, 4)] == [2.0, 4.0, 9.0]
    with pytest.raises(KeyError):
        Gpu.from_system({"gpu": {"mem_bw": 1.0}})


def test_nothing_is_infinite() -> None:
    tree, _ = resolve(parse("r * 2"), {"r": Type.REAL}, [])
    for value in (math.inf, math.nan, 1e308):
        with pytest.raises(SolValueError, match="not a finite number"):
            evaluate(tree, {"r": value})
