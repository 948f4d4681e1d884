"""The `cli` check without the minutes: what the command's end, a dead process and a crash come to."""

from __future__ import annotations

import json
import os
import sys
import types
from types import SimpleNamespace

import pytest
from support.applying import SPECS

from newop_gen.model.op import Op
from newop_gen.problems import IoFault
from newop_gen.spec.load import load_spec
from newop_gen.verify import run
from newop_gen.verify.checks import chosen
from newop_gen.verify.child import command, compiled
from newop_gen.verify.session import CheckoutFailed, Process

RANGE = "new_op has no data at b=264: the collected range is 1 to 256"
ERROR = {"error": {"class": "PerfDataNotAvailableError", "bases": [], "text": RANGE, "where": ""}}
REFUSED = {"count": 9, "texts": [RANGE], "batches": [264.0, 512.0]}


def _process():
    return Process(sys.executable, dict(os.environ))


def test_last_words_outlive_the_process():
    process = _process()
    process.request({"verb": "warm"}, 60)
    with pytest.raises(IoFault):  # it ends at a request that it can't make out
        process.request({"verb": "begin"}, 60)
    said = process.last_words()
    assert "roots" in said
    process.close()
    assert process.last_words() == said
    with pytest.raises(IoFault, match="has ended"):
        process.request({"verb": "warm"}, 60)


@pytest.fixture
def answered(monkeypatch, tmp_path):
    """The check's result when the child answers so; the process is a real one."""

    def check(**answers):
        class Conversation:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                return None

            def attempt(self, verb, **_):
                if isinstance(answers[verb], Exception):
                    raise answers[verb]
                return answers[verb]

        monkeypatch.setattr(chosen, "begin", lambda *_, **__: Conversation())
        monkeypatch.setattr(chosen, "_has_tables", lambda *_: True)
        session = SimpleNamespace(python=sys.executable, checkout=tmp_path, extension=None)
        loaded = load_spec(SPECS / "new_op_tokens.yaml")
        bench = SimpleNamespace(op=Op.from_spec(loaded.spec), session=session)
        return chosen.command(bench, {}, "some/model", lambda _: None)

    return check


def test_a_choice_that_fails_is_a_failed_check_with_the_reason(answered):
    result = answered(command={"row": {}, "words": [], "refused": REFUSED}, share=ERROR)
    assert result.status == "failed" and RANGE in result.failures[0].found
    assert "dropped candidates" in result.note and "batch sizes 264 to 512" in result.note
    more = [f"{RANGE}. Failed to query b={n}" for n in range(9)]
    assert answered(command={**ERROR, "refused": {**REFUSED, "texts": more}}).note == result.note
    result = answered(command={**ERROR, "refused": REFUSED})
    assert result.status == "failed" and RANGE in result.note


def test_a_process_that_is_gone_is_a_failed_check(answered):
    from newop_gen.problems import Place, Problem

    result = answered(command=IoFault(Problem(Place("python"), "ended with status -9: Killed")))
    assert result.status == "failed" and "status -9" in result.cause.words


def test_a_crash_in_a_check_is_a_failed_check():
    def crash():
        return [].pop()

    (crashed,) = run._guarded("cli", crash)
    assert (crashed.check, crashed.status, crashed.cause.code) == ("cli", "failed", "check-crashed")
    assert "IndexError" in crashed.failures[0].found

    def fail():
        raise CheckoutFailed("share", {"class": "KeyError", "text": "'x'", "where": ""})

    assert run._guarded("cli", fail)[0].cause.code == "check-error"


class Query:
    """An op class with data up to a batch of 256."""

    def query(self, database, **given):
        if given["batch_size"] > 256:
            raise RuntimeError(f"no data at b={given['batch_size']}")
        return 1.0


@pytest.fixture
def fake_cli(monkeypatch):
    """A command whose search asks for batches of 1, 264 and 512, and passes over those that raise."""
    rows = []

    def search():
        for batch in (1, 264, 512):
            try:
                Query().query(None, batch_size=batch)
            except RuntimeError:
                continue
            rows.append(batch)
        return "agg", {"agg": SimpleNamespace(__len__=lambda: 1, iloc=[SimpleNamespace(to_dict=dict)])}

    main = types.ModuleType("aiconfigurator.cli.main")
    main.configure_parser = lambda parser: parser.add_argument("words", nargs="*")
    main._execute_tasks = search
    main.main = lambda _: main._execute_tasks()
    monkeypatch.setattr(command, "upstream", lambda name: main)
    monkeypatch.setattr(command, "sdk", lambda name: SimpleNamespace(Ours=Query))
    return rows


def test_what_the_search_drops_is_told(fake_cli, monkeypatch):
    original = Query.query
    found = command.command(command.raised_by_queries, {}, "ours", ["Ours"])
    assert found["refused"] == {"count": 2, "texts": ["no data at b=264", "no data at b=512"], "batches": [264, 512]}
    assert fake_cli == [1] and Query.query is original


def test_what_an_engine_refuses_is_told_of_the_op_alone(monkeypatch):
    def raising(error):
        raise LookupError(str(error)) from error

    step = SimpleNamespace(_reraise_engine_error=raising)
    monkeypatch.setattr(compiled, "sdk", lambda name: step)
    refused = command.Refused()
    with compiled.raised_by_engine("new_op", ["ContextNewOp"], refused):
        for text in ("new_op data missing for NewOpKey", "gemm data missing"):
            with pytest.raises(LookupError):
                step._reraise_engine_error(ValueError(text))
    assert vars(refused) == {"count": 1, "texts": ["new_op data missing for NewOpKey"], "batches": []}
    assert step._reraise_engine_error is raising


def test_nothing_is_told_where_nothing_was_dropped():
    op = Op.from_spec(load_spec(SPECS / "new_op_tokens.yaml").spec)
    assert chosen.dropped(op, {}) == "" == chosen.dropped(op, {"count": 0, "texts": [], "batches": []})


def test_an_interpreter_that_dies_leaves_what_was_found(monkeypatch, tmp_path):
    from checkouts import copy_fixture
    from click.testing import CliRunner

    from newop_gen.cli import cli

    root, spec = copy_fixture("v0_8", tmp_path), SPECS / "new_op_tokens.yaml"
    assert CliRunner().invoke(cli, ["apply", str(spec), "--checkout", str(root), "-q"]).exit_code == 0

    def killed(bench):
        bench.session._process._child.kill()
        return bench.session.ask("catalogue")

    monkeypatch.setattr(run.modes, "speed_of_light", killed)
    done = CliRunner().invoke(cli, ["verify", str(spec), "--checkout", str(root), "--json"])
    assert done.exit_code == 1
    checks = json.loads(done.stdout)["checks"]
    assert checks[-1]["check"] == "interpreter" and checks[-1]["cause"]["code"] == "interpreter-gone"
    assert sum(check["status"] == "passed" for check in checks) > 5
