"""The questions go every way of a formula; what they can't reach is a finding, and a change in any branch is noticed."""

from __future__ import annotations

import dataclasses

import pytest
from support.applying import SPECS, apply_specs

from newop_gen.model.op import Op
from newop_gen.model.questions import UNLISTED, Asking, formula_texts
from newop_gen.model.synthetic import table_rows
from newop_gen.sol.evaluate import Gpu
from newop_gen.sol.quants import MODES
from newop_gen.spec.load import load_spec
from newop_gen.verify.run import Options, verify

GPU = Gpu(4.8e12, {1: 989e12, 2: 1978e12, 4: 3956e12})

TWO_USES = """\
newop: 1
op: two_uses
summary: a small op used twice in one layer
params: {kernel: {type: str, meaning: which kernel}, width: {type: int, meaning: width}}
phases: {used: [context], table: one}
axis: {query: x}
sol: {parts: [{name: traffic, bytes: "BYTES"}]}
nesting: {keys: [{param: kernel}, {param: width}], axes: [{axis: x}], method: linear}
empirical: 0.7
"""
BY_TEXT = "4 * x * width if kernel == 'conv' else 8 * x * width"
DEAD = "x * (4 if width > 3 else 8 if width < 9 else 16)"  # nothing is at most 3 and at least 9
NAMES = ("traffic.bytes: the last arm of `8 if width < 9 else 16`", "traffic.bytes: false of `width < 9`")


def two_uses(folder, formula=BY_TEXT, more=""):
    path = folder / "two_uses.yaml"
    path.write_text(TWO_USES.replace("BYTES", formula) + more, encoding="utf-8")
    return path


def lacking(op: Op) -> list[str]:
    found = []
    for query in op.queries:
        asking = Asking(query, GPU, MODES)
        seen: set = set()
        asking.searched(seen, [])
        found += [words for reached, words in asking.wanted().items() if reached not in seen]
    return found


@pytest.mark.parametrize("path", sorted(SPECS.rglob("*.yaml")), ids=lambda p: p.stem)
def test_every_way_of_every_spec_is_reached(path) -> None:
    assert lacking(Op.from_spec(load_spec(path).spec)) == []


def test_what_no_point_reaches_is_told_by_name(tmp_path) -> None:
    assert lacking(Op.from_spec(load_spec(two_uses(tmp_path, DEAD)).spec)) == list(NAMES)


def test_questions_are_the_same_every_time() -> None:
    query = Op.from_spec(load_spec(SPECS / "upstream" / "gdn.yaml").spec).queries[0]
    asked = [Asking(query, GPU, MODES).searched(set(), []) for _ in range(2)]
    assert asked[0] == asked[1] != []


def test_texts_that_a_formula_tells_apart_stand_in_made_up_tables(tmp_path) -> None:
    op = Op.from_spec(load_spec(two_uses(tmp_path)).spec)
    assert formula_texts(op, "kernel") == ("conv", UNLISTED)
    assert {row.path[0] for row in table_rows(op, op.tables[0])} == {"conv", UNLISTED}


@pytest.mark.parametrize("version", ["0.8.0", "0.10.0"])
def test_a_change_in_a_branch_that_a_text_chooses_is_noticed(release, tmp_path, version) -> None:
    root = release(version).root
    path = two_uses(tmp_path)
    apply_specs(root, [path], lint=False)
    loaded = load_spec(path)
    assert verify(loaded, root).passed
    changed = [p for p in (root / "src").rglob("*.py") if "4 * x * width if" in p.read_text(encoding="utf-8")]
    (module,) = changed
    source = module.read_text(encoding="utf-8")
    for old, new in (("4 * x * width if", "400 * x * width if"), ("else 8 *", "else 800 *"), ("'conv'", "'scan'")):
        if old == "'conv'":
            old, new = (old, new) if old in source else ('"conv"', '"scan"')
        module.write_text(source.replace(old, new), encoding="utf-8")
        broken = {r.check for r in verify(loaded, root).broken}
        assert {"sol:query_two_uses", "unit-test"} <= broken, (old, broken)


def test_a_part_that_nothing_reaches_fails_unless_the_spec_owns_up_to_it(release, tmp_path) -> None:
    root = release("0.8.0").root
    path = two_uses(tmp_path, DEAD)
    apply_specs(root, [path], lint=False)
    loaded = load_spec(path)
    told = next(r for r in verify(loaded, root, Options(unit_test=False)).broken)
    assert told.check == "questions:query_two_uses" and [f.where for f in told.failures] == list(NAMES)
    assert told.cause is not None and told.cause.code == "unreached"
    spec = loaded.spec.model_copy(update={"unreached": dict.fromkeys(NAMES, "kept for widths to come")})
    report = verify(dataclasses.replace(loaded, spec=spec), root, Options(unit_test=False))
    assert report.passed
    assert all(name in r.note for r in report.results if r.check == told.check for name in NAMES)
    spec = loaded.spec.model_copy(update={"unreached": dict.fromkeys([*NAMES, "nothing: the last arm"], "by mistake")})
    told = next(r for r in verify(dataclasses.replace(loaded, spec=spec), root, Options(unit_test=False)).broken)
    assert told.check == "unreached" and [f.where for f in told.failures] == ["nothing: the last arm"]
    assert told.cause is not None and told.cause.code == "reached"
