"""What planning finds wrong with a spec is told with file, line and column, as what reading finds is."""

from __future__ import annotations

import json
import shutil

import pytest
from support.applying import SPECS

CASES = {
    # what becomes of the example spec: (old text, new text, the text at whose start the message must point, a word of it)
    "when": (
        "    scale: self._num_layers\n",
        "    scale: self._no_such_thing\n",
        "self._no_such_thing",
        "_no_such_thing",
    ),
    "args": ("param1: self._hidden_size,", "param1: 2 * self._hiden_size,", "self._hiden_size", "_hiden_size"),
    "data": (
        "system: h200_sxm, backend: trtllm",
        "system: h999, backend: trtllm",
        "{file: data/new_op_context",
        "h999",
    ),
    "file": ("data/new_op_context_perf.csv", "data/none.csv", "{file: data/none.csv", "none.csv"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("version", ["0.8.0", "0.10.0"])
def test_a_mistake_in_a_spec_is_told_with_its_place(release, run, tmp_path, case, version):
    old, new, points_at, word = CASES[case]
    if version == "0.10.0" and case == "file":
        points_at = ""  # there the table is looked for first, and its own path is named
    made = release(version, systems=("h200_sxm",))
    text = (SPECS / "new_op.yaml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace(old, new, 1)
    spec = tmp_path / "new_op.yaml"
    spec.write_text(text, encoding="utf-8")
    if not (tmp_path / "data").exists():
        shutil.copytree(SPECS / "data", tmp_path / "data")
    result = run("apply", spec, "--checkout", made.root, "--dry-run", "--json")
    problems = json.loads(result.stdout)["problems"]
    assert result.exit_code in (2, 3)
    assert len(problems) == 1, problems
    assert word in json.dumps(problems[0])
    if points_at:
        at = text.index(points_at)
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        assert (problems[0]["file"], problems[0]["line"], problems[0]["column"]) == (str(spec), line, column)
        assert f"error: {spec}:{line}:{column}: " in result.stderr


def test_of_several_specs_each_problem_has_its_own_file(release, run, tmp_path):
    made = release("0.8.0", systems=("h200_sxm",))
    wrong = tmp_path / "new_op.yaml"
    text = (SPECS / "new_op.yaml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("scale: self._num_layers\n", "scale: self._nothing\n", 1), encoding="utf-8")
    shutil.copytree(SPECS / "data", tmp_path / "data")
    for order in ([wrong, SPECS / "new_op_tokens.yaml"], [SPECS / "new_op_tokens.yaml", wrong]):
        result = run("apply", *order, "--checkout", made.root, "--dry-run")
        told = next(line for line in result.stderr.splitlines() if "_nothing" in line)
        assert told.startswith(f"error: {wrong}:")
