"""Whole formulas: what they mean, and what is refused, each with its path."""

from __future__ import annotations

from typing import Any

import pytest

from newop_gen.sol.evaluate import Gpu, Quant, SolValueError, evaluate_formula
from newop_gen.sol.formula import KEY, Formula, compile_formula
from newop_gen.sol.types import Type
from newop_gen.spec.model import Sol

ENV = {
    "b": Type.INT,
    "s": Type.INT,
    "prefix": Type.INT,
    "heads": Type.INT,
    "arch": Type.STR,
    "gemm": Type.QUANT,
    "kv": Type.QUANT,
}
GPU = Gpu(mem_bw=1e12, flops={1: 1e15, 2: 2e15})
FP8, BF16 = Quant("fp8", 1, 2), Quant("bfloat16", 2, 1)


def part(**fields: Any) -> dict[str, Any]:
    return {"name": "work", **fields}


def compiled(**sol: Any) -> Formula:
    formula, findings = compile_formula(Sol.model_validate(sol), ENV, idle=["kv"])
    assert formula is not None, findings
    return formula


FULL: dict[str, Any] = {
    "let": {"tokens": "b * s", "kept": "min(s + prefix, topk)", "unused": "tokens / 2"},
    "constants": {
        "by": "arch",
        "rows": {"A": {"topk": 2048, "scale": 1, "width": 64}, "B": {"topk": 64, "scale": 0.5, "width": 32}},
    },
    "parts": [
        {"name": "proj", "flops": "2 * tokens * heads * width", "precision": "gemm", "bytes": "heads * bytes_of(gemm)"},
        {"name": "attn", "flops": "4 * tokens * kept", "precision": "fp8 if kv == fp8 else bfloat16"},
        {"name": "cache", "bytes": "tokens * bytes_of(kv)"},
    ],
}
VALUES: dict[str, Any] = {"b": 2, "s": 100, "prefix": 0, "heads": 8, "arch": "B", "gemm": FP8, "kv": BF16}


def test_what_a_formula_means() -> None:
    times = evaluate_formula(compiled(**FULL), VALUES, GPU)
    proj, attn = 2 * 200 * 8 * 32, 4 * 200 * 64
    assert times.math == (proj / 2e15 + attn / 1e15) * 1000
    assert times.mem == (8 * 1 + 200 * 2) / 1e12 * 1000
    assert times.sol == max(times.math, times.mem)
    assert [(p.name, p.flops, p.peak, p.bytes) for p in times.parts] == [
        ("proj", proj, 2e15, 8),
        ("attn", attn, 1e15, None),
        ("cache", None, None, 400),
    ]
    assert times.parts[0].math == proj / 2e15 * 1000 and times.parts[0].mem == 8 / 1e12 * 1000


def test_only_flops_or_only_bytes() -> None:
    only_flops = evaluate_formula(compiled(parts=[part(flops="b", precision="fp8")]), {"b": 4}, GPU)
    assert (only_flops.math, only_flops.mem) == (4 / 2e15 * 1000, 0.0)
    only_bytes = evaluate_formula(compiled(parts=[part(bytes="b")]), {"b": 4}, GPU)
    assert (only_bytes.math, only_bytes.mem) == (0.0, 4 / 1e12 * 1000)


def test_unused_lets_and_constants_are_left_out() -> None:
    formula = compiled(**FULL)
    assert [name for name, _ in formula.lets] == ["tokens", "kept"]
    assert formula.constants is not None
    assert formula.constants.columns == ("topk", "width")
    assert dict(formula.constants.rows) == {"A": (2048, 64), "B": (64, 32)}
    assert formula.inputs == {"b", "s", "prefix", "heads", "arch", "gemm", "kv"}
    without = compiled(**{**FULL, "parts": [part(bytes="b")]})
    assert without.constants is None and without.lets == () and without.inputs == {"b"}


def test_a_column_with_one_real_is_real() -> None:
    formula = compiled(**{**FULL, "parts": [part(bytes="b * scale")]})
    assert formula.constants is not None and formula.constants.types == (Type.REAL,)
    assert [type(row[0]) for row in formula.constants.rows.values()] == [float, float]


def test_unknown_value_of_the_constants() -> None:
    formula = compiled(**FULL)
    with pytest.raises(SolValueError, match="constants: arch is 'C', expected one of A, B"):
        evaluate_formula(formula, {**VALUES, "arch": "C"}, GPU)
    constants = {**FULL["constants"], "otherwise": "B"}
    other = compiled(**{**FULL, "constants": constants})
    assert evaluate_formula(other, {**VALUES, "arch": "C"}, GPU) == evaluate_formula(formula, VALUES, GPU)


def test_failures_name_the_let_or_part() -> None:
    zero = {**VALUES, "s": 0}
    for sol, where in (
        ({"let": {"share": "b / s"}, "parts": [part(bytes="share")]}, "share"),
        ({"parts": [part(bytes="b / s")]}, "work"),
        ({"parts": [part(flops="b / s", precision="gemm")]}, "work"),
    ):
        with pytest.raises(SolValueError) as caught:
            evaluate_formula(compiled(**sol), zero, GPU)
        assert (caught.value.where, caught.value.why) == (where, "division by zero")
    with pytest.raises(SolValueError, match="work: division by zero"):
        idle = {**VALUES, "gemm": Quant("int8", 1, 0)}
        evaluate_formula(compiled(parts=[part(flops="b", precision="gemm")]), idle, GPU)


Path = tuple[Any, ...]


def wrong(sol: dict[str, Any]) -> list[tuple[Path, int, int, str]]:
    formula, findings = compile_formula(Sol.model_validate(sol), ENV, idle=["kv"])
    assert formula is None and findings
    return [(path, f.offset, f.length, f.found) for path, f in findings]


def with_let(name: str, text: str = "b") -> dict[str, Any]:
    return {"let": {name: text}, "parts": [part(bytes="b")]}


def with_constants(rows: dict[str, Any], by: str = "arch", otherwise: str | None = None) -> dict[str, Any]:
    return {"constants": {"by": by, "rows": rows, "otherwise": otherwise}, "parts": [part(bytes="b")]}


ERRORS: list[tuple[dict[str, Any], Path, int, int, str]] = [
    ({"parts": [part(bytes="b + x")]}, ("parts", 0, "bytes"), 4, 1, "undeclared name 'x'"),
    ({"parts": [part(bytes="b +")]}, ("parts", 0, "bytes"), 3, 0, "the end"),
    ({"parts": [part(bytes="gemm")]}, ("parts", 0, "bytes"), 0, 4, "of type quant"),
    ({"parts": [part(flops="b > 1", precision="gemm")]}, ("parts", 0, "flops"), 0, 5, "of type bool"),
    ({"parts": [part(flops="b", precision="s")]}, ("parts", 0, "precision"), 0, 1, "of type int"),
    ({"parts": [part(flops="b", precision="fp99")]}, ("parts", 0, "precision"), 0, 4, "undeclared name 'fp99'"),
    ({"parts": [part(flops="b")]}, ("parts", 0), 0, 0, "flops without precision"),
    ({"parts": [part(bytes="b", precision="gemm")]}, ("parts", 0, "precision"), 0, 4, "precision without flops"),
    ({"parts": [part()]}, ("parts", 0), 0, 0, "without flops and bytes"),
    ({"parts": [part(bytes="b"), part(bytes="s")]}, ("parts", 1, "name"), 0, 4, "a second part 'work'"),
    ({"parts": [part(flops="b", precision="kv")]}, ("parts", 0, "precision"), 0, 2, "nothing is computed"),
    ({"parts": [part(flops="b", precision="int8")]}, ("parts", 0, "precision"), 0, 4, "nothing is computed"),
    ({"parts": [part(flops="b", precision="fp8 if b > 1 else kv")]}, ("parts", 0, "precision"), 0, 20, "nothing is"),
    ({"parts": [part(bytes="b / (s - 1)")]}, ("parts", 0, "bytes"), 4, 7, "can be 0"),
    ({"parts": [part(bytes="b // 0")]}, ("parts", 0, "bytes"), 5, 1, "a division by zero"),
    (with_let("heads"), ("let", "heads", KEY), 0, 5, "a param or an axis"),
    (with_let("max"), ("let", "max", KEY), 0, 3, "means something already"),
    (with_let("mem_bw"), ("let", "mem_bw", KEY), 0, 6, "means something already"),
    (with_let("fp8"), ("let", "fp8", KEY), 0, 3, "means something already"),
    (with_let("sol_math"), ("let", "sol_math", KEY), 0, 8, "the reserved name"),
    (with_let("lambda"), ("let", "lambda", KEY), 0, 6, "the reserved name"),
    (with_let("sum"), ("let", "sum", KEY), 0, 3, "the reserved name"),
    (with_let("self"), ("let", "self", KEY), 0, 4, "the reserved name"),
    (with_let("later", "tokens"), ("let", "later"), 0, 6, "undeclared name 'tokens'"),
    (with_let("own", "own + 1"), ("let", "own"), 0, 3, "undeclared name 'own'"),
    (with_constants({"A": {"kk": 1}}, by="heads"), ("constants", "by"), 0, 5, "of type int"),
    (with_constants({"A": {"kk": 1}}, by="arhc"), ("constants", "by"), 0, 4, "not declared"),
    (
        with_constants({"A": {"kk": 1}, "B": {"kk": 1, "jj": 1}}),
        ("constants", "rows", "B", "jj", KEY),
        0,
        2,
        "the first row does not have",
    ),
    (with_constants({"A": {"kk": 1, "jj": 2}, "B": {"kk": 1}}), ("constants", "rows", "B"), 0, 0, "a row without 'jj'"),
    (with_constants({"A": {}}), ("constants", "rows", "A"), 0, 0, "a row without constants"),
    (with_constants({"A": {"heads": 1}}), ("constants", "rows", "A", "heads", KEY), 0, 5, "a param or an axis"),
    (with_constants({"A": {"kk": 2**53 + 1}}), ("constants", "rows", "A", "kk"), 0, 0, "beyond 2**53"),
    (with_constants({"A": {"kk": float("inf")}}), ("constants", "rows", "A", "kk"), 0, 3, "the number inf"),
    (with_constants({"A": {"kk": float("nan")}}), ("constants", "rows", "A", "kk"), 0, 3, "the number nan"),
    (with_constants({"A\n": {"kk": 1}}), ("constants", "rows", "A\n", KEY), 0, 2, "the value 'A\\n'"),
    (with_constants({"'\"": {"kk": 1}}), ("constants", "rows", "'\"", KEY), 0, 2, "the value"),
    (with_constants({"A": {"kk": 1}}, otherwise="C"), ("constants", "otherwise"), 0, 1, "which is not a row"),
]


@pytest.mark.parametrize(("sol", "path", "offset", "length", "found"), ERRORS)
def test_error(sol: dict[str, Any], path: Path, offset: int, length: int, found: str) -> None:
    findings = wrong(sol)
    assert findings[0][:3] == (path, offset, length)
    assert found in findings[0][3]
    assert len(findings) == 1


def test_a_let_may_not_be_a_constant() -> None:
    sol = {"let": {"topk": "b"}, "constants": {"by": "arch", "rows": {"A": {"topk": 1}}}, "parts": [part(bytes="b")]}
    assert wrong(sol)[0][0] == ("let", "topk", KEY)


def test_all_errors_at_once() -> None:
    sol = {
        "let": {"one": "b + x", "two": "one *", "three": "one + y"},
        "parts": [part(flops="z", precision="b", bytes="three // 0"), part(flops="one")],
    }
    assert [path for path, _, _, _ in wrong(sol)] == [
        ("let", "one"),
        ("let", "two"),
        ("let", "three"),
        ("parts", 0, "flops"),
        ("parts", 0, "precision"),
        ("parts", 0, "bytes"),
        ("parts", 1, "name"),
        ("parts", 1),
    ]


def test_a_wrong_let_is_reported_once() -> None:
    sol = {"let": {"one": "b + x"}, "parts": [part(bytes="one * one"), {"name": "more", "bytes": "one"}]}
    assert len(wrong(sol)) == 1


def test_ranges_decide_about_denominators() -> None:
    sol = Sol.model_validate({"parts": [part(bytes="b / prefix")]})
    assert compile_formula(sol, ENV)[0] is None
    assert compile_formula(sol, ENV, ranges={"prefix": (1, 100)})[0] is not None


def test_a_quant_let_of_idle_params_is_idle() -> None:
    sol = {"let": {"mode": "kv if b > 1 else fp8"}, "parts": [part(flops="b", precision="mode")]}
    assert wrong(sol)[0][0] == ("parts", 0, "precision")
