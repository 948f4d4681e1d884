"""What a person's terminal gets, on a real pseudo-terminal: colour, tables, a spinner; and what turns them off."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.cli import cli, output
from newop_gen.cli.output import Progress

SPEC = SPECS / "new_op.yaml"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(*args, **environment):
    """Exit code and what a terminal of 100 columns shows of a run of the command line."""
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **environment}
    env.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
    process = subprocess.Popen(
        [sys.executable, "-m", "newop_gen", *map(str, args)], stdin=slave, stdout=slave, stderr=slave, env=env
    )
    os.close(slave)
    said = b""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([master], [], [], 0.2)[0]:
            try:
                data = os.read(master, 1 << 16)
            except OSError:  # Linux: the other end is closed
                break
            if not data:
                break
            said += data
    os.close(master)
    return process.wait(10), said.decode("utf-8", "replace").replace("\r\n", "\n")


@pytest.fixture
def made(release):
    return release("0.8.0", systems=("h200_sxm",))


def test_a_dry_run_is_in_colour_and_no_color_and_dumb_terminals_are_honoured(made):
    args = ("apply", SPEC, "--checkout", made.root, "--dry-run")
    code, said = on_terminal(*args)
    assert code == 0
    assert "\x1b[32m+" in said and "more lines)" in said
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        code, plain = on_terminal(*args, **environment)
        assert code == 0 and "\x1b" not in plain
        assert plain == COLOUR.sub("", said)


def test_tables(made):
    code, said = on_terminal("explain", SPEC, "--sweep", "s")
    assert code == 0
    assert "─────" in said and "projection" in said
    code, plain = on_terminal("explain", SPEC, "--sweep", "s", NO_COLOR="1")
    assert "\x1b" not in plain and "─────" in plain
    assert on_terminal("apply", SPEC, "--checkout", made.root)[0] == 0
    code, said = on_terminal("status", "--checkout", made.root)
    assert (code, said.count("as applied")) == (0, 1 + 7 + 1)
    # A name in a table can't act on the terminal, nor be markup.
    assert "[bold]" in COLOUR.sub("", on_terminal("validate", "[bold]x\x1b[31m.yaml")[1])


def test_the_same_numbers_on_a_terminal_and_elsewhere():
    def numbers(text):
        return re.findall(r"\d[\d.e+-]*", COLOUR.sub("", text))

    _, shown = on_terminal("explain", SPEC, "--sweep", "s")
    assert numbers(shown) == numbers(CliRunner().invoke(cli, ["explain", str(SPEC), "--sweep", "s"]).stdout)


def test_errors_have_a_coloured_label():
    code, said = on_terminal("validate", "none.yaml")
    assert code == 2
    assert re.search(r"\x1b\[[0-9;]*merror:\x1b\[0m none\.yaml", said.replace("\x1b[31m\x1b[1m", "\x1b[1m"))
    assert "\x1b" not in on_terminal("validate", "none.yaml", NO_COLOR="1")[1]


@pytest.mark.parametrize("keep", [False, True])
def test_long_work_shows_what_it_is_at(keep):
    code = (
        "import time\nfrom newop_gen.cli.output import Progress\n"
        f"with Progress(keep={keep}) as p:\n    for t in ('one [b]', '  detail', 'two'):\n        p(t)\n        time.sleep(0.3)\n"
        "print('done')\n"
    )
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=slave, stderr=slave, env=env)
    os.close(slave)
    said = b""
    while True:
        try:
            data = os.read(master, 1 << 16)
        except OSError:
            break
        if not data:
            break
        said += data
    os.close(master)
    assert process.wait(10) == 0
    text = said.decode()
    assert all(word in text for word in ("one [b]", "detail", "two"))
    # The line is taken away before the result, and the cursor is back.
    assert text.rstrip().endswith("done") and text.rindex("\x1b[2K") < text.rindex("done")
    # A line that is kept has an end of its own.
    assert [bool(re.search(rf"\x1b\[2K *{word}\r?\n", text)) for word in ("detail", "two")] == [keep, keep]
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") > 0


def test_progress_elsewhere_is_a_line_a_step(capsys, monkeypatch):
    with Progress() as progress:
        for text in ("one", "  detail", "two \x1b[31m"):
            progress(text)
    assert capsys.readouterr().err == "one\ntwo \\x1b[31m\n"
    monkeypatch.setattr(output.wanted, "quiet", True)
    with Progress() as progress:
        progress("one")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("quiet", ["-q", "--quiet"])
def test_quiet(run, checkout, spec, tmp_path, quiet):
    dry = run("apply", spec, "--checkout", checkout, "--check", quiet)
    assert (dry.exit_code, dry.output) == (1, "")
    done = run("apply", spec, "--checkout", checkout, quiet)
    assert (done.exit_code, done.output) == (0, "")
    for args in (
        ["status"],
        ["recover"],
        ["detect"],
        ["apply", spec, "--check"],
        ["update", spec],
        ["remove", "new_op"],
    ):
        result = run(*args, "--checkout", checkout, quiet)
        assert (result.exit_code, result.output) == (0, ""), args
    assert run("validate", spec, quiet).output == run("explain", spec, quiet).output == ""
    # What was asked for by name is printed, and so is what is wrong.
    assert run("validate", spec, "--json", quiet).stdout.startswith("{")
    assert run("apply", spec, "--checkout", checkout, "--dry-run", "--patch", "-", quiet).stdout.startswith("# Step 1")
    wrong = run("validate", tmp_path / "none.yaml", quiet)
    assert wrong.exit_code == 2 and wrong.stderr.startswith("error: ")
    # The next command is not quiet because the one before was.
    assert run("validate", spec).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell):
    environment = {
        **os.environ, "_NEWOP_GEN_COMPLETE": f"{shell}_complete", "COMP_WORDS": "newop-gen pr", "COMP_CWORD": "1"
    }  # fmt: skip
    if shell == "fish":
        environment["COMP_CWORD"] = "pr"
    code = "import sys; sys.argv = ['newop-gen']; from newop_gen.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert "pr-text" in done.stdout, done
    assert "sandbox" not in done.stdout


def test_a_long_table_shows_how_far_it_is_to_a_terminal_only(tmp_path):
    table = tmp_path / "new_op_tokens_perf.csv"
    rows = (f"{x},{k},8,{x * k / 1000}" for k in range(1, 201) for x in range(1, 51))
    table.write_text("\n".join(["num_tokens,param1,param2,latency", *rows, ""]))
    args = ("data", "check", table, "--spec", SPECS / "new_op_tokens.yaml")
    _, said = on_terminal(*args)
    assert re.search(r"_perf\.csv: \d+,\d+ (of 10,000 )?rows", COLOUR.sub("", said))
    plain = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert not re.search(r"_perf\.csv: \d+,\d+ (of 10,000 )?rows", plain.output)
