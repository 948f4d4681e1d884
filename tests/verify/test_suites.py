"""Tests run by pytest in a child: what is read from its report, and what is said when it can't run them."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from newop_gen.verify.suites import SUITES, NotRun, Outcomes, progress, read_report, run_suites, suites_of

MIXED = """\
import pytest


def test_passes(): pass
def test_fails(): assert False
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.fixture
def broken(): raise OSError
def test_errs(broken): pass
@pytest.fixture
def late(): yield; raise OSError
def test_fails_twice(late): assert False
class TestGroup:
    @pytest.mark.parametrize("n", [1, 2])
    def test_one(self, n): assert n == 1
"""


@pytest.fixture
def root(tmp_path) -> Path:
    (tmp_path / "tests" / "unit" / "sdk" / "database").mkdir(parents=True)
    (tmp_path / "src" / "aiconfigurator" / "sdk").mkdir(parents=True)
    (tmp_path / "src" / "aiconfigurator" / "__init__.py").touch()
    return tmp_path


def put(root: Path, name: str, text: str) -> list[str]:
    (root / "tests" / "unit" / "sdk" / name).write_text(text, encoding="utf-8")
    return [f"tests/unit/sdk/{name}"]


def test_what_each_test_says(root) -> None:
    found = run_suites(sys.executable, root, put(root, "test_mixed.py", MIXED))
    said = {name.rpartition("::")[2]: outcome for name, outcome in found.tests.items()}
    assert said == {
        "test_passes": "passed", "test_fails": "failed", "test_is_skipped": "skipped", "test_errs": "error",
        "test_fails_twice": "failed", "test_one[1]": "passed", "test_one[2]": "failed",
    }  # fmt: skip
    assert any("test_mixed.TestGroup::" in name for name in found.tests)
    assert str(found) == "2 passed, 3 failed, 1 error, 1 skipped"


def test_a_file_that_can_not_be_imported_is_an_error_and_the_others_are_run(root) -> None:
    put(root, "test_broken.py", "import no_such_module_of_any_kind\n")
    put(root, "test_good.py", "def test_good(): pass\n")
    assert sorted(run_suites(sys.executable, root, suites_of(root)).tests.values()) == ["error", "passed"]


def test_only_the_suites_that_are_meant_are_found(root) -> None:
    put(root, "test_common.py", "")
    put(root, "conftest.py", "")
    (root / "tests" / "unit" / "cli").mkdir()
    (root / "tests" / "cross_package").mkdir()
    assert suites_of(root) == ["tests/unit/sdk/database", "tests/unit/sdk/test_common.py", "tests/cross_package"]
    assert len(set(SUITES)) == len(SUITES)


def test_without_tests_nothing_is_run(root) -> None:
    elsewhere = root / "test_elsewhere.py"
    elsewhere.write_text("def test_elsewhere(): pass\n")
    assert run_suites(sys.executable, root, []).tests == {}
    assert run_suites(sys.executable, root, put(root, "test_empty.py", "")).tests == {}


def test_what_pytest_says_when_it_can_not_run_them(root) -> None:
    put(root, "conftest.py", "raise SystemExit('no, thank you')\n")
    with pytest.raises(NotRun, match="can't run"):
        run_suites(sys.executable, root, put(root, "test_good.py", "def test_good(): pass\n"))
    with pytest.raises(NotRun, match="status 4"):
        run_suites(sys.executable, root, ["tests/no_such_test.py"])


def test_a_run_that_does_not_end_is_ended_with_all_that_it_started(root) -> None:
    """The child of the test is gone, too."""
    note = root / "pid"
    slow = f"""\
import subprocess, sys, time
def test_slow():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open({str(note)!r}, "w").write(str(child.pid))
    time.sleep(600)
"""
    heard: list[str] = []
    with pytest.raises(NotRun, match="did not end in 6 s"):
        run_suites(sys.executable, root, put(root, "test_slow.py", slow), heard.append, seconds=6)
    assert heard
    if note.is_file():
        for _ in range(100):
            if not alive(int(note.read_text())):
                break
            time.sleep(0.1)
        assert not alive(int(note.read_text()))


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def test_the_worst_of_two_outcomes_of_one_test_counts(tmp_path) -> None:
    report = tmp_path / "report.xml"
    case = '<testcase classname="a.b" name="t">{}</testcase>'
    for bodies, said in (
        (["", "<error/>"], "error"), (["<failure/>", "<error/>"], "failed"), (["<skipped/>", ""], "skipped"),
        (["<failure/><error/>"], "failed"), (["<system-out>x</system-out>"], "passed"),
    ):  # fmt: skip
        report.write_text(f"<testsuites>{''.join(map(case.format, bodies))}</testsuites>")
        assert read_report(report).tests == {"a.b::t": said}


def test_tests_that_change_or_go_are_told_and_new_ones_are_not() -> None:
    before = Outcomes({"a": "passed", "b": "failed", "c": "passed"})
    assert before.otherwise(Outcomes({**before.tests, "test_new_op": "failed"})) == {}
    assert before.otherwise(Outcomes({"a": "failed", "b": "passed"})) == {
        "a": ("passed", "failed"), "b": ("failed", "passed"), "c": ("passed", "gone"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("", "collecting"),
        ("collected 863 items\n\n", "collecting"),
        ("tests/unit/sdk/database/test_moe.py ...F", "test_moe.py"),
        ("tests/a/test_b.py ....   [  2%]\ntests/a/test_c.py ..", "test_c.py, 2 %"),
        ("....F..s.    [ 31%]\n....", "31 %"),
        ("tests/a/test_c.py::test_x PASSED   [ 99%]\n", "test_c.py, 99 %"),
    ],
)
def test_how_far_it_is(output, said) -> None:
    assert progress(output) == said
