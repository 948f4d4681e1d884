"""The other commands, the error boundary, and what start-up imports."""

import json
import os
import subprocess
import sys

import click
import jsonschema
import pytest

from newop_gen import __version__
from newop_gen.cli import group
from newop_gen.cli.group import COMMANDS
from newop_gen.problems import Conflict, Exit, Place, Problem
from newop_gen.resources import schemas_dir, specs_dir
from newop_gen.spec.schema import schema_text

HEAVY = {"libcst", "jinja2", "pydantic", "rich", "yaml"}


def process(*args, code=None, **env):
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "newop_gen", *args]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | env)


def loaded_by(*args):
    """Which of the heavy modules a run of the command line imports."""
    code = (
        "import sys, json\nfrom newop_gen.cli import cli\n"
        f"try: cli({list(args)!r}, prog_name='newop-gen')\nexcept SystemExit: pass\n"
        f"print(json.dumps(sorted({HEAVY!r} & set(sys.modules))))"
    )
    done = process(code=code)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("args", [["--help"], ["--version"], [], *([name, "--help"] for name in COMMANDS)])
def test_start_up_imports_nothing_heavy(args):
    assert loaded_by(*args) == set()


def test_negative_control_a_command_that_needs_them_does_import_them():
    assert "pydantic" in loaded_by("schema")


def test_validate_needs_nothing_of_a_checkout(spec):
    code = (
        "import sys\nfrom newop_gen.cli import cli\n"
        f"try: cli(['validate', {str(spec)!r}], prog_name='x')\nexcept SystemExit as e: assert not e.code\n"
        "others = {'checkout', 'edits', 'layouts', 'plan', 'render', 'sandbox', 'verify', 'write'}\n"
        "print(sorted(m for m in sys.modules if m.startswith('newop_gen.') and m.split('.')[1] in others))"
    )
    done = process(code=code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples(run, name):
    result = run(name, "--help")
    assert result.exit_code == 0
    assert f"Examples:\n    newop-gen {name}" in result.stdout


def test_version_and_what_to_do_next(run):
    assert run("--version").stdout == f"newop-gen {__version__}\n"
    result = run()
    assert result.exit_code == 0
    assert "newop-gen sandbox" in result.stdout
    assert "--dry-run" in result.stdout


def test_module_and_console_script_are_the_same_program():
    assert process("--version").stdout == f"newop-gen {__version__}\n"


def test_validate(run, spec, other_spec, tmp_path):
    result = run("validate", spec, other_spec)
    assert result.exit_code == 0
    assert result.stdout == f"{spec}: ok, op new_op\n{other_spec}: ok, op new_op_tokens\n"
    bad = tmp_path / "bad.yaml"
    bad.write_text("newop: 1\nop: new_op\nparms: {}\nsumary: x\n")
    result = run("validate", bad, spec)
    assert result.exit_code == Exit.SPEC
    assert "bad.yaml:3:1: " in result.stderr
    assert "bad.yaml:4:1: " in result.stderr
    assert "Traceback" not in result.stderr


def test_schema(run):
    assert run("schema").stdout == schema_text()


def test_detect(run, checkout):
    result = run("detect", "--checkout", checkout)
    assert result.exit_code == 0
    assert "layout: toy (a toy)" in result.stdout
    assert "yes is there a class Files?" in result.stdout
    data = json.loads(run("detect", "--checkout", checkout, "--json").stdout)
    schema = json.loads((schemas_dir() / "detect-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert (data["schema"], data["layout"]) == ("newop-gen/detect/1", "toy")
    assert [probe["found"] for probe in data["layouts"][0]["probes"]] == [True, True, False]


def test_detect_says_why_not(run, checkout):
    (checkout / "src/aiconfigurator/sdk/common.py").write_text("class Fies: ...\n")
    result = run("detect", "--checkout", checkout)
    assert result.exit_code == Exit.CHECKOUT
    assert "layout: none" in result.stdout
    assert "NO  is there a class Files?: the nearest is Fies" in result.stdout
    data = json.loads(run("detect", "--checkout", checkout, "--json").stdout)
    assert data["layout"] is None
    assert not data["layouts"][0]["fits"]


def test_sandbox_hands_its_arguments_on(run, monkeypatch, tmp_path):
    import newop_gen.sandbox as sandbox

    calls = []

    def make(version, directory, repo, report, systems):
        report("working on it")
        calls.append((version, directory, repo, systems))
        return directory

    monkeypatch.setattr(sandbox, "make_sandbox", make)
    result = run("sandbox", "0.8.0", tmp_path / "new", "--repo", tmp_path, "--system", "h200_sxm")
    assert result.exit_code == 0
    assert calls == [("0.8.0", tmp_path / "new", tmp_path, ("h200_sxm",))]
    assert "working on it" in result.stderr
    assert "practice checkout of aiconfigurator 0.8.0" in result.stdout


class Boundary:
    """A command that raises what it is told to."""

    def __init__(self, monkeypatch):
        self.monkeypatch = monkeypatch

    def __call__(self, run, error):
        @click.command("schema")
        def command():
            raise error

        import newop_gen.cli.schema as module

        self.monkeypatch.setattr(module, "command", command)
        return run("schema")


@pytest.fixture
def boundary(monkeypatch):
    return Boundary(monkeypatch)


def test_all_problems_of_an_error_are_printed_and_escaped(run, boundary):
    problems = [
        Problem(Place("a\x1b[2J.yaml", 1, 2), "found\u202e this", "that", "do so"),
        Problem(Place("b.py"), "a difference\n-x\n+y\n"),
    ]
    result = boundary(run, Conflict(problems))
    assert result.exit_code == Exit.CONFLICT
    assert result.stderr == (
        "error: a\\x1b[2J.yaml:1:2: found\\u202e this; expected that (do so)\n"
        "error: b.py: a difference\n    -x\n    +y\n"
    )


def test_an_unforeseen_error_is_one_line(run, boundary, monkeypatch):
    monkeypatch.delenv("NEWOP_GEN_DEBUG", raising=False)
    result = boundary(run, RuntimeError("first\nsecond"))
    assert result.exit_code == group.EXIT_INTERNAL
    assert result.stderr.count("\n") == 1
    assert "internal error, please report it" in result.stderr
    assert "RuntimeError: first" in result.stderr
    monkeypatch.setenv("NEWOP_GEN_DEBUG", "1")
    assert "Traceback" in boundary(run, RuntimeError("first")).stderr


@pytest.mark.parametrize(
    "error, code", [(KeyboardInterrupt(), 130), (click.Abort(), 130), (OSError(28, "No space", "f"), 5)]
)
def test_other_ends(run, boundary, error, code):
    result = boundary(run, error)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_a_terminal_without_the_characters(tmp_path):
    missing = tmp_path / "漢.yaml"
    done = process("validate", str(missing), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == Exit.SPEC
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr


@pytest.mark.parametrize(
    "args, words",
    [
        (["appyl"], "No such command 'appyl' (did you mean 'apply'?)"),
        (["zzz"], "No such command 'zzz'; expected one of "),
        (["data"], "newop-gen data check my_op_perf.csv"),
        (["explain", "SPEC", "--at", "b"], "--at: 'b' without a value; expected NAME=VALUE"),
        (["explain", "SPEC", "--data", "none.csv"], "none.csv: the table can't be read (No such file or directory)"),
        (["explain", "SPEC", "--data", "SPEC"], ":1:1: no column 'param1'"),
        (["remove", "new_op", "new_op", "--checkout", "."], "op 'new_op' is named twice"),
        (["update", "SPEC", "--checkout", "CHECKOUT"], "if it was never applied: `newop-gen apply`"),
    ],
)
def test_messages_say_what_to_do(run, checkout, spec, args, words):
    named = {"SPEC": spec, "CHECKOUT": checkout}
    result = run(*(named.get(arg, arg) for arg in args))
    assert result.exit_code in (Exit.SPEC, Exit.CHECKOUT)
    assert words in result.stderr
    assert "error: Usage" not in result.stderr


def test_in_a_checkout_a_missing_option_is_told(run, checkout, spec, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "error: Missing option '--checkout'.\n" in run("apply", spec).stderr
    monkeypatch.chdir(tmp_path)
    assert "there is a checkout in this directory: add `--checkout checkout`" in run("apply", spec, "-q").stderr
    monkeypatch.chdir(checkout / "src" / "aiconfigurator" / "sdk")
    assert "this directory is in a checkout: add `--checkout ../../..`" in run("status").stderr
    monkeypatch.chdir(checkout)
    result = run("apply", spec)
    assert result.exit_code == Exit.SPEC
    assert "this directory is a checkout: add `--checkout .`" in result.stderr
    (problem,) = json.loads(run("status", "--json").stdout)["problems"]
    assert problem["suggestion"] == "this directory is a checkout: add `--checkout .`"


def test_a_backend_in_any_case(run, tmp_path):
    table = specs_dir() / "data" / "new_op_tokens_perf.csv"
    options = ("--from-csv", table, "--op", "kelp_stir", "--system", "h200_sxm", "--backend")
    refused = run("init", tmp_path / "a.yaml", *options, "trt")
    assert refused.exit_code == Exit.SPEC
    assert "'trt' is not one of 'trtllm', 'sglang', 'vllm'." in refused.stderr
    told = run("init", tmp_path / "a.yaml", *options, "TRTLLM")
    assert told.exit_code == 0, told.stderr
    assert "backend: trtllm" in (tmp_path / "a.yaml").read_text(encoding="utf-8")


def test_the_interpreter_of_sandboxes_is_named_alone(run, monkeypatch, tmp_path):
    monkeypatch.setenv("NEWOP_GEN_RUNTIME", sys.executable)
    shown = run("sandbox", "--show-python")
    assert (shown.exit_code, shown.stdout, shown.stderr) == (0, f"{sys.executable}\n", "")
    monkeypatch.setenv("NEWOP_GEN_RUNTIME", str(tmp_path / "none"))
    missing = run("sandbox", "--show-python")
    assert missing.exit_code == 5 and "NEWOP_GEN_RUNTIME names no interpreter" in missing.stderr


def test_a_pipe_in_the_checkout_is_not_waited_for(checkout, run):
    (checkout / "tests").mkdir()
    os.mkfifo(checkout / "tests" / "zz.py")
    result = run("remove", "no_such_op", "--checkout", checkout)
    assert (result.exit_code, "nothing to do" in result.stdout) == (0, True)
