"""Which lines of a checkout are an op's: as recorded, edited since or not, and as a plan finds them done."""

from __future__ import annotations

from checkouts import copy_fixture
from click.testing import CliRunner
from support.applying import SPECS, apply_specs

from newop_gen.checkout.tree import Tree
from newop_gen.cli import cli
from newop_gen.model.loaded import load_op
from newop_gen.prepare import prepare
from newop_gen.write.regions import lines_of_ops, lines_of_plan

SPEC = SPECS / "new_op_tokens.yaml"


def texts(root, lines):
    """The lines themselves, by file."""
    found = {}
    for one in lines:
        every = (root / one.path).read_text(encoding="utf-8").split("\n")
        found.setdefault(one.path, []).extend(every[one.first - 1 : one.last])
    return found


def test_the_lines_of_an_applied_op(tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    before = {path: path.read_text(encoding="utf-8").split("\n") for path in root.rglob("*.py")}
    assert CliRunner().invoke(cli, ["apply", str(SPEC), "--checkout", str(root), "-q"]).exit_code == 0
    found = lines_of_ops(root)
    assert {one.op for one in found} == {"new_op_tokens"}
    assert {"enum", "loader", "query", "operations", "wiring"} <= {one.step for one in found}
    for path, lines in texts(root, found).items():
        old = before.get(root / path, [])
        now = (root / path).read_text(encoding="utf-8", errors="replace").split("\n")
        # What is left without them is what was there before; of a new file nothing is left.
        assert len(now) - len(lines) in (len(old), len(old) - 1, 0), path
    # A line that was edited since is still the op's.
    operations = root / "src/aiconfigurator/sdk/operations.py"
    text = operations.read_text(encoding="utf-8")
    operations.write_text(text.replace("class ContextNewOpTokens(", "class  ContextNewOpTokens("), encoding="utf-8")
    number = operations.read_text(encoding="utf-8").split("\n").index("class  ContextNewOpTokens(Operation):") + 1
    again = [one for one in lines_of_ops(root) if one.path.endswith("operations.py")]
    assert any(one.first <= number <= one.last for one in again)


def test_a_plan_that_finds_all_done_says_the_same(tmp_path) -> None:
    root = copy_fixture("v0_8", tmp_path)
    apply_specs(root, [SPEC], lint=False)
    assert lines_of_ops(root) == []
    found = lines_of_plan(prepare([load_op(SPEC)], Tree.open(root)).plan)
    assert any(
        "class ContextNewOpTokens" in line for line in texts(root, found)["src/aiconfigurator/sdk/operations.py"]
    )
    assert {one.op for one in found} == {"new_op_tokens"}
