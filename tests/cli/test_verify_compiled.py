"""`newop-gen verify` where ops are compiled: what is said without a build, without cargo, and of one that fails."""

from __future__ import annotations

import json
import sys
import types
from dataclasses import replace

import jsonschema
import pytest
from verify.compiled.crates import CRATE, digest_of, tiny

from newop_gen import guard, layouts
from newop_gen.plan import Creation, Step
from newop_gen.resources import schemas_dir

INSERTED = """\
pub fn flops(b: u64, s: u64, param1: u64, param2: u64) -> u64 {
    2 * b * s * param1 * param2
}
"""


def compiled(toy):
    """The toy layout with a crate: an op is a file of it, too."""

    class Compiled(type(toy)):
        name = "compiled"

        def rules(self, tree):
            return replace(super().rules(tree), crate=CRATE)

        def plan(self, ops, tree):
            steps = super().plan(ops, tree)
            for op, _ in ops:
                path = f"core/src/{op.name}.rs"
                done = tree.content(path) == INSERTED.encode()
                steps.append(Step(op.name, "operator", "compute", (Creation(path, INSERTED.encode(), done=done),)))
            return steps

    return Compiled()


@pytest.fixture
def tree(tmp_path, monkeypatch, toy, checkout):
    """A checkout with a crate, to which nothing was applied yet."""
    module = types.ModuleType("newop_gen.layouts.compiled")
    module.LAYOUT = compiled(toy)
    monkeypatch.setitem(sys.modules, "newop_gen.layouts.compiled", module)
    monkeypatch.setattr(layouts, "REGISTERED", {"compiled": "compiled"})
    monkeypatch.setattr(guard, "check", lambda plan, ops, words: None)
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    tiny(checkout)
    root = checkout / "core/src/lib.rs"
    root.write_text("pub mod new_op;\n" + root.read_text())
    return checkout


@pytest.fixture
def applied(tree, run, spec):
    result = run("apply", spec, "--checkout", tree)
    assert result.exit_code == 0, result.output
    return tree


def test_without_cargo_it_says_so_and_what_was_checked(applied, run, spec, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    before = digest_of(applied)
    result = run("verify", spec, "--checkout", applied, "--python", sys.executable)
    assert result.exit_code == 5
    [line] = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert "there is no cargo on the path, so that the op can't be built" in line
    assert "checked without: inserted-text passed; table passed" in line.replace("\n", " ")
    assert digest_of(applied) == before


def test_not_built_is_what_it_says_first(applied, run, spec) -> None:
    result = run("verify", spec, "--checkout", applied, "--no-build")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].startswith("not built (--no-build): the op is compiled")
    data = json.loads(run("verify", spec, "--checkout", applied, "--no-build", "--json").stdout)
    schema = json.loads((schemas_dir() / "verify-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    assert (data["passed"], data["build"]["built"], data["build"]["why"]) == (True, False, "--no-build")
    assert [check["check"].partition(":")[0] for check in data["checks"]] == ["inserted-text", "table", "table"]


def test_another_text_than_the_spec_s_is_found_without_a_build(applied, run, spec) -> None:
    common = applied / "src/aiconfigurator/sdk/common.py"
    common.write_text(common.read_text().replace('    new_op = "new_op.txt"\n', ""))
    result = run("verify", spec, "--checkout", applied, "--no-build")
    assert result.exit_code == 1
    assert "[piece-missing]" in result.stdout or "[inserted-text]" in result.stdout


@pytest.mark.parametrize("words", [(), ("--no-build",)])
def test_an_op_that_was_never_put_in_is_refused(tree, run, spec, words, monkeypatch) -> None:
    if not words:
        monkeypatch.setenv("PATH", "/nonexistent")
    result = run("verify", spec, "--checkout", tree, "--python", sys.executable, *words)
    assert result.exit_code == 3, result.output
    assert "is not in this checkout" in result.stderr


def test_a_line_of_the_op_that_does_not_compile_is_a_finding(cargo, applied, run, spec) -> None:
    path = applied / "core/src/new_op.rs"
    path.write_text(path.read_text().replace("param2\n", "param3\n"))
    before = digest_of(applied)
    result = run("verify", spec, "--checkout", applied, "--python", sys.executable)
    assert result.exit_code == 1, result.output
    assert "core/src/new_op.rs:2:26 (step operator of new_op, from" in result.stdout
    assert "error[E0425]: cannot find value `param3`" in result.stdout
    assert "[build-failed]" in result.stdout
    line = int(result.stdout.partition(f"from {spec}:")[2].partition(")")[0])
    assert "2 * b * s * param1" in spec.read_text().split("\n")[line - 1]
    assert result.stdout.splitlines()[0].startswith("not built (it does not compile)")
    assert digest_of(applied) == before


def test_a_line_of_others_that_does_not_compile_is_told_as_theirs(cargo, applied, run, spec) -> None:
    path = applied / "core/src/op.rs"
    path.write_text(path.read_text().replace("    41\n", "    fortyone\n"))
    result = run("verify", spec, "--checkout", applied, "--python", sys.executable)
    assert result.exit_code == 1
    assert "core/src/op.rs:2:5\n" in result.stdout
    assert "[build-failed-elsewhere]" in result.stdout
