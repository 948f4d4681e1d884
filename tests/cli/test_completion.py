"""Completion of op names: those that were applied, files where a spec may stand, and silence when anything is amiss."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def complete(words, cwd):
    """What bash is offered for the last of `words`: (type, value) pairs. Anything on standard error is a failure."""
    env = {
        **os.environ,
        "_NEWOP_GEN_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(["newop-gen", *map(str, words)]),
        "COMP_CWORD": str(len(words)),
    }
    code = "from newop_gen.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [tuple(line.split(",", 1)) for line in done.stdout.splitlines() if line]


@pytest.fixture
def applied(run, checkout, spec, other_spec):
    assert run("apply", spec, other_spec, "--checkout", checkout).exit_code == 0
    return checkout


@pytest.mark.parametrize("command", ["status", "doctor", "remove", "update"])
def test_applied_ops_are_offered(applied, tmp_path, command):
    files = [("file", "")] if command in ("remove", "update") else []
    assert complete([command, "--checkout", applied, ""], tmp_path) == [
        ("plain", "new_op"), ("plain", "new_op_tokens"), *files,
    ]  # fmt: skip
    offered = complete([command, "--checkout", applied, "new_op_t"], tmp_path)
    assert [value for kind, value in offered if kind == "plain"] == ["new_op_tokens"]
    given = complete([command, "new_op", "--checkout", applied, ""], tmp_path)
    assert ("plain", "new_op") not in given and ("plain", "new_op_tokens") in given


def test_inside_a_checkout_it_need_not_be_named(applied):
    assert ("plain", "new_op") in complete(["status", ""], applied)


@pytest.mark.parametrize("where", ["nowhere", "--nonsense", "file.txt"])
def test_what_is_no_checkout_offers_nothing_and_says_nothing(tmp_path, where):
    (tmp_path / "file.txt").write_text("x")
    assert complete(["status", "--checkout", where, ""], tmp_path) == []
    assert complete(["remove", "--checkout", where, "n"], tmp_path) == [("file", "n")]


def test_it_is_done_without_what_takes_long(applied, tmp_path):
    code = (
        "import sys, click; from newop_gen.cli.completion import applied\n"
        "context = click.Context(click.Command('status')); context.params['checkout'] = sys.argv[1]\n"
        "print(applied(context)); print([m for m in sys.modules if m.split('.')[0] in "
        "('libcst', 'pydantic', 'jinja2', 'rich', 'numpy', 'yaml')])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(applied)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['new_op', 'new_op_tokens']", "[]"]


def test_status_of_named_ops(run, applied):
    one = run("status", "new_op", "--checkout", applied)
    assert one.exit_code == 0 and "new_op_tokens" not in one.stdout
    wrong = run("status", "New_op", "--checkout", applied)
    assert wrong.exit_code == 2 and "did you mean 'new_op'?" in wrong.stderr
