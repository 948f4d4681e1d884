"""Upstream's tests before and after, on small checkouts with tests made for the purpose."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import copy_git_fixture, run_git
from support.applying import SPECS, apply_specs
from support.owned import without_data

from newop_gen.spec.load import load_spec
from newop_gen.verify.run import Options, verify

STAYS = "def test_stays():\n    assert True\n\n\ndef test_was_broken():\n    assert False\n"
NOTICES = """\
from aiconfigurator.sdk import operations


def test_nobody_adds_anything():
    assert not hasattr(operations, "ContextNewOpTokens")
"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    root = copy_git_fixture("v0_8", tmp_path)
    (root / "tests" / "unit" / "sdk" / "test_upstream.py").write_text(STAYS, encoding="utf-8")
    return root


def spec_file(tmp_path: Path) -> Path:
    return without_data([SPECS / "new_op_tokens.yaml"], tmp_path / "specs")[0]


def upstream(root: Path, spec: Path):
    report = verify(load_spec(spec), root, Options(unit_test=False, upstream_tests=True))
    return next(r for r in report.results if r.check == "upstream-tests")


def commit(root: Path) -> None:
    run_git(root, "add", "--all")
    run_git(root, "commit", "--quiet", "-m", "more")


def test_tests_that_say_the_same_pass_whether_the_op_is_committed_or_not(checkout, tmp_path) -> None:
    commit(checkout)
    spec = spec_file(tmp_path)
    apply_specs(checkout, [spec], lint=False)
    status = run_git(checkout, "status", "--porcelain")
    found = upstream(checkout, spec)
    assert found.status == "passed", found
    assert found.points >= 2  # one of them fails, before and after
    assert run_git(checkout, "status", "--porcelain") == status
    commit(checkout)
    again = upstream(checkout, spec)
    assert (again.status, again.points, again.note) == (found.status, found.points, found.note)


def test_a_test_that_says_something_else_is_named(checkout, tmp_path) -> None:
    (checkout / "tests" / "unit" / "sdk" / "test_notices.py").write_text(NOTICES, encoding="utf-8")
    commit(checkout)
    spec = spec_file(tmp_path)
    apply_specs(checkout, [spec], lint=False)
    found = upstream(checkout, spec)
    assert found.status == "failed" and found.failed == 1
    assert found.cause is not None and "test_nobody_adds_anything" in found.cause.words


def test_without_git_it_is_skipped_and_says_why(checkout, tmp_path) -> None:
    (checkout / ".git").rename(tmp_path / "git")
    spec = spec_file(tmp_path)
    apply_specs(checkout, [spec], lint=False)
    found = upstream(checkout, spec)
    assert found.status == "skipped" and "git checkout" in found.note
