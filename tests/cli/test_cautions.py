"""What is to be thought about in a spec is said where it matters, once, and never in a quiet run."""

from __future__ import annotations

import pytest
from checkouts import copy_fixture
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.cli import cli

WIRED = SPECS / "new_op_tokens.yaml"
SAID = "warning: "


@pytest.fixture
def wired(tmp_path):
    """The path of a spec with wirings, and a TODO."""
    text = WIRED.read_text(encoding="utf-8")
    spec = tmp_path / "spec.yaml"
    spec.write_text(text.partition("\ndata:")[0] + "\n", encoding="utf-8")
    _replace(spec, text.partition("summary: ")[2].partition("\n")[0], '"TODO say it"')
    return spec


def _replace(spec, old, new):
    text = spec.read_text(encoding="utf-8")
    assert old in text
    spec.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def root(tmp_path):
    return copy_fixture("v0_8", tmp_path)


def test_before_something_is_done_and_not_when_there_is_nothing_to_do(run, root, wired):
    at = ("--checkout", root)
    assert SAID in run("validate", wired).stderr
    assert SAID in run("apply", wired, *at, "--dry-run").stderr
    assert SAID in run("apply", wired, *at).stderr
    assert SAID not in run("apply", wired, *at).stderr
    assert SAID not in run("update", wired, *at).stderr
    _replace(wired, "empirical:", "# more\nempirical:")
    _replace(wired, "TODO say it", "TODO say it otherwise")
    assert SAID in run("update", wired, *at).stderr


def test_every_model_is_meant(run, root, wired):
    at = ("--checkout", root, "--dry-run")
    lines = wired.read_text(encoding="utf-8").splitlines(keepends=True)
    wired.write_text("".join(line for line in lines if not line.startswith("    when:")), encoding="utf-8")
    asked = run("apply", wired, *at)
    assert asked.stderr.count("wiring without a condition in entries 1, 2") == 1
    wired.write_text(
        wired.read_text(encoding="utf-8").replace("    at: {", "    when: []\n    at: {"), encoding="utf-8"
    )
    meant = run("apply", wired, *at)
    assert "without a condition" not in meant.stderr
    assert meant.stdout == asked.stdout and "context_new_op_tokens" in meant.stdout


def test_not_where_it_changes_nothing(run, root, wired):
    at = ("--checkout", root)
    assert SAID not in run("apply", wired, *at, "--check").stderr
    for args in (["pr-text", wired], ["explain", wired]):
        assert SAID not in run(*args).stderr
    run("apply", wired, *at)
    for args in (["status"], ["remove", wired, "--dry-run"], ["remove", "new_op_tokens"]):
        assert SAID not in run(*args, *at).stderr


def test_explain_says_that_its_numbers_are_a_placeholders(run, tmp_path):
    spec = tmp_path / "skeleton.yaml"
    assert run("init", spec, "--yes").exit_code == 0
    told = run("explain", spec).stderr.splitlines()
    assert told and all("the SOL is a placeholder" in line for line in told)


@pytest.mark.parametrize("args", [["validate"], ["apply", "--dry-run"], ["apply"], ["update"]])
def test_never_in_a_quiet_run(run, root, wired, args):
    at = () if args == ["validate"] else ("--checkout", root)
    if args == ["update"]:
        run("apply", wired, *at)
        _replace(wired, "TODO say it", "TODO say it otherwise")
    result = run(args[0], wired, *args[1:], *at, "-q")
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_spec_that_changed_since_it_was_applied(run, root, wired):
    at = ("--checkout", root)
    run("apply", wired, *at)
    _replace(wired, "outside: extrapolate", "outside: clamp")
    for options in ([], ["--dry-run"], ["--check"]):
        result = run("apply", wired, *at, *options)
        assert result.exit_code == 4
        first = result.stderr.splitlines()[0]
        assert first.endswith(
            f"the spec changed since it was applied: run `newop-gen update {wired} --checkout {root}`"
        )
    assert run("update", wired, *at).exit_code == 0
    assert run("apply", wired, *at, "--check").exit_code == 0


def test_an_op_that_somebody_edited_is_no_changed_spec(run, root, wired):
    at = ("--checkout", root)
    run("apply", wired, *at)
    file = root / "src/aiconfigurator/sdk/perf_database.py"
    text = file.read_text(encoding="utf-8")
    assert "def query_new_op_tokens(\n        self," in text
    file.write_text(
        text.replace("def query_new_op_tokens(\n        self,", "def query_new_op_tokens(\n        self, more,")
    )
    result = run("apply", wired, *at)
    assert result.exit_code == 4 and "the spec changed since" not in result.stderr


def test_validate_says_what_it_does_not_check(run, tmp_path):
    for args in ([WIRED], [WIRED, SPECS / "new_op.yaml"]):
        result = run("validate", *args)
        assert result.stderr.splitlines()[-1].startswith("not checked: the rows of tables")
        assert result.stdout.count(": ok, op ") == len(args)
    assert "not checked" not in run("validate", WIRED, "-q").output


@pytest.fixture
def tabled(tmp_path):
    """The path of a spec with its table beside it."""
    (tmp_path / "data").mkdir()
    table = "data/new_op_tokens_perf.csv"
    (tmp_path / table).write_bytes((SPECS / table).read_bytes())
    spec = tmp_path / "spec.yaml"
    spec.write_bytes(WIRED.read_bytes())
    assert run_of_validate(spec).exit_code == 0
    return spec


def run_of_validate(spec):
    return CliRunner().invoke(cli, ["validate", str(spec)])


def test_validate_looks_whether_the_tables_are_there(tabled):
    _replace(tabled, "file: data/new_op_tokens_perf.csv", "file: data/another.csv")
    result = run_of_validate(tabled)
    said = f"warning: {tabled}:50:12: data file data/another.csv is not there"
    assert result.exit_code == 0 and said in result.stderr and "apply needs it" in result.stderr


def test_validate_looks_for_the_columns(run, tabled):
    text = tabled.read_text(encoding="utf-8")
    assert "column: num_tokens" in text
    _replace(tabled, "column: num_tokens", "column: num_toknes")
    result = run_of_validate(tabled)
    assert result.exit_code == 2
    assert "no column 'num_toknes'" in result.stderr and "did you mean num_tokens?" in result.stderr
    assert '"column-missing"' in run("validate", tabled, "--json").stdout


def test_an_op_that_is_wired_nowhere_is_noted_once(run, root, wired):
    text = wired.read_text(encoding="utf-8")
    wired.write_text(text[: text.index("\nwiring:")] + "\n", encoding="utf-8")
    for args in (["validate", wired], ["apply", wired, "--checkout", root, "--dry-run"]):
        assert run(*args).stderr.count("new_op_tokens is wired nowhere") == 1
    assert "wired nowhere" not in run("validate", WIRED).stderr
