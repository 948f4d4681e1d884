"""`apply --html`, `--verify` and `pr-text` as commands: before and after an apply, and what they refuse."""

from __future__ import annotations

import json
import re

import pytest
from browser.pages import report
from support.applying import SPECS

from newop_gen.cli.reviewing import COPIED_BYTES, copy_tree
from newop_gen.problems import Exit


@pytest.fixture
def verification(tmp_path):
    file = tmp_path / "verify.json"
    file.write_text(report("new_op", layout="toy").model_dump_json(by_alias=True), encoding="utf-8")
    return file


def badges(text):
    """What the page says of each step."""
    return re.findall(r'<span class="tag(?: quiet)?">([a-z ]+)</span></h3>', text)


def written(run, spec, checkout, file, *options):
    result = run("apply", spec, "--checkout", checkout, "--html", file, *options)
    assert result.exit_code == 0, result.output
    return file.read_text(encoding="utf-8")


def test_a_dry_run_writes_the_page_instead_of_the_diff(run, checkout, spec, tmp_path, verification, snapshot):
    before = snapshot(checkout)
    page = tmp_path / "review.html"
    result = run("apply", spec, "--checkout", checkout, "--dry-run", "--html", page, "--verification", verification)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"review page: {page}" in result.stderr
    text = page.read_text(encoding="utf-8")
    assert "Nothing is written yet." in text
    assert "Everything holds: 2 checks" in text
    assert "common.py" in text and "Skipped:" in text
    assert snapshot(checkout) == before


def test_after_the_apply_the_page_shows_the_same_changes(run, checkout, spec, other_spec, tmp_path):
    def changes(text):
        return re.search(r'<h2 id="files">.*<h2 id="figures">', text, re.DOTALL).group()

    first = written(run, spec, checkout, tmp_path / "a.html", "--dry-run")
    during = written(run, spec, checkout, tmp_path / "during.html")  # written before the rest is
    assert changes(during) == changes(first) and badges(during) == []
    after = written(run, spec, checkout, tmp_path / "b.html", "--dry-run")
    assert changes(after) == changes(first)
    assert "All of it is in the checkout." in after
    assert badges(first) == ["to do"] * 3
    assert badges(after) == ["done"] * 3
    again = written(run, spec, checkout, tmp_path / "again.html")  # an apply that has nothing to do
    assert badges(again) == ["done"] * 3 and "All of it is in the checkout." in again
    both = written(run, spec, checkout, tmp_path / "both.html", other_spec, "--dry-run")
    assert badges(both) == ["done"] * 3 + ["to do"] * 3 and "Part of it is in the checkout." in both
    # Another op beside it, and this one edited: what can't be told apart is said.
    assert run("apply", other_spec, "--checkout", checkout).exit_code == 0
    beside = changes(written(run, spec, checkout, tmp_path / "c.html", "--dry-run"))
    assert (beside.count("l add"), beside.count("l del")) == (changes(first).count("l add"), 0)
    common = checkout / "src/aiconfigurator/sdk/common.py"
    common.write_text(common.read_text().replace("def new_op_path(self):", "def new_op_path(self):  # mine"))
    edited = written(run, spec, checkout, tmp_path / "d.html", "--dry-run")
    assert "what is in the checkout already is not shown" in edited


def test_a_page_that_can_not_be_written(run, checkout, spec, tmp_path, snapshot):
    before = snapshot(checkout)
    result = run("apply", spec, "--checkout", checkout, "--html", tmp_path / "no" / "page.html")
    assert result.exit_code == Exit.IO
    assert "the review page can't be written" in result.stderr
    assert snapshot(checkout) == before


def test_a_verification_of_another_op_is_refused(run, checkout, other_spec, tmp_path, verification):
    options = ("--checkout", checkout, "--verification", verification)
    for args in (("apply", other_spec, *options, "--html", tmp_path / "p.html"), ("pr-text", other_spec, *options)):
        result = run(*args)
        assert result.exit_code == Exit.SPEC
        assert "a verification of op 'new_op'; expected one of new_op_tokens" in result.stderr


@pytest.mark.parametrize("options", [["--verification", "x.json"], ["--verify"],
                                     ["--html", "x", "--verify", "--verification", "x"]])  # fmt: skip
def test_options_that_need_or_exclude_each_other(run, checkout, spec, options):
    assert run("apply", spec, "--checkout", checkout, *options).exit_code == Exit.SPEC


def test_pr_text(run, checkout, spec, verification, snapshot):
    alone = run("pr-text", spec)
    assert alone.exit_code == 0 and "## Files" not in alone.stdout
    before = snapshot(checkout)
    first = run("pr-text", spec, "--checkout", checkout, "--verification", verification)
    assert first.exit_code == 0, first.output
    assert "| `src/aiconfigurator/sdk/common.py` | +4 | enum, query |" in first.stdout
    assert "everything holds" in first.stdout
    assert snapshot(checkout) == before
    run("apply", spec, "--checkout", checkout)
    again = run("pr-text", spec, "--checkout", checkout, "--verification", verification)
    assert again.stdout == first.stdout


def test_a_copy_has_the_code_and_links_to_the_tables(tmp_path):
    real = tmp_path / "real"
    (real / "src").mkdir(parents=True)
    (real / ".git").mkdir()
    (real / "env").mkdir()
    (real / "env/pyvenv.cfg").write_text("")
    (real / "src/target").mkdir()  # of a crate
    (real / "src/target/CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55")
    (real / "src/op.rs").write_bytes(b"//" * COPIED_BYTES)
    (real / "src/a.py").write_text("a = 1\n")
    (real / "src/table.txt").write_bytes(b"1" * (COPIED_BYTES + 1))
    (real / "inside").symlink_to("src/a.py")
    (real / "outside").symlink_to("../elsewhere")
    (tmp_path / "elsewhere").write_text("x")
    copy_tree(real, tmp_path / "copy")
    copy = tmp_path / "copy"
    assert sorted(p.name for p in copy.iterdir()) == ["inside", "outside", "src"]
    assert sorted(p.name for p in (copy / "src").iterdir()) == ["a.py", "op.rs", "table.txt"]
    assert not any((copy / "src" / name).is_symlink() for name in ("a.py", "op.rs"))
    assert (copy / "src/table.txt").resolve() == real / "src/table.txt"
    assert (copy / "inside").resolve() == copy / "src/a.py"
    assert (copy / "outside").read_text() == "x"


def test_verify_now_runs_in_a_copy(release, run, tmp_path, monkeypatch):
    """A real release and a real verification; and a mistake that it must find."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    made = release("0.8.0", git=True, systems=("h200_sxm",))
    before = {p: p.stat().st_mtime_ns for p in made.root.rglob("*")}
    page = tmp_path / "review.html"
    spec = SPECS / "new_op_tokens.yaml"
    result = run("apply", spec, "--checkout", made.root, "--dry-run", "--html", page, "--verify", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["outcome"] == "pending"
    assert "Everything holds" in page.read_text(encoding="utf-8")
    assert {p: p.stat().st_mtime_ns for p in made.root.rglob("*")} == before

    assert run("apply", spec, "--checkout", made.root).exit_code == 0
    database = made.sdk / "perf_database.py"
    code = database.read_text(encoding="utf-8")
    loader = code.index("def load_new_op_tokens_data")
    wrong = code[:loader] + code[loader:].replace("power * latency", "power + latency", 1)
    assert wrong != code
    database.write_text(wrong, encoding="utf-8")
    result = run("apply", spec, "--checkout", made.root, "--dry-run", "--html", page, "--verify")
    # The loader is not what the spec would insert any more: planning says so before anything runs.
    assert result.exit_code == Exit.CONFLICT
