"""`explain`: figures by hand, bounds that change where they should, outliers that were planted, plots that open."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from checkouts import copy_fixture
from click.testing import CliRunner
from support.applying import EXAMPLES, SPECS

from newop_gen.cli.group import cli
from newop_gen.explain.analysis import crossovers, explain_at
from newop_gen.explain.measured import measured_tables
from newop_gen.explain.systems import BUILT_IN, find_system
from newop_gen.model.op import Op
from newop_gen.problems import SpecError
from newop_gen.spec.load import load_specs

NEW_OP = SPECS / "new_op.yaml"


def op_of(path: Path) -> Op:
    return Op.from_spec(load_specs([path])[0].spec)


def run(*arguments: object):
    return CliRunner().invoke(cli, ["explain", *map(str, arguments)])


def test_figures_are_those_of_the_formula() -> None:
    """The guide's own numbers: 2 b s p1 p2 FLOPs, 2 b s (p1 + p2) bytes, on 989 TFLOPS and 4.8 TB/s."""
    e = explain_at(
        op_of(NEW_OP), "context", {"b": 8, "s": 512, "param1": 64, "param2": 32}, find_system("h200_sxm", None)
    )
    flops, moved = 2 * 8 * 512 * 64 * 32, 2 * 8 * 512 * 96
    assert (e.flops, e.bytes) == (flops, moved)
    assert e.times.math == pytest.approx(flops / 989e12 * 1000, rel=1e-15)
    assert e.times.mem == pytest.approx(moved / 4.8e12 * 1000, rel=1e-15)
    assert e.bound == "memory" and e.times.sol == e.times.mem
    assert e.empirical == pytest.approx(e.times.sol / 0.7, rel=1e-15)
    assert e.intensity == pytest.approx(flops / moved)


def test_the_bound_changes_exactly_where_it_is_said() -> None:
    op, system = op_of(NEW_OP), find_system("h200_sxm", None)
    values = {"b": 8, "s": 4096, "param1": 3584, "param2": 18944}
    [crossing] = crossovers(op, "generation", values, system, "s")
    assert crossing.above == crossing.below + 1
    assert explain_at(op, "generation", {**values, "s": crossing.below}, system).bound == crossing.before == "compute"
    assert explain_at(op, "generation", {**values, "s": crossing.above}, system).bound == crossing.after == "memory"
    assert crossovers(op, "context", values, system, "s") == []  # both terms grow alike there


@pytest.mark.parametrize("spec", EXAMPLES, ids=lambda p: p.stem)
@pytest.mark.parametrize("system", sorted(BUILT_IN))
def test_every_example_on_every_built_in_system(spec, system) -> None:
    result = run(spec, "--system", system, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert data["schema"] == "newop-gen/explain/1"
    assert {p["phase"] for p in data["points"]} == set(op_of(spec).phases)
    for point in data["points"]:
        assert point["sol_ms"] == max(point["compute_ms"], point["memory_ms"])
        assert point["compute_ms"] == pytest.approx(sum(p["compute_ms"] for p in point["parts"]), rel=1e-9)


def table(tmp_path: Path, change) -> Path:
    lines = (SPECS / "data" / "new_op_context_perf.csv").read_text().splitlines()
    cells = [line.split(",") for line in lines]
    change(cells)
    path = tmp_path / "table.csv"
    path.write_text("\n".join(",".join(row) for row in cells) + "\n")
    return path


def outliers(path: Path) -> list[tuple[int, bool]]:
    op = op_of(NEW_OP)
    [measured] = measured_tables(op, {op.tables[0].member: path}, find_system("h200_sxm", None))
    return [(p.line, p.utilisation > 1) for p in measured.outliers]


def test_planted_outliers_are_named_with_their_line_and_a_sound_table_has_none(tmp_path) -> None:
    assert outliers(table(tmp_path, lambda rows: None)) == []

    def slow(rows) -> None:
        rows[40][-1] = repr(float(rows[40][-1]) * 20)

    def fast(rows) -> None:
        rows[60][-1] = repr(float(rows[60][-1]) / 20)

    assert outliers(table(tmp_path, slow))[0] == (41, False)
    assert outliers(table(tmp_path, fast))[0] == (61, True)


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml")])
def test_a_plot_is_written_and_is_the_same_twice(tmp_path, suffix, magic) -> None:
    pytest.importorskip("matplotlib")
    first, second = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    for path in (first, second):
        assert run(NEW_OP, "--plot", path).exit_code == 0
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--system", "h300_sxm"), "did you mean h"),
        (("--at", "bb=1"), "no 'bb' in this op"),
        (("--at", "b=-1"), "an integer from 1"),
        (("--sweep", "prefix"), "no axis 'prefix'"),
        (("--plot", "x.gif"), "a .png or .svg file"),
    ],
)
def test_mistakes_are_usage_errors(arguments, said) -> None:
    result = run(NEW_OP, *arguments)
    assert result.exit_code == 2 and said in result.output


def test_the_system_of_a_checkout_is_taken(release) -> None:
    tree = release("0.6.0")
    result = run(NEW_OP, "--checkout", tree.root, "--system", "h100_sxm", "--json")
    assert json.loads(result.stdout)["system"]["source"].endswith("systems/h100_sxm.yaml")


def test_a_table_in_parquet_reads_as_it_does_in_text(tmp_path) -> None:
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    text = table(tmp_path, lambda rows: rows[40].__setitem__(-1, repr(float(rows[40][-1]) * 20)))
    with text.open(encoding="utf-8") as file:
        rows = [{k: _number(v) for k, v in row.items()} for row in csv.DictReader(file)]
    path = tmp_path / "table.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    system, op = find_system("h200_sxm", None), op_of(NEW_OP)
    of_text, of_parquet = (measured_tables(op, {op.tables[0].member: p}, system) for p in (text, path))
    assert [m.points for m in of_parquet] != [] and of_parquet[0].median == of_text[0].median
    # Rows are counted from 1 in parquet, lines with the header in text.
    assert [p.line + 1 for p in of_parquet[0].outliers] == [p.line for p in of_text[0].outliers] == [41]
    result = run(NEW_OP, "--data", path, "--json")
    assert result.exit_code == 0, result.output
    assert run(NEW_OP, "--data", text, "--json").stdout.count('"median') == result.stdout.count('"median') > 0


def _number(cell: str) -> object:
    try:
        return float(cell) if "." in cell or "e" in cell else int(cell)
    except ValueError:
        return cell


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"PAR1", "the parquet file can't be read"), (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer")],
)
def test_a_table_that_is_none(content, said, tmp_path) -> None:
    path = tmp_path / "table.parquet"
    path.write_bytes(content)
    with pytest.raises(SpecError) as caught:
        measured_tables(op_of(NEW_OP), {op_of(NEW_OP).tables[0].member: path}, find_system("h200_sxm", None))
    assert said in str(caught.value.problems[0])


def points_of(spec: str, *asked: str) -> list[dict]:
    result = run(SPECS / spec, "--json", *(word for at in asked for word in ("--at", at)))
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["points"]


def test_a_mode_and_a_name_can_be_asked_for() -> None:
    wide = points_of("latent_attention.yaml", "b=8,s=1024,kv=bfloat16")
    narrow = points_of("latent_attention.yaml", "b=8,s=1024,kv=fp8")
    for one, other in zip(wide, narrow):
        assert one["memory_ms"] > other["memory_ms"]
    chunked, fused = (points_of("state_scan.yaml", f"b=8,s=1024,kernel={k}")[0] for k in ("chunked_scan", "fused_scan"))
    assert chunked["memory_ms"] > fused["memory_ms"]


def test_without_a_table_a_name_is_one_that_the_formula_knows(tmp_path) -> None:
    alone = tmp_path / "state_scan.yaml"
    alone.write_text((SPECS / "state_scan.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    told = points_of(str(alone), "b=8,s=1024")
    assert [p["memory_ms"] for p in told] == [
        p["memory_ms"] for p in points_of(str(alone), "b=8,s=1024,kernel=chunked_scan")
    ]


@pytest.mark.parametrize(
    ("at", "said"),
    [("b", "'b' without a value"), ("kv=fp9", "one of bfloat16, fp8"), ("prefix=-1", "an integer from 0")],
)
def test_a_point_that_is_none(at, said) -> None:
    result = run(SPECS / "latent_attention.yaml", "--at", at)
    assert result.exit_code == 2 and said in result.output


def test_a_plot_that_can_not_be_written_and_a_system_that_can_not_be_read(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    result = run(NEW_OP, "--plot", tmp_path / "no such folder" / "roofline.png")
    assert result.exit_code == 5 and "the plot can't be written" in result.output
    tree = copy_fixture("v0_8", tmp_path)
    broken = next(tree.glob("**/systems/h200_sxm.yaml"))
    for text in (
        "gpu: [1, 2]\n",
        "gpu: {mem_bw: fast, float16_tc_flops: 1.0}\n",
        "gpu: {mem_bw: 2024-11-12}\n",
        "[]\n",
    ):
        broken.write_text(text, encoding="utf-8")
        result = run(NEW_OP, "--checkout", tree, "--system", "h200_sxm")
        assert result.exit_code == 2 and "the system can't be read" in result.output
    for data in (b"[" * 100_000, b"gpu: {mem_bw: " + b"9" * 5000 + b"}", "gpu: {}\n".encode("utf-16")):
        broken.write_bytes(data)
        result = run(NEW_OP, "--checkout", tree, "--system", "h200_sxm")
        assert result.exit_code == 3 and "h200_sxm.yaml" in result.output


def test_a_sweep_along_what_does_not_count_is_one_line(tmp_path) -> None:
    text = run(SPECS / "state_scan.yaml", "--sweep", "s").stdout
    assert text.count("generation does not depend on s: SOL ") == 1 and "generation along s" not in text
    assert "context along s" in text and "context does not depend" not in text


def test_a_point_that_nobody_gave_is_of_middling_size(tmp_path) -> None:
    """Not of the first row, which has the smallest sizes; its modes stay those of the first row."""
    text = run(SPECS / "latent_attention.yaml", "--json").stdout
    with (SPECS / "data" / "latent_attention_context_perf.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sizes = sorted({int(row["num_heads"]) for row in rows})
    at = json.loads(text)["points"][0]["at"]
    assert at["num_heads"] == sizes[(len(sizes) - 1) // 2] and at["fmha"] == rows[0]["attn_dtype"]
    for row in rows:
        row["num_heads"] = str({16: 8, 64: 32}.get(int(row["num_heads"]), 1))
    more = [dict(row, num_heads="1024") for row in rows]
    path = tmp_path / "latent_attention_context_perf.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([*rows, *more])
    given = run(SPECS / "latent_attention.yaml", "--data", path, "--json").stdout
    assert json.loads(given)["points"][0]["at"]["num_heads"] == 32
