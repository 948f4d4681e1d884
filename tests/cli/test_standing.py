"""Specs and names that are not those of the ops in a checkout: changed, renamed, taken out, mistyped."""

from __future__ import annotations

import json

import pytest
from checkouts import copy_fixture
from support.applying import SPECS

from newop_gen.problems import Exit

OP = "rope_cache"


@pytest.fixture
def good(tmp_path, monkeypatch):
    """The path of a spec of `rope_cache`, in the directory that one is in."""
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8").partition("\ndata:")[0] + "\n"
    assert "op: new_op_tokens\n" in text
    path = tmp_path / "good.yaml"
    path.write_text(text.replace("op: new_op_tokens\n", f"op: {OP}\n"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return path


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def at(tmp_path, monkeypatch):
    """Options that name a checkout with real op code."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return ("--checkout", copy_fixture("v0_8", tmp_path))


@pytest.fixture
def toy_at(checkout):
    return ("--checkout", checkout)


def test_all_commands_say_the_same_of_a_spec_that_names_another_op(run, good, toy_at, snapshot):
    assert run("apply", "good.yaml", *toy_at).exit_code == 0
    change(good, f"op: {OP}\n", "op: rope_kv\n")
    before = snapshot(toy_at[1])
    words = "the spec good.yaml now names rope_kv; rope_cache, applied from it, is still there"
    for argument in ("good.yaml", OP):
        refused = run("update", argument, *toy_at)
        assert refused.exit_code == Exit.CHECKOUT
        assert f"{words} (`newop-gen remove rope_cache --checkout {toy_at[1]}` first)" in refused.stderr
        assert "--from" not in refused.stderr and "newop-gen apply" not in refused.stderr
    shown = run("status", *toy_at)
    assert shown.exit_code == Exit.FOUND
    assert f"{words}: `newop-gen remove rope_cache" in shown.stdout and "newop-gen update" not in shown.stdout
    assert json.loads(run("status", *toy_at, "--json").stdout)["ops"][0]["spec_names"] == "rope_kv"
    assert snapshot(toy_at[1]) == before
    for options in (["--dry-run"], ["--check"], []):  # a warning: two ops may be meant
        applied = run("apply", "good.yaml", *toy_at, *options)
        assert applied.stderr.splitlines()[0] == (
            f"warning: {toy_at[1]}: {words} (`newop-gen remove rope_cache --checkout {toy_at[1]}` first)"
        )
    # With both of them there, the name given is not taken for the other one.
    assert words in run("update", OP, *toy_at).stderr
    assert run("remove", OP, *toy_at).exit_code == 0
    assert run("status", *toy_at).stdout.startswith("rope_kv: as applied\n")
    change(good, "op: rope_kv\n", "op: rope_kv  # more\n")
    assert OP not in run("update", "good.yaml", *toy_at).stderr


def test_in_json_the_warning_is_there_too(run, good, toy_at):
    run("apply", "good.yaml", *toy_at)
    change(good, f"op: {OP}\n", "op: rope_kv\n")
    warnings = json.loads(run("apply", "good.yaml", *toy_at, "--json").stdout)["warnings"]
    assert "op-renamed" in [warning["code"] for warning in warnings]


def test_what_comes_next_is_to_remove_it(run, good, checkout, monkeypatch):
    run("apply", good, "--checkout", checkout)
    change(good, f"op: {OP}\n", "op: rope_kv\n")
    monkeypatch.chdir(checkout)
    told = run().stdout
    assert "newop-gen remove rope_cache --checkout ." in told and "newop-gen update" not in told


def test_a_changed_spec_is_one_message(run, good, at):
    assert run("apply", good, *at).exit_code == 0
    change(good, "outside: extrapolate", "outside: clamp")
    for args in (["apply", good], ["apply", good, "--dry-run"], ["pr-text", good]):
        told = run(*args, *at)
        assert told.exit_code == Exit.CONFLICT
        assert [line for line in told.stderr.splitlines() if line.startswith("error: ")] == [
            f"error: {good}: the spec changed since it was applied: run `newop-gen update {good} --checkout {at[1]}`"
        ]


def test_what_is_wrong_with_another_spec_is_not_hidden_by_that(run, good, at, tmp_path):
    """Negative control: only what the receipt explains is left out."""
    other = tmp_path / "other.yaml"
    other.write_text(good.read_text(encoding="utf-8").replace(f"op: {OP}\n", "op: kelp_stir\n"), encoding="utf-8")
    assert run("apply", good, other, *at).exit_code == 0
    change(good, "outside: extrapolate", "outside: clamp")
    database = at[1] / "src/aiconfigurator/sdk/perf_database.py"
    change(database, "def query_kelp_stir(\n        self,", "def query_kelp_stir(\n        self, more,")
    told = run("apply", good, other, *at)
    assert told.exit_code == Exit.CONFLICT
    assert "the spec changed since it was applied" in told.stderr.splitlines()[0]
    assert "kelp_stir" in told.stderr and "query_rope_cache" not in told.stderr


def test_a_second_removal_has_nothing_to_do(run, good, toy_at, snapshot):
    run("apply", good, *toy_at)
    for argument in (OP, good, OP, good):
        done = run("remove", argument, *toy_at)
        assert done.exit_code == 0, done.stderr
    before = snapshot(toy_at[1])
    for argument in (OP, good):
        done = run("remove", argument, *toy_at)
        assert (done.exit_code, done.stdout) == (0, f"nothing to do: rope_cache is not applied in {toy_at[1]}\n")
        assert "not applied here" not in done.stderr
    assert json.loads(run("remove", OP, *toy_at, "--json").stdout)["outcome"] == "nothing-to-do"
    assert snapshot(toy_at[1]) == before


def test_a_name_that_was_never_there_is_told_which_are(run, good, spec, other_spec, toy_at):
    run("apply", good, spec, *toy_at)
    done = run("remove", "rope_cahce", *toy_at)
    assert done.exit_code == 0
    assert "nothing to do: rope_cahce is not applied" in done.stdout and "did you mean 'rope_cache'?" in done.stderr
    # The rest is done all the same, and a name that begins another op's is no trace of it.
    run("apply", other_spec, *toy_at)
    assert run("remove", "new_op", *toy_at).exit_code == 0
    done = run("remove", "new_op", OP, *toy_at)
    assert done.exit_code == 0 and "removed rope_cache in" in done.stdout and "new_op: not applied here" in done.stderr
    assert [op["op"] for op in json.loads(run("status", *toy_at, "--json").stdout)["ops"]] == ["new_op_tokens"]


def test_an_op_that_is_there_without_a_receipt_is_not_said_to_be_gone(run, good, toy_at, tmp_path):
    """As in a fresh clone: only the spec can say what to take out."""
    run("apply", good, *toy_at)
    for receipt in (tmp_path / "state").rglob(f"{OP}.json"):
        receipt.unlink()
    done = run("remove", OP, *toy_at)
    assert done.exit_code == Exit.CHECKOUT and "there is no receipt for an op rope_cache" in done.stderr
    assert run("remove", good, *toy_at).exit_code == 0


def test_a_trace_of_an_op_in_rust_is_one_too(run, toy_at):
    built = toy_at[1] / "crate/target"
    built.mkdir(parents=True)
    (built / "CACHEDIR.TAG").touch()
    for folder, code in ((built, Exit.DONE), (built.parent, Exit.CHECKOUT)):
        (folder / "mod.rs").write_text("pub mod rope_cache;\n", encoding="utf-8")
        assert run("remove", OP, *toy_at).exit_code == code


def test_update_takes_a_name_where_the_spec_is_where_it_was(run, good, toy_at):
    run("apply", "good.yaml", *toy_at)
    change(good, f"op: {OP}\n", f"op: {OP}  # more\n")
    assert run("status", *toy_at).exit_code == Exit.FOUND
    assert run("update", OP, *toy_at).exit_code == 0
    assert run("status", *toy_at).exit_code == 0
    good.rename(good.with_name("elsewhere.yaml"))
    told = run("update", OP, *toy_at)
    assert told.exit_code == Exit.CHECKOUT
    assert (
        "rope_cache was applied from good.yaml, which is not there; expected the path of the op's spec" in told.stderr
    )
    told = run("update", "rope_cahce", *toy_at)
    assert "'rope_cahce' is no file, and no op of this name was applied here" in told.stderr
    assert "did you mean 'rope_cache'?" in told.stderr
