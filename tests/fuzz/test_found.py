"""What random specs have found wrong, each as a test of its own."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import yaml
from checkouts import VERSIONS, copy_fixture
from support.applying import apply_specs

from fuzz.specs import LONG
from newop_gen.model.columns import typed
from newop_gen.render.code import call, statement, tupled
from newop_gen.render.document import render
from newop_gen.render.python import literal
from newop_gen.render.python import statement as stated
from newop_gen.sol.render.python import PythonDialect, render_assignment
from newop_gen.sol.types import Type
from newop_gen.spec.load import load_spec

LONG_NAME = {
    "newop": 1,
    "op": LONG[:48],
    "summary": "an op with the longest name there can be",
    "params": {
        "fmha_quant_mode": {"type": "FMHAQuantMode", "modes": ["bfloat16", "fp8"], "otherwise": "fp8"},
        "encoding": {"type": "str"},
        "region": {"type": "int"},
    },
    "phases": {"used": ["context", "generation"], "table": "per_phase"},
    "axis": {"query": "b,s"},
    "sol": {"parts": [{"name": "all", "bytes": "b * s * region if encoding == 'a' else 1e20 * b"}]},
    "nesting": {
        "keys": [
            {"param": "fmha_quant_mode", "column": "the_column_of_" + LONG, "alias": {'a "b"': "fp8"}},
            {
                "param": "encoding",
                "only": ["one text", "another text", "a third one", 'a "b"', "and so on", "the last"],
            },
            {"param": "region"},
        ],
        "axes": [{"axis": "b"}, {"axis": "s"}],
        "method": "bilinear",
        "pre_interpolate": {"values": {"b": "collected", "s": "context_sequence"}},
    },
    "empirical": {"context": 0.8, "generation": 0.5},
    "weights": "region * 128 if encoding == 'a long text to make a long line' else 4096 * region + 1024 * region + 1e9",
    "wiring": [
        {
            "model": ["LLAMAModel", "LlamaModel"],
            "phase": "generation",
            "at": {"after": "generation_qkv_gemm"},
            "when": "self.config.tp_size > 2 and self._num_layers > 1 or self.config.pp_size == 4",
            "args": {"fmha_quant_mode": "self.config.fmha_quant_mode", "encoding": "'a'", "region": 3},
        }
    ],
}


@pytest.mark.parametrize("name", VERSIONS)
def test_the_longest_names_fit_their_lines(name: str, tmp_path: Path) -> None:
    spec = tmp_path / "long.yaml"
    spec.write_text(yaml.safe_dump(LONG_NAME, sort_keys=False, width=1000), encoding="utf-8")
    apply_specs(copy_fixture(name, tmp_path), [spec])


LONG_LOOKUPS = {
    "params": LONG_NAME["params"],
    "nesting": LONG_NAME["nesting"]
    | {
        "keys": [
            {"param": "fmha_quant_mode"},
            {
                "param": "encoding",
                "lookup": "encoding if region * 128 > 4096 and (region < 1000000 or encoding == 'a long text to make a "
                "long line') else 'another long text that makes another long line'",
            },
            {
                "param": "region",
                "lookup": "max(region * 4096 // 128, region + 1024 * region) if encoding == 'a' else region + 16384 * 2 "
                "* (region if region > 1000000 else 1000000)",
            },
        ]
    },
}


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("substituted", [{}, {"nearest": True}], ids=["plain", "nearest"])
def test_long_lookups_are_broken_over_lines(name: str, substituted: dict[str, object], tmp_path: Path) -> None:
    """As a lookup in one go, and step by step because a key may give way to another one."""
    spec = LONG_NAME | LONG_LOOKUPS
    keys = spec["nesting"]["keys"]
    spec["nesting"] = spec["nesting"] | {"keys": [*keys[:-1], keys[-1] | substituted]}
    path = tmp_path / "long.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False, width=1000), encoding="utf-8")
    apply_specs(copy_fixture(name, tmp_path), [path])


PARAM = "a_quant_mode_whose_name_is_as_long_as_one_may_be"


@pytest.mark.parametrize("name", ["v0_6", "v0_9", "v0_11"])
@pytest.mark.parametrize("modes", [["bfloat16"], ["bfloat16", "fp8"]])
def test_the_longest_override_fits_its_lines(name: str, modes: list[str], tmp_path: Path) -> None:
    assert len(PARAM) == 48
    args = {PARAM: "self.config.fmha_quant_mode"}
    when = "self.config.tp_size > 2 and self._num_layers > 1 or self.config.pp_size == 4"
    model = ["LLAMAModel", "LlamaModel"]
    spec = LONG_NAME | {
        "params": {PARAM: {"type": "FMHAQuantMode", "modes": modes, "otherwise": "bfloat16"}},
        "sol": {"parts": [{"name": "all", "bytes": "b * s"}]},
        "nesting": {"keys": [{"param": PARAM}], "axes": [{"axis": "b"}, {"axis": "s"}], "method": "linear"},
        "wiring": [
            {"model": model, "phase": "generation", "at": {"after": "generation_qkv_gemm"}, "args": args},
            {"model": model, "phase": "context", "at": {"after": "context_qkv_gemm"}, "when": when, "args": args},
        ],
    }
    spec.pop("weights")
    path = tmp_path / "long.yaml"
    path.write_text(json.dumps(spec), encoding="utf-8")  # YAML, too, and without anchors
    apply_specs(copy_fixture(name, tmp_path), [path])


def test_a_param_that_is_compared_declares_no_encoding(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(yaml.safe_dump(LONG_NAME, sort_keys=False, width=1000), encoding="utf-8")
    assert load_spec(spec).spec.params["encoding"].type == "str"


def test_literals_are_written_as_ruff_writes_them() -> None:
    assert literal('a "b"') == "'a \"b\"'"
    assert literal("it's") == '"it\'s"'
    assert literal((1e300, -1.5e-7, 'a "b"')) == "(1e300, -1.5e-07, 'a \"b\"')"
    assert all(ast.literal_eval(literal(v)) == v for v in ("\\", 'a\\"b"', 'it\'s "both"', 1e22, ("x",)))


def test_long_assignments_get_parentheses() -> None:
    assert statement("a = ", "b", 4) == "a = b"
    assert statement(f"{'a' * 60} = ", "b" * 60, 4) == f"{'a' * 60} = (\n        {'b' * 60}\n    )"
    # An element of a dict has a comma, too: one column less.
    assert statement(f"{'a' * 55}: ", "b" * 54, 8, ",") == f"{'a' * 55}: {'b' * 54},"
    assert statement(f"{'a' * 56}: ", "b" * 54, 8, ",") == f"{'a' * 56}: (\n            {'b' * 54}\n        ),"
    assert statement("a = ", "f(x)", 8) == "a = f(x)"
    assert statement(f"{'a' * 60} = ", f"{'f' * 60}(x)", 8) == f"{'a' * 60} = (\n            {'f' * 60}(x)\n        )"
    whole = call("f", f"g({'x' * 60}, {'y' * 60})", "", 4)
    assert whole == f"f(\n        g(\n            {'x' * 60},\n            {'y' * 60},\n        )\n    )"


def test_long_values_of_statements_get_parentheses() -> None:
    sum_ = " + ".join(letter * 50 for letter in "abc")
    assert statement("key = ", "a + b", 8) == "key = a + b"
    broken = sum_.replace(" + ", "\n            + ")
    assert statement("key = ", sum_, 8) == f"key = (\n            {broken}\n        )"
    assert statement("", tupled(["1", sum_]), 8) == f"(\n            1,\n            {broken},\n        )"


def test_a_long_parameter_is_left_as_it_is() -> None:
    parameters = [f"{letter * 60}: int = {letter * 60}" for letter in "ab"]
    lines = call("def f", parameters, ":", 4).split("\n")
    assert lines == ["def f(", *(f"        {p}," for p in parameters), "    ):"]


def test_brackets_of_a_long_element_are_opened() -> None:
    code = f'names[map.get(row["{"c" * 36}"], row["{"c" * 36}"])]'
    code = code.replace("names", "n" * 30)
    assert statement("", tupled(["1", code]), 8) == (
        f'(\n            1,\n            {"n" * 30}[\n                map.get(row["{"c" * 36}"], row["{"c" * 36}"])\n            ],\n        )'
    )


def test_and_within_or_has_parentheses() -> None:
    condition = ast.parse("a and b or c", mode="eval").body
    assert render(stated("if ", condition, ":"), width=120) == "if (a and b) or c:"
    wide = ast.parse(f"{'a' * 50} and {'b' * 50} or {'c' * 30}", mode="eval").body
    text = render(stated("if ", wide, ":"), width=120)
    assert text == f"if (\n    {'a' * 50} and {'b' * 50}\n) or {'c' * 30}:"


def test_long_weights_are_broken_over_lines() -> None:
    dialect = PythonDialect(lambda n: n, "bfloat16", str, "", str)
    names = [f"{letter * 30}" for letter in "abcdef"]
    expr = typed(" + ".join(names), dict.fromkeys(names, Type.INT))
    lines = render_assignment("self._weights", expr, dialect, 8, 120, {"self"})
    assert lines[0] == "        self._weights = (" and lines[-1] == "        )" and max(map(len, lines)) <= 120
