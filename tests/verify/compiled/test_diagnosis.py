"""A compiler's message is told with the user's file, the step that put the line in, and the spec's line."""

from __future__ import annotations

from pathlib import Path

import pytest

from newop_gen.resources import specs_dir
from newop_gen.spec.load import load_spec
from newop_gen.verify.compiled.cargo import Said
from newop_gen.verify.compiled.diagnosis import locate
from newop_gen.write.regions import Lines

SOURCE = """\
pub struct NewOp { pub param1: u32 }
impl NewOp {
    fn flops(&self, batch_size: f64, seq_len: f64) -> f64 { 2.0 * batch_size * seq_len * self.param1 * self.param3 }
    fn ours(&self) -> u32 { 7 }
    fn empty(&self) {}
}
"""


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "core/src/operators").mkdir(parents=True)
    (tmp_path / "core/src/operators/new_op.rs").write_text(SOURCE)
    (tmp_path / "core/src/lib.rs").write_text("mod operators;\nfn theirs() {}\n")
    return tmp_path


def said(file: str, line: int, level: str = "error") -> Said:
    return Said(level, "no field `param3`", file, line, 7, "rendered", "E0609")


def located(root: Path, *messages: Said):
    loaded = load_spec(specs_dir() / "new_op.yaml")
    inserted = [
        Lines("core/src/operators/new_op.rs", 1, 7, "new_op", "operator"),
        Lines("core/src/lib.rs", 1, 1, "another", "operators_mod"),
    ]
    return loaded, locate(messages, root, root / "core", inserted, loaded)


def test_an_inserted_line_is_told_with_its_step_and_the_spec_s_line(root) -> None:
    loaded, [found] = located(root, said("src/operators/new_op.rs", 3))
    assert (found.file, found.op, found.step) == ("core/src/operators/new_op.rs", "new_op", "operator")
    number = int(found.spec.rpartition(":")[2])
    line = loaded.text.split("\n")[number - 1]
    assert "2 * b * s * param1" in line, line
    assert found.where == f"core/src/operators/new_op.rs:3:7 (step operator of new_op, from {found.spec})"
    assert found.text == "error[E0609]: no field `param3`"


def test_a_line_that_says_nothing_of_the_spec_has_no_line_in_it(root) -> None:
    _, [found] = located(root, said("src/operators/new_op.rs", 5))
    assert (found.step, found.spec) == ("operator", "")


def test_lines_of_others_are_told_apart_and_come_later(root) -> None:
    _, found = located(root, said("src/lib.rs", 1), said("src/lib.rs", 2), said("src/operators/new_op.rs", 3))
    assert [(one.op, one.step, one.said.line) for one in found] == [
        ("new_op", "operator", 3), ("another", "operators_mod", 1), ("", "", 2),
    ]  # fmt: skip
    assert found[1].spec == ""
    assert found[2].where == "core/src/lib.rs:2:7"


def test_a_file_is_found_from_the_workspace_and_from_anywhere(root) -> None:
    workspace = said("core/src/lib.rs", 2)
    absolute = said(str(root / "core/src/lib.rs"), 2)
    elsewhere = said("/registry/src/a.rs", 2)
    _, found = located(root, workspace, absolute, elsewhere)
    assert [one.file for one in found] == ["core/src/lib.rs", "core/src/lib.rs", "/registry/src/a.rs"]
