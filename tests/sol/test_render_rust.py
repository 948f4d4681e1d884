"""Rendered Rust: what it looks like, that rustfmt leaves it alone, and that it computes what the evaluator computes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from newop_gen.sol.check import compile_expr
from newop_gen.sol.render.rust import RustDialect, RustLines, render_expr, settled_value
from newop_gen.sol.render.rust_lines import Edition
from newop_gen.sol.types import Type

from . import rust_crate
from .rust_crate import DIALECT, TAKEN

NAMES = {"a": Type.INT, "b": Type.INT, "c": Type.BOOL, "q": Type.QUANT, "kv": Type.QUANT, "r": Type.REAL, "t": Type.STR}

EXPRESSIONS = [
    ("2 * a * b", "N::from(2) * a * b"),
    ("a - (b - 1)", "a - (b - N::from(1))"),
    ("2 * a * 0.5", "(N::from(2) * a).real() * 0.5"),
    ("2 * r", "2.0 * r"),
    ("a + 2 * r", "a.real() + 2.0 * r"),
    ("a / 2", "a.real() / 2.0"),
    ("a * a / 3", "(a * a).over(N::from(3))"),
    ("a / b", "a.real() / nonzero(b.real())?"),
    ("a * a / b", "(a * a).over(nonzero(b)?)"),
    ("a // 64", "a.floor_div(N::from(64))"),
    ("a // b", "a.floor_div(nonzero(b)?)"),
    ("a // max(b, 1)", "a.floor_div(max(b, N::from(1)))"),
    ("r // 2.0", "f64::floor_div(r, 2.0)"),
    ("a % 7", "a.modulo(N::from(7))"),
    ("ceil_div(a, 64)", "a.ceil_div(N::from(64))"),
    ("a ** 2", "a.to_the(2)"),
    ("a ** 0.5", "f64::powf(a.real(), 0.5)"),
    ("(a - b) ** 0.5", "f64::powf(not_negative((a - b).real())?, 0.5)"),
    ("r ** -1", "f64::powf(nonzero(r)?, -1.0)"),
    ("min(a, b, 3)", "min(min(a, b), N::from(3))"),
    ("max(a, 0.5)", "max(a.real(), 0.5)"),
    ("-(a + b)", "-(a + b)"),
    ("bytes_of(q) * a", "q.memory * a.real()"),
    ("a / flops(q)", "a.real() / quant_tc_flops(spec, q)?"),
    ("a / mem_bw", "a.real() / spec.gpu.mem_bw"),
    ("9007199254740992 * a", "N::large(9007199254740992) * a"),
    ("a if t == 'x' else 2 * b", 'if t == "x" { a } else { N::from(2) * b }'),
    ("a if c else 0.5", "if c { a.real() } else { 0.5 }"),
    ("a > b and not c", "a > b && !c"),
    ("not (a > b or c)", "a <= b && !c"),
    ("kv == fp8", 'kv.name == "fp8"'),
    ("kv != q", "kv.name != q.name"),
    ("a * b > 0.5 * r", "N::order(a * b, 0.5 * r).is_gt()"),
    ("a > 0.5", "a.real() > 0.5"),
    ("0.5 < a * b", "N::order(a * b, 0.5).is_gt()"),
    ("t == 'say \"x\"'", 't == "say \\"x\\""'),
]


def code(text: str, dialect: RustDialect = DIALECT) -> str:
    expr, findings = compile_expr(text, NAMES, gpu=True, bounded=False)
    assert expr is not None, findings
    return render_expr(expr, dialect)[0].text


@pytest.mark.parametrize(("text", "expected"), EXPRESSIONS)
def test_an_expression_over_any_number(text: str, expected: str) -> None:
    assert code(text) == expected


def test_an_expression_over_i128_has_plain_literals() -> None:
    dialect = RustDialect(
        names=lambda name: f"cell.{name}",
        number="i128",
        flops=str,
        mem_bw="",
        quant_literal=str,
        nonzero="not_zero({}, row)?".format,
    )
    assert code("128 // a", dialect) == "i128::floor_div(128, not_zero(cell.a, row)?)"
    assert code("0 if a == b else a + 2 * b", dialect) == "if cell.a == cell.b { 0 } else { cell.a + 2 * cell.b }"


SETTLED = [
    # A whole arm stays whole as long as what follows is whole.
    ("(a if c else 0.5) * b", "if c { (a * b).real() } else { 0.5 * b.real() }"),
    ("(a if c else 0.5) * r", "(if c { a.real() } else { 0.5 }) * r"),
    ("-(a if c else 0.5)", "if c { (-a).real() } else { -0.5 }"),
    ("max(a, r) * b", "if r > a.real() { r * b.real() } else { (a * b).real() }"),
    ("(a if c else 0.5) > b", "if c { a > b } else { 0.5 > b.real() }"),
]


@pytest.mark.parametrize(("text", "expected"), SETTLED)
def test_what_is_whole_or_real_as_it_comes(text: str, expected: str) -> None:
    assert code(text) == expected


def test_a_formula_cannot_make_more_arms_than_are_allowed() -> None:
    text = " * ".join(f"({n} if a == {n} else 0.5)" for n in range(2, 20))
    expr, _ = compile_expr(text, NAMES, bounded=False)
    assert expr is not None
    assert len(render_expr(expr, DIALECT)[0].text) < 100_000


@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_a_choice_at_the_end_of_an_arm_is_open_in_2021_alone(edition: Edition) -> None:
    text = "(a if t == 'x' else b) if a > 17 and b > 17 and a != b else 2 * a * b"
    expr, _ = compile_expr(text, NAMES)
    assert expr is not None
    lines = RustLines(DIALECT, edition, TAKEN, 32).value("value", settled_value(expr), 4)
    assert ('if t == "x" { a } else { b }' in "\n".join(lines)) == (edition == "2024")


# Against the compiler


@pytest.fixture(scope="module")
def program(cargo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[rust_crate.Rendered], Path]:
    functions = rust_crate.formulas(0, 60)
    source = rust_crate.program(functions, tmp_path_factory.mktemp("formulas"))
    return functions, rust_crate.built(source, shutil.which("rustc") or str(cargo.with_name("rustc")))


@pytest.mark.cargo
def test_formulas_compute_what_the_evaluator_computes(program: tuple[list[rust_crate.Rendered], Path]) -> None:
    functions, target = program
    tally = rust_crate.compare(functions, target, 12)
    assert tally.failures == []
    assert tally.counts["whole"] > 200 and tally.counts["between"] > 60 and tally.counts["refused by both"] > 20


@pytest.mark.cargo
def test_an_answer_that_is_off_is_seen(program: tuple[list[rust_crate.Rendered], Path]) -> None:
    functions, target = program
    others = [*functions[1:], functions[0]]  # each function is held against another one's formula
    assert len(rust_crate.compare(others, target, 12).failures) > 200


@pytest.mark.cargo
@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_rustfmt_leaves_formulas_as_they_are(edition: Edition, cargo: Path, tmp_path: Path) -> None:
    functions = rust_crate.formulas(300, 60, edition)
    path = tmp_path / "formulas.rs"
    path.write_text("\n\n".join("\n".join(one.lines) for one in functions) + "\n", encoding="utf-8")
    rustfmt = shutil.which("rustfmt") or str(cargo.with_name("rustfmt"))
    done = subprocess.run(
        [rustfmt, "--check", "--edition", edition, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
