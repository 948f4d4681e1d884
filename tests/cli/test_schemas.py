"""Every JSON document that a command prints holds to its committed schema: real output, good and bad."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import click
import jsonschema
import pytest
from support.applying import SPECS

from newop_gen.cli.group import COMMANDS, cli
from newop_gen.resources import schemas_dir

SPEC = SPECS / "new_op.yaml"


def schema_of(name):
    return json.loads((schemas_dir() / f"{name}-1.schema.json").read_text(encoding="utf-8"))


def valid(text):
    """The document in `text`, after its schema was asked: the one that its own `schema` names."""
    data = json.loads(text)
    name, version = re.fullmatch(r"newop-gen/([a-z-]+)/(\d+)", data["schema"]).groups()
    assert version == "1"
    schema = schema_of(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(data)
    # Negative control: without any one of its fields it is no such document.
    for field in schema["required"]:
        assert not jsonschema.Draft202012Validator(schema).is_valid({k: v for k, v in data.items() if k != field})
    return data


def every_command():
    """(words of the command line, command), those inside a group too."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (((name, inner), each) for inner, each in command.commands.items())
        else:
            yield (name,), command


def test_each_json_option_names_a_schema_that_is_there():
    named = {}
    for words, command in every_command():
        for param in command.params:
            if param.name == "as_json":
                named[words] = re.search(r"newop-gen/([a-z-]+)/1", param.help).group(1)
    assert {"apply", "remove", "update", "status", "verify", "recover", "validate", "explain", "detect"} <= {
        words[0] for words in named
    }
    for words, name in named.items():
        assert schema_of(name)["$id"] == f"newop-gen/{name}/1", words


def test_each_command_has_quiet_and_examples():
    for words, command in every_command():
        options = {text for param in command.params for text in param.opts}
        assert {"-q", "--quiet"} <= options, words
        assert f"newop-gen {' '.join(words)} " in command.help.replace("\n", " "), words


@pytest.fixture
def said(run):
    """Run a command with --json and hold its document to the schema; its exit code must be `code`."""

    def said(*args, code=0):
        result = run(*args, "--json")
        assert result.exit_code == code, result.output
        return valid(result.stdout)

    return said


def test_the_life_of_an_op(release, said, run):
    made = release("0.8.0", git=True, systems=("h200_sxm",))
    at = ("--checkout", made.root)
    assert said("detect", *at)["layout"] == "func_map"
    assert said("status", *at)["ops"] == []
    assert said("apply", SPEC, *at, "--check", code=1)["outcome"] == "pending"
    assert said("apply", SPEC, *at)["outcome"] == "applied"
    status = said("status", *at)
    assert (status["good"], [op["op"] for op in status["ops"]]) == (True, ["new_op"])
    database = made.sdk / "perf_database.py"
    database.write_text(
        database.read_text(encoding="utf-8").replace("load_new_op_data(new_op_file)", "load_new_op_data(f)")
    )
    assert not said("status", *at, code=1)["good"]
    failed = said("remove", "new_op", *at, code=4)
    assert failed["schema"] == "newop-gen/error/1" and failed["problems"]
    said("update", SPEC, *at, "--force", "--dry-run")
    assert said("update", SPEC, *at, "--force")["outcome"] == "done"
    assert said("update", SPEC, *at)["outcome"] == "nothing-to-do"
    assert said("remove", "new_op", *at, "--dry-run")["outcome"] == "pending"
    gone = said("remove", "new_op", *at)
    assert (gone["outcome"], len(gone["removed"])) == ("done", 3)
    assert said("recover", *at)["outcome"] == "nothing"


@pytest.mark.parametrize("spec", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_explain(said, spec):
    data = said("explain", spec, "--sweep", "x" if spec.stem == "new_op_tokens" else "s")
    assert data["points"] and data["sweep"] and data["measured"]


def test_cache(said, tmp_path, monkeypatch):
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path))
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "a.whl").write_bytes(b"x")
    assert [one["kind"] for one in said("cache")["kept"]] == ["wheels"]
    assert [one["bytes"] for one in said("cache", "--clear")["removed"]] == [1]
    assert said("cache", "--builds") == {**said("cache"), "kept": [], "removed": [], "bytes": 0}


def test_validate(said, tmp_path):
    assert said("validate", SPEC)["valid"]
    bad = tmp_path / "bad.yaml"
    bad.write_text("newop: 1\nop: new_op\nparms: {}\n")
    data = said("validate", SPEC, bad, code=2)
    assert not data["valid"] and data["specs"] == []
    assert (3, "unknown-key") in [(p["line"], p["code"]) for p in data["problems"]]


@pytest.mark.parametrize(
    "args, code",
    [
        (["apply", "none.yaml", "--checkout", "."], 2),
        (["explain", "none.yaml"], 2),
        (["explain", SPEC, "--at", "q=1"], 2),
        (["status"], 2),
        (["status", "--nonsense"], 2),
        (["status", "--checkout", "."], 3),
        (["remove", "new_op", "--checkout", "."], 3),
        (["update", SPEC, "--checkout", "."], 3),
        (["recover", "--checkout", "."], 3),
        (["verify", SPEC, "--checkout", "."], 3),
    ],
)
def test_a_failure_is_a_document_too(said, tmp_path, monkeypatch, args, code):
    monkeypatch.chdir(tmp_path)
    data = said(*args, code=code)
    assert data["exit_code"] == code
    assert data["problems"]


def test_verify(release, said, run):
    made = release("0.8.0", systems=("h200_sxm",))
    spec = SPECS / "new_op_tokens.yaml"
    assert run("apply", spec, "--checkout", made.root).exit_code == 0
    data = said("verify", spec, "--checkout", made.root)
    assert data["passed"] and data["spec_sha256"] == hashlib.sha256(spec.read_bytes()).hexdigest()


def test_doctor(release, said):
    made = release("0.8.0")
    result = said("doctor", "--no-run", "--checkout", made.root, code=1)
    assert result["findings"]


def test_data_check(said, tmp_path):
    table = SPECS / "data/new_op_context_perf.csv"
    said("data", "check", table, "--spec", SPEC, "--phase", "context", code=0)
    bad = tmp_path / "new_op_context_perf.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    bad.write_text("\n".join([*lines, lines[5].replace(lines[5].split(",")[-1], "-1"), "nonsense"]) + "\n")
    assert said("data", "check", bad, "--spec", SPEC, code=1)["findings"]


def test_a_fault_of_this_program_is_a_document_too(said, checkout, monkeypatch):
    from newop_gen.write import status as write

    def fail(*_, **__):
        raise RuntimeError("no")

    monkeypatch.setattr(write, "status", fail)
    assert said("status", "--checkout", checkout, code=70)["problems"][0]["code"] == "internal"
    monkeypatch.setattr(write, "status", lambda *_, **__: Path("/nonexistent/x").read_text())
    assert said("status", "--checkout", checkout, code=5)["problems"][0]["file"] == "/nonexistent/x"
