"""`operators/<op>.rs`: what a spec becomes in it, and that rustfmt leaves every spec's as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from newop_gen.layouts.engine import operator
from newop_gen.layouts.engine.operator import OperatorView
from newop_gen.layouts.engine.operator_test import OperatorTests
from newop_gen.sol.render.rust_lines import Edition

from .small import ROOT, an_op

SPECS = sorted(ROOT.glob("specs/**/*.yaml"))

ODD = sorted((ROOT / "tests/layouts/engine/specs").glob("*.yaml"))


def rendered(name: str, edition: Edition = "2021") -> str:
    return operator.render(an_op(ROOT / "specs" / f"{name}.yaml", edition), tested=False)


def test_phases_of_one_query_share_a_struct() -> None:
    text = rendered("new_op_tokens")
    assert text.count("pub struct ") == 1 and "pub struct NewOpTokensOp {" in text
    assert "let num_tokens = num_tokens.div_ceil(self.seq_split.max(1));" in text


def test_a_decode_op_of_batch_and_sequence_refuses_beams() -> None:
    context, generation = rendered("new_op").split("pub struct NewOpGenerationOp")
    assert "beam_width" not in context
    assert "if beam_width != 1 {" in generation


def test_a_cached_prefix_counts_to_the_sequence_that_is_looked_up() -> None:
    text = rendered("latent_attention")
    assert "let point = [at[3], at[1] + at[2], at[0]];" in text
    assert "self.roofline(&db.system_spec, [c[2], c[1], 0.0, c[0]])" in text


def test_a_missing_table_is_the_sol_only_where_the_spec_says_so() -> None:
    assert "PerformanceResult::new(latency, Source::Sol)" in rendered("state_scan")
    assert "Source::Sol)" not in rendered("new_op")


def test_a_grid_of_utilization_is_named_by_all_that_its_sol_depends_on() -> None:
    view = OperatorView(an_op(ROOT / "specs" / "upstream" / "context_attention.yaml"))
    # num_kv_heads is looked up as 0 where it is the number of heads; the SOL is that of what was asked for
    assert view.structs[0].grid_name == 'let grid = format!("replay_context_attention:{key:?}:{}", self.num_kv_heads);'


def test_sizes_past_which_whole_numbers_do_not_fit_follow_from_the_formula() -> None:
    assert "size < (1_u64 << 31) as f64" in rendered("new_op")
    assert "size < (1_u64 << 32) as f64" in rendered("new_op_tokens")


def test_tests_beside_an_op_say_what_the_evaluator_says() -> None:
    op = an_op(ROOT / "specs" / "new_op.yaml")
    asked = OperatorTests(op)
    tests = asked.render()
    assert operator.render(op, tested=True).endswith("\n#[cfg(test)]\nmod tests;\n")
    for phase in asked.phases:
        assert len(phase.cases) > 2 and phase.not_collected is not None
        for case in phase.cases:
            assert case.code in tests and min(case.sol) > 0
    # the last row of a table repeats the first one's key, and must lose
    rows = re.search(r'Col::F64\("latency", vec!\[([^]]*)\]', tests)
    assert rows is not None and rows[1].endswith(", 99.0") and "99.0]" not in tests.split("fn write_tables")[0]


@pytest.mark.cargo
@pytest.mark.parametrize("edition", ["2021", "2024"])
def test_rustfmt_leaves_operators_as_they_are(edition: Edition, cargo: Path, tmp_path: Path) -> None:
    for spec in [*SPECS, *ODD]:
        op = an_op(spec, edition)
        name = f"{spec.parent.name}_{spec.stem}"
        tests = OperatorTests(op)
        text = operator.render(op, tested=bool(tests.phases))
        (tmp_path / f"{name}.rs").write_text(text, encoding="utf-8")
        if tests.phases:  # where it is, rustfmt reads it as a module of the operator
            (tmp_path / name).mkdir()
            (tmp_path / name / "tests.rs").write_text(tests.render(), encoding="utf-8")
    rustfmt = shutil.which("rustfmt") or str(cargo.with_name("rustfmt"))
    command = [rustfmt, "--check", "--edition", edition, *map(str, sorted(tmp_path.glob("*.rs")))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
