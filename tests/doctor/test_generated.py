"""What newop-gen itself inserts has none of the defects, in any layout: the examples, applied to every fixture.

Where a tree has gates for ops (context parallelism, the compiled engine), an op of a spec stops at those that it can't
pass, rather than answer wrongly. The plan's notes say so, and so does doctor, which takes it for no defect.
"""

from __future__ import annotations

import json

import pytest
from checkouts import VERSIONS, copy_fixture
from click.testing import CliRunner
from support.applying import EXAMPLES
from support.owned import patched_fixture

from newop_gen.checkout.tree import Tree
from newop_gen.cli.group import cli
from newop_gen.doctor import checks
from newop_gen.doctor.finding import Severity
from newop_gen.doctor.subject import Subject
from newop_gen.problems import Exit

GATES = {"v0_10": {"parts-refused", "unconverted-op"}, "v0_11": {"parts-refused", "unconverted-op"}}


@pytest.mark.parametrize("fixture", list(VERSIONS))
def test_generated_ops_have_no_finding(fixture, tmp_path) -> None:
    plain = Subject.of(Tree.open(copy_fixture(fixture, tmp_path / "plain")))
    patched = Subject.of(Tree.open(patched_fixture(fixture, tmp_path / "patched")))
    before = {(f.code, f.names) for f in checks.run(plain)}
    new = [f for f in checks.run(patched) if (f.code, f.names) not in before]
    assert [f for f in new if f.severity is not Severity.LIMIT] == []
    assert {f.code for f in new} == GATES.get(fixture, set()), new
    # All of it was recognised: loaders, queries, operations, wirings.
    assert len(patched.tables.loaders) == len(plain.tables.loaders) + 5
    assert len(patched.queries.found) > len(plain.queries.found) + 5
    assert len(patched.queries.operations) >= len(plain.queries.operations) + 8
    assert len(patched.wirings.found) > len(plain.wirings.found)


def doctor(root, *options):
    """The command about the ops of the examples: its exit code and what it printed."""
    done = CliRunner().invoke(cli, ["doctor", "--checkout", str(root), *options, *(spec.stem for spec in EXAMPLES)])
    return done.exit_code, done.stdout


@pytest.mark.parametrize("fixture", list(VERSIONS))
def test_doctor_has_nothing_against_generated_ops(fixture, tmp_path) -> None:
    code, told = doctor(patched_fixture(fixture, tmp_path))
    assert code == Exit.DONE, told
    assert "0 findings in " in told and "to mend it" not in told
    assert ("no defect, but to be known: parts-refused" in told) == (fixture in GATES)


def test_tokens_that_could_be_shared_are_a_defect_all_the_same(tmp_path) -> None:
    """The difference is in the query: of tokens, a rank could count its share."""
    root = patched_fixture("v0_10", tmp_path)
    code = root / "src/aiconfigurator/sdk/operations/new_op_tokens.py"
    text = code.read_text(encoding="utf-8")
    assert text.count("_CP_AWARE: ClassVar[bool] = True") == 2
    code.write_text(text.replace("_CP_AWARE: ClassVar[bool] = True", "_CP_AWARE: ClassVar[bool] = False"), "utf-8")
    exit_code, told = doctor(root, "--json", "--no-run")
    assert exit_code == Exit.FOUND
    report = json.loads(told)
    assert {(f["code"], f["severity"]) for f in report["findings"]} == {("parts-refused", "latent")}
    assert {f["names"][0] for f in report["findings"]} == {"ContextNewOpTokens"}
    assert "parts-refused" in {f["code"] for f in report["limits"]}
