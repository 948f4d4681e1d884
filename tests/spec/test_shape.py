"""Form: unknown and missing keys, kinds, choices and unions, each with what was meant."""

from __future__ import annotations

import pytest

from newop_gen.spec.hints import field_types
from newop_gen.spec.load import load_spec
from newop_gen.spec.model import Part, Spec
from spec.cases import BASE, VALID, changed, problems, refused


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("params:", "@@parms:", "params"),
        ("summary:", "@@sumary:", "summary"),
        ("empirical:", "@@empiricial:", "empirical"),
        ("wiring:", "@@Wiring:", "wiring"),
        ("meaning: width", "@@meanning: width", "meaning"),
        ("otherwise: bfloat16", "@@otherwize: bfloat16", "otherwise"),
        ("  table: per_phase", "  @@tabel: per_phase", "table"),
        ("  query: b,s", "  @@querry: b,s", "query"),
        ("  generation:\n    let:", "  @@generaton:\n    let:", "generation"),
        ("        precision: bfloat16", "        @@precison: bfloat16", "precision"),
        ("    - param: alpha", "    - @@parm: alpha", "param"),
        ("{axis: b, column:", "{axis: b, @@colum:", "column"),
        ("  method: bilinear", "  @@methode: bilinear", "method"),
        ("{after: context_attention}", "{@@aftr: context_attention}", "after"),
        ("backend: trtllm", "@@back_end: trtllm", "backend"),
    ],
)
def test_a_typo_says_what_was_meant(old: str, new: str, meant: str) -> None:
    """One problem: the value is read under the key that was meant, so that nothing is missing because of it."""
    (problem,) = refused(changed(old, new), "unknown-key")
    assert problem.suggestion == f"did you mean '{meant}'?"


def test_every_key_of_every_model_is_suggested() -> None:
    """Each key that the valid specs use, with a letter doubled, is refused at its place with the key that was meant."""
    tried: set[tuple[str, ...]] = set()
    for path in VALID:
        text = path.read_text(encoding="utf-8")
        places = load_spec(path).places
        locs = {loc for loc in places._keys if loc and isinstance(loc[-1], str) and _is_field(loc)}
        starts = [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line))
        for loc in sorted(locs, key=str):
            kind = tuple(part for part in loc if isinstance(part, str))[-2:]
            if kind in tried:
                continue
            tried.add(kind)
            place = places.key(loc)
            index = starts[place.line - 1] + place.column - 1
            name = str(loc[-1])
            assert text[index:].startswith(name)
            typo = text[:index] + name[0] + name + text[index + len(name) :]
            wrong = [p for p in problems(typo) if p.code == "unknown-key"]
            assert len(wrong) == 1
            assert (wrong[0].place.line, wrong[0].place.column) == (place.line, place.column)
            assert f"did you mean '{name}'?" in str(wrong[0]), (loc, str(wrong[0]))
    assert len(tried) > 70


def _is_field(loc: tuple[str | int, ...]) -> bool:
    """Whether the last part of a loc names a field of a model, and not an entry of a mapping."""
    named = {"params", "let", "rows", "alias", "args", "values", "unreached"}
    return not any(part in named and i < len(loc) - 1 for i, part in enumerate(loc)) or (
        loc[0] == "params" and len(loc) == 3
    )


def test_a_key_that_belongs_elsewhere() -> None:
    (problem,) = refused(changed("empirical: 0.7", "empirical: 0.7\n@@keys: []"), "unknown-key")
    assert problem.suggestion == "it belongs under 'nesting'"


def test_a_key_that_is_like_nothing() -> None:
    (problem,) = refused(changed("empirical: 0.7", "empirical: 0.7\n@@zzz: 1"), "unknown-key")
    assert problem.suggestion == ""
    assert problem.expected == "one of class_name, unreached"


@pytest.mark.parametrize("key", [name for name, info in Spec.model_fields.items() if info.is_required()])
def test_missing_top_level_key(key: str) -> None:
    lines = BASE.splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{key}:"))
    end = next((i for i in range(start + 1, len(lines)) if not lines[i].startswith(" ")), len(lines))
    (problem,) = refused("@@" + "".join(lines[:start] + lines[end:]), "missing-key")
    assert f"no key '{key}'" in problem.found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("  beta: {type: int}", "  @@beta: {unit: a}", "no key 'type' of params.beta"),
        ("  table: per_phase\n", "", "no key 'table' of phases"),
        ("  query: b,s\n", "", "no key 'query' of axis"),
        ("    parts:\n      - {name: main, bytes: total * beta}\n", "", "no key 'parts' of sol.generation"),
        ("      - {name: main,", "      - @@{", "no key 'name' of sol.generation.parts.0"),
        ("    - {axis: b, column: batch_size}", "    - @@{column: batch_size}", "no key 'axis' of nesting.axes.0"),
        ("    at: {after: context_attention}\n", "", "no key 'at' of wiring.0"),
        ("phase: context, system", "system", "a data file without phase"),
    ],
)
def test_missing_key_inside(old: str, new: str, found: str) -> None:
    assert [p.found for p in problems(changed(old, new).replace("@@", ""))] == [found]
    if "@@" in new:
        refused(changed(old, new), "missing-key")


@pytest.mark.parametrize(
    ("old", "new", "expected", "suggestion"),
    [
        ("used: [context, generation]", "used: @@context", "a list", "write [context]"),
        ("used: [context, generation]", "@@used: {context: 1}", "a list", ""),
        ("    - param: alpha\n", "    - @@alpha\n", "a mapping with param,", "for example {param: alpha}"),
        ("    - {axis: b, column: batch_size}", "    - @@b", "a mapping with axis, column", "for example {axis: b}"),
        ("  beta: {type: int}", "  beta: @@int", "a mapping with type,", "for example {type: int}"),
        ("op: new_op", "@@op: [new_op]", "text", ""),
        ("op: new_op", "@@op: {new_op: 1}", "text", ""),
        ("  method: bilinear", "  @@method: [bilinear]", "one of linear, bilinear, cubic", ""),
        ("empirical: 0.7", "@@empirical: []", "a finite number such as 0.7 or a mapping", ""),
        ("weights: alpha * beta", "@@weights: [alpha]", "an expression or a mapping with context, generation", ""),
        ("    when: self.is_special", "    @@when: {a: b}", "an expression or a list", ""),
        ("    when: self.is_special", "    @@scale: []", "an expression or a list", ""),
        ("version: newest", "@@version: []", "text or a list", ""),
        ("beta: 8,", "@@beta: [],", "an expression or a whole number", ""),
        ("wiring:\n", "@@wiring: {}\nwirings:\n", "a list", ""),
    ],
)
def test_wrong_kind(old: str, new: str, expected: str, suggestion: str) -> None:
    text = changed(old, new)
    if new.endswith("wirings:\n"):
        text = text.replace("\nwirings:\n", "\n@@wirings:\n")
        found = [p for p in problems(text.replace("@@", "")) if p.code != "unknown-key"]
    else:
        found = refused(text, "empty-list" if new.endswith((" []", " [],")) and "empirical" not in new else "type")
    assert found[0].expected.startswith(expected)
    assert found[0].suggestion == suggestion


@pytest.mark.parametrize(
    ("old", "new", "meant"),
    [
        ("  method: bilinear", "  method: @@bilinaer", "bilinear"),
        ("  method: bilinear", "  method: @@Bilinear", "bilinear"),
        ("  outside: error", "  outside: @@eror", "error"),
        ("  table: per_phase", "  table: @@per-phase", "per_phase"),
        ("  beta: {type: int}", "  beta: {type: @@Int}", "int"),
        ("type: FMHAQuantMode", "type: @@FMHAQuantMod", "FMHAQuantMode"),
        ("    phase: context\n", "    phase: @@contex\n", "context"),
        ("backend: trtllm", "backend: @@trt-llm", "trtllm"),
        ("missing: raise", "missing: @@raises", "raise"),
        ("used: [context, generation]", "used: [context, @@generate]", "generation"),
        ("  query: b,s", '  query: @@"b, s"', "b,s"),
        ("  query: b,s", "  query: @@B,S", "b,s"),
    ],
)
def test_a_choice_says_what_was_meant(old: str, new: str, meant: str) -> None:
    (problem,) = refused(changed(old, new), "choice")
    assert problem.suggestion == f"did you mean '{meant}'?"


def test_a_comma_in_a_flow_mapping_is_explained() -> None:
    text = changed("axis:\n  query: b,s\n  prefix: none\n", "axis: {query: @@b,@@s}\n")
    found = refused(text, "choice", "unknown-key")
    assert found[1].suggestion == "a text with a comma is quoted here"


def test_the_form_per_phase_is_recognised_by_its_keys() -> None:
    """Errors are those of the form that was meant, not of both."""
    old = "nesting:\n  keys:\n"
    assert [p.code for p in problems(changed(old, "nesting:\n  kees:\n"))] == ["unknown-key"]
    text = changed("      - {name: main, bytes: total * beta}\n", "      - {name: main, byts: total * beta}\n")
    assert [p.code for p in problems(text)] == ["unknown-key"]
    (problem,) = problems(changed("empirical: 0.7", "empirical: {context: 0.7, generaton: 0.7}"))
    assert problem.suggestion == "did you mean 'generation'?"
    (problem,) = problems(changed("empirical: 0.7", "empirical: {}"))
    assert problem.code == "phase"


def test_broken_parts_do_not_hide_problems_elsewhere() -> None:
    text = changed("    at: {after: context_attention}", "    at: @@5")
    text = text.replace("* beta\n        prec", "* @@beeta\n        prec")
    refused(text, "formula", "type")


def test_every_annotation_is_one_that_the_walk_knows() -> None:
    """A new kind of field must be taught to `shape`; this fails when one is used that it has no rule for."""
    import types
    import typing

    known = (str, int, float, bool)

    def visit(hint: object) -> None:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            visit(typing.get_args(hint)[0])
        elif origin in (typing.Union, types.UnionType, list, dict):
            for argument in typing.get_args(hint):
                visit(argument)
        elif origin is typing.Literal:
            assert all(isinstance(member, (str, int)) for member in typing.get_args(hint))
        elif isinstance(hint, type) and issubclass(hint, Part):
            for name, sub in field_types(hint).items():
                if name in hint.model_fields:
                    visit(sub)
        else:
            assert hint in known or hint is type(None), hint

    visit(Spec)
