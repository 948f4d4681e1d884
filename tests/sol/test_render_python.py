"""Rendered Python: what it looks like, that it means what the evaluator says, and that the targets' tools accept it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newop_gen.render import python as printer
from newop_gen.sol import tree
from newop_gen.sol.check import compile_expr
from newop_gen.sol.evaluate import Gpu, SolValueError, evaluate, evaluate_formula
from newop_gen.sol.formula import Formula, compile_formula
from newop_gen.sol.parse import parse
from newop_gen.sol.render import lower, python_expr
from newop_gen.sol.render.python import PythonDialect, render_expr, render_formula
from newop_gen.sol.tree import Call, Chain
from newop_gen.sol.types import Type
from newop_gen.spec.model import Sol

from .samples import DIRECT, ENV, GPU, HELPER, MODE_VALUES, NAMESPACE, Texts, reference, sample_formula

NAMES = {"a": Type.INT, "b": Type.INT, "c": Type.BOOL, "d": Type.BOOL, "q": Type.QUANT, "kv": Type.QUANT, "t": Type.STR}


def code(text: str, dialect: PythonDialect = HELPER) -> str:
    expr, findings = compile_expr(text, NAMES, gpu=True)
    assert expr is not None, findings
    return render_expr(expr, dialect)


EXPRESSIONS = [
    ("((a))", "a"),
    ("1e12", "1000000000000.0"),
    ("1e16", "1e16"),
    ("1e-5", "1e-05"),
    ("7.50", "7.5"),
    ("a*b+1", "a * b + 1"),
    ("(a*b)+(1)", "a * b + 1"),
    ("a-(b-1)", "a - (b - 1)"),
    ("(a-b)-1", "a - b - 1"),
    ("a/(b*2)", "a / (b * 2)"),
    ("a*(b/2)", "a * (b / 2)"),
    ("a*(b+1)", "a * (b + 1)"),
    ("a**2", "a**2"),
    ("(a+b)**2", "(a + b) ** 2"),
    ("-a**2", "-(a**2)"),
    ("(-a)**2", "(-a) ** 2"),
    ("max(a, 1)**-0.5", "max(a, 1) ** -0.5"),
    ("a**0.5*b", "a**0.5 * b"),
    ("a*-b", "a * -b"),
    ("-(a*b)", "-(a * b)"),
    ("-(a+b)", "-(a + b)"),
    ("ceil_div(a,b)", "-(-a // b)"),
    ("ceil_div(a+1,b*2)", "-(-(a + 1) // (b * 2))"),
    ("ceil_div(a*b,2)", "-(-(a * b) // 2)"),
    ("ceil_div(-a,b)", "-(a // b)"),
    ("ceil_div(ceil_div(a,2),b)", "-(-a // 2 // b)"),
    ("-ceil_div(a,b)", "-a // b"),
    ("2 * ceil_div(a,b)", "2 * -(-a // b)"),
    ("min(a,max(b,2))", "min(a, max(b, 2))"),
    ("a if c else b if d else 1", "a if c else b if d else 1"),
    ("(a if c else b) if d else 1", "(a if c else b) if d else 1"),
    ("(a if c else b)*2", "(a if c else b) * 2"),
    ("c or d and c", "c or (d and c)"),
    ("(c or d) and c", "(c or d) and c"),
    ("not (c and d)", "not (c and d)"),
    ("not a < b", "not a < b"),
    ("not a == b", "a != b"),
    ("not t != 'x'", 't == "x"'),
    ("1 < a", "a > 1"),
    ("2*3 <= a", "a >= 2 * 3"),
    ("'x' == t", 't == "x"'),
    ("t == 'say \"x\"'", "t == 'say \"x\"'"),
    ('t == "it\'s"', 't == "it\'s"'),
    ("q == fp8", 'q.name == "fp8"'),
    ("fp8 != q", 'q.name != "fp8"'),
    ("q == bfloat16", 'q.name == "float16"'),
    ("q == float16", 'q.name == "float16"'),
    ("q == kv", "q.name == kv.name"),
    ("(q if c else fp8) == kv", "(q if c else common.GEMMQuantMode.fp8).name == kv.name"),
    ("bytes_of(q)", "q.value.memory"),
    ("bytes_of(bfloat16)", "common.GEMMQuantMode.float16.value.memory"),
    ("flops(q)", "self._get_quant_tc_flops(q)"),
    ("flops(q if c else fp8)", "self._get_quant_tc_flops(q if c else common.GEMMQuantMode.fp8)"),
    ("a / mem_bw", 'a / self.system_spec["gpu"]["mem_bw"]'),
]


@pytest.mark.parametrize(("text", "wanted"), EXPRESSIONS)
def test_expression(text: str, wanted: str) -> None:
    assert code(text) == wanted


def test_direct_peak_is_parenthesised_where_it_must_be() -> None:
    peak = 'self.system_spec["gpu"]["float16_tc_flops"] * {}.value.compute'
    assert code("flops(q)", DIRECT) == peak.format("q")
    assert code("a / flops(q)", DIRECT) == f"a / ({peak.format('q')})"
    assert code("flops(q if c else kv)", DIRECT) == peak.format("(q if c else kv)")


def test_newer_name_of_the_16_bit_mode() -> None:
    newer = PythonDialect(lambda name: name, "bfloat16", "peak({})".format, "bw", "common.FMHAQuantMode.{}".format)
    assert code("flops(float16) if q == float16 else 1.5", newer) == (
        'peak(common.FMHAQuantMode.bfloat16) if q.name == "bfloat16" else 1.5'
    )


def test_columns_of_a_file() -> None:
    columns = PythonDialect({"isl": 'int(row["isl"])', "step": 'int(row["step"])'}, "float16", str, "", str)
    env = {"isl": Type.INT, "step": Type.INT}
    expr, _ = compile_expr("(isl + step) // 2", env)
    assert expr is not None
    text = render_expr(expr, columns)
    assert text == '(int(row["isl"]) + int(row["step"])) // 2'
    with pytest.raises(KeyError):
        render_expr(expr, PythonDialect({"isl": "x"}, "float16", str, "", str))


def test_foreign_code_is_parenthesised_when_it_binds_loosely() -> None:
    env = {"n": Type.INT, "m": Type.INT}
    expr, _ = compile_expr("n * m", env)
    assert expr is not None
    names = {"n": "self._n + 1", "m": 'kwargs.get("m (of x) + 1", 2)'}
    assert render_expr(expr, PythonDialect(names, "float16", str, "", str)) == (
        '(self._n + 1) * kwargs.get("m (of x) + 1", 2)'
    )


def test_unresolved_trees_are_refused() -> None:
    with pytest.raises(ValueError, match="unresolved"):
        render_expr(parse("q == fp8"), HELPER)


# Whole formulas


def formula_of(sol: dict[str, Any], env: dict[str, Type]) -> Formula:
    formula, findings = compile_formula(Sol.model_validate(sol), env)
    assert formula is not None, findings
    return formula


GUIDE = {
    "parts": [
        {"name": "work", "flops": "b * s * param1 * param2 * 2", "precision": "bfloat16"},
        {"name": "data", "bytes": "b * s * (param1 + param2) * 2"},
    ]
}
GUIDE_ENV = dict.fromkeys(("b", "s", "param1", "param2"), Type.INT)


def test_formula_of_the_guide() -> None:
    assert render_formula(formula_of(GUIDE, GUIDE_ENV), HELPER, 12) == [
        "            work_flops = b * s * param1 * param2 * 2",
        "            data_bytes = b * s * (param1 + param2) * 2",
        "            sol_math = work_flops / self._get_quant_tc_flops(common.GEMMQuantMode.float16) * 1000",
        '            sol_mem = data_bytes / self.system_spec["gpu"]["mem_bw"] * 1000',
    ]


CHOOSING = {
    "let": {"tokens": "b * s", "reach": "min(s, topk)"},
    "constants": {"by": "arch", "rows": {"A": {"topk": 2048, "width": 64}, "B": {"topk": 64, "width": 32}}},
    "parts": [
        {"name": "proj", "flops": "2 * tokens * width", "precision": "gemm", "bytes": "tokens"},
        {"name": "attn", "flops": "4 * tokens * reach", "precision": "fp8 if kv == fp8 else bfloat16", "bytes": "b"},
    ],
}
CHOOSING_ENV = {"b": Type.INT, "s": Type.INT, "arch": Type.STR, "gemm": Type.QUANT, "kv": Type.QUANT}


def test_formula_with_constants_and_a_chosen_precision() -> None:
    assert "\n".join(render_formula(formula_of(CHOOSING, CHOOSING_ENV), HELPER, 0)) == (
        """\
constants = {
    "A": (2048, 64),
    "B": (64, 32),
}
if arch not in constants:
    raise ValueError(f"arch is {arch!r}, expected one of {', '.join(constants)}")
topk, width = constants[arch]
tokens = b * s
reach = min(s, topk)
proj_flops = 2 * tokens * width
attn_flops = 4 * tokens * reach
attn_quant = common.GEMMQuantMode.fp8 if kv.name == "fp8" else common.GEMMQuantMode.float16
sol_math = (proj_flops / self._get_quant_tc_flops(gemm) + attn_flops / self._get_quant_tc_flops(attn_quant)) * 1000
sol_mem = (tokens + b) / self.system_spec["gpu"]["mem_bw"] * 1000"""
    )


def test_constants_with_a_row_for_the_rest() -> None:
    sol = {**CHOOSING, "constants": {**CHOOSING["constants"], "otherwise": "B"}}  # type: ignore[dict-item]
    lines = render_formula(formula_of(sol, CHOOSING_ENV), HELPER, 0)
    assert lines[4:6] == ['row = constants.get(arch, constants["B"])', "topk, width = row"]
    assert not any("raise" in line for line in lines)


def test_unknown_value_raises_and_names_the_known_ones() -> None:
    lines = render_formula(formula_of(CHOOSING, CHOOSING_ENV), HELPER, 0)
    with pytest.raises(ValueError, match="arch is 'C', expected one of A, B"):
        exec("\n".join(lines), {**NAMESPACE, "b": 1, "s": 1, "arch": "C"})


def test_nothing_computed_or_nothing_moved() -> None:
    work, data = ({"parts": [part]} for part in GUIDE["parts"])
    assert render_formula(formula_of(work, GUIDE_ENV), HELPER, 0)[-1] == "sol_mem = 0.0"
    assert render_formula(formula_of(data, GUIDE_ENV), HELPER, 0)[-2] == "sol_math = 0.0"


def test_locals_stay_out_of_the_way() -> None:
    sol = {"let": {"tokens": "b * s", "gpu": "s + 1"}, "parts": [{"name": "gemm", "bytes": "tokens * gpu + total"}]}
    env = {"b": Type.INT, "s": Type.INT, "total": Type.INT}
    dialect = PythonDialect({"b": "b", "s": "tokens", "total": "x"}, "float16", "{}.peak".format, "gpu.bw", str)
    lines = render_formula(formula_of(sol, env), dialect, 0, reserved={"gemm_bytes"})
    assert lines[:3] == ["tokens_ = b * tokens", "gpu_ = tokens + 1", "gemm_bytes_ = tokens_ * gpu_ + x"]
    prefixed = render_formula(formula_of(sol, env), dialect, 0, prefix="new_")
    assert prefixed[:3] == [
        "new_tokens = b * tokens",
        "new_gpu = tokens + 1",
        "new_gemm_bytes = new_tokens * new_gpu + x",
    ]


def test_what_might_not_be_evaluated_stays_where_it_is() -> None:
    name = "a_param_with_a_name_that_is_rather_long"
    share = f"{name} * {name} / (window // {name} + {name}) / (window % {name} + window)"
    texts = [f"{name} if window == 0 else {share}", f"1 if window == 0 or {share} > {name} else 2"]
    for text in texts:
        sol = {"parts": [{"name": "data", "bytes": text}]}
        lines = render_formula(formula_of(sol, {"window": Type.INT, name: Type.INT}), HELPER, 8)
        assert any(line.lstrip().startswith("if ") for line in lines), lines
        source = "def f(self):\n" + "\n".join(["    if self:", *lines, "        return sol_mem"])
        namespace = {**NAMESPACE, "window": 0, name: 3}
        # `window % name + window` is 0 here: computing it ahead would divide by zero.
        exec(source, namespace)
        assert namespace["f"](NAMESPACE["self"]) > 0


# Against the evaluator


def expression_disagreements(seeds: Iterable[int]) -> tuple[int, list[int]]:
    """How many rendered expressions were compared with the evaluator, and the seeds whose values differ."""
    compared, different = 0, []
    for seed in seeds:
        texts = Texts(seed)
        text = texts.number(texts.random.randint(1, 4))
        expr, _ = compile_expr(text, ENV, gpu=True, bounded=False)
        if expr is None:
            continue
        values = texts.values()
        for dialect, gpu in ((HELPER, GPU), (DIRECT, Gpu(GPU.mem_bw, GPU.flops, "factor"))):
            try:
                wanted = evaluate(expr, reference(values), gpu, modes=MODE_VALUES)
            except SolValueError:
                continue
            compared += 1
            try:
                got = eval(render_expr(expr, dialect), {**NAMESPACE, **values})
            except (ArithmeticError, AttributeError, TypeError):
                got = None
            if type(got) is not type(wanted) or got != wanted:
                different.append(seed)
    return compared, different


def wrapped(name: str, lines: list[str], indent: int) -> str:
    """A function of rendered lines at their indentation."""
    blocks = ["while self:", "if self:", "for _ in [1]:"]
    opening = [f"def {name}(self):", *(" " * (4 * n + 4) + block for n, block in enumerate(blocks[: indent // 4 - 1]))]
    return "\n".join([*opening, *lines, " " * indent + "return sol_math, sol_mem"])


def formula_disagreements(seeds: Iterable[int]) -> tuple[int, list[int], list[str]]:
    """The same for whole formulas, and the functions that were rendered."""
    compared, different, functions = 0, [], []
    for seed in seeds:
        formula = sample_formula(seed)
        indent, prefix = 4 + 4 * (seed % 4), ["", "new_op_"][seed // 4 % 2]
        for dialect, rule in ((HELPER, "figure"), (DIRECT, "factor")):
            lines = render_formula(formula, dialect, indent, prefix=prefix)
            functions.append(wrapped(f"sol_{seed}_{rule}", lines, indent))
            namespace: dict[str, Any] = dict(NAMESPACE)
            exec(functions[-1], namespace)
            for point in range(3):
                values = Texts(seed * 3 + point).values()
                try:
                    wanted = evaluate_formula(
                        formula, reference(values), Gpu(GPU.mem_bw, GPU.flops, rule), modes=MODE_VALUES
                    )
                except SolValueError:
                    continue
                compared += 1
                namespace.update(values)
                try:
                    got = namespace[f"sol_{seed}_{rule}"](NAMESPACE["self"])
                except (ArithmeticError, AttributeError, NameError, TypeError):
                    got = None
                if got != (wanted.math, wanted.mem):
                    different.append(seed)
    return compared, different, functions


@settings(max_examples=12)
@given(st.integers(0, 2**40))
def test_expressions_mean_what_the_evaluator_says(seed: int) -> None:
    compared, different = expression_disagreements(range(seed, seed + 60))
    assert compared > 60 and not different


PROFILE = """\
line-length = 120
target-version = "py310"
[lint]
select = ["YTT", "B", "A", "C4", "T10", "SIM", "I", "C90", "E", "W", "F", "PGH", "UP", "RUF", "TRY", "N"]
ignore = ["A005", "E731", "RUF005", "C901", "C408", "B007", "SIM105", "E402", "E722", "C401", "TRY003", "TRY300", "TRY301",
  "SIM108", "B006", "RUF015", "N812", "PGH003", "RUF059", "UP007", "UP045", "B019", "B023", "F401", "F821"]
"""
"""The targets' lint profile, and what comes from values being globals here (F821) and unused imports (F401)."""


def ruff(*args: str) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).with_name("ruff")
    program = str(beside) if beside.exists() else shutil.which("ruff")
    assert program, "these tests need ruff"
    return subprocess.run([program, *args], capture_output=True, text=True, check=False)


def objections(functions: list[str], directory: Path) -> str:
    """What formatter and linter of the targets want changed."""
    file, profile = directory / "rendered.py", directory / "ruff.toml"
    file.write_text("from sdk import common\n\n\n" + "\n\n\n".join(functions) + "\n")
    profile.write_text(PROFILE)
    formatted = ruff("format", "--no-cache", "--config", str(profile), "--diff", str(file))
    checked = ruff("check", "--no-cache", "--config", str(profile), "--output-format", "concise", str(file))
    assert formatted.returncode in (0, 1) and checked.returncode in (0, 1), formatted.stderr + checked.stderr
    return formatted.stdout + ("" if checked.returncode == 0 else checked.stdout)


@settings(max_examples=8)
@given(st.integers(0, 2**40))
def test_formulas_mean_what_the_evaluator_says_and_are_formatted(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    compared, different, functions = formula_disagreements(range(seed, seed + 40))
    assert compared > 80 and not different
    assert objections(functions, tmp_path_factory.mktemp("ruff")) == ""


def test_longest_names_fit(tmp_path: Path) -> None:
    long = [f"{letter * 40}_{number}" for letter in "ab" for number in range(2)]
    names = {**dict.fromkeys(long, Type.INT), "q" * 48: Type.QUANT, "t" * 48: Type.STR}
    sol = {
        "let": {"l" * 48: f"{long[0]} * {long[1]} / {long[2]}", "m" * 48: f"ceil_div({long[0]}, {long[3]})"},
        "constants": {
            "by": "t" * 48,
            "rows": {"k" * 64: {"u" * 48: 1.5, "v" * 48: 2}, "z": {"u" * 48: 2, "v" * 48: 1}},
        },
        "parts": [
            {"name": "p" * 48, "flops": f"{'l' * 48} * {'u' * 48} * {'v' * 48}", "precision": "q" * 48},
            {"name": "r" * 48, "flops": f"max({', '.join(long)}) + {'m' * 48}", "precision": "q" * 48, "bytes": "1.0"},
            {
                "name": "s" * 48,
                "bytes": f"{long[0]} if {'t' * 48} == '{'x' * 64}' else {long[1]} ** 2 * bytes_of({'q' * 48})",
            },
        ],
    }
    formula = formula_of(sol, names)
    functions = [
        wrapped(f"f_{indent}_{number}", render_formula(formula, dialect, indent, prefix="newop_"), indent)
        for indent in (4, 8, 12, 16)
        for number, dialect in enumerate((HELPER, DIRECT))
    ]
    assert objections(functions, tmp_path) == ""


def test_the_check_of_the_format_can_fail(tmp_path: Path) -> None:
    assert "rendered.py" in objections(["def f():\n    return (common)"], tmp_path)
    assert "SIM300" in objections(["def f():\n    return 1 < common"], tmp_path)


# A renderer with a mistake must be noticed

Patch = Callable[[pytest.MonkeyPatch], None]


def _swap(table: str, old: str, new: str) -> Patch:
    """Write one operator for another."""
    made = getattr(python_expr, table)
    return lambda monkeypatch: monkeypatch.setattr(python_expr, table, {**made, old: made[new]})


def _built(changed: Callable[[Any, Any], Any]) -> Patch:
    """Trees of nodes for which `changed` has one, built otherwise as they are."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = python_expr._tree
        monkeypatch.setattr(python_expr, "_tree", lambda node, build: changed(node, build) or original(node, build))

    return patch


def _and_for_or(node: Any, build: Any) -> Any:
    if isinstance(node, tree.Logic):
        return ast.BoolOp(ast.And(), [build(item) for item in node.items])


def _right_associated(node: Any, build: Any) -> Any:
    if isinstance(node, Chain) and len(node.rest) == 2:
        inner = Chain(node.rest[0][1], (node.rest[1],), type=node.type)
        return build(Chain(node.first, ((node.rest[0][0], inner),), type=node.type))


def _floor_for_ceil(node: Any, build: Any) -> Any:
    if isinstance(node, Call) and node.function == "ceil_div":
        return ast.BinOp(build(node.args[0]), ast.FloorDiv(), build(node.args[1]))


def _rounded_numbers(node: Any, build: Any) -> Any:
    if isinstance(node, tree.Real):
        return ast.Constant(float(f"{node.value:.12g}"))


def _no_parentheses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printer.Expressions, "doc", lambda self, node, least=0: self._bare(node))


def _members_for_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_expr.PythonDialect, "_mode", lambda self, expr, build: build(expr))


def _unmirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_expr, "_MIRRORED", {op: op for op in python_expr._MIRRORED})


def _kept_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_expr, "_OPPOSITE", {"==": "==", "!=": "!="})


def _untranslated_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_expr.PythonDialect, "mode_name", lambda self, name: name)


EXPRESSION_MUTANTS: dict[str, Patch] = {
    "+ for -": _swap("_OPERATORS", "-", "+"),
    "- for +": _swap("_OPERATORS", "+", "-"),
    "/ for //": _swap("_OPERATORS", "//", "/"),
    "// for /": _swap("_OPERATORS", "/", "//"),
    "* for %": _swap("_OPERATORS", "%", "*"),
    "and for or": _built(_and_for_or),
    "no parentheses": _no_parentheses,
    "right association": _built(_right_associated),
    "floor for ceil": _built(_floor_for_ceil),
    "members for names": _members_for_names,
    "comparison turned around": _unmirrored,
    "not of an equality lost": _kept_not,
    "16-bit mode not translated": _untranslated_mode,
    "rounded numbers": _built(_rounded_numbers),
}


@pytest.mark.parametrize("mutant", EXPRESSION_MUTANTS)
def test_mutant_of_the_expression_renderer_is_caught(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    EXPRESSION_MUTANTS[mutant](monkeypatch)
    try:
        assert any(expression_disagreements([seed])[1] for seed in range(400))
    except SyntaxError:
        assert mutant == "no parentheses"


def _ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long arms of choices computed before the choice."""
    monkeypatch.setattr(lower, "_DEEP", 0)


def _turned_operands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sub-expressions put back in another order after they became local variables."""
    monkeypatch.setattr(lower, "rebuilt", lambda expr, operands: tree.rebuilt(expr, operands[::-1]))


def _all_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last item of `and` and `or` taken, whatever those before it are."""
    steps = lower.Steps
    monkeypatch.setattr(lower, "Steps", lambda op, items: steps(op, items[-1:]))


def _without(method: str, changed: Callable[..., Any]) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(lower._Formula, method, changed)


FORMULA_MUTANTS: dict[str, Patch] = {
    "arms computed ahead": _ahead,
    "seconds for milliseconds": lambda monkeypatch: monkeypatch.setattr(lower, "_in_milliseconds", lambda expr: expr),
    "only the first part computes": _without(
        "math", lambda self, terms: self.milliseconds("sol_math", terms[0][1] if terms else None)
    ),
    "steps of and/or all taken": _all_steps,
    "operands in another order": _turned_operands,
}


@pytest.mark.parametrize("mutant", FORMULA_MUTANTS)
def test_mutant_of_the_formula_renderer_is_caught(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    FORMULA_MUTANTS[mutant](monkeypatch)
    assert any(formula_disagreements([seed])[1] for seed in range(160))
