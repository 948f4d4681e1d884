"""Golden cases: toy models in each form, scenarios of ops put into them, and what comes out.

A scenario `cases/<form>/<scenario>.yaml` has the ops to wire, and for each build the op names that the model must have,
in order. `<scenario>.py` is the expected file. To write the expected files anew (and then read them):
`NEWOP_GEN_WRITE_CASES=1 pytest tests/wiring/test_cases.py`.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from wiring.sweep import TOY, changes_of, op_with, patched, toy_tree
from wiring.toy import common, config, ops

from newop_gen.plan.merge import without_spans
from newop_gen.wiring import plan_wiring

CASES = sorted((Path(__file__).parent / "cases").glob("*/*.yaml"))
IDS = [f"{path.parent.name}/{path.stem}" for path in CASES]


@pytest.fixture(params=CASES, ids=IDS)
def case(request: pytest.FixtureRequest) -> Path:
    return request.param


def _planned(case: Path, root: Path, convert: Any = lambda data: data) -> tuple[Any, list[Any], Any]:
    scenario = yaml.safe_load(case.read_text())
    tree = toy_tree(root, convert((case.parent / "models.py").read_bytes()))
    made = [op_with(**op) for op in scenario["ops"]]
    changes = changes_of(tree, *(plan_wiring(op, tree, TOY) for op in made))
    again = patched(tree, changes)
    assert all(plan_wiring(op, again, TOY).done for op in made), "a second run would change something"
    return scenario, changes, tree


def test_expected_file(case: Path, tmp_path: Path) -> None:
    _, changes, _ = _planned(case, tmp_path)
    (change,) = changes
    assert without_spans(change) == change.before
    golden = case.with_suffix(".py")
    if os.environ.get("NEWOP_GEN_WRITE_CASES"):
        golden.write_bytes(change.after)
    assert change.after.decode() == golden.read_text()


@pytest.mark.parametrize("style", ["crlf", "bom", "crlf and bom"])
def test_line_ends_and_mark_are_kept(case: Path, tmp_path: Path, style: str) -> None:
    def convert(data: bytes) -> bytes:
        data = data.replace(b"\n", b"\r\n") if "crlf" in style else data
        return b"\xef\xbb\xbf" + data if "bom" in style else data

    _, (change,), _ = _planned(case, tmp_path, convert)
    assert change.after == convert(case.with_suffix(".py").read_bytes())


def test_models_build_and_have_the_ops_in_order(case: Path, tmp_path: Path) -> None:
    scenario, (change,), _ = _planned(case, tmp_path)
    names: dict[str, Any] = {"__name__": "toy_models"}
    exec(compile(change.after, "models.py", "exec"), names)
    for build in scenario["builds"]:
        arguments = dict(build.get("arguments", {}))
        settings = config.ModelConfig(**build.get("config", {}))
        model = names[build["model"]](build.get("architecture", "Toy"), settings, **arguments)
        if "blocks" in build:
            model.context_ops = build["blocks"]
        for phase in ("context", "generation"):
            if phase in build:
                found = [_told(op, build[phase]) for op in ops.walk(getattr(model, f"{phase}_ops"))]
                assert found == build[phase]


def _told(op: ops.Op, wanted: list[str]) -> str:
    """The op's name, with its scale where the scenario gives one for some op of that name."""
    with_scale = f"{op.name} * {op.scale:g}"
    return with_scale if any(w.startswith(f"{op.name} * ") for w in wanted) else op.name


def test_all_cases_are_formatted_and_linted() -> None:
    folder = Path(__file__).parent / "cases"
    base = [sys.executable, "-m", "ruff"]
    rules = "E,W,F,I,UP,RUF,TRY,N,SIM,B,C4,PGH,YTT,A,T10,C90"
    ignored = "A005,E731,RUF005,C901,C408,TRY003,TRY300,TRY301,SIM108,RUF015,RUF059,UP007,UP045"
    for command in (
        ["format", "--isolated", "--line-length=120", "--diff"],
        [
            "check",
            "--isolated",
            "--line-length=120",
            "--target-version=py310",
            f"--select={rules}",
            f"--ignore={ignored}",
        ],
    ):
        done = subprocess.run([*base, *command, str(folder)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_expected_file_has_a_scenario() -> None:
    folder = Path(__file__).parent / "cases"
    expected = {p.with_suffix("") for p in folder.glob("*/*.py") if p.stem != "models"}
    assert expected == {p.with_suffix("") for p in CASES}


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    """The comparison can fail: one byte less in the golden file is a difference."""
    _, (change,), _ = _planned(CASES[0], tmp_path)
    golden = CASES[0].with_suffix(".py").read_text()
    assert list(difflib.ndiff([change.after.decode()], [golden[:-1]])) != list(difflib.ndiff([golden], [golden]))


def test_overrides_take_effect_and_say_so(caplog: pytest.LogCaptureFixture) -> None:
    """A model that asks for a mode without kernels gets the other one; one that asks for a good one keeps it."""
    golden = Path(__file__).parent / "cases" / "quants" / "overridden.py"
    names: dict[str, Any] = {"__name__": "toy_models"}
    exec(compile(golden.read_text(), str(golden), "exec"), names)

    def modes(architecture: str, **settings: Any) -> dict[str, Any]:
        caplog.clear()
        with caplog.at_level("INFO"):
            model = names["QuantModel"](architecture, config.ModelConfig(**settings))
        return {op.name: {k: v.name for k, v in op.more.items()} for op in ops.walk(model.context_ops) if op.more}

    gemm, kv = common.GEMMQuantMode, common.KVCacheQuantMode
    found = modes("Toy", gemm_quant_mode=gemm.nvfp4, kvcache_quant_mode=kv.fp8)
    assert found["context_one"] == {"mode": "float16", "kv": "fp8"}
    assert "context_one: no kernels for mode nvfp4, using float16" in caplog.messages
    assert not [m for m in caplog.messages if "for kv" in m]
    found = modes("Toy", gemm_quant_mode=gemm.fp8, kvcache_quant_mode=kv.int8)
    assert found["context_one"] == {"mode": "fp8", "kv": "fp8"}
    assert caplog.messages == ["context_one: no kernels for kv int8, using fp8"]
    modes("Other", gemm_quant_mode=gemm.nvfp4, kvcache_quant_mode=kv.int8)
    assert [m for m in caplog.messages if "context_one" in m] == []
