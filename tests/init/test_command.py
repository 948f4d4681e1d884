"""`newop-gen init` on the command line: never over a file, and what it does without a terminal."""

from __future__ import annotations

import csv

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


@pytest.mark.parametrize(
    ("option", "name", "near"),
    [("--key", "parm1", "'param1'"), ("--ignore", "PARAM2", "did you mean 'param2'?"), ("--key", "zzz", "")],
)
def test_a_column_that_is_not_there(run, tmp_path, option, name, near):
    result = run("--from-csv", TABLE, option, name)
    assert result.exit_code == 2 and f"error: {option} {name}: no column {name!r} in " in result.stderr
    assert near in result.stderr and "one of framework, " in result.stderr
    assert not list(tmp_path.iterdir())


def test_every_wrong_column_is_named_at_once(run):
    said = run("--from-csv", TABLE, "--key", "one", "--key", "param1", "--ignore", "two").stderr
    assert [line[:17].strip() for line in said.splitlines()] == ["error: --key one:", "error: --ignore t"]


@pytest.mark.parametrize(
    ("name", "instead"), [("My-Op", "my_op"), ("2x", "op_2x"), ("class", "class_op"), ("x", "op_x")]
)
def test_an_op_that_can_not_be_called_so_is_not_called_otherwise(run, tmp_path, name, instead):
    for args in (["--from-csv", TABLE], ["--yes"], ["--like", "gemm", "--checkout", tmp_path]):
        result = run(*args, "--op", name)
        assert result.exit_code == 2 and f"error: --op: an op can't be called {name!r}" in result.stderr
        assert result.stderr.rstrip().endswith(f"(--op {instead})")
    assert run("--yes", "--op", "my__op").exit_code == 0 and (tmp_path / "my__op.yaml").is_file()


def _damaged(tmp_path, line, column, text):
    rows = list(csv.reader(TABLE.open(newline="")))
    rows[line - 1][rows[0].index(column)] = text
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    return tmp_path / "t.csv", sum(len(cell) + 1 for cell in rows[line - 1][: rows[0].index(column)]) + 1


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("latency", "n/a", "latency is 'n/a'; expected a number, as in the other 26 rows (mend the cell"),
        ("latency", "", "latency is empty; expected a number, as in the other 26 rows"),
        ("latency", "inf", "latency is 'inf'; expected a number"),
        ("num_tokens", "1,024", "num_tokens is '1,024'; expected a whole number, as in the other 26 rows (write 1024"),
        ("num_tokens", "512.0", "num_tokens is '512.0'; expected a whole number, as in the other 26 rows (write 512"),
        ("param1", "wide", "param1 is 'wide'; expected a whole number"),
        ("param1", " ", "param1 is empty"),
    ],
)
def test_a_single_odd_cell_is_named_where_it_stands(run, tmp_path, column, text, said):
    file, at = _damaged(tmp_path, 7, column, text)
    result = run("new.yaml", "--from-csv", file)
    assert result.exit_code == 2 and f"{file}:7:{at}: {said}" in result.stderr
    assert not (tmp_path / "new.yaml").exists()


def test_what_somebody_says_about_a_column_settles_it(run, tmp_path):
    file, _ = _damaged(tmp_path, 7, "param1", "wide")
    assert run("new.yaml", "--from-csv", file, "--key", "param1").exit_code == 0
    assert "param1: {type: str" in (tmp_path / "new.yaml").read_text()
    assert run("other.yaml", "--from-csv", file, "--ignore", "param1").exit_code == 0


def test_negative_control_a_column_of_words_is_one(run, tmp_path):
    rows = list(csv.reader(TABLE.open(newline="")))
    for number, row in enumerate(rows):
        row.append("layer" if not number else "first" if number % 3 == 0 else str(number % 3))
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    assert run("new.yaml", "--from-csv", tmp_path / "t.csv").exit_code == 0
    assert "layer: {type: str" in (tmp_path / "new.yaml").read_text()


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


@pytest.mark.parametrize(
    ("old", "new", "given", "plain"),
    [
        ("latency", "Latency (us)", "Latency (us)", "latency_us"),
        ("latency", " latency", " latency", "latency"),
        ("latency", " latency", "latency", "latency"),
        ("latency", "Latency (us)", "", "latency_us"),
        ("num_tokens", "num tokens", "", "num_tokens"),
    ],
)
def test_a_name_that_no_spec_can_say_is_to_be_renamed(run, tmp_path, old, new, given, plain):
    header, rows = TABLE.read_text(encoding="utf-8").split("\n", 1)
    names = [new if name == old else name for name in header.split(",")]
    if old == "num_tokens":  # nothing else may pass for a run-time size
        names = [f"{name} (elements)" if name.startswith("param") else name for name in names]
    (tmp_path / "t.csv").write_text(",".join(names) + "\n" + rows, encoding="utf-8")
    result = run("--from-csv", "t.csv", *(["--latency", given] if given else []))
    assert result.exit_code == 2
    assert f"the column name {new!r}; expected a column name of letters, digits and underscores" in result.stderr
    assert f"(rename it, e.g. {plain})" in result.stderr and "did you mean" not in result.stderr


def test_a_table_without_rows(run, tmp_path):
    (tmp_path / "t.csv").write_text(TABLE.read_text(encoding="utf-8").partition("\n")[0] + "\n", encoding="utf-8")
    result = run("--from-csv", "t.csv")
    assert result.exit_code == 2 and "t.csv: the table has a header and no rows" in result.stderr


@pytest.mark.parametrize("column", ["latency", "num_tokens"])
def test_a_cell_of_the_latency_is_mended(run, tmp_path, column):
    rows = list(csv.reader(TABLE.read_text(encoding="utf-8").splitlines()))
    rows[9][rows[0].index(column)] = "n/a"
    (tmp_path / "t.csv").write_text("\n".join(map(",".join, rows)) + "\n", encoding="utf-8")
    result = run("--from-csv", "t.csv")
    assert result.exit_code == 2 and f"{column} is 'n/a'" in result.stderr
    assert ("--key" in result.stderr) == (column != "latency")
