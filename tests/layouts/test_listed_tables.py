"""What a tree lists of its tables besides the tables: the manifest of kernel sources, and the catalog of families."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import SPECS, apply_specs, prepare

from newop_gen.layouts.common.reuse import _filed, _groups
from newop_gen.problems import CheckoutRefused, Place
from newop_gen.runs import apply_plan, remove_op
from newop_gen.spec.load import load_specs
from newop_gen.tables.convert import to_parquet

HERE = Place("table.csv")
MANIFEST = """\
# Generated, do not hand-edit:
#     python3 tools/some_script.py \\
#         --data-root systems/data
groups:
  - op_file: gemm_perf.parquet
    kernel_source: 'blas'
    tier: shared
    systems: [h200_sxm]
    frameworks: [trtllm]
    total_raw_rows: 7
    within_framework_dedup_rows: 0
  - op_file: wide_perf.parquet
    kernel_source: 'wide'
    tier: shared
    systems: [h200_sxm]
    frameworks: [trtllm]
    total_raw_rows: 3
    within_framework_dedup_rows: 0
"""
CATALOG = """\
# Which family each table is of.
families:
  - family: gemm
    op_files: [gemm_perf]

# Further keys.
schema_version: 1
"""
ENTRY = """\
  - op_file: new_op_tokens_perf.parquet
    kernel_source: 'synthetic'
    tier: shared
    systems: [h200_sxm]
    frameworks: [synthetic]
    total_raw_rows: {rows}
    within_framework_dedup_rows: 0
"""
TOKENS = SPECS / "new_op_tokens.yaml"


def tree(root: Path, *, manifest: str = MANIFEST, catalog: str = CATALOG) -> tuple[Path, Path]:
    """A checkout of 0.11 with both lists; the paths of manifest and catalog."""
    copied = copy_fixture("v0_11", root)
    listed = copied / "aic-core/src/aiconfigurator_core/systems/perf_data_reuse_manifest.yaml"
    families = copied / "collector/op_backend_catalog.yaml"
    families.parent.mkdir(exist_ok=True)
    listed.write_text(manifest, encoding="utf-8")
    families.write_text(catalog, encoding="utf-8")
    return listed, families


def test_a_table_is_listed_where_the_tree_lists_tables(tmp_path: Path) -> None:
    manifest, catalog = tree(tmp_path)
    root = catalog.parents[1]
    apply_specs(root, [TOKENS])
    rows = len((SPECS / "data/new_op_tokens_perf.csv").read_text(encoding="utf-8").splitlines()) - 1
    before, after = MANIFEST.split("  - op_file: wide_perf")
    expected = before + ENTRY.format(rows=rows) + "  - op_file: wide_perf" + after
    assert manifest.read_text(encoding="utf-8") == expected
    family = "\n  - family: new_op_tokens\n    op_files: [new_op_tokens_perf]\n"
    assert catalog.read_text(encoding="utf-8") == CATALOG.replace("[gemm_perf]\n", "[gemm_perf]\n" + family)


def test_ops_come_and_go_in_any_order(tmp_path: Path) -> None:
    manifest, catalog = tree(tmp_path)
    root = catalog.parents[1]
    for spec in (TOKENS, SPECS / "new_op.yaml", SPECS / "state_scan.yaml"):
        apply_plan(prepare(load_specs([spec]), root))
    listed = [line for line in manifest.read_text(encoding="utf-8").splitlines() if "op_file" in line]
    assert listed == sorted(listed) and len(listed) == 7
    assert "    op_files:\n      - new_op_context_perf\n      - new_op_generation_perf\n" in catalog.read_text()
    for name in ("new_op", "new_op_tokens", "state_scan"):
        remove_op(root, (name,))
    assert manifest.read_text(encoding="utf-8") == MANIFEST
    assert catalog.read_text(encoding="utf-8") == CATALOG


def test_a_manifest_of_another_form_is_left_alone_and_the_script_named(tmp_path: Path) -> None:
    manifest, catalog = tree(tmp_path, manifest=MANIFEST.replace("groups:", "entries:"))
    plan = apply_specs(catalog.parents[1], [TOKENS])
    assert manifest.read_text(encoding="utf-8") == MANIFEST.replace("groups:", "entries:")
    skips = [skip for step in plan.steps if step.key == "data" for skip in step.skips]
    assert any("tools/some_script.py" in skip.why for skip in skips)


def test_an_entry_that_says_something_else_is_not_added_to(tmp_path: Path) -> None:
    entry = ENTRY.format(rows=1)
    _, catalog = tree(tmp_path, manifest=MANIFEST.replace("  - op_file: wide", f"{entry}  - op_file: wide"))
    with pytest.raises(CheckoutRefused) as refused:
        prepare(load_specs([TOKENS]), catalog.parents[1])
    assert [p.code for p in refused.value.problems] == ["name-taken"]


def test_a_checkout_without_a_catalog_is_told_what_upstream_wants(tmp_path: Path) -> None:
    _, catalog = tree(tmp_path)
    catalog.unlink()
    plan = apply_specs(catalog.parents[1], [TOKENS])
    assert any("op_backend_catalog.yaml" in note for step in plan.steps for note in step.notes)


def table(*rows: str) -> bytes:
    return "\n".join(("framework,version,kernel_source,n,latency,power", *rows, "")).encode()


def texts(*tables: tuple[str, bytes]) -> str:
    return "".join(group.text for group in _groups((_filed(f"s/data/{p}", c) for p, c in tables), HERE))


def test_rows_are_counted_as_upstreams_script_counts_them() -> None:
    """Worked out by hand: rows without a name or a latency don't count, the version is the row's, and the spread of two
    frameworks is the difference over their mean (5 and 15: 100 %)."""
    one = table("A,1,k,1,5,9", "A,2,k,1,5,9", "A,2,,1,5,9", "A,2,<unknown>,1,5,9", "A,2,k,2,,9", "A,2,k,2,0,9")
    other = table(",,k,1,15,9", "b,3,default,1,7,")
    found = texts(("h/fam/x/1.0/t.txt", one), ("h/fam/b/2.0/t.txt", other))
    assert found == (
        "  - op_file: t.txt\n    kernel_source: 'default'\n    tier: shared_fallback\n    systems: [h]\n"
        "    frameworks: [b]\n    total_raw_rows: 1\n    within_framework_dedup_rows: 0\n"
        "  - op_file: t.txt\n    kernel_source: 'k'\n    tier: shared\n    systems: [h]\n    frameworks: [a, b]\n"
        "    total_raw_rows: 3\n    within_framework_dedup_rows: 1\n    median_pct_divergence: 100.00\n"
    )


def test_a_parquet_table_counts_as_the_same_table_as_text() -> None:
    rows = table("A,1,k,1,5,9", "A,2,k,2,6.5,9")
    as_text, as_parquet = texts(("h/x/1.0/t.txt", rows)), texts(("h/x/1.0/t.parquet", to_parquet(rows)))
    assert as_parquet == as_text.replace("t.txt", "t.parquet")


def test_a_table_without_a_latency_is_not_listed() -> None:
    assert texts(("h/x/1.0/t.txt", io.StringIO("a,b\n1,2\n").read().encode())) == ""
