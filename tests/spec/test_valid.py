"""Specs that are right are read as they are written: the negative control of everything that is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from pydantic import BaseModel

from newop_gen.problems import SpecError
from newop_gen.spec import model
from newop_gen.spec.load import load_spec, load_specs
from spec.cases import BASE, EXAMPLES, VALID, changed, load_text, problems


@pytest.mark.parametrize("path", [*VALID, *EXAMPLES], ids=lambda p: p.stem)
def test_valid_spec_loads(path: Path) -> None:
    loaded = load_spec(path)
    assert loaded.spec.newop == 1
    assert loaded.text == path.read_text(encoding="utf-8")
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_base_of_all_cases_is_valid() -> None:
    assert problems(BASE) == []


def test_valid_specs_use_every_key() -> None:
    """Each field of each model is given in at least one valid spec, so that none is tested by refusals alone."""
    given: set[tuple[str, str]] = set()

    def visit(value: object) -> None:
        if isinstance(value, BaseModel):
            given.update((type(value).__name__, name) for name in value.model_fields_set)
            for name in value.model_fields_set:
                visit(getattr(value, name))
        elif isinstance(value, dict):
            for item in value.values():
                visit(item)
        elif isinstance(value, list):
            for item in value:
                visit(item)

    for path in VALID:
        visit(load_spec(path).spec)
    models = [m for m in vars(model).values() if isinstance(m, type) and issubclass(m, model.Part)]
    missing = {(m.__name__, name) for m in models for name in m.model_fields} - given
    assert missing == set()


def test_scalars_are_read_by_the_schema() -> None:
    spec = load_spec(VALID[0]).spec
    assert VALID[0].stem == "everything"
    assert spec.axis.query == "b,s"
    assert spec.sol.context.let["reach"] == "min(full, window) if window > 0 else full"
    formula = " ".join(spec.sol.context.parts[0].flops.split())
    assert formula == "2 * b * s * reach * num_heads * head_dim * factor"
    assert "\n" not in spec.sol.context.parts[0].flops
    assert spec.sol.context.parts[2].bytes == "4096"
    assert spec.sol.context.constants.rows == {
        "dense": {"factor": 1, "overhead": 0.5},
        "on": {"factor": 2, "overhead": 0.125},
    }
    assert type(spec.sol.context.constants.rows["dense"]["factor"]) is int
    keys = spec.nesting.context.keys
    assert keys[2].default == 0 and type(keys[2].default) is int
    assert keys[1].default == "dense" and keys[1].alias == {"null": "dense", "1e3": "dense"}
    assert keys[2].nearest is True
    assert spec.empirical.generation == 1.0 and type(spec.empirical.generation) is float
    assert spec.wiring[0].args["head_dim"] == 128 and type(spec.wiring[0].args["head_dim"]) is int
    assert spec.wiring[0].args["window"] == ["self._window", 0]
    assert spec.data[0].version == ["1.0", "1.2.0rc5"]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("  prefix: none\n", "", "no-prefix-rule", (12, 1)),
        ("    when: self.is_special\n", "", "no-condition", (41, 5)),
        ("weights: alpha * beta", "weights: {generation: alpha * beta}", "weights-not-counted", (39, 1)),
        ("  prefix: none\n", "  prefix: quadratic\n", "prefix-unused", (16, 3)),
    ],
)
def test_warnings_refuse_nothing(old: str, new: str, code: str, place: tuple[int, int]) -> None:
    loaded = load_text(changed(old, new))
    assert [(w.code, w.place.line, w.place.column) for w in loaded.warnings] == [(code, *place)]


def test_all_wirings_without_a_condition_are_asked_about_once() -> None:
    args = BASE.partition("    args: ")[2].partition("\n")[0]
    again = f"  - {{model: LLAMAModel, phase: generation, at: {{after: generation_attention}}, args: {args}}}\n"
    both = BASE.replace("    when: self.is_special\n", "").replace("data:\n", again + "data:\n")
    loaded = load_text(both)
    (warning,) = loaded.warnings
    assert warning.code == "no-condition" and "in entries 1, 2: every model" in warning.found
    assert "'when: []' if every model is meant" in warning.suggestion
    meant = load_text(both.replace("args:", "when: []\n    args:", 1).replace("{model", "{when: [], model", 1))
    assert meant.warnings == [] and [w.when for w in meant.spec.wiring] == [[], []]


def test_a_clean_spec_has_no_warnings() -> None:
    assert load_text(BASE).warnings == []


def test_crlf_and_comments_are_fine() -> None:
    text = "# \u00e9t\u00e9 \u2014 a comment may be in any language \u4e2d\n" + BASE
    loaded = load_text(text.replace("\n", "\r\n"))
    assert loaded.spec == load_text(BASE).spec
    assert (loaded.places(("op",)).line, loaded.places(("op",)).column) == (3, 5)


def test_several_specs_report_all_problems_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(changed("op: new_op", "op: New"), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(changed("method: bilinear", "method: cubic"), encoding="utf-8")
    (tmp_path / "c.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "d.yaml").write_text(BASE, encoding="utf-8")
    names = ["a.yaml", "b.yaml", "missing.yaml", "c.yaml", "d.yaml"]
    with pytest.raises(SpecError) as caught:
        load_specs([tmp_path / name for name in names])
    assert [(Path(p.place.file).name, p.code) for p in caught.value.problems] == [
        ("a.yaml", "limit"),
        ("b.yaml", "method"),
        ("missing.yaml", "unreadable"),
        ("d.yaml", "duplicate-op"),
    ]
    assert [loaded.spec.op for loaded in load_specs([tmp_path / "c.yaml"])] == ["new_op"]


def test_everything_wrong_is_said_at_once() -> None:
    text = (
        BASE.replace("params:", "parms:")
        .replace("op: new_op", "op: New-Op\nop: other")
        .replace("alpha: {type: int,", "class: {type: int}\n  alpha: {type: int,")
        .replace("query: b,s", "query: x")
        .replace("method: bilinear", "method: cubic")
        .replace("2 * b * s * alpha * beta", "2 * b * s * alfa * beta")
        .replace("backend: trtllm", "backend: trt")
    )
    found = {(p.code, p.place.line): p for p in problems(text)}
    assert {
        ("limit", 2),  # the op's name
        ("duplicate-key", 3),
        ("unknown-key", 5),
        ("reserved-name", 6),
        ("formula", 21),  # alfa
        ("axis", 15),  # the formulas and axes use b and s
        ("method", 37),
        ("choice", 49),
    } <= found.keys()
    assert "did you mean 'params'?" in str(found["unknown-key", 5])
    assert "did you mean 'trtllm'?" in str(found["choice", 49])
