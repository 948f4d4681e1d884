"""`apply` from spec to files, on a toy layout: dry run, check, patch, report, write."""

import json
import shutil
import subprocess

import jsonschema
import pytest

from newop_gen.plan import merge
from newop_gen.problems import Exit
from newop_gen.resources import schemas_dir
from newop_gen.review.terminal import DATA_LINES


def valid(report):
    schema = json.loads((schemas_dir() / "report-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    return report


def files(directory):
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


def git(directory, *args, **kwargs):
    return subprocess.run(["git", *args], cwd=directory, capture_output=True, check=True, **kwargs)


def test_apply_writes_and_says_what(run, checkout, spec):
    result = run("apply", spec, "--checkout", checkout)
    assert result.exit_code == 0, result.output
    common = (checkout / "src/aiconfigurator/sdk/common.py").read_text()
    assert '    gemm = "gemm.txt"  # dense\n    new_op = "new_op.txt"\n\n    def new_op_path(self):\n' in common
    assert (checkout / "data/new_op.txt").stat().st_size > 100
    assert "step 1 of 3, new_op, enum: name the data file: done" in result.stdout
    assert "skipped: Qwen: no such model" in result.stdout
    assert f"applied new_op to {checkout} (layout toy): 1 file changed, 1 file created" in result.stdout


def test_a_second_apply_changes_nothing_and_says_so(run, checkout, spec, snapshot):
    run("apply", spec, "--checkout", checkout)
    before = snapshot(checkout.parent)
    result = run("apply", spec, "--checkout", checkout)
    assert (result.exit_code, result.stdout) == (0, f"nothing to do: new_op is in {checkout} already\n")
    assert snapshot(checkout.parent) == before
    assert run("apply", spec, "--checkout", checkout, "--check").exit_code == 0
    assert run("apply", spec, "--checkout", checkout, "--dry-run").stdout.startswith("nothing to do")


@pytest.mark.parametrize("options", [["--dry-run"], ["--check"], ["--dry-run", "--json"], ["--check", "--json"]])
def test_nothing_is_written_without_apply(run, checkout, spec, snapshot, options):
    before = snapshot(checkout.parent)
    result = run("apply", spec, "--checkout", checkout, *options)
    assert result.exit_code == (Exit.FOUND if "--check" in options else 0)
    assert result.stdout
    assert snapshot(checkout.parent) == before


def test_dry_run_leaves_git_as_it_is(run, checkout, spec, snapshot):
    git(checkout, "init", "-q")
    git(checkout, "add", ".")
    git(checkout, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m")
    (checkout / "src/aiconfigurator/__init__.py").touch()  # an index that `git status` would refresh
    before = snapshot(checkout.parent)
    assert run("apply", spec, "--checkout", checkout, "--dry-run").exit_code == 0
    assert snapshot(checkout.parent) == before


def test_a_full_dry_run_is_a_patch_that_gives_what_apply_gives(run, checkout, spec, other_spec, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    result = run("apply", spec, other_spec, "--checkout", checkout, "--dry-run", "--full")
    printed = run("apply", spec, other_spec, "--checkout", checkout, "--dry-run", "--patch", "-")
    assert printed.stdout_bytes == result.stdout_bytes  # once, not twice
    assert "# Step 4 of 6 \u2014 new_op_tokens, enum: name the data file\n" in result.stdout
    assert "nothing was written" in result.stderr
    git(copy, "apply", "-", input=result.stdout_bytes)
    assert run("apply", spec, other_spec, "--checkout", checkout).exit_code == 0
    assert files(copy) == files(checkout)


def test_a_dry_run_sums_up_tables_and_git_refuses_what_is_left(run, checkout, spec):
    result = run("apply", spec, "--checkout", checkout, "--dry-run")
    full = run("apply", spec, "--checkout", checkout, "--dry-run", "--full")
    assert result.stdout.count(",1.5\n") < DATA_LINES < full.stdout.count(",1.5\n") == 30
    assert f"# and {31 - DATA_LINES} more lines: --full shows all, and --patch FILE writes all" in result.stdout
    applied = subprocess.run(["git", "apply", "-"], cwd=checkout, input=result.stdout_bytes, capture_output=True)
    assert applied.returncode and b"corrupt patch" in applied.stderr


@pytest.mark.parametrize("inside", ["", "src"])
def test_patch_file(run, checkout, spec, tmp_path, inside):
    git(checkout, "init", "-q")
    patch = tmp_path / "op.patch"
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    result = run("apply", spec, "--checkout", checkout / inside, "--dry-run", "--patch", patch)
    assert result.exit_code == 0, result.output
    git(copy, "apply", "--check", str(patch))
    git(copy / inside, "apply", str(patch))
    assert run("apply", spec, "--checkout", checkout / inside, "--allow-dirty").exit_code == 0
    tracked = {name: data for name, data in files(checkout).items() if not name.startswith(".git/")}
    assert tracked == {name: data for name, data in files(copy).items() if not name.startswith(".git/")}


def test_patch_to_a_place_that_can_not_be_written(run, checkout, spec, tmp_path, snapshot):
    before = snapshot(checkout)
    result = run("apply", spec, "--checkout", checkout, "--patch", tmp_path / "no" / "op.patch")
    assert result.exit_code == Exit.IO
    assert "the patch can't be written" in result.stderr
    assert snapshot(checkout) == before


@pytest.mark.parametrize(
    "options, outcome, code",
    [(["--dry-run"], "pending", 0), (["--check"], "pending", 1), ([], "applied", 0)],
)
def test_reports(run, checkout, spec, options, outcome, code):
    result = run("apply", spec, "--checkout", checkout, "--json", *options)
    report = valid(json.loads(result.stdout))
    assert (report["outcome"], report["exit_code"], result.exit_code) == (outcome, code, code)
    assert [step["key"] for step in report["steps"]] == ["enum", "query", "data"]
    assert [file["change"] for file in report["files"]] == ["modify", "create"]
    again = run("apply", spec, "--checkout", checkout, "--json")
    assert valid(json.loads(again.stdout))["outcome"] == ("nothing-to-do" if outcome == "applied" else "applied")


def test_a_report_of_a_failure(run, checkout, tmp_path):
    result = run("apply", tmp_path / "none.yaml", "--checkout", checkout, "--json")
    report = valid(json.loads(result.stdout))
    assert result.exit_code == report["exit_code"] == Exit.SPEC
    assert report["outcome"] == "failed"
    assert report["problems"][0]["file"].endswith("none.yaml")
    assert result.stderr.startswith("error: ")


def test_refusals_have_their_exit_codes_and_write_nothing(run, checkout, spec, tmp_path, snapshot):
    bad = tmp_path / "bad.yaml"
    bad.write_text("newop: 1\nop: new_op\nparms: {}\n")
    common = checkout / "src/aiconfigurator/sdk/common.py"
    before = snapshot(checkout)
    result = run("apply", bad, "--checkout", checkout)
    assert result.exit_code == Exit.SPEC
    assert f"error: {bad}:3:1: " in result.stderr

    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("apply", spec, "--checkout", empty).exit_code == Exit.CHECKOUT
    assert snapshot(checkout) == before

    common.write_text("class Fils: ...\n")
    result = run("apply", spec, "--checkout", checkout)
    assert result.exit_code == Exit.CHECKOUT
    assert "the nearest is class Fils" in result.stderr or "nearest is Fils" in result.stderr

    common.write_text("<<<<<<< ours\n")
    result = run("apply", spec, "--checkout", checkout)
    assert result.exit_code == Exit.CHECKOUT
    assert "common.py:1:" in result.stderr and "Traceback" not in result.stderr


def test_two_specs_of_one_op(run, checkout, spec, tmp_path):
    copy = tmp_path / "again.yaml"
    copy.write_bytes(spec.read_bytes())
    result = run("apply", spec, copy, "--checkout", checkout, "--dry-run")
    assert result.exit_code == Exit.SPEC
    assert "new_op" in result.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["apply"],
        ["apply", "x.yaml"],
        ["apply", "x.yaml", "--checkout", ".", "--dry-run", "--check"],
        ["apply", "x.yaml", "--checkout", ".", "--full"],
        ["apply", "x.yaml", "--checkout", ".", "--nonsense"],
        ["nonsense"],
    ],
)
def test_usage_errors_are_exit_2(run, args):
    result = run(*args)
    assert result.exit_code == Exit.SPEC
    assert "error: " in result.stderr
    assert result.stdout == ""


def test_a_merge_that_loses_a_byte_is_refused(run, checkout, spec, monkeypatch, snapshot):
    """Negative control of the postcondition, through the whole command."""
    splice = merge._splice

    def sloppy(plan, path, edits):
        change = splice(plan, path, edits)
        return type(change)(path, change.before, change.after.replace(b"  # dense", b" # dense"), change.spans)

    monkeypatch.setattr(merge, "_splice", sloppy)
    before = snapshot(checkout)
    for options in ([], ["--dry-run"], ["--check"]):
        result = run("apply", spec, "--checkout", checkout, *options)
        assert result.exit_code == Exit.CHECKOUT
        assert "internal check failed" in result.stderr
    assert snapshot(checkout) == before


def test_a_dirty_target_is_foreseen_by_a_dry_run_and_refused_by_apply(run, checkout, spec):
    git(checkout, "init", "-q")
    git(checkout, "add", ".")
    git(checkout, "-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m")
    common = checkout / "src/aiconfigurator/sdk/common.py"
    common.write_text(common.read_text() + "# mine\n")
    result = run("apply", spec, "--checkout", checkout, "--dry-run")
    assert result.exit_code == 0
    assert "warning: apply would refuse: " in result.stderr
    assert run("apply", spec, "--checkout", checkout).exit_code == Exit.CHECKOUT
    assert run("apply", spec, "--checkout", checkout, "--allow-dirty").exit_code == 0


def test_an_interrupted_apply_is_found_and_the_next_apply_recovers(run, checkout, spec, other_spec, snapshot):
    from newop_gen.write import transaction

    class Killed(BaseException):
        """As by kill -9: nothing of the program runs any more."""

    def die(*_):
        raise Killed

    # Everything is written by then; what is left to do is to clear up and to note it.
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(transaction, "finish", die)
        run("apply", other_spec, "--checkout", checkout)

    unfinished = snapshot(checkout.parent)
    for options in (["--dry-run"], ["--check"]):
        result = run("apply", spec, "--checkout", checkout, *options)
        assert result.exit_code == Exit.INTERRUPTED
        assert "newop-gen recover" in result.stderr
    assert snapshot(checkout.parent) == unfinished

    result = run("apply", spec, "--checkout", checkout)
    assert result.exit_code == 0, result.output
    assert "note: an interrupted apply was found and completed first" in result.stderr
    assert run("apply", spec, other_spec, "--checkout", checkout, "--check").exit_code == 0


def test_a_dry_update_shows_the_diff_that_the_update_makes(run, checkout, spec, tmp_path):
    own = tmp_path / "spec.yaml"
    own.write_bytes(spec.read_bytes())
    table = tmp_path / "data"
    shutil.copytree(spec.parent / "data", table)
    assert run("apply", own, "--checkout", checkout).exit_code == 0
    common = checkout / "src/aiconfigurator/sdk/common.py"
    common.write_text(common.read_text().replace('new_op = "new_op.txt"', 'new_op = "edited.txt"'))
    copy = tmp_path / "copy"
    shutil.copytree(checkout, copy)
    before = files(checkout)
    result = run("update", own, "--checkout", checkout, "--force", "--dry-run")
    assert result.exit_code == 0 and files(checkout) == before
    assert '-    new_op = "edited.txt"\n+    new_op = "new_op.txt"\n' in result.stdout
    assert "change src/aiconfigurator/sdk/common.py\n" in result.stdout
    git(copy, "apply", "-", input=result.stdout_bytes)
    assert run("update", own, "--checkout", checkout, "--force").exit_code == 0
    assert files(copy) == files(checkout)
    assert run("update", own, "--checkout", checkout, "--full").exit_code == 2


def test_a_dry_run_can_be_a_check(checkout, spec, run):
    both = run("apply", spec, "--checkout", checkout, "--dry-run", "--check")
    assert both.exit_code == 1 and both.stdout == run("apply", spec, "--checkout", checkout, "--dry-run").stdout != ""
    asked = json.loads(run("apply", spec, "--checkout", checkout, "--dry-run", "--check", "--json").stdout)
    assert (asked["exit_code"], asked["outcome"], asked["mode"]) == (1, "pending", "dry-run")
    done = json.loads(run("apply", spec, "--checkout", checkout, "--json").stdout)
    assert done["outcome"] == "applied" and {step["state"] for step in done["steps"]} == {"done"}
    assert run("apply", spec, "--checkout", checkout, "--dry-run", "--check").exit_code == 0
