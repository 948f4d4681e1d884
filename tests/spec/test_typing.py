"""The schema decides what a scalar is: spellings that YAML readers disagree about, times the types of fields."""

from __future__ import annotations

import contextlib
import math

import pytest
import yaml

from newop_gen.spec.yaml_types import as_integer, as_number, yaml_reading
from spec.cases import BASE, changed, load_text, refused

# What YAML 1.1 or 1.2 takes for something that is not a text.
READ_AS_OTHER = [
    *["yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N"],
    *["true", "True", "TRUE", "false", "False", "FALSE"],
    *["010", "0o17", "0x1F", "0x_", "0b101", "1_000", "+12", "-0", "1:30", "190:20:30", "1:30.5"],
    *["1e3", "1E3", "1.", ".5", "+.5", "1.10", "1.5e+3", "1e400", "-0.0", "685_230.15"],
    *[".inf", "-.inf", "+.Inf", ".INF", ".nan", ".NaN", ".NAN"],
    *["2024-01-01", "2024-13-45", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43"],
    *["~", "null", "Null", "NULL", "<<", "="],
]
# Near misses that every reader takes for a text.
TEXTS = ["none", "nope", "yess", "onn", "1.2.0rc5", "0.5.9", "e5", "h200_sxm", "1x", "a=b", "-a", "<<<"]


@pytest.mark.parametrize("text", READ_AS_OTHER)
def test_text_fields_refuse_what_yaml_reads_as_something_else(text: str) -> None:
    code = "null" if text in ("~", "null", "Null", "NULL") else "implicit-type"
    (problem,) = refused(changed("meaning: width", f"meaning: @@{text}"), code)
    if code == "implicit-type":
        assert problem.suggestion == f'write "{text}"'
    quoted = load_text(changed("meaning: width", f'meaning: "{text}"'))
    assert quoted.spec.params["alpha"].meaning == text
    single = load_text(changed("meaning: width", f"meaning: '{text}'"))
    assert single.spec.params["alpha"].meaning == text


@pytest.mark.parametrize("text", TEXTS)
def test_other_texts_need_no_quotes(text: str) -> None:
    assert yaml_reading(text) == ""
    assert load_text(changed("meaning: width", f"meaning: {text}")).spec.params["alpha"].meaning == text


# Read as something else by other readers of YAML 1.1 or 1.2, but not by PyYAML.
NOT_BY_PYYAML = {"y", "Y", "n", "N", "1e3", "1E3", "0o17", "+.5", "1e400"}


@pytest.mark.parametrize("text", [t for t in READ_AS_OTHER if t not in NOT_BY_PYYAML])
def test_the_table_agrees_with_a_yaml_reader(text: str) -> None:
    """The control: PyYAML makes something else than this text of it, or fails on it."""
    with contextlib.suppress(yaml.YAMLError, ValueError):
        assert yaml.safe_load(f"a: {text}") != {"a": text}


@pytest.mark.parametrize("text", [t for t in READ_AS_OTHER if t not in ("~", "null", "Null", "NULL", "<<")])
def test_keys_are_texts_too(text: str) -> None:
    old = "    - param: style\n"
    (problem,) = refused(changed(old, old + f"      alias: {{@@{text}: plain}}\n"), "implicit-type")
    assert problem.suggestion == f'write "{text}"'
    quoted = load_text(changed(old, old + f'      alias: {{"{text}": plain}}\n'))
    assert quoted.spec.nesting.keys[1].alias == {text: "plain"}


@pytest.mark.parametrize("text", ["1.10", "1.2", "10", "2024-01-01", "NO"])
def test_versions_are_texts(text: str) -> None:
    refused(changed("version: newest", f"version: @@{text}"), "implicit-type")
    assert load_text(changed("version: newest", f'version: "{text}"')).spec.data[0].version == text
    refused(changed("version: newest", f'version: ["1.0", @@{text}]'), "implicit-type")


@pytest.mark.parametrize("text", ["0", "4096", "0.5", "1e12", "1.25e-3"])
def test_expressions_take_bare_numbers(text: str) -> None:
    assert load_text(changed("weights: alpha * beta", f"weights: {text}\n")).spec.weights == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(t, "implicit-type") for t in ("010", "0x1F", "1_000", "1:30", ".5", "1.", "1e400", "-0.0", ".inf")],
        *[(t, "implicit-type") for t in ("true", "on", "2024-01-01")],
        *[(t, "null") for t in ("~", "null", "")],
    ],
)
def test_expressions_refuse_other_numbers(text: str, code: str) -> None:
    mark = "@@weights: " if not text else "weights: @@"
    refused(changed("weights: alpha * beta", f"{mark}{text}"), code)


@pytest.mark.parametrize(
    "text",
    [
        *["1e400", "-1e400", "1e-400", ".inf", "-.inf", ".nan", "inf", "nan", "Infinity", "-0.0", "-0"],
        *["0x10", "010", "1_0.0", "1,5", "1.", ".5", "+1", "1:30", "1e", "1e+", "0.7f", "1j", "\u0661", "yes", "true"],
        *["'0.7'", '"0.7"', "[0.7]", "9" * 400, "0." + "1" * 60],
    ],
)
def test_number_fields(text: str) -> None:
    refused(changed("empirical: 0.7", f"empirical: @@{text}" if text != "[0.7]" else "@@empirical: [0.7]"), "type")


@pytest.mark.parametrize("text", ["0", "-1", "0.0", "1e-7", "1e7", "-0.7"])
def test_number_out_of_range(text: str) -> None:
    refused(changed("empirical: 0.7", f"empirical: @@{text}"), "limit")


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("0.7", 0.7), ("7e-1", 0.7), ("7.0E-1", 0.7), ("1e6", 1e6)])
def test_numbers(text: str, value: float) -> None:
    empirical = load_text(changed("empirical: 0.7", f"empirical: {text}")).spec.empirical
    assert empirical == value and type(empirical) is float


def with_constants(number: str) -> str:
    block = "  context:\n    constants: {by: style, rows: {plain: {factor: NUMBER}}}\n    parts:\n"
    text = changed("  context:\n    parts:\n", block.replace("NUMBER", number))
    return text.replace("b * s * (alpha", "factor * b * s * (alpha")


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("2.5", 2.5), ("1e3", 1000.0), (str(2**53), 2**53), ("1.0", 1.0)],
)
def test_constants_keep_whole_numbers_whole(text: str, value: float) -> None:
    found = load_text(with_constants(text)).spec.sol.context.constants.rows["plain"]["factor"]
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize("text", [str(2**53 + 1), "9" * 4301, "1e309", "true", "0x1", "1_0", "'1'", "one", "1.2.3"])
def test_constants_refuse_other_numbers(text: str) -> None:
    refused(with_constants(f"@@{text}"), "type")


@pytest.mark.parametrize("text", ["1", "0", "True", "yes", "on", "'true'", '"true"', "TRUE", "y", "t"])
def test_booleans_are_true_and_false(text: str) -> None:
    old = "    - param: alpha\n"
    refused(changed(old, old + f"      nearest: @@{text}\n"), "type")
    assert load_text(changed(old, old + "      nearest: true\n")).spec.nesting.keys[0].nearest is True


@pytest.mark.parametrize("text", ["'1'", '"1"', "1.0", "01", "true", "one", "2"])
def test_the_format_version_is_a_number(text: str) -> None:
    refused(changed("newop: 1", f"newop: @@{text}"), "choice")


@pytest.mark.parametrize("text", ["1.5", "010", "0x10", "'8'", "1e3", "9007199254740993", "eight", "+8", "-0"])
def test_whole_numbers(text: str) -> None:
    old = "  method: bilinear\n"
    new = old + f"  pre_interpolate: {{values: {{b: [1, @@{text}], s: collected}}}}\n"
    refused(changed(old, new), "type")


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
@pytest.mark.parametrize(
    ("old", "key"), [("weights: alpha * beta", "weights"), ("data:\n  - {file", ""), ("meaning: width", "meaning")]
)
def test_null_is_no_value(old: str, key: str, text: str) -> None:
    if not key:
        new = f"@@class_name: {text}\n{old}" if not text else f"class_name: @@{text}\n{old}"
    elif key == "meaning":
        new = f"@@meaning: {text}" if not text else f"meaning: @@{text}"
    else:
        new = f"@@{key}: {text}" if not text else f"{key}: @@{text}"
    refused(changed(old, new), "null")


def test_numbers_read_by_the_rules_are_what_python_reads() -> None:
    for text in ("0", "-7", "12", str(2**53), str(-(2**53))):
        assert as_integer(text) == int(text) == as_number(text)
    for text in ("0.5", "1e3", "-2.5e-3", "5e-324", "1.7976931348623157e308"):
        assert as_number(text) == float(text) and math.isfinite(float(text))
    for text in ("", "-", "1e", "00", "01", "-0", "1_0", " 1", "1 ", "1\n", "\u0661", "1e400", "1e-400", "-0.0", "nan"):
        assert as_number(text) is None, text
    assert as_integer(str(2**53 + 1)) is None
    assert load_text(BASE).spec.empirical == 0.7
