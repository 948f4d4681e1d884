"""`newop-gen init --like OP`: what is read off the code of an op, and what is said where it can't be."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkouts import built, put_fixture
from click.testing import CliRunner
from doctor.test_silent_sites import tree
from support.applying import SPECS, apply_specs

from newop_gen.checkout.tree import Tree
from newop_gen.cli import cli
from newop_gen.doctor.loaders import find_loaders
from newop_gen.doctor.sdk import Code
from newop_gen.init.like import ready
from newop_gen.init.like.existing import Existing, existing
from newop_gen.init.like.rows import filed
from newop_gen.init.like.start import choose, like
from newop_gen.init.write import checked
from newop_gen.model.op import Op
from newop_gen.problems import CheckoutRefused, SpecError
from newop_gen.spec.load import load_spec

LAYOUTS = ("v0_6", "v0_7", "v0_8", "v0_9", "v0_10", "v0_11")
RELEASES = ("0.6.0", "0.7.0", "0.8.0", "0.10.0")


def ops_of(root: Path) -> dict[str, Existing]:
    return {op.name: op for op in existing(Tree.open(root))}


def columns(op: Existing) -> list[str]:
    return [level.column for level in op.levels]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_hand_written_ops_are_read_alike_in_each_layout(layout) -> None:
    ops = ops_of(built(layout))
    gemm, bmm, mla, decode = (ops[n] for n in ("gemm", "mla_bmm", "context_mla", "generation_attention"))
    assert columns(gemm) == ["gemm_dtype", "m", "n", "k"]
    assert [role for role, _ in gemm.axes] == ["x", "", ""]
    assert gemm.phases == ("context", "generation")
    assert [level.type for level in gemm.keys] == ["GEMMQuantMode"]
    assert columns(bmm) == ["bmm_dtype", "op_name", "num_heads", "num_tokens"]
    assert [role for role, _ in bmm.axes] == ["x"] and bmm.phases == ("generation",)
    assert [level.type for level in mla.keys] == ["FMHAQuantMode", "KVCacheQuantMode"]
    assert [(role, level.column) for role, level in mla.axes][1:] == [("s", "isl"), ("b", "batch_size")]
    assert mla.phases == ("context",) and mla.prefix == "quadratic"
    assert [(role, level.column) for role, level in decode.axes] == [
        ("", "num_heads"), ("b", "batch_size"), ("s", "isl + step"),
    ]  # fmt: skip
    assert decode.phases == ("generation",) and decode.prefix == "none"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_op_of_a_fixture_begins_a_valid_spec(layout) -> None:
    for op in ops_of(built(layout)).values():
        begun = like(op, "kelp_op")
        loaded = checked(begun.text)
        assert loaded.spec.op == "kelp_op" and "TODO" in begun.text
        assert any("placeholder" in str(w) for w in loaded.warnings) == begun.placeholder


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_was_generated_is_read_back(layout, tmp_path) -> None:
    """A generated op's own spec is the oracle: nesting and axes come back from its code."""
    root = tmp_path / layout
    put_fixture(layout, root)
    paths = [SPECS / "new_op_tokens.yaml", SPECS / "new_op.yaml"]
    apply_specs(root, paths, lint=False)
    ops = ops_of(root)
    for path in paths:
        spec = Op.from_spec(load_spec(path).spec)
        for table in spec.tables:
            read = choose(list(ops.values()), table.loader)
            for phase in table.phases:
                nesting = spec.nesting(phase)
                assert not read.unread, read.unread
                assert [set(level.value.columns) for level in read.levels] == ready.levels_of(nesting)
                assert [role or "size" for role, _ in read.axes] == [
                    a.axis if a.axis in ("x", "b", "s") else "size" for a in nesting.axes
                ]


@pytest.mark.parametrize("version", RELEASES)
def test_released_ops_are_read_or_refused_with_a_reason(version, release) -> None:
    ops = ops_of(release(version).root)
    assert len(ops) >= 15
    refused = []
    for op in ops.values():
        try:
            begun = like(op)
        except SpecError as error:
            refused.append(op.name)
            (problem,) = error.problems
            assert problem.place.line and op.unread in problem.found and "--from-csv" in problem.suggestion
        else:
            checked(begun.text)
    assert len(refused) <= 4, refused


@pytest.mark.parametrize("version", RELEASES)
def test_ready_made_specs_say_the_same_as_the_code(version, release) -> None:
    """They were written by hand and replayed against the releases: an oracle of the levels that are read."""
    ops = ops_of(release(version).root)
    named = {path.stem: path for path in (SPECS / "upstream").glob("*.yaml") if path.stem in ops}
    fits = {name for name, path in named.items() if path in ready.fitting(ops[name])}
    other = {"0.10.0": {"context_dsa_module", "generation_dsa_module"}}.get(version, set())
    assert set(named) - fits == other
    assert len(fits) >= 5


def test_a_ready_made_spec_that_fits_is_begun_from(tmp_path) -> None:
    begun = like(ops_of(built("v0_8"))["mla_bmm"], "mine")
    ours = load_spec(SPECS / "upstream" / "mla_bmm.yaml").spec
    spec = checked(begun.text).spec
    assert spec.sol == ours.sol and spec.nesting == ours.nesting and spec.op == "mine" and not begun.placeholder
    assert "ready-made" in dict(begun.said)["start"]


def test_a_ready_made_spec_of_another_nesting_is_not(tmp_path) -> None:
    root = tmp_path / "tree"
    put_fixture("v0_8", root)
    (file,) = root.rglob("perf_database.py")
    text = file.read_text()
    assert '["num_tokens"]' in text
    file.write_text(text.replace('["num_tokens"]', '["token_num"]'))
    begun = like(ops_of(root)["mla_bmm"], "mine")
    assert begun.placeholder and "column: token_num" in begun.text


LOADER = """
import csv

def load_kelp_data(file):
    data, seen = {}, set()
    with open(file) as f:
        rows = list(csv.DictReader(f))
    for row in rows:
        if row["status"] != "ok":
            continue
        if row["id"] in seen:
            continue
        try:
            window = row["window"]
        except KeyError:
            window = 0
        heads = int(row["heads"]) if "heads" in row else 128 // int(row["tp"])
        s = int(row["isl"])
        s = s + int(row["step"])
        kind = row["kind"].strip()
        window = int(window)
        pair = (int(row["a"]), int(row["b_size"]))
        share = heads // 2
        data[common.GEMMQuantMode[row["dtype"]]][kind][window][heads][pair][share][s] = float(row["ms"])
    return data
"""


def test_rows_are_read_statement_by_statement(tmp_path) -> None:
    home = tmp_path / "src" / "aiconfigurator" / "sdk"
    put_fixture("v0_8", tmp_path)
    (home / "perf_database.py").write_text(LOADER)
    loader = find_loaders(Code(Tree.open(tmp_path)))["load_kelp_data"]
    (store,) = loader.stores
    row = filed(loader, store, store.chains[0])
    assert row is not None
    dtype, kind, window, heads, pair, share, s = row.keys
    assert (dtype.text, dtype.kind) == ("dtype", "GEMMQuantMode")
    assert (kind.text, kind.columns) == ("", ("kind",))  # changed in a way that a spec can't say
    assert (window.text, window.kind, window.default) == ("window", "int", 0)
    assert heads.text == "" and set(heads.columns) == {"heads", "tp"} and share.text == ""
    assert [part.text for part in pair.parts] == ["a", "b_size"]
    assert (s.text, s.kind) == ("isl + step", "int")
    assert row.leaf.text == "ms" and row.skipped == ("row['status'] != 'ok'",)


# on the command line


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli, ["init", *map(str, args)], catch_exceptions=False)


def test_a_file_is_written_once(run, tmp_path) -> None:
    args = ("--like", "gemm", "--checkout", built("v0_8"), "--op", "mine")
    first = run(*args)
    assert first.exit_code == 0 and "the SOL is a placeholder" in first.stderr and "axis decision  x" in first.stdout
    text = (tmp_path / "mine.yaml").read_text()
    assert run(*args).exit_code == 2 and (tmp_path / "mine.yaml").read_text() == text
    assert run("out.yaml", "--like", "MLABmm", "--checkout", built("v0_8")).exit_code == 0
    assert CliRunner().invoke(cli, ["validate", "out.yaml"]).exit_code == 0


def test_the_checkout_is_only_read(run, tmp_path) -> None:
    root = tmp_path / "tree"
    put_fixture("v0_10", root)
    before = {p: p.read_bytes() for p in root.rglob("*") if p.is_file()}
    assert run("--like", "gemm", "--checkout", root).exit_code == 0
    assert {p: p.read_bytes() for p in root.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    "args, said",
    [
        (("--like", "gem", "--checkout", built("v0_8")), "did you mean gemm"),
        (("--like", "gemm"), "needs --checkout"),
        (("--checkout", built("v0_8")), "are for --like"),
        (("--like", "gemm", "--checkout", built("v0_8"), "--phase", "context"), "takes --op only"),
        (("--like", "gemm", "--checkout", built("v0_8"), "--spec", "a.yaml"), "without a name"),
        (("--checkout", built("v0_8"), "--like"), "needs --spec"),
        (("a.yaml", "--checkout", built("v0_8"), "--spec", "b.yaml", "--like"), "writes nothing"),
        (("--like", "gemm", "--checkout", built("v0_8"), "--from-csv", "a.csv"), "two ways"),
    ],
)
def test_what_does_not_go_together_is_told(run, tmp_path, args, said) -> None:
    result = run(*args)
    assert result.exit_code == 2 and said in result.stderr
    assert not list(tmp_path.iterdir())


def test_an_op_that_files_rows_in_two_shapes_is_refused_with_the_reason(run, tmp_path) -> None:
    root = tmp_path / "tree"
    put_fixture("v0_8", root)
    (file,) = root.rglob("perf_database.py")
    text = file.read_text()
    for name, key in (("gemm", "gemm_data[quant_mode]"), ("mla_bmm", "data[quant_mode][op_name]")):
        head, loader, rest = text.partition(f"def load_{name}_data(")
        assert f"{key}[" in rest
        text = head + loader + rest.replace("        try:", f"        {key} = latency\n        try:", 1)
    file.write_text(text)
    result = run("mine.yaml", "--like", "gemm", "--checkout", root)
    assert result.exit_code == 2 and "in 2 shapes" in result.stderr and "perf_database.py:" in result.stderr
    assert not (tmp_path / "mine.yaml").exists()
    # A ready-made spec of it that has all the columns is begun from; that its nesting is not known to fit is said.
    result = run("mine.yaml", "--like", "mla_bmm", "--checkout", root)
    assert result.exit_code == 0 and "its nesting was not compared: it files rows in 2 shapes" in result.stdout
    assert "compare it with this one" in (tmp_path / "mine.yaml").read_text()


def test_a_directory_without_an_sdk_is_refused(run, tmp_path) -> None:
    assert run("--like", "gemm", "--checkout", tmp_path).exit_code == 3


def test_where_ops_are_compiled_it_says_so(tmp_path) -> None:
    tree(tmp_path)
    with pytest.raises(CheckoutRefused, match="ops are compiled here, and --like reads ops that are Python"):
        existing(Tree.open(tmp_path))
