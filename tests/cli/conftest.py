"""A toy layout and a toy checkout: commands are tested without any knowledge of real releases."""

from __future__ import annotations

import sys
import types

import pytest
from click.testing import CliRunner

from newop_gen import guard, layouts
from newop_gen.cli import cli
from newop_gen.edits.python import find
from newop_gen.edits.python.place import after_statement, end_of_class
from newop_gen.layouts import Probe
from newop_gen.layouts.base import Facts, Rules
from newop_gen.layouts.common.settle import settled
from newop_gen.plan import Creation, Skip, Step
from newop_gen.problems import CheckoutRefused, Place, Problem
from newop_gen.resources import specs_dir

COMMON = '''"""Names."""


class Files:
    """Data files."""

    gemm = "gemm.txt"  # dense


FILES = 1
'''
TABLE = b"a,b\n" + b"".join(b"%d,1.5\n" % i for i in range(30))


RULES = Rules(
    peak="strict", empirical="constant", hybrid="any", between="spec", outside="spec", fills_grid=False,
    source_tags=False, loading=None,
)  # fmt: skip


class Toy:
    """A class `Files` in sdk/common.py that gets a member and a method per op, and a table."""

    name = "toy"
    title = "a toy"

    def words(self):
        return {}

    def facts(self, tree):
        return Facts(layout=self.name, suffix=".txt", sixteen_bit="bfloat16", quants={}, systems="", tests=None)

    def rules(self, tree):
        return RULES

    def probes(self, tree):
        source = tree.python(tree.at("sdk/common.py"))
        node, problem = find.attempt(find.find_class, source, "Files") if source else (None, None)
        return [
            Probe("common", "is there sdk/common.py?", source is not None),
            Probe(
                "files",
                "is there a class Files?",
                node is not None,
                problem.suggestion if problem else "",
                source and Place(source.path),
            ),
            Probe("tests", "is there a test tree?", False, required=False),
        ]

    def plan(self, ops, tree):
        source = tree.python(tree.at("sdk/common.py"))
        owner = find.find_class(source, "Files")
        member = find.last_assign_in_class(source, owner)
        steps = []
        for op, _ in ops:
            if op.name in ("taken",):
                raise CheckoutRefused(Problem(source.place(owner), f"the name {op.name} is taken", "a free name"))
            first = settled(source, after_statement(source, member, f'    {op.name} = "{op.name}.txt"\n'))
            second = settled(
                source, end_of_class(source, owner, f"def {op.name}_path(self):\n    return self.{op.name}\n")
            )
            table = Creation(f"data/{op.name}.txt", TABLE, data=True, done=tree.exists(f"data/{op.name}.txt"))
            steps += [
                Step(op.name, "enum", "name the data file", (first,)),
                Step(op.name, "query", "answer", (second,), ("a note",), (Skip("Qwen", "no such model"),)),
                Step(op.name, "data", "the table", (table,)),
            ]
        return steps


@pytest.fixture
def toy(monkeypatch):
    """Only the toy layout is registered."""
    module = types.ModuleType("newop_gen.layouts.toy")
    module.LAYOUT = Toy()
    monkeypatch.setitem(sys.modules, "newop_gen.layouts.toy", module)
    monkeypatch.setattr(layouts, "REGISTERED", {"toy": "toy"})
    # What the toy puts in is in no spec; the guard has tests of its own.
    monkeypatch.setattr(guard, "check", lambda plan, ops, words: None)
    return module.LAYOUT


@pytest.fixture
def checkout(tmp_path, toy, monkeypatch):
    """A checkout of the toy layout, outside of any repository."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    sdk = tmp_path / "checkout" / "src" / "aiconfigurator" / "sdk"
    sdk.mkdir(parents=True)
    (sdk.parent / "__init__.py").write_bytes(b"")
    (sdk / "common.py").write_text(COMMON)
    return tmp_path / "checkout"


@pytest.fixture
def spec():
    return specs_dir() / "new_op.yaml"


@pytest.fixture
def other_spec():
    return specs_dir() / "new_op_tokens.yaml"


@pytest.fixture
def run():
    """Run the command line in this process; the result has exit_code, stdout, stderr."""

    def run(*args, **kwargs):
        return CliRunner().invoke(cli, [str(a) for a in args], **kwargs)

    return run


@pytest.fixture
def snapshot():
    """Every file below a directory with its bytes and modification time."""

    def snapshot(directory):
        return {
            str(p.relative_to(directory)): (
                p.stat().st_mtime_ns,
                p.stat().st_mode,
                p.read_bytes() if p.is_file() else None,
            )
            for p in sorted(directory.rglob("*"))
        }

    return snapshot
