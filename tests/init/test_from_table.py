"""A first spec from a table: always valid, right about what is a level, and honest about the formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.applying import SPECS

from newop_gen.init.choices import Choices
from newop_gen.init.start import from_tables
from newop_gen.init.where import Where
from newop_gen.init.write import checked
from newop_gen.model.op import Op
from newop_gen.problems import SpecError
from newop_gen.spec.load import load_spec
from newop_gen.tables.filed import file_table
from newop_gen.tables.read import read

SYSTEMS = ["h200_sxm", "h100_sxm", "a100_sxm", "gb200", "b200_sxm"]


def start(*paths: Path, choices: Choices | None = None, where: Where | None = None):
    choices, where = choices or Choices(), where or Where()
    return from_tables(paths, choices, op="", where=where, systems=SYSTEMS, below=paths[0].parent)


def table(path: Path, text: str) -> Path:
    path.write_text("\n".join(line.replace(" ", "") for line in text.strip().splitlines()) + "\n")
    return path


def spec_of(started) -> Op:
    return Op.from_spec(checked(started.text).spec)


@pytest.mark.parametrize("path", sorted((SPECS / "data").glob("*.csv")), ids=lambda p: p.stem)
def test_examples_tables_give_the_levels_of_their_specs(path):
    """Exact keys and axes are those that whoever wrote the example spec chose; every row is a point."""
    name = path.stem.removesuffix("_perf").removesuffix("_context").removesuffix("_generation")
    theirs = Op.from_spec(load_spec(SPECS / f"{name}.yaml").spec)
    started = start(path)
    ours = spec_of(started)
    for phase in ours.phases:
        mine, wanted = ours.nesting(phase), theirs.nesting(phase)
        keys = {name for key in mine.keys for name in (key.columns or [key.column or key.param])}
        axes = {axis.column or axis.axis for axis in mine.axes}
        if name == "state_scan":
            assert axes == {axis.column or axis.axis for axis in wanted.axes}
            assert keys == {"kernel_source", "d_model", "num_heads", "state"}
        elif name == "latent_attention":  # heads may be an axis, or an exact key as the guide's trap advises
            assert keys | axes >= {"num_heads", "kv_cache_dtype", "batch_size"}
        else:
            assert keys == {"param1", "param2"} and axes == {axis.column or axis.axis for axis in wanted.axes}
    assert len(file_table(ours, ours.tables[0], read(path).usable()).leaves) == len(read(path).usable().rows)


def test_it_begins_with_the_schema_and_says_that_the_formula_is_none(tmp_path):
    started = start(table(tmp_path / "my_perf.csv", "num_tokens,hidden,latency\n1,64,0.1\n2,64,0.2\n"))
    assert started.text.startswith("# yaml-language-server: $schema=")
    assert sorted(w.code for w in checked(started.text).warnings) == ["sol-placeholder", "todo", "todo"]
    assert "TODO the SOL is a placeholder" in started.text


def test_negative_control_a_formula_of_ones_own_is_no_placeholder(tmp_path):
    started = start(table(tmp_path / "my_perf.csv", "num_tokens,hidden,latency\n1,64,0.1\n2,64,0.2\n"))
    text = started.text.replace("name: placeholder", "name: projection")
    assert {w.code for w in checked(text).warnings} == {"todo"}
    text = text.replace('summary: "TODO what', 'summary: "What').replace("meaning: TODO", "meaning: width")
    assert not checked(text).warnings


def test_provenance_labels_and_settings_are_no_levels_unless_rows_need_them(tmp_path):
    head = "framework,device,op_name,kernel_source,tp_size,num_heads,num_tokens,latency"
    same = "\n".join(f"TRTLLM,NVIDIA H200,op,k,{64 // h},{h},{t},{t * h / 100}" for h in (8, 16) for t in (1, 2, 4))
    op = spec_of(start(table(tmp_path / "a.csv", f"{head}\n{same}")))
    assert [k.param for k in op.nesting("context").keys] == ["num_heads"]
    two = "\n".join(
        f"TRTLLM,NVIDIA H200,{o},k,1,8,{t},{t * f}" for o, f in (("pre", 1), ("post", 3)) for t in (1, 2, 4)
    )
    op = spec_of(start(table(tmp_path / "b.csv", f"{head}\n{two}")))
    assert [k.param for k in op.nesting("context").keys] == ["op_name", "num_heads"]


def test_one_value_of_a_size_is_still_an_exact_key(tmp_path):
    started = start(table(tmp_path / "a.csv", "num_tokens,hidden,latency\n1,4096,1\n2,4096,2\n"))
    assert [k.param for k in spec_of(started).nesting("context").keys] == ["hidden"]
    assert any("one value only, still an exact key" in text for _, text in started.said)


def test_phases_by_column_with_axes_of_their_own(tmp_path):
    rows = [f"prefill,128,{b},{s},{b * s / 100}" for b in (1, 2) for s in (16, 32)]
    rows += [f"decode,128,{b},1,{b / 100}" for b in (1, 2, 4)]
    op = spec_of(start(table(tmp_path / "a.csv", "phase,heads,batch_size,seq_len,latency\n" + "\n".join(rows))))
    assert op.tables[0].phase_column == "phase" and op.phase_value("generation") == "decode"
    assert [a.axis for a in op.nesting("context").axes] == ["b", "s"]
    assert [a.axis for a in op.nesting("generation").axes] == ["b"]


def test_two_files_of_two_phases(tmp_path):
    context = table(tmp_path / "my_context_perf.csv", "heads,batch_size,isl,step,latency\n8,1,16,0,1\n8,2,16,0,2")
    decode = table(tmp_path / "my_generation_perf.csv", "heads,batch_size,isl,step,latency\n8,1,1,16,1\n8,1,1,32,2")
    op = spec_of(start(context, decode))
    assert op.name == "my" and [t.stem for t in op.tables] == ["my_context_perf", "my_generation_perf"]
    assert [a.column for a in op.nesting("generation").axes] == ["batch_size", "isl + step"]


def test_a_cached_prefix_in_context_is_left_out_by_a_condition(tmp_path):
    rows = "\n".join(f"8,{b},16,{p},{b + p}" for b in (1, 2) for p in (0, 64))
    op = spec_of(start(table(tmp_path / "my_context_perf.csv", f"heads,batch_size,isl,step,latency\n{rows}")))
    assert op.nesting("context").rows == "step == 0"


def test_quant_modes_are_recognised_and_other_spellings_get_an_alias(tmp_path):
    text = "kv_dtype,gemm_dtype,num_tokens,latency\nfp8_e4m3,bf16,1,1\nfloat16,fp8,2,2\nfp8_e4m3,fp8,4,2\n"
    started = start(table(tmp_path / "a.csv", text))
    op = spec_of(started)
    assert {n: p.type for n, p in op.params.items()} == {
        "kv_dtype": "KVCacheQuantMode",
        "gemm_dtype": "GEMMQuantMode",
    }
    assert [k.alias for k in op.nesting("context").keys] == [{"fp8_e4m3": "fp8"}, {"bf16": "bfloat16"}]


def test_units_sums_and_what_is_only_measured(tmp_path):
    text = (
        "num_token,hidden,dispatch_avg_t_us,combine_avg_t_us,combine_bandwidth_gbps\n1,8,1.5,2.5,7.1\n2,8,3.5,4.5,7.2"
    )
    nesting = spec_of(start(table(tmp_path / "a.csv", text))).nesting("context")
    assert (nesting.latency.column, nesting.latency.unit) == ("dispatch_avg_t_us + combine_avg_t_us", "us")
    assert [k.param for k in nesting.keys] == ["hidden"]


def test_where_the_table_belongs_is_read_from_its_provenance(tmp_path):
    text = "framework,version,device,num_tokens,latency\nTRTLLM,1.2.0rc5,NVIDIAH200,1,1\nTRTLLM,1.2.0rc5,NVIDIAH200,2,1"
    path = table(tmp_path / "a.csv", text)
    path.write_text(path.read_text().replace("NVIDIAH200", "NVIDIA H200"))
    (entry,) = spec_of(start(path)).spec.data
    assert (entry.system, entry.backend, entry.version) == ("h200_sxm", "trtllm", ["1.2.0rc5", "newest"])
    assert not spec_of(start(table(tmp_path / "b.csv", "num_tokens,latency\n1,1\n2,1"))).spec.data


def test_no_latency_and_no_axis_say_what_to_give(tmp_path):
    with pytest.raises(SpecError, match="--latency"):
        start(table(tmp_path / "a.csv", "num_tokens,hidden\n1,2\n"))
    with pytest.raises(SpecError, match="--axis"):
        start(table(tmp_path / "b.csv", "kernel,latency\nk,2\n"))
    op = spec_of(start(table(tmp_path / "c.csv", "rows,spent,latency_other\n1,2.5,1.5\n2,3.5,2.5"),
                       choices=Choices(latency="spent", unit="us", axes={"x": "rows"})))  # fmt: skip
    assert op.nesting("context").latency.column == "spent"


def test_growth_and_tokens_are_told(tmp_path):
    rows = "\n".join(f"64,{b},{s},{b * s * s}" for b in (1, 2, 4, 8) for s in (16, 32, 64, 128))
    said = dict.fromkeys(t for _, t in start(table(tmp_path / "a.csv", f"h,batch,seq,latency\n{rows}")).said)
    assert "at its upper end latency grows as s^2.0" in said
    assert any(t.endswith("not token-equivalent") for t in said)
    rows = "\n".join(f"64,{b},{s},{b * s}" for b in (1, 2, 4, 8) for s in (16, 32, 64, 128))
    said = [t for _, t in start(table(tmp_path / "b.csv", f"h,batch,seq,latency\n{rows}")).said]
    assert any("query: x may be enough" in t for t in said)


NAMES = st.one_of(
    st.sampled_from(
        [
            "batch_size",
            "isl",
            "seq_len",
            "num_tokens",
            "m",
            "n",
            "k",
            "x",
            "b",
            "s",
            "step",
            "tp_size",
            "latency",
            "power",
        ]
        + ["phase", "kv_cache_dtype", "gemm_dtype", "op_name", "kernel_source", "model", "fp8", "min", "class", "data"]
        + [
            "latency_us",
            "avg_ms",
            "Batch",
            "hidden size",
            "größe",
            "if",
            "and",
            "true",
            "version",
            "bfloat16",
            "_",
            "N",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x17F), min_size=1, max_size=12),
)
CELLS = st.sampled_from(
    [
        st.sampled_from(["1", "2", "4", "8", "128", "4096"]),
        st.integers(-3, 2**40).map(str),
        st.floats(-1, 1e6, allow_nan=False).map(str),
        st.sampled_from(
            ["bf16", "fp8", "float16", "half", "nvfp4", "context", "decode", "prefill", "", "nan", "4.0", "yes"]
        ),
        st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8),
        st.just("7"),
    ]
)


@settings(max_examples=250)
@given(data=st.data())
def test_whatever_the_table_the_spec_is_valid_or_the_problem_is_told(data, tmp_path_factory):
    names = data.draw(st.lists(NAMES, min_size=1, max_size=12, unique=True))
    kinds = [data.draw(CELLS) for _ in names]
    rows = data.draw(st.lists(st.tuples(*kinds), max_size=12))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(names)
    writer.writerows(rows)
    stem = data.draw(st.sampled_from(["a_perf", "my op (2)", "x_context_perf", "decode", "mro", "1", "ünter", "class"]))
    path = tmp_path_factory.mktemp("t") / f"{stem}.csv"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    try:
        started = start(path, where=Where("h200_sxm", "trtllm"))
    except SpecError as error:
        assert all(p.code in TOLD for p in error.problems), error
        return
    assert checked(started.text).spec.op


TOLD = {
    "init-latency",
    "init-name",
    "init-axis",
    "empty",
    "csv",
    "columns-twice",
    "separator",
    "encoding",
    "ragged-row",
    "header",
}


def rewritten(tmp_path, name, edit):
    """A copy of an example's table with each row, as a mapping, changed by `edit`."""
    with (SPECS / "data" / f"{name}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        edit(number, row)
    path = tmp_path / "t_perf.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_what_a_phase_column_holds_that_is_no_phase(tmp_path):
    path = rewritten(tmp_path, "state_scan_perf", lambda _, row: row.update(phase=row["phase"][0].upper()))
    (told,) = [text for _, text in start(path).said if "called like a phase column" in text]
    assert "'P', 'D'" in told and "prefill" in told
    known = SPECS / "data" / "state_scan_perf.csv"
    assert not any("called like a phase column" in text for _, text in start(known).said)


def test_rows_that_are_left_out_for_their_step_are_counted(tmp_path):
    path = rewritten(tmp_path, "latent_attention_generation_perf", lambda n, row: n % 3 or row.update(step="0"))
    (told,) = [text for subject, text in start(path).said if subject == "rows"]
    assert "27 of 80 rows have none, the other 53 are left out" in told


def test_a_grid_names_its_phase():
    subjects = [subject for subject, _ in start(SPECS / "data" / "state_scan_perf.csv").said]
    assert {"context grid", "generation grid"} <= set(subjects) and "grid" not in subjects
