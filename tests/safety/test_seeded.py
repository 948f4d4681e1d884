"""Seeded changes are the same for every state of the project, and a suite is asked only what it can know."""

from __future__ import annotations

import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from .seeded.changes import PACKAGE, changed, drawn, located, shared
from .seeded.compare import REPOSITORY, told
from .seeded.suite import Answer, Suite

FUNCTION = '''\
def limit(value: int, most: int = 3) -> int:
    """The value, at most 3."""
    if value > most:
        return most
    return value
'''


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_each_package_has_its_share_and_the_seed_decides() -> None:
    changes = drawn([REPOSITORY], 120, seed=1)
    assert len(changes) == len(set(changes)) == 120
    assert changes == drawn([REPOSITORY], 120, seed=1) != drawn([REPOSITORY], 120, seed=2)
    assert changes[:40] == drawn([REPOSITORY], 40, seed=1)
    packages = Counter(change.package for change in changes)
    there = {path.parent.name for path in (REPOSITORY / PACKAGE).glob("*/__init__.py")}
    assert packages.keys() >= there - {"runs"}
    assert max(packages.values()) <= 120 / len(packages) + 1.5


def test_each_change_is_another_program() -> None:
    for change in drawn([REPOSITORY], 120, seed=3):
        function = located(REPOSITORY, change)
        source = (REPOSITORY / PACKAGE / function.file).read_text(encoding="utf-8")
        differs = [a for a, b in zip(source.split("\n"), changed(source, function, change).split("\n")) if a != b]
        assert len(differs) == 1, change


def test_a_function_is_found_wherever_it_went(tmp_path: Path) -> None:
    before = tree(tmp_path / "before", {"old.py": FUNCTION, "gone.py": "def gone():\n    return 1\n"})
    method = "# ü\n\n\nclass Moved:\n" + textwrap.indent(FUNCTION, "    ")
    after = tree(tmp_path / "after", {"new/place.py": method, "more.py": "def more():\n    return 2\n"})
    assert {function.name for function in shared([before, after])} == {"Moved.limit"}
    (change,) = drawn([before, after], 5, seed=1)
    for root in (before, after):
        function = located(root, change)
        source = (root / PACKAGE / function.file).read_text(encoding="utf-8")
        assert change.new in changed(source, function, change)
        assert "most: int = 3" in changed(source, function, change)


def test_what_stands_twice_is_left_alone(tmp_path: Path) -> None:
    assert not shared([tree(tmp_path, {"one.py": FUNCTION, "two.py": FUNCTION})])


SUITE = """\
import subprocess
import sys

from newop_gen.part import limit, other


def test_in_this_process():
    assert limit(5) == 3


def test_in_another():
    code = "from newop_gen.part import other; assert other() == 7"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_of_nothing():
    limit(1)


def test_that_fails_anyway():
    assert limit(9) == 0
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """A project with four tests, measured."""
    source = FUNCTION + "\n\ndef other() -> int:\n    return 7\n\n\ndef unasked() -> int:\n    return 8\n"
    root = tree(tmp_path_factory.mktemp("seeded"), {"__init__.py": "", "part.py": source})
    (root / "tests").mkdir()
    (root / "tests" / "test_part.py").write_text(SUITE, encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    path = f'PYTHONPATH="{root / "generator"}:$PYTHONPATH"'
    python.write_text(f'#!/bin/sh\n{path} exec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    suite = Suite(root, root / "state", ["tests"])
    assert list(suite.measure()) == ["tests/test_part.py"]
    assert list(suite.measure()) == []
    return suite


def test_what_a_suite_notices(measured: Suite) -> None:
    """A changed condition in the process of the test, a changed number in one that it starts; the line of `unasked` is
    one that nobody executes, and the test that fails anyway is never asked."""
    changes = drawn([measured.tree], 9, seed=1)
    by_function = {change.function: change for change in changes}
    assert by_function.keys() == {"limit", "other", "unasked"}
    tests = measured.tests_of(changes)
    assert [test for _, test in tests[by_function["other"]]] == ["tests/test_part.py::test_in_another"]
    assert not any("fails_anyway" in test for found in tests.values() for _, test in found)
    source = (measured.tree / PACKAGE / "part.py").read_bytes()
    answers = {name: measured.ask(change, tests[change], limit=60) for name, change in by_function.items()}
    assert (measured.tree / PACKAGE / "part.py").read_bytes() == source
    assert answers["limit"].noticed and "test_in_this_process" in answers["limit"].by
    assert answers["other"].noticed and "test_in_another" in answers["other"].by
    assert answers["unasked"] == Answer(None, 0, 0, "")


def test_a_suite_that_checks_nothing_misses(measured: Suite) -> None:
    """The control: asked of a test that executes the line and checks nothing, a change is not noticed."""
    change = next(change for change in drawn([measured.tree], 9, seed=1) if change.function == "limit")
    nothing = [(0.0, "tests/test_part.py::test_of_nothing")]
    assert measured.ask(change, nothing, limit=60) == Answer(False, 1, 0, "")


def test_the_limit_holds_back_tests_and_is_told(measured: Suite) -> None:
    change = next(change for change in drawn([measured.tree], 9, seed=1) if change.function == "limit")
    nothing = (1.0, "tests/test_part.py::test_of_nothing")
    answer = measured.ask(change, [nothing, (2.0, "tests/test_part.py::test_in_this_process")], limit=2.5)
    assert answer == Answer(False, 1, 1, "")
    text = told([change], [Answer(True, 2, 0, "a test")], [answer], ["tests"])
    assert "before: 1 noticed, 0 missed" in text
    assert "after: 0 noticed, 1 missed (1 of them at the limit)" in text
    assert f"differs: {change}" in text


def test_a_test_that_is_not_there_notices_nothing(measured: Suite) -> None:
    """The control of the other side: what pytest can't find is an error of the run, with the source as it was."""
    change = next(change for change in drawn([measured.tree], 9, seed=1) if change.function == "limit")
    source = (measured.tree / PACKAGE / "part.py").read_bytes()
    with pytest.raises(RuntimeError, match="not found without a change"):
        measured.ask(change, [(0.0, "tests/test_part.py::test_missing")], limit=60)
    assert (measured.tree / PACKAGE / "part.py").read_bytes() == source
