"""The helpers that other tests stand on: copies are whole, private and cheap; code in them really runs."""

import pytest
from support.releases import RELEASES, RunFailed
from support.synthetic import SystemRoot, grid


@pytest.mark.parametrize("version", RELEASES)
def test_a_copy_imports_and_knows_its_version(release, version):
    tree = release(version)
    found = tree.run("import aiconfigurator\nresult = [aiconfigurator.__version__, aiconfigurator.__file__]")
    assert found == [version, str(tree.package / "__init__.py")]


def test_copies_do_not_share_code(release):
    one, two = release("0.8.0"), release("0.8.0")
    (one.sdk / "common.py").write_text("broken", encoding="utf-8")
    assert (two.sdk / "common.py").read_text(encoding="utf-8") != "broken"
    assert (release("0.8.0").sdk / "common.py").read_bytes() == (two.sdk / "common.py").read_bytes()


def test_tables_come_only_when_asked_for(release):
    bare, full = release("0.8.0"), release("0.8.0", systems=("h200_sxm",))
    assert not list((bare.systems / "data").rglob("*_perf.txt"))
    assert len(list((full.systems / "data" / "h200_sxm").rglob("*_perf.txt"))) > 50
    assert {p.name for p in (full.systems / "data").iterdir() if any(p.rglob("*.txt"))} == {"h200_sxm"}


def test_failing_code_fails_the_test_with_its_words(release):
    with pytest.raises(RunFailed, match="no such thing"):
        release("0.8.0").run("raise ValueError('no such thing')")
    with pytest.raises(RunFailed, match="no `result`"):
        release("0.8.0").run("pass")


@pytest.mark.parametrize("version", RELEASES)
def test_a_made_up_system_opens_as_a_real_database(release, tmp_path, version):
    tree = release(version)
    root = SystemRoot.like(tree, tmp_path / "systems", gpu={"mem_bw": 1e12})
    suffix = ".parquet" if version == "0.10.0" else ".txt"
    rows = grid(
        {"num_heads": [1, 2], "num_tokens": [1, 8]},
        framework="TRTLLM",
        version="1.0.0",
        device="made up",
        op_name="mla_gen_pre",
        kernel_source="default",
        bmm_dtype="fp8",
    )
    root.table(f"mla_bmm_perf{suffix}", rows)
    code = """
from aiconfigurator.sdk import common
answer = db.query_mla_bmm(8, 2, common.GEMMQuantMode.fp8, True, database_mode=common.DatabaseMode.SILICON)
result = [float(answer), db.system_spec["gpu"]["mem_bw"]]
"""
    assert tree.run(root.opening() + code) == [pytest.approx(rows[-1]["latency"]), 1e12]


def test_grid_tells_swapped_axes_apart():
    rows = grid({"b": [1, 2], "s": [1, 2]})
    at = {(r["b"], r["s"]): r["latency"] for r in rows}
    assert len(set(at.values())) == 4
    assert at[1, 2] != at[2, 1]
