"""The JSON Schema and the reference page: current, and of one mind with the reader of specs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from newop_gen.spec.reference import reference_text
from newop_gen.spec.schema import FILE_NAME, schema, schema_text
from spec.cases import BASE, EXAMPLES, VALID, changed, problems

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(schema())


def accepts(text: str) -> bool:
    return VALIDATOR.is_valid(yaml.safe_load(text))


def test_the_committed_schema_is_current() -> None:
    committed = (ROOT / "specs" / FILE_NAME).read_text(encoding="utf-8")
    assert committed == schema_text(), "run python -m newop_gen.spec.schema > specs/newop-spec.schema.json"


def test_the_committed_reference_is_current() -> None:
    committed = (ROOT / "docs" / "spec-reference.md").read_text(encoding="utf-8")
    assert committed == reference_text(), "run python -m newop_gen.spec.reference > docs/spec-reference.md"


@pytest.mark.parametrize(("module", "text"), [("schema", schema_text), ("reference", reference_text)])
def test_both_are_written_by_a_command(module: str, text: object) -> None:
    command = [sys.executable, "-m", f"newop_gen.spec.{module}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed == text()  # type: ignore[operator]


def test_the_schema_is_a_schema() -> None:
    data = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(data)
    assert data["$schema"].endswith("draft/2020-12/schema")
    assert data["title"] and data["description"]
    assert '"null"' not in schema_text()


def test_everything_has_a_description() -> None:
    data = schema()
    for name, definition in [("top", data), *data["$defs"].items()]:
        assert definition["description"], name
        for key, field in definition["properties"].items():
            described = field.get("description") or any("description" in o for o in field.get("anyOf", []))
            assert described or "$ref" in field or name.startswith("Phase"), f"{name}.{key}"


@pytest.mark.parametrize("path", [*VALID, *EXAMPLES], ids=lambda p: p.stem)
def test_the_schema_accepts_every_valid_spec(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    errors = [error.message for error in VALIDATOR.iter_errors(data)]
    assert errors == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_example_names_the_schema_for_editors(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.split("=", 1)[1]).resolve() == ROOT / "specs" / FILE_NAME


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("newop: 1", "newop: 2"),
        ("newop: 1", "newop: '1'"),
        ("op: new_op", "op: NewOp"),
        ("op: new_op", "op: a"),
        ("op: new_op\n", ""),
        ("op: new_op", "op: [new_op]"),
        ("op: new_op", "op:"),
        ("summary: the op of the tests\n", ""),
        ("params:", "parms:"),
        ("  beta: {type: int}", "  beta: {type: integer}"),
        ("  beta: {type: int}", "  Beta: {type: int}"),
        ("  beta: {type: int}", "  beta: {kind: int}"),
        ("  beta: {type: int}", "  beta: int"),
        ("used: [context, generation]", "used: context"),
        ("used: [context, generation]", "used: []"),
        ("used: [context, generation]", "used: [prefill]"),
        ("table: per_phase", "table: two"),
        ("query: b,s", "query: b"),
        ("prefix: none", "prefix: linear"),
        ("        flops: 2 *", "        flopz: 2 *"),
        ("      - name: main", "      - names: main"),
        ("flops: 2 * b * s * alpha * beta", "flops: ''"),
        ("flops: 2 * b * s * alpha * beta", "flops: [2]"),
        ("    - param: alpha", "    - alpha"),
        ("    - param: alpha", "    - {param: alpha, params: [beta, quant]}"),
        ("    - param: alpha", "    - {column: alpha}"),
        ("    - param: alpha", "    - {params: [alpha]}"),
        ("    - param: alpha", "    - {param: alpha, nearest: 1}"),
        ("{axis: b, column: batch_size}", "{axis: batch-size}"),
        ("method: bilinear", "method: spline"),
        ("outside: error", "outside: raise"),
        ("empirical: 0.7", "empirical: 0"),
        ("empirical: 0.7", "empirical: '0.7'"),
        ("empirical: 0.7", "empirical: {prefill: 0.7}"),
        ("missing: raise", "missing: zero"),
        ("weights: alpha * beta", "weights: [alpha]"),
        ("{after: context_attention}", "{after: a, before: b}"),
        ("{after: context_attention}", "{}"),
        ("{after: context_attention}", "{after: []}"),
        ("model: LLAMAModel", "model: llama model"),
        ("phase: context\n", "phase: prefill\n"),
        ("backend: trtllm", "backend: trt"),
        ("version: newest", "version: ../x"),
        ("version: newest", "version: 1.2"),
        ("file: data/new_op.csv", "file: ../new_op.csv"),
        ("file: data/new_op.csv", "file: new_op.py"),
    ],
)
def test_the_schema_and_the_reader_refuse_the_same_mistakes(old: str, new: str) -> None:
    text = changed(old, new)
    assert not accepts(text)
    assert problems(text)


def test_the_schema_accepts_the_base() -> None:
    """The control of the table above."""
    assert accepts(BASE) and problems(BASE) == []


def test_the_reference_names_every_key() -> None:
    page = reference_text()
    data = schema()
    for name, definition in [("Top level", data), *data["$defs"].items()]:
        section = page.split(f"\n## {name}\n", 1)[1].split("\n## ", 1)[0]
        for key in definition["properties"]:
            assert f"| `{key}` |" in section, f"{name}.{key}"
    links = {part.split(")")[0] for part in page.split("](#")[1:]}
    headings = {line[3:].lower() for line in page.splitlines() if line.startswith("## ")}
    assert links <= headings
