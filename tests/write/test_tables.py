"""A perf table that another version of pyarrow wrote: other bytes, the same rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from checkouts import copy_git_fixture, run_git
from support.applying import SPECS, planner, prepare

from newop_gen.problems import Conflict
from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import load_specs
from newop_gen.write.status import status

parquet = pytest.importorskip("pyarrow.parquet")
SPEC = load_specs([SPECS / "new_op.yaml"])


def rewrite(table: Path, *, change: bool = False) -> None:
    """As another writer would have it; with `change`, without its last row."""
    before = table.read_bytes()
    rows = parquet.read_table(table)
    rows = rows.slice(0, rows.num_rows - 1) if change else rows
    other = rows.replace_schema_metadata({b"writer": b"another"})
    parquet.write_table(other, table, compression="gzip", use_dictionary=False, version="1.0")
    assert table.read_bytes() != before


def cloned(tmp_path: Path, *, change: bool = False) -> Path:
    """A checkout with the op committed, its tables written by another writer, and no receipt, as in a fresh clone."""
    root = copy_git_fixture("v0_10", tmp_path)
    apply_plan(prepare(SPEC, root))
    tables = list(root.rglob("new_op_*.parquet"))
    assert len(tables) == 2
    for table in tables:
        rewrite(table, change=change)
    run_git(root, "add", "--all")
    run_git(root, "commit", "--quiet", "-m", "the op")
    shutil.rmtree(root / ".git" / "newop-gen")
    return root


def test_it_is_the_same_table(tmp_path: Path) -> None:
    root = cloned(tmp_path)
    assert not prepare(SPEC, root).plan.pending
    assert apply_plan(prepare(SPEC, root)).nothing
    assert status(root).good
    remove_op(root, ("new_op",), plan_over=planner(SPEC, root))
    assert run_git(root, "diff", "--stat", "HEAD~1") == ""
    assert not list(root.rglob("*new_op*"))


def test_another_table_is_in_the_way(tmp_path: Path) -> None:
    root = cloned(tmp_path, change=True)
    before = run_git(root, "status", "--porcelain")
    with pytest.raises(Conflict):
        prepare(SPEC, root)
    with pytest.raises(Conflict):
        remove_op(root, ("new_op",), plan_over=planner(SPEC, root))
    assert run_git(root, "status", "--porcelain") == before and len(list(root.rglob("new_op_*.parquet"))) == 2
