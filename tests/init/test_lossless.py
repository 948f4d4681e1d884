"""init never loses what a table says: a column is left out only while the rows that remain have one latency each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.applying import ROOT

from newop_gen.cli import cli
from newop_gen.data.check import check
from newop_gen.init.apart import Points
from newop_gen.init.choices import Choices, read_answers
from newop_gen.init.decide import Undecided
from newop_gen.init.start import from_tables
from newop_gen.init.vocabulary import is_time, unit_of, words_of
from newop_gen.init.where import Where
from newop_gen.init.write import checked
from newop_gen.model.op import Op
from newop_gen.problems import SpecError
from newop_gen.tables.read import read

sys.path.insert(0, str(ROOT / "scripts"))
import tables


def start(path: Path, text: str, choices: Choices | None = None, ask=None):
    path.write_text(text.strip().replace(" ", "") + "\n", encoding="utf-8")
    return from_tables(
        [path], choices or Choices(), op="", where=Where(), systems=["h200_sxm"], below=path.parent, ask=ask
    )


def op_of(started) -> Op:
    return Op.from_spec(checked(started.text).spec)


def keys(started, phase="context") -> list[str]:
    return [key.param for key in op_of(started).nesting(phase).keys]


def op_names(sizes_of_combine: range) -> str:
    rows = [f"dispatch,{h},{t},{h * t}" for h in range(1, 21) for t in (1, 2, 4, 8)]
    rows += [f"combine,{h},{t},{4 * h * t}" for h in sizes_of_combine for t in (1, 2, 4, 8)]
    return "op_name,hidden_size,num_tokens,latency\n" + "\n".join(rows)


@pytest.mark.parametrize("sizes", [range(1, 4), range(1, 21), range(21, 24)], ids=["few", "all", "none"])
def test_an_operations_name_is_a_key_however_many_points_it_shares(tmp_path, sizes):
    assert keys(start(tmp_path / "t.csv", op_names(sizes))) == ["op_name", "hidden_size"]


def test_a_kernel_is_a_key_where_a_single_row_needs_it(tmp_path):
    rows = [f"k{1 + (t > 4)},64,{t},{t}" for t in (1, 2, 4, 8, 16)]
    head = "kernel_source,hidden_size,num_tokens,latency\n"
    assert keys(start(tmp_path / "a.csv", head + "\n".join(rows))) == ["hidden_size"]
    assert keys(start(tmp_path / "b.csv", head + "\n".join([*rows, "k2,64,1,1.01"]))) == [
        "kernel_source",
        "hidden_size",
    ]


def test_local_heads_beside_native_ones(tmp_path):
    rows = "\n".join(f"64,{tp},{b},{s},{b * s / tp}" for tp in (1, 2, 4) for b in (1, 2) for s in (16, 32))
    started = start(tmp_path / "t.csv", f"num_heads,tp_size,batch_size,isl,latency\n{rows}")
    assert sorted(keys(started)) == ["num_heads", "tp_size"]


def test_a_label_without_a_say_is_left_out(tmp_path):
    rows = "\n".join(f"{a},64,{t},{t}" for t in (1, 2, 4) for a in ("A", "B"))
    started = start(tmp_path / "t.csv", f"architecture,hidden_size,num_tokens,latency\n{rows}")
    assert keys(started) == ["hidden_size"]
    assert ("repeats", "3 of 6 rows were measured again: the first row is kept") in started.said


TWO_DEVICES = "device,num_tokens,latency\n" + "\n".join(
    f"{d},{t},{t * f}" for d, f in (("H200", 1), ("B200", 2)) for t in (1, 2, 4)
)


def test_where_only_a_person_can_say_it_asks_or_refuses(tmp_path):
    with pytest.raises(Undecided) as refused:
        start(tmp_path / "t.csv", TWO_DEVICES)
    (problem,) = refused.value.problems
    assert "device (2 values: H200, B200) tells 3 rows apart, up to 2-fold" in problem.found
    assert problem.suggestion == (
        "say which: --key device, or --ignore device (of rows alike in the rest the first stays), "
        "or --rows \"device == 'H200'\""
    )
    asked = []

    def ask(question, why, default, *, among=(), check=lambda _: ""):
        asked.append(question)
        assert check("no such value") and not check("B200")
        return "B200"

    started = start(tmp_path / "t.csv", TWO_DEVICES, ask=ask)
    assert asked == ["device: key, ignore, or one of its values (H200, B200)"]
    assert op_of(started).nesting("context").rows == "device == 'B200'"
    assert keys(start(tmp_path / "t.csv", TWO_DEVICES, Choices(keys=("device",)))) == ["device"]
    said = start(tmp_path / "t.csv", TWO_DEVICES, Choices(ignore=("device",))).said
    assert ("repeats", "3 of 6 rows were measured again, 3 of them with another latency, up to 2-fold: "
            "the first row is kept") in said  # fmt: skip


def test_defaults_never_answer_a_question_that_loses_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TWO_DEVICES, encoding="utf-8")
    result = CliRunner().invoke(cli, ["init", "new.yaml", "--from-csv", "t.csv", "--yes"])
    assert result.exit_code == 2 and "--key device" in result.stderr and not (tmp_path / "new.yaml").exists()


def test_answers_are_kept_for_the_next_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(TWO_DEVICES, encoding="utf-8")
    run = lambda *more: CliRunner().invoke(cli, ["init", "--from-csv", "t.csv", "--answers", "a.yaml", *more])  # noqa: E731
    assert run("one.yaml", "--rows", "device == 'H200'").exit_code == 0
    assert read_answers(tmp_path / "a.yaml") == Choices(rows="device == 'H200'")
    assert run("two.yaml").exit_code == 0
    assert (tmp_path / "one.yaml").read_text() == (tmp_path / "two.yaml").read_text()
    (tmp_path / "a.yaml").write_text("keys: device\nunit: hours\nkey: [a]\n", encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        read_answers(tmp_path / "a.yaml")
    assert {p.found.split(":")[0].split(".")[0] for p in refused.value.problems} == {"unit", "keys", "key"}


def test_a_sum_that_takes_rows_for_one(tmp_path):
    rows = "\n".join(f"8,{b},{i},{s},{b * (i * 10 + s)}" for b in (1, 2) for i, s in ((1, 15), (2, 14), (1, 31)))
    path = tmp_path / "my_generation_perf.csv"
    with pytest.raises(Undecided, match=r"isl .* tells 2 rows apart"):
        start(path, f"heads,batch_size,isl,step,latency\n{rows}")


def test_a_third_phase_is_left_out_by_a_condition(tmp_path):
    rows = "\n".join(
        f"{p},8,{b},{s},{b * s * f}" for p, f in (("context", 1), ("verify", 3), ("generation", 2)) for b in (1, 2)
        for s in (16, 32)
    )  # fmt: skip
    started = start(tmp_path / "t.csv", f"phase,heads,batch_size,isl,latency\n{rows}")
    op = op_of(started)
    assert op.tables[0].phase_column == "phase" and keys(started) == ["heads"]
    assert op.nesting("context").rows == "phase == 'context' or phase == 'generation'"
    assert ("phases", "column phase: 'verify' is no known phase, its 4 rows are left out") in started.said
    found = check(op, op.tables[0], read(tmp_path / "t.csv"))
    assert not [f for f in found.findings if f.problem.code == "phase"] and found.left_out == 4


def test_a_power_limit_with_a_gap_matters_to_nobody(tmp_path):
    rows = "\n".join(f"{t},64,{t},{'' if t == 2 else 400.5},{'' if t == 2 else 700.0}" for t in (1, 2, 4, 8))
    started = start(tmp_path / "t.csv", f"num_tokens,hidden_size,latency,power,power_limit\n{rows}")
    assert keys(started) == ["hidden_size"]
    assert ("left out", "power_limit (2 values, 700 to 700): some cells are empty, and no row needs it") in started.said


@pytest.mark.parametrize(
    ("name", "words", "time", "unit"),
    [
        ("duration_us", ("duration", "us"), True, "us"),
        ("average_duration_us", ("average", "duration", "us"), True, "us"),
        ("avgDurationNs", ("avg", "duration", "ns"), True, "ns"),
        ("Average Duration(us)", ("average", "duration", "us"), True, "us"),
        ("kernel_ms", ("kernel", "ms"), True, "ms"),
        ("median", ("median",), True, ""),
        ("ratio", ("ratio",), False, ""),
        ("time_ratio", ("time", "ratio"), False, ""),
        ("avg_tokens", ("avg", "tokens"), False, ""),
        ("s", ("s",), False, "s"),
        ("latency_std_ms", ("latency", "std", "ms"), False, "ms"),
    ],
)
def test_names_are_read_word_by_word(name, words, time, unit):
    assert (words_of(name), is_time(name), unit_of(name)) == (words, time, unit)


@pytest.mark.parametrize("name", ["duration_us", "avg_duration", "average_duration_us"])
def test_a_duration_is_a_latency(tmp_path, name):
    started = start(tmp_path / "t.csv", f"num_tokens,hidden_size,{name}\n1,64,1.5\n2,64,2.5")
    latency = op_of(started).nesting("context").latency
    assert (latency.column, latency.unit) == (name, "us" if name.endswith("us") else "ms")


def test_a_name_with_a_space_is_not_passed_over_for_another_column(tmp_path):
    (tmp_path / "t.csv").write_text("Num Tokens,topk,latency\n1,2,1\n2,2,2\n1,4,3\n2,4,4\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"'Num Tokens'.*rename it, e.g. num_tokens"):
        from_tables([tmp_path / "t.csv"], Choices(), op="", where=Where(), systems=[], below=tmp_path)


def test_a_counter_is_no_axis(tmp_path):
    rows = "\n".join(f"{n},{2**n},{2**n}" for n in range(20))
    started = start(tmp_path / "t.csv", f"counter_id,ctx_tokens,latency_ms\n{rows}")
    assert [axis.column for axis in op_of(started).nesting("context").axes] == ["ctx_tokens"]


def test_of_several_sizes_without_a_name_none_is_taken(tmp_path):
    rows = "\n".join(f"{a},{b},{a * b}" for a in (2, 4, 8) for b in (3, 9))
    with pytest.raises(SpecError, match="it can't be told which of alpha, beta is the run-time size"):
        start(tmp_path / "t.csv", f"alpha,beta,latency\n{rows}")


def test_fourteen_keys(tmp_path):
    names = [f"text_{n}" for n in range(13)]
    rows = "\n".join(
        ",".join(["a" if (t >> n) & 1 else "b" for n in range(13)] + ["64", "8", f"{t + 1}.5"]) for t in range(9)
    )
    started = start(tmp_path / "t.csv", ",".join([*names, "hidden_size", "num_tokens", "latency"]) + "\n" + rows)
    assert len(keys(started)) == 14
    more = ",".join([*names, *(f"word_{n}" for n in range(6)), "num_tokens", "latency"])
    cells = ",".join(["a"] * 19)
    with pytest.raises(SpecError, match=r"19 columns are exact keys: text_0, .*at most 16.*--ignore COLUMN"):
        start(tmp_path / "w.csv", f"{more}\n{cells},1,1.5\n{cells},2,2.5")


def test_a_dense_grid_of_sizes_may_be_axes(tmp_path):
    rows = "\n".join(f"{m},{n},{k},{m * n * k}" for m in (1, 2, 4) for n in range(8, 16) for k in range(8, 16))
    started = start(tmp_path / "t.csv", f"m,n,k,latency\n{rows}")
    (told,) = [text for subject, text in started.said if subject == "dense"]
    assert "n (8 values), k (8 values)" in told and "--axis n=n --axis k=k" in told
    axes = {"x": "m", "n": "n", "k": "k"}
    op = op_of(start(tmp_path / "t.csv", f"m,n,k,latency\n{rows}", Choices(axes=axes)))
    assert [(axis.axis, axis.column) for axis in op.nesting("context").axes] == [
        ("x", "m"),
        ("n_size", "n"),
        ("k_size", "k"),
    ]


def test_points_count_what_would_be_lost():
    points = Points([1.0, 1.0, 2.0, 4.0])
    points.add(["a", "a", "a", "b"])
    assert list(points.fold().rows) == [2] and points.fold().times == 2 and points.repeats == 2
    assert not points.fold(["x", "x", "y", "x"]) and list(points.differing(["x", "x", "y", "x"])) == [2]


@pytest.mark.parametrize("name", sorted(tables.shapes()))
def test_what_authors_of_tables_mean(tmp_path, name):
    rng = tables.random.Random(name)
    shape = tables.shapes()[name](rng)
    rows = tables.write(tables.rows_of(shape, rng), tmp_path / "t_perf.csv")
    choices = Choices(phase="generation") if name == "decode steps" else Choices()
    try:
        started = from_tables([tmp_path / "t_perf.csv"], choices, op="", where=Where(), systems=[], below=tmp_path)
    except SpecError:
        assert name in ("two devices", "measured along", "a name with a space", "no axis is named")
        return
    assert tables.judged(started.text, rows, shape.meant) == ""


def test_negative_control_a_lost_key_is_seen(tmp_path):
    rng = tables.random.Random(1)
    shape = tables.shapes()["op names"](rng)
    rows = tables.write(tables.rows_of(shape, rng), tmp_path / "t_perf.csv")
    lost = Choices(ignore=("op_name",))
    text = from_tables([tmp_path / "t_perf.csv"], lost, op="", where=Where(), systems=[], below=tmp_path).text
    assert "is answered with" in tables.judged(text, rows, shape.meant)
    swapped = Choices(axes={"x": "hidden_size"})
    text = from_tables([tmp_path / "t_perf.csv"], swapped, op="", where=Where(), systems=[], below=tmp_path).text
    assert "meant" in tables.judged(text, rows, shape.meant)
