"""`newop-gen data add`: into the layout's place and form, never over anything, and out again with the op."""

from __future__ import annotations

import shutil

import pytest
from checkouts import copy_git_fixture
from click.testing import CliRunner
from support.applying import SPECS

from newop_gen.cli import cli

SPEC = SPECS / "new_op_tokens.yaml"


def run(*args):
    return CliRunner().invoke(cli, [str(a) for a in args], catch_exceptions=False)


def files(root):
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and ".git" not in p.parts
    }


@pytest.fixture
def mine(tmp_path):
    """A spec that names no table, and a table."""
    text = SPEC.read_text().partition("\ndata:")[0].partition("\nwiring:")[0] + "\n"
    spec = tmp_path / "new_op_tokens.yaml"
    spec.write_text(text)
    table = tmp_path / "rows.csv"
    shutil.copy(SPECS / "data" / "new_op_tokens_perf.csv", table)
    return spec, table


def place(root):
    """A system, backend and version that the checkout has tables of."""
    for path in sorted(root.glob("**/systems/data/*/**/*_perf.*")):
        parts = path.parts[path.parts.index("data") + 1 :]
        for backend in ("trtllm", "sglang", "vllm"):
            if backend in parts:
                return parts[0], backend, parts[parts.index(backend) + 1]
    raise AssertionError("no tables in the fixture")


@pytest.mark.parametrize("name", ["v0_6", "v0_8", "v0_9", "v0_10", "v0_11"])
def test_in_and_out_again(name, tmp_path, mine):
    spec, table = mine
    root = copy_git_fixture(name, tmp_path)
    before = files(root)
    assert run("apply", spec, "--checkout", root).exit_code == 0
    applied = files(root)
    system, backend, version = place(root)
    where = ("--spec", spec, "--checkout", root, "--system", system, "--backend", backend, "--version", version)
    dry = run("data", "add", table, *where, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert files(root) == applied
    done = run("data", "add", table, *where)
    assert done.exit_code == 0, done.output
    new = {path for path in files(root) if path not in applied}
    (data,) = [path for path in new if "_perf." in path]
    suffix = ".parquet" if name in ("v0_10", "v0_11") else ".txt"
    assert data.endswith(f"new_op_tokens_perf{suffix}") and all("collection_meta" in p for p in new - {data})
    now = files(root)
    # Besides the table only the list of tables changes, where a tree has one.
    listed = {path for path in applied if path.endswith("op_kernel_source_manifest.yaml")}
    assert {path for path in applied if now[path] != applied[path]} == listed
    assert all(b"new_op_tokens_perf" in now[path] for path in listed)
    assert "nothing to do" in run("data", "add", table, *where).stdout
    assert data in run("status", "--checkout", root).stdout
    assert run("status", "--checkout", root).exit_code == 0
    # another table in that place is refused, and nothing is written
    table.write_text(table.read_text().replace("SYNTHETIC,0", "SYNTHETIC,1"))
    there = files(root)
    assert run("data", "add", table, *where).exit_code == 3
    assert files(root) == there
    assert run("remove", "new_op_tokens", "--checkout", root).exit_code == 0
    assert files(root) == before


def test_two_tables_stay_side_by_side(tmp_path, mine):
    spec, table = mine
    root = copy_git_fixture("v0_8", tmp_path)
    system, backend, version = place(root)
    (root / "src/aiconfigurator/systems/data" / system / backend / "9.9.9").mkdir()
    assert run("apply", spec, "--checkout", root).exit_code == 0
    for each in (version, "9.9.9"):
        where = ("--system", system, "--backend", backend, "--version", each)
        assert run("data", "add", table, "--spec", spec, "--checkout", root, *where).exit_code == 0
    assert len(list(root.rglob("new_op_tokens_perf.txt"))) == 2
    assert run("remove", "new_op_tokens", "--checkout", root).exit_code == 0
    assert not list(root.rglob("new_op_tokens_perf.txt"))


def test_a_parquet_table_becomes_text_where_the_layout_reads_text(tmp_path, mine):
    pq = pytest.importorskip("pyarrow.parquet")
    from pyarrow import csv as arrow_csv

    spec, table = mine
    pq.write_table(arrow_csv.read_csv(table), table.with_suffix(".parquet"))
    root = copy_git_fixture("v0_8", tmp_path)
    assert run("apply", spec, "--checkout", root).exit_code == 0
    system, backend, version = place(root)
    where = ("--spec", spec, "--checkout", root, "--system", system, "--backend", backend, "--version", version)
    assert run("data", "add", table.with_suffix(".parquet"), *where).exit_code == 0
    (put,) = root.rglob("new_op_tokens_perf.txt")
    assert put.read_text().splitlines()[0] == table.read_text().splitlines()[0]


def test_refused_without_the_op_with_errors_and_without_the_place(tmp_path, mine):
    spec, table = mine
    root = copy_git_fixture("v0_8", tmp_path)
    system, backend, version = place(root)
    where = ("--spec", spec, "--checkout", root, "--system", system, "--backend", backend)
    before = files(root)
    refused = run("data", "add", table, *where, "--version", version)
    assert refused.exit_code == 3 and "not in this checkout" in refused.stderr
    assert files(root) == before
    assert run("apply", spec, "--checkout", root).exit_code == 0
    before = files(root)
    assert run("data", "add", table, *where, "--version", "0.0.0").exit_code == 3
    table.write_text(table.read_text().replace(",1,", ",one,", 1))
    assert run("data", "add", table, *where, "--version", version).exit_code == 1
    assert files(root) == before
