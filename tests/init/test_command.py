"""`newop-gen init` on the command line: never over a file, and what it does without a terminal."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from support.applying import SPECS

from newop_gen.cli import cli
from newop_gen.init.questions import Known, draft_from_answers
from newop_gen.init.write import checked, rendered

TABLE = SPECS / "data" / "new_op_tokens_perf.csv"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli, ["init", *map(str, args)], catch_exceptions=False)


def test_a_file_that_is_there_stays_as_it_is(run, tmp_path):
    for name, args in (("my.yaml", ("my.yaml", "--yes")), ("new_op_tokens.yaml", ("--from-csv", TABLE))):
        (tmp_path / name).write_text("mine\n")
        result = run(*args)
        assert result.exit_code == 2 and "never overwrites" in result.stderr
        assert (tmp_path / name).read_text() == "mine\n"


def test_without_a_terminal_the_options_are_named(run, tmp_path):
    result = run()
    assert result.exit_code == 2 and "--from-csv" in result.stderr and "--yes" in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_written_validates(run, tmp_path):
    assert run("--yes").exit_code == 0
    result = run("--from-csv", TABLE, "--system", "h200_sxm", "--backend", "trtllm")
    assert result.exit_code == 0 and "the SOL is a placeholder" in result.stderr
    for name in ("my_op.yaml", "new_op_tokens.yaml"):
        validated = CliRunner().invoke(cli, ["validate", str(tmp_path / name)])
        assert validated.exit_code == 0 and "is a placeholder" in validated.stderr


def test_wrong_options_are_named(run):
    assert "--axis takes" in run("--from-csv", TABLE, "--axis", "q=num_tokens").stderr
    result = run("--from-csv", TABLE, "--axis", "x=nonsense")
    assert result.exit_code == 2 and "'nonsense'" in result.stderr
    assert run("--from-csv", "none.csv").exit_code == 2


ANSWERS = st.sampled_from(
    ["", "my_op", "2x", "gemm", "hidden_size, heads", "a:b", "kv_mode:kv, g:gemm", "kv_mode:kv,size:int,name_of:str"]
    + ["-", "b", "isl", "num_tokens", "latency", "class", "it's \\ done", "a\u202eb", "seq_len", "rows: 3"]
)


@given(st.data())
def test_any_answers_that_are_taken_make_a_valid_spec(data):
    def ask(question, why, default, *, among=(), check=lambda _: ""):
        assert question and why and (default in among or not check(default))
        answer = data.draw(st.sampled_from(among) if among else st.one_of(st.just(default), ANSWERS))
        return default if check(answer) else answer

    assert checked(rendered(draft_from_answers(ask, Known()))).spec.op
