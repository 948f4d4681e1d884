"""The Python interface: the page's own example on a real release, its errors, and that importing it is cheap."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys

import jsonschema
import pytest
from support.applying import ROOT, SPECS

from newop_gen import api
from newop_gen.api import CheckoutRefused, Conflict, Exit, NewopError, SpecError, apply, plan
from newop_gen.resources import schemas_dir

PAGE = ROOT / "docs" / "python-api.md"


def example():
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return code


def test_the_example_of_the_page_runs_as_it_stands(release, tmp_path, monkeypatch, capsys):
    made = release("0.8.0", git=True, systems=("h200_sxm",))
    (tmp_path / "practice").symlink_to(made.root)
    (tmp_path / "specs").symlink_to(SPECS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    names = {}
    exec(compile(example(), str(PAGE), "exec"), names)
    printed = capsys.readouterr().out
    assert "Perf data loader" in printed
    assert "+def load_new_op_data" in printed
    assert names["report"].results
    assert not names["receipt"].nothing


def test_the_page_names_what_there_is():
    text = PAGE.read_text(encoding="utf-8")
    for name in ("plan", "apply", "verify"):
        (row,) = re.findall(rf"^\| `{name}\((.*?)\)` \|", text, re.MULTILINE)
        assert re.findall(r"(\w+)(?==|,|$)", row.replace("=...", "").replace("=None", "").replace("=()", "")
                          .replace("=False", "").replace("=True", "")) == list(inspect.signature(getattr(api, name)).parameters)  # fmt: skip
    for name in re.findall(r"`(\w+)(?:\(\))?`", re.search(r"`Planned`: (.*?) \|", text).group(1)):
        assert hasattr(api.Planned, name) or name in api.Planned.__dataclass_fields__, name
    for name, code in re.findall(r"^\| `(\w+)` \| .* \| (\d) \|$", text, re.MULTILINE):
        assert int(getattr(api, name).exit_code) == int(code)
        assert name in api.__all__


@pytest.fixture
def made(release):
    return release("0.8.0", git=True, systems=("h200_sxm",))


def test_a_plan_says_what_the_command_says(made):
    planned = plan(SPECS / "new_op.yaml", made.root)
    assert (planned.pending, planned.ops, planned.layout) == (True, ("new_op",), "func_map")
    assert "src/aiconfigurator/sdk/common.py" in planned.paths
    report = planned.report()
    schema = json.loads((schemas_dir() / "report-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    assert planned.html().startswith("<!DOCTYPE html>")
    subprocess.run(["git", "apply", "--check", "-"], cwd=made.root, input=planned.patch(), check=True)
    assert planned.patch().decode() == planned.diff()
    assert subprocess.run(["git", "status", "--porcelain"], cwd=made.root, capture_output=True).stdout == b""


def test_after_an_apply_there_is_nothing_to_do(made):
    receipt = apply([SPECS / "new_op.yaml", str(SPECS / "state_scan.yaml")], str(made.root))
    assert receipt.changed and receipt.created
    again = plan(SPECS / "new_op.yaml", made.root)
    assert (again.pending, again.diff(), again.patch(), again.paths) == (False, "", b"", ())
    assert apply(SPECS / "new_op.yaml", made.root).nothing
    database = made.sdk / "perf_database.py"
    database.write_text(
        database.read_text(encoding="utf-8").replace("def load_new_op_data(", "def load_new_op_data(a, ")
    )
    with pytest.raises(Conflict):
        plan(SPECS / "new_op.yaml", made.root)


def test_a_spec_that_changed_since_is_told_alone(made, tmp_path):
    spec = tmp_path / "spec.yaml"
    text = (SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8").partition("\ndata:")[0] + "\n"
    spec.write_text(text, encoding="utf-8")
    apply(spec, made.root)
    assert "outside: extrapolate" in text
    spec.write_text(text.replace("outside: extrapolate", "outside: clamp"), encoding="utf-8")
    for again in (plan, apply):
        with pytest.raises(Conflict) as error:
            again(spec, made.root)
        assert [problem.code for problem in error.value.problems] == ["spec-newer"]


def test_errors(made, tmp_path):
    for bad, kind in ((tmp_path / "none.yaml", SpecError), ([], SpecError), ([SPECS / "new_op.yaml"] * 2, SpecError)):
        with pytest.raises(kind) as error:
            plan(bad, made.root)
        assert error.value.problems[0].found
        assert error.value.exit_code is Exit.SPEC
    for call in (plan, apply, api.verify):
        with pytest.raises(CheckoutRefused):
            call(SPECS / "new_op.yaml", tmp_path)
    (made.sdk / "common.py").write_text("x = 1\n")
    with pytest.raises(NewopError) as error:
        apply(SPECS / "new_op.yaml", made.root)
    assert error.value.exit_code is Exit.CHECKOUT


def test_importing_it_loads_nothing_heavy():
    code = (
        "import sys, newop_gen.api as api\n"
        "heavy = {'libcst', 'jinja2', 'pydantic', 'rich', 'yaml', 'click', 'numpy', 'pyarrow', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
        "print(sorted(m for m in sys.modules if m.startswith('newop_gen')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[]", "['newop_gen', 'newop_gen.api', 'newop_gen.problems']"]


def test_it_is_typed(tmp_path):
    """A user's type checker sees the types: a mistake in using the interface is one for it, the example is not."""
    pytest.importorskip("mypy")
    assert (ROOT / "generator/newop_gen/py.typed").is_file()
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(example(), encoding="utf-8")
    bad.write_text("from newop_gen.api import plan\nplan(1, 2).diff() + 1\n", encoding="utf-8")

    def check(file):
        return subprocess.run(
            [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", str(tmp_path / "cache"),
             "--config-file", "", str(file)],
            capture_output=True, text=True, check=False, env={"MYPYPATH": str(ROOT / "generator"), "PATH": ""},
        )  # fmt: skip

    done = check(good)
    assert done.returncode == 0, done.stdout
    wrong = check(bad)
    assert wrong.returncode == 1
    assert wrong.stdout.count("bad.py:2: error:") == 3, wrong.stdout
