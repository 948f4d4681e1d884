"""The examples of the reference page are what the language really does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from newop_gen.sol import parse as parser
from newop_gen.sol.evaluate import Gpu, evaluate_formula
from newop_gen.sol.formula import Formula, compile_formula
from newop_gen.sol.quants import MODE_NAMES, MODES
from newop_gen.sol.render.python import render_formula
from newop_gen.sol.tokens import MAX_NAME, MAX_STRING
from newop_gen.sol.types import Type
from newop_gen.spec.model import Sol

from .samples import HELPER

PAGE = (Path(__file__).parents[2] / "docs" / "sol-language.md").read_text()
ENV = dict.fromkeys(("b", "s", "prefix", "hidden", "heads"), Type.INT)
QUANTS = {"gemm": Type.QUANT, "kv": Type.QUANT}


def example(name: str) -> str:
    """The block after the comment that marks an example."""
    found = re.search(rf"<!-- example: {name} -->\n(?:```\w+\n(.*?)```|((?:\|[^\n]*\n)+))", PAGE, re.DOTALL)
    assert found, name
    return found.group(1) or found.group(2)


def formula(phase: str) -> Formula:
    sol = Sol.model_validate(yaml.safe_load(example("sol"))["sol"][phase])
    made, findings = compile_formula(sol, {**ENV, **QUANTS}, idle=["kv"])
    assert made is not None, findings
    return made


def test_times() -> None:
    gpu = Gpu(4.8e12, {1: 989e12, 2: 1978e12})
    values = {"b": 8, "s": 1024, "prefix": 0, "hidden": 4096, "heads": 32, "gemm": MODES["fp8"], "kv": MODES["fp8"]}
    for phase in ("context", "generation"):
        times = evaluate_formula(formula(phase), values, gpu)
        bound = "compute" if times.math > times.mem else "memory"
        assert f"| {phase} | {times.math:.6f} ms | {times.mem:.6f} ms | {bound} |" in example("times")


def test_rendered() -> None:
    assert render_formula(formula("context"), HELPER, 0) == example("rendered").splitlines()


def test_modes() -> None:
    listed = re.search(r"that mode:\n(.*?)\. The 16-bit", PAGE, re.DOTALL)
    assert listed and set(re.findall(r"`(\w+)`", listed.group(1))) | {"float16"} == MODE_NAMES


def test_grammar_is_the_one_of_the_parser() -> None:
    grammar = PAGE.split("## Grammar\n\n```text\n")[1].split("```")[0]
    assert parser.__doc__ is not None
    assert [line.strip() for line in grammar.splitlines()] == [
        line.strip() for line in parser.__doc__.split("::\n\n")[1].splitlines() if line.strip()
    ]


@pytest.mark.parametrize(
    "limit",
    [
        f"{parser.MAX_LENGTH} characters",
        f"{parser.MAX_DEPTH} levels",
        f"exponents up to {parser.MAX_EXPONENT}",
        f"names up\nto {MAX_NAME} characters",
        f"at most {MAX_STRING} characters",
        f"of {parser.FUNCTIONS['max'][0]} to {parser.FUNCTIONS['max'][1]} numbers",
    ],
)
def test_limits(limit: str) -> None:
    assert limit in PAGE
