"""Types: what each construct gives, and every mistake with its place."""

from __future__ import annotations

import pytest

from newop_gen.sol.check import compile_expr, infer, names, resolve, uses_gpu
from newop_gen.sol.findings import Fault
from newop_gen.sol.parse import parse
from newop_gen.sol.quants import IDLE_MODES, MODE_NAMES, MODES
from newop_gen.sol.tree import Mode, Name, walk
from newop_gen.sol.types import Type, widened

ENV = {
    "n": Type.INT,
    "m": Type.INT,
    "r": Type.REAL,
    "t": Type.STR,
    "q": Type.QUANT,
    "kv": Type.QUANT,
    "c": Type.BOOL,
    "any": Type.ANY,
}

TYPES = [
    ("1", Type.INT),
    ("1.0", Type.REAL),
    ("true", Type.BOOL),
    ("'a'", Type.STR),
    ("fp8", Type.QUANT),
    ("mem_bw", Type.REAL),
    ("n", Type.INT),
    ("-n", Type.INT),
    ("-r", Type.REAL),
    ("n + m * 2 - 1", Type.INT),
    ("n + r", Type.REAL),
    ("r * n", Type.REAL),
    ("n / m", Type.REAL),
    ("n // m", Type.INT),
    ("n // r", Type.REAL),
    ("n % m", Type.INT),
    ("n / m * 2", Type.REAL),
    ("n ** 2", Type.INT),
    ("n ** -1", Type.REAL),
    ("n ** 2.0", Type.REAL),
    ("r ** 2", Type.REAL),
    ("min(n, m)", Type.INT),
    ("max(n, m, 1.5)", Type.REAL),
    ("ceil_div(n, m)", Type.INT),
    ("flops(q)", Type.REAL),
    ("bytes_of(fp8 if c else q)", Type.REAL),
    ("n < r", Type.BOOL),
    ("n == r", Type.BOOL),
    ("t == 'a'", Type.BOOL),
    ("q != fp8", Type.BOOL),
    ("q == kv", Type.BOOL),
    ("c and not n > 1 or q == fp8", Type.BOOL),
    ("1 if c else 2", Type.INT),
    ("1 if c else 2.0", Type.REAL),
    ("'a' if c else t", Type.STR),
    ("fp8 if kv == fp8 else q", Type.QUANT),
    ("any", Type.ANY),
    ("any + 1", Type.ANY),
    ("any / 2", Type.REAL),
    ("any == fp8", Type.BOOL),
    ("any == 'a'", Type.BOOL),
    ("any and not any", Type.BOOL),
    ("any if any else 1", Type.ANY),
    ("flops(any)", Type.REAL),
]


@pytest.mark.parametrize(("text", "kind"), TYPES)
def test_type(text: str, kind: Type) -> None:
    findings: list[Fault] = []
    assert infer(parse(text), ENV, findings) is kind
    assert findings == []


@pytest.mark.parametrize("text", [text for text, _ in TYPES])
def test_a_resolved_tree_has_a_type_everywhere(text: str) -> None:
    tree, kind = resolve(parse(text), ENV, [])
    assert tree.type is kind
    assert all(node.type is not None for node in walk(tree))


# (text, [(offset, length, part of `found`, part of `suggestion`)])
ERRORS: list[tuple[str, list[tuple[int, int, str, str]]]] = [
    ("x", [(0, 1, "undeclared name 'x'", "")]),
    ("n + kz", [(4, 2, "undeclared name 'kz'", "")]),
    ("fp88 == q", [(0, 4, "undeclared name 'fp88'", "'fp8'")]),
    ("men_bw", [(0, 6, "undeclared", "'mem_bw'")]),
    ("x + y * z", [(0, 1, "'x'", ""), (4, 1, "'y'", ""), (8, 1, "'z'", "")]),
    ("n + q", [(4, 1, "a quant mode next to '+'", "bytes_of")]),
    ("n * c", [(4, 1, "a condition next to '*'", "1 if c else 0")]),
    ("n * (m < 2)", [(4, 7, "a condition next to '*'", "")]),
    ("t + 'a'", [(0, 1, "a string in arithmetic", ""), (4, 3, "a string next to '+'", "")]),
    ("-q", [(1, 1, "a quant mode after '-'", "")]),
    ("-(-n)", [(0, 5, "'-' after '-'", "cancel")]),
    ("q ** 2", [(0, 1, "base of '**'", "")]),
    ("r % 2", [(0, 1, "a real next to '%'", "")]),
    ("n % 2.0", [(4, 3, "a real next to '%'", "")]),
    ("n / m % 2", [(0, 9, "a real on the left of '%'", "")]),
    ("q == 'fp8'", [(0, 10, "a quant mode == a string", "without quotes")]),
    ("q == n", [(0, 6, "a quant mode == an integer", "")]),
    ("t == 1", [(0, 6, "a string == an integer", "")]),
    ("t < 'b'", [(0, 1, "a string on the left of '<'", ""), (4, 3, "a string on the right", "")]),
    ("q > fp8", [(0, 1, "a quant mode on the left", ""), (4, 3, "a quant mode on the right", "")]),
    ("c == true", [(0, 9, "comparison with 'true'", "")]),
    ("n == n", [(0, 6, "with itself", "")]),
    ("q == float16 and bfloat16 == float16", [(17, 19, "with itself", "")]),
    ("not n", [(4, 1, "an integer after 'not'", "'!= 0'")]),
    ("not not c", [(0, 9, "'not not'", "cancel")]),
    ("n and c", [(0, 1, "an integer around 'and'", "")]),
    ("c or t", [(5, 1, "a string around 'or'", "")]),
    ("c and true", [(6, 4, "the constant 'true'", "")]),
    ("1 if n else 2", [(5, 1, "an integer after 'if'", "")]),
    ("1 if true else 2", [(5, 4, "the constant 'true'", "")]),
    ("1 if c else 'a'", [(0, 15, "an integer before 'if' and a string after 'else'", "")]),
    ("n if c else n", [(0, 13, "itself", "")]),
    ("n if c else (n if n > 1 else 2)", [(0, 31, "two choices in a row", "c or d")]),
    ("true if c else false", [(0, 20, "between 'true' and 'false'", "condition itself")]),
    ("min(n, q)", [(7, 1, "a quant mode in min()", "")]),
    ("ceil_div(n, 2.0)", [(12, 3, "a real in ceil_div()", "")]),
    ("flops(n)", [(6, 1, "an integer in flops()", "")]),
    ("bytes_of('fp8')", [(9, 5, "a string in bytes_of()", "")]),
    ("flops(x) + y", [(6, 1, "'x'", ""), (11, 1, "'y'", "")]),
    ("(x + 1 if y else z) // q", [(1, 1, "'x'", ""), (10, 1, "'y'", ""), (17, 1, "'z'", ""), (23, 1, "quant", "")]),
]


@pytest.mark.parametrize(("text", "wanted"), ERRORS, ids=[text for text, _ in ERRORS])
def test_errors(text: str, wanted: list[tuple[int, int, str, str]]) -> None:
    expr, findings = compile_expr(text, ENV, gpu=True)
    assert expr is None
    found = sorted(findings, key=lambda f: f.offset)
    assert [(f.offset, f.length) for f in found] == [(offset, length) for offset, length, _, _ in wanted]
    for finding, (_, _, clause, suggestion) in zip(found, wanted, strict=True):
        assert clause in finding.found
        assert suggestion in finding.suggestion


def test_bare_mode_names_are_quants_and_16_bit_has_one_name() -> None:
    for name in MODE_NAMES:
        tree, kind = resolve(parse(name), {}, [])
        assert kind is Type.QUANT and isinstance(tree, Mode) and tree.name in MODES
    assert resolve(parse("float16"), {}, [])[0] == resolve(parse("bfloat16"), {}, [])[0]
    assert {"int8", "half"} == IDLE_MODES


def test_declared_names_win_over_modes() -> None:
    tree, kind = resolve(parse("fp8"), {"fp8": Type.INT}, [])
    assert (tree, kind) == (Name("fp8"), Type.INT)
    assert names(tree) == {"fp8"}


def test_names_of_a_resolved_tree_are_without_modes() -> None:
    text = "n if q == fp8 else mem_bw + m"
    assert names(parse(text)) == {"n", "q", "fp8", "m"}
    assert names(resolve(parse(text), ENV, [])[0]) == {"n", "q", "m"}


@pytest.mark.parametrize(("text", "at"), [("mem_bw / 2", (0, 6)), ("1 + flops(q)", (4, 8))])
def test_the_gpu_is_only_for_formulas(text: str, at: tuple[int, int]) -> None:
    assert uses_gpu(parse(text))
    expr, findings = compile_expr(text, ENV)
    assert expr is None and [(f.offset, f.length) for f in findings] == [at]
    assert compile_expr(text, ENV, gpu=True)[1] == []
    assert not uses_gpu(parse("bytes_of(q) * n"))


@pytest.mark.parametrize("text", ["n // 0", "n / (1 - 1)", "n % 0", "ceil_div(n, 0)", "0 ** -1", "(-2) ** 0.5"])
def test_what_always_fails_is_refused_anywhere(text: str) -> None:
    expr, findings = compile_expr(text, ENV)
    assert expr is None and findings


@pytest.mark.parametrize(
    "text", ["n / (n - m)", "r / min(0, any)", "ceil_div(n, m - n)", "(n - m) ** 0.5", "1 / (r - 1)"]
)
def test_what_may_fail_is_refused_unless_the_values_are_at_hand(text: str) -> None:
    expr, findings = compile_expr(text, ENV)
    assert expr is None and findings
    assert compile_expr(text, ENV, bounded=False)[1] == []


@pytest.mark.parametrize(
    "text", ["n // m", "r / n", "1 / r", "n / r / r", "r ** 0.5", "n % max(m - n, 1)", "any / any"]
)
def test_a_name_alone_is_more_than_zero(text: str) -> None:
    assert compile_expr(text, ENV)[1] == []


def test_wiring_expression() -> None:
    scope = {"self.config.tp_size": Type.ANY, "self._num_heads": Type.ANY, "self.architecture": Type.ANY}
    text = "self._num_heads // self.config.tp_size if self.architecture == 'A' else 1"
    expr, findings = compile_expr(text, scope, dotted=True)
    assert findings == [] and expr is not None and names(expr) == set(scope)
    _, findings = compile_expr("self._num_head // 2", scope, dotted=True)
    assert findings == [
        Fault(
            0,
            14,
            "the undeclared name 'self._num_head'",
            "one of self._num_heads, self.architecture, self.config.tp_size",
            "did you mean 'self._num_heads'?",
        )
    ]


def test_widening() -> None:
    assert widened(Type.INT, Type.REAL) is Type.REAL
    assert widened(Type.STR, Type.ANY) is Type.ANY
    assert widened(Type.BOOL, Type.INT) is None
    assert widened(Type.STR, Type.QUANT) is None
