"""T1, T2, T3, T13: rows that get lost, helpers that do not exist, tables that are not registered, rows that lose."""

from __future__ import annotations

from support.applying import apply_specs
from support.synthetic import SystemRoot, grid

from traps.conftest import PRELUDE

MAMBA = {
    "d_model": (1024,), "d_state": (64,), "d_conv": (4,), "nheads": (8,), "head_dim": (64,), "n_groups": (1,),
    "chunk_size": (256,),
}  # fmt: skip


def test_t1_upstreams_own_template_loses_every_generation_row_and_ours_keeps_them(release, tmp_path, spec_file) -> None:
    tree = release("0.8.0")
    spec = spec_file("state_scan", {})
    apply_specs(tree.root, [spec], lint=False)
    root = SystemRoot.like(tree, tmp_path / "systems")
    ours = [
        *grid({"batch_size": (1, 4), "seq_len": (64, 128)}, phase="prefill", kernel_source="fused_scan", d_model=8,
              num_heads=4, state=2),
        *grid({"batch_size": (1, 4, 16), "seq_len": (1,)}, phase="decode", kernel_source="fused_scan", d_model=8,
              num_heads=4, state=2),
    ]  # fmt: skip
    root.table("state_scan_perf.txt", ours)
    rows = tree.run(
        PRELUDE
        + f"""
import csv, inspect, re
source = inspect.getsource(pd.load_mamba2_data)
columns = list(dict.fromkeys(re.findall(r'row\\["(\\w+)"\\]', source)))
cells = dict(batch_size=["1", "2", "4"], seq_len=["1"], phase=["generation"], latency=["0.5"], kernel_source=["k"])
path = {str(tmp_path / "mamba2.txt")!r}
with open(path, "w") as f:
    f.write(",".join(columns) + "\\n")
    for b in cells["batch_size"]:
        row = [b if c == "batch_size" else (cells.get(c) or ["8"])[0] for c in columns]
        f.write(",".join(row) + "\\n")
def leaves(node):
    return 1 if "latency" in node else sum(leaves(v) for v in node.values())
upstream = leaves(pd.load_mamba2_data(path))
"""
        + root.opening()
        + """
result = dict(upstream=upstream, decode=leaves(db._state_scan_data["generation"]),
              prefill=leaves(db._state_scan_data["context"]))
"""
    )
    assert rows == {"upstream": 0, "decode": 3, "prefill": 4}


def test_t2_the_guides_helper_does_not_exist_and_ours_fills_the_grid_in_place(
    release, tmp_path, pair, spec_file
) -> None:
    both = pair(interpolate=True)
    assert (
        both.guide_tree.run(
            PRELUDE
            + f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
result = outcome(lambda: pd.PerfDatabase("made_up", "trtllm", "1.0.0", {str(both.root.directory)!r}))
"""
        )
        == "NameError"
    )
    tree = release("0.8.0")
    grid_spec = spec_file("new_op", {
        "  outside: error\n": "  outside: error\n  pre_interpolate: {values: {b: [1, 2, 3, 8], s: [16, 32, 512]}}\n",
    })  # fmt: skip
    apply_specs(tree.root, [grid_spec], lint=False)
    table = tree.run(
        PRELUDE + both.root.opening() + "plane = db._context_new_op_data[32][8]\n"
        "result = {b: sorted(row) for b, row in sorted(plane.items())}"
    )
    assert table == {b: [16, 32, 64, 256, 512] for b in ("1", "2", "3", "4", "8")}


def test_t3_a_loader_that_is_not_in_func_map_is_a_key_error_and_ours_is_registered(pair) -> None:
    load = "\n        self._new_op_data = _load_op_data(PerfDataFilename.new_op_context)\n"
    both = pair(load=load)
    opened = f'outcome(lambda: pd.PerfDatabase("made_up", "trtllm", "1.0.0", {str(both.root.directory)!r}))'
    assert both.guide_tree.run(f"{PRELUDE}result = {opened}") == "KeyError"
    assert both.ours("result = [db._context_new_op_data.loaded, db._generation_new_op_data.loaded]") == [True, True]


def test_t13_the_first_of_several_sources_wins_and_upstreams_last_wins_loader_does_not(
    release, tmp_path, spec_file
) -> None:
    tree = release("0.9.0")
    apply_specs(tree.root, [spec_file("new_op", {})], lint=False)
    active, sibling = tmp_path / "active.txt", tmp_path / "sibling.txt"
    header = "kernel_source,param1,param2,batch_size,seq_len,latency"
    active.write_text(f"{header}\nk,32,8,1,16,1.0\n")
    sibling.write_text(f"{header},power\nk,32,8,1,16,99.0,500\nk,32,8,1,64,2.0,\nk,32,8,2,64,3.0,400\n")
    mhc = "num_tokens,hc_mult,hidden_size,op_name,latency"
    (tmp_path / "a.txt").write_text(f"{mhc}\n1,4,8,pre,1.0\n")
    (tmp_path / "b.txt").write_text(f"{mhc}\n1,4,8,pre,99.0\n")
    found = tree.run(
        PRELUDE
        + f"""
table = pd.load_new_op_data([({str(active)!r}, None), ({str(sibling)!r}, None)])[32][8]
def first(node):
    return node["latency"] if "latency" in node else first(next(iter(node.values())))
upstream = first(pd.load_mhc_module_data([({str(tmp_path / "a.txt")!r}, None), ({str(tmp_path / "b.txt")!r}, None)]))
result = dict(upstream=upstream, ours=table[1][16]["latency"], blank=table[1][64]["energy"], power=table[2][64]["energy"])
"""
    )
    assert found == {"upstream": 99.0, "ours": 1.0, "blank": 0.0, "power": 1200.0}
