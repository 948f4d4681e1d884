"""docs/matrix.md has a row for every spec and release, and every row holds; the script tells what does not."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import replace

import pytest
from support.applying import EXAMPLES, ROOT

from newop_gen.verify.result import CheckResult, Failure, Report
from newop_gen.verify.suites import Outcomes

LAYOUTS = {"0.6.0": "direct", "0.7.0": "func_map", "0.8.0": "func_map", "0.9.0": "sources", "0.10.0": "op_owned",
           "0.11.0": "core"}  # fmt: skip


@pytest.fixture(scope="module")
def matrix():
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        location = importlib.util.spec_from_file_location("newop_matrix", ROOT / "scripts" / "matrix.py")
        module = importlib.util.module_from_spec(location)
        sys.modules["newop_matrix"] = module  # dataclasses look their module up
        location.loader.exec_module(module)
        return module
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def released(matrix):
    return sys.modules["released_tests"]


def rows(text: str, name: str) -> list[dict[str, str]]:
    block = re.search(rf"<!-- {name}: written by make matrix -->\n(.*?)<!-- end of {name} -->", text, re.DOTALL)[1]
    head, _, *lines = [
        [c.strip().strip("`") for c in line.strip("| ").split("|")] for line in block.split("\n") if line
    ]
    return [dict(zip(head, line, strict=True)) for line in lines]


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8")


def test_every_spec_on_every_release(matrix, page) -> None:
    found = [(r["release"], r["spec"]) for r in rows(page, "matrix")]
    assert found == [(release, spec.stem) for release in matrix.RELEASES for spec in matrix.SPECS]
    assert set(EXAMPLES) < set(matrix.SPECS) and set(matrix.RELEASES) == set(LAYOUTS)


def test_every_row_holds(page) -> None:
    for row in rows(page, "matrix"):
        assert row["layout"] == LAYOUTS[row["release"]], row
        assert (row["modes"], row["lint"], row["removed"]) == ("5 of 5", "clean", "same bytes"), row
        assert int(row["points"].replace(",", "")) > int(row["measured"].replace(",", "")) > 0, row
        assert float(row["worst"]) < 1e-9 and re.fullmatch(r"[1-9]\d* passed", row["unit test"]), row


def test_upstreams_tests_say_the_same(matrix, page) -> None:
    found = rows(page, "suites")
    assert [row["release"] for row in found] == list(matrix.RELEASES)
    for row in found:
        assert row["the same tests after"] == "same outcomes", row
        counts = {word: int(n.replace(",", "")) for n, word in re.findall(r"(\d[\d,]*) (\w+)", row["before"])}
        assert sum(counts.values()) == int(row["tests"].replace(",", "")), row
        # Few fail without an op, or the comparison would say little.
        assert counts["passed"] > 0.95 * sum(counts.values()) and int(row["tests that came with the ops"]) > 50, row


# the script


def report(*results: CheckResult) -> Report:
    return Report("op", "op.yaml", "checkout", "direct", "python", (), results)


MODES = ("sol:q", "sol-full:q", "empirical:q", "measured:q", "hybrid:q")
GOOD = (
    *(CheckResult(name, "", "passed", 5, 1e-16, 1e-9) for name in MODES),
    CheckResult("unit-test", "", "passed", 1, note="7 passed in 0.1s"),
)


def row(matrix, *results: CheckResult, **trial: object):
    worked = {"outcome": "worked", "layout": "direct", "lint": True, "again": True, "removed": True, **trial}
    return matrix.row_of("0.6.0", "op", matrix.Trial(**worked), report(*results))


def test_a_row_of_a_sound_op(matrix) -> None:
    found = row(matrix, *GOOD)
    assert found.green and found.cells() == [
        "0.6.0", "`op`", "`direct`", "5 of 5", "25", "5", "1e-16", "clean", "7 passed", "same bytes",
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(len(GOOD)))
@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_a_check_that_does_not_hold_is_told(matrix, number, status) -> None:
    changed = replace(GOOD[number], status=status, failed=1, note="", failures=(Failure("here", "1 ms", "2 ms"),))
    assert not row(matrix, *GOOD[:number], changed, *GOOD[number + 1 :]).green


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_a_check_that_was_not_made_is_told(matrix, number) -> None:
    assert not row(matrix, *GOOD[:number], *GOOD[number + 1 :]).green


def test_a_trial_that_failed_is_told(matrix) -> None:
    found = row(matrix, *GOOD, outcome="failed", reason="remove: differ: x.py", removed=False)
    assert not found.green and found.cells()[-1] == "CHANGED"
    assert not matrix.row_of("0.6.0", "op", matrix.Trial("refused", reason="no layout"), None).green


def test_a_test_of_upstreams_that_changed_is_told(released) -> None:
    before = Outcomes({"a": "passed", "b": "failed", "c": "passed"})
    good = released.suite_row("0.6.0", before, Outcomes({**before.tests, "test_new_op": "passed"}))
    assert not good.wrong and good.cells() == ["0.6.0", "3", "2 passed, 1 failed", "same outcomes", "1"]
    bad = released.suite_row("0.6.0", before, Outcomes({"a": "failed", "b": "failed", "test_new_op": "error"}))
    assert bad.wrong == [
        "a: passed before, failed after", "c: passed before, gone after", "test_new_op: error, and came with the ops",
    ]  # fmt: skip
    assert bad.cells()[3] == "3 DIFFER"


def test_a_release_that_is_made_again_replaces_its_own_rows_only(matrix) -> None:
    text = "<!-- suites: written by make matrix -->\n<!-- end of suites -->\n"
    for rows in ([["0.10.0", "a"], ["0.6.0", "b"]], [["0.7.0", "c"]], [["0.10.0", "d"], ["0.10.0", "e"]]):
        text = matrix.with_rows(text, "suites", ["release", "x"], rows)
    assert matrix.read_rows(text, "suites") == [["0.6.0", "b"], ["0.7.0", "c"], ["0.10.0", "d"], ["0.10.0", "e"]]
    assert text.count("| release | x |\n| --- | --- |\n") == 1


def test_outcomes_are_kept_for_the_same_files_only(released, tmp_path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("1")
    known = [released.fingerprint(tmp_path, sys.executable)]
    assert released.fingerprint(tmp_path, sys.executable) == known[0]
    (tmp_path / "a" / "x.py").write_text("2")
    known.append(released.fingerprint(tmp_path, sys.executable))
    (tmp_path / "a" / "x.py").rename(tmp_path / "a" / "y.py")
    known.append(released.fingerprint(tmp_path, sys.executable))
    assert len(set(known)) == 3


def test_the_page_keeps_what_is_written_by_hand(matrix) -> None:
    text = "one\n<!-- matrix: written by make matrix -->\nold\n<!-- end of matrix -->\ntwo\n"
    assert matrix.between(text, "matrix", "new") == text.replace("old", "\nnew\n")
    with pytest.raises(SystemExit):
        matrix.between("no markers", "matrix", "new")
