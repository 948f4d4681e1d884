"""A reader that leaves early, `newop-gen ... | head -1`, on every command: the exit code is that of the work.

The reading ends are closed before the command starts, so nothing depends on who is quicker.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest
from checkouts import copy_fixture
from support.applying import SPECS

from newop_gen.cli.group import COMMANDS

SPEC = SPECS / "new_op_tokens.yaml"
TABLE = SPECS / "data/new_op_tokens_perf.csv"

# Command -> arguments and the exit code that they have with an open pipe. {} is a checkout that the op is applied to,
# {new} one that it is not.
RUNS = {
    "init": (["new.yaml", "--from-csv", TABLE, "--op", "my_op"], 0),
    "data": (["check", TABLE, "--spec", SPEC], 0),
    "apply": ([SPEC, "--checkout", "{new}", "--check"], 1),
    "remove": (["new_op_tokens", "--checkout", "{}", "--dry-run"], 0),
    "update": ([SPEC, "--checkout", "{}", "--dry-run"], 0),
    "status": (["--checkout", "{}"], 0),
    "verify": ([SPEC, "--checkout", "{new}"], 3),
    "recover": (["--checkout", "{}"], 0),
    "pr-text": ([SPEC], 0),
    "validate": ([SPEC, "none.yaml"], 2),
    "explain": ([SPEC], 0),
    "schema": ([], 0),
    "detect": (["--checkout", "{}"], 0),
    "doctor": (["--checkout", "{}", "--no-run", "no_such_op"], 2),
    "sandbox": (["0.8.0", "{}"], 3),
    "cache": (["--builds"], 0),
}


def run(args, cwd, *, closed):
    """(exit code, what the open stream got) of a run whose `closed` streams nobody reads."""
    ends = {}
    for name in ("stdout", "stderr"):
        if name in closed:
            read, ends[name] = os.pipe()
            os.close(read)
        else:
            ends[name] = subprocess.PIPE
    try:
        done = subprocess.run(
            [sys.executable, "-m", "newop_gen", *map(str, args)], cwd=cwd, text=True, check=False, **ends
        )
    finally:
        for name in closed:
            os.close(ends[name])
    return done.returncode, (done.stdout or "") + (done.stderr or "")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Arguments with their places: a checkout that the op is applied to, and one that it is not."""
    folder = tmp_path_factory.mktemp("pipes")
    with_op, without = copy_fixture("v0_8", folder / "with"), copy_fixture("v0_8", folder / "without")
    assert run(["apply", SPEC, "--checkout", with_op], folder, closed=())[0] == 0
    return lambda args: [str(a).replace("{new}", str(without)).replace("{}", str(with_op)) for a in args]


@pytest.mark.parametrize("name", RUNS)
def test_the_exit_code_is_that_of_the_work(tmp_path, filled, name):
    args, code = RUNS[name]
    assert run([name, *filled(args)], tmp_path, closed=("stdout", "stderr"))[0] == code


def test_every_command_is_asked():
    assert set(RUNS) == set(COMMANDS)


def test_an_apply_is_done_and_nothing_complains(tmp_path):
    root = copy_fixture("v0_8", tmp_path)
    code, said = run(["apply", SPEC, "--checkout", root], tmp_path, closed=("stdout",))
    assert code == 0 and "Broken" not in said
    assert run(["status", "--checkout", root], tmp_path, closed=())[0] == 0


@pytest.mark.parametrize("args", [[], ["--help"], ["--version"], ["apply", "--help"]])
def test_what_is_no_command(tmp_path, args):
    assert run(args, tmp_path, closed=("stdout",)) == (0, "")


def test_an_unbuffered_interpreter(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    assert run(["schema"], tmp_path, closed=("stdout",)) == (0, "")


def test_negative_control_an_ordinary_program_fails_there(tmp_path):
    read, write = os.pipe()
    os.close(read)
    code = "print('x')"
    done = subprocess.run([sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert done.returncode != 0 and b"BrokenPipeError" in done.stderr


@pytest.mark.parametrize("redirected", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", ">/dev/full 2>&1"])
@pytest.mark.parametrize("name", ["apply", "status", "schema"])
def test_no_stream_changes_the_exit_code(tmp_path, filled, name, redirected):
    args, code = RUNS[name]
    for options in [[], *([["--json"]] if name != "schema" else [])]:
        command = shlex.join([sys.executable, "-m", "newop_gen", name, *filled(args), *options])
        done = subprocess.run(f"{command} {redirected}", shell=True, cwd=tmp_path, text=True, capture_output=True)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        if redirected == ">/dev/full":
            assert done.stderr.count("standard output can't be written (No space left on device)") == 1
    assert not list(tmp_path.iterdir())
