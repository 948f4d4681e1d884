"""Perf tables of 0.10 and 0.11: where they go, and what a CSV becomes as parquet."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from checkouts import copy_fixture
from support.applying import EXAMPLES, SPECS, apply_specs, prepare
from support.releases import run_in

from newop_gen.problems import CheckoutRefused, SpecError
from newop_gen.spec.load import load_specs
from newop_gen.tables.convert import same_table, to_parquet

CSV = b'name,count,latency,note,power\r\nx,1,0.5,,\r\n"a,b",2,1,text,3.5\r\n'


def read(data: bytes):
    return pq.read_table(io.BytesIO(data))


def test_columns_get_the_narrowest_type_that_holds_them_all() -> None:
    table = read(to_parquet(CSV))
    assert [str(t) for t in table.schema.types] == ["string", "int64", "double", "string", "double"]
    assert table.to_pylist() == [
        {"name": "x", "count": 1, "latency": 0.5, "note": None, "power": None},
        {"name": "a,b", "count": 2, "latency": 1.0, "note": "text", "power": 3.5},
    ]


def test_a_column_of_numbers_and_words_is_text() -> None:
    table = read(to_parquet(b"dtype,big\n8,99999999999999999999\nfp8,1\n"))
    assert table.to_pylist()[0] == {"dtype": "8", "big": 1e20}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a,a\n1,2\n", "two columns"),
        (b"a,b\n1\n", ":2:1: 1 cells"),
        (b"a\n\xff\n", "UTF-8"),
        (b'a\n"1"x\n', "not CSV"),
    ],
)
def test_what_is_no_table_is_refused(content, says) -> None:
    with pytest.raises(SpecError, match=says):
        to_parquet(content)


def test_the_same_table_written_by_another_version_is_the_same() -> None:
    one = to_parquet(CSV)
    out = io.BytesIO()
    pq.write_table(read(one), out, compression="gzip")
    assert out.getvalue() != one
    assert same_table(one, out.getvalue())
    assert not same_table(one, to_parquet(CSV.replace(b"0.5", b"0.6")))
    assert not same_table(one, b"no parquet")


@pytest.mark.parametrize("name", ["v0_10", "v0_11"])
def test_the_tables_of_the_examples_are_found_by_the_sdk(name, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    apply_specs(root, EXAMPLES)
    package = "aiconfigurator_core" if name == "v0_11" else "aiconfigurator"
    found = run_in(
        root,
        f"""
import os, {package}
from aiconfigurator.sdk import common
from aiconfigurator.sdk.perf_database import PerfDatabase
systems = os.path.join(os.path.dirname({package}.__file__), "systems")
database = PerfDatabase("h200_sxm", "trtllm", "1.0.0", systems)
silicon = common.DatabaseMode.SILICON
result = [float(database.query_context_new_op(1, 128, 3584, 18944, silicon)),
          float(database.query_new_op_tokens(16, 3584, 18944, silicon))]
""",
    )
    assert found == [pytest.approx(0.0312908591), pytest.approx(0.0503878187)]


def test_a_family_has_a_sidecar_that_covers_its_tables(tmp_path) -> None:
    root = copy_fixture("v0_11", tmp_path)
    plan = apply_specs(root, [SPECS / "new_op.yaml"])
    folder = root / "aic-core/src/aiconfigurator_core/systems/data/h200_sxm/new_op/trtllm/1.0.0"
    stems = {p.stem for p in folder.glob("*.parquet")}
    meta = yaml.safe_load((folder / "collection_meta.yaml").read_text(encoding="utf-8"))
    assert stems == set(meta["tables"]) == {"new_op_context_perf", "new_op_generation_perf"}
    assert meta["runtime"] == {"framework": "trtllm", "version": "1.0.0"}
    assert any("op_backend_catalog.yaml" in note for step in plan.steps for note in step.notes)


def spec_for(directory: Path, **data: object) -> Path:
    """The token example with one data entry that says where its table goes."""
    shutil.copytree(SPECS / "data", directory / "data")
    spec = yaml.safe_load((SPECS / "new_op_tokens.yaml").read_text(encoding="utf-8"))
    entry = {"file": "data/new_op_tokens_perf.csv", "system": "h200_sxm", "backend": "trtllm", "version": "newest"}
    spec["data"] = [{**entry, **data}]
    path = directory / "new_op_tokens.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return path


def tables(root: Path, spec: Path) -> list[str]:
    changes = prepare(load_specs([spec]), root).changes
    return [c.path for c in changes if c.path.endswith(".parquet")]


def test_newest_is_the_newest_version_that_is_complete(tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    backend = root / "src/aiconfigurator/systems/data/h200_sxm/trtllm"
    for version in ("1.2.0rc5", "1.10.0rc2", "1.10.0"):
        (backend / version).mkdir()
    (backend / "1.10.0" / "INCOMPLETE.txt").write_text("half of it")
    (path,) = tables(root, spec_for(tmp_path))
    assert path.endswith("h200_sxm/trtllm/1.10.0rc2/new_op_tokens_perf.parquet")


def test_the_first_version_that_is_there_is_taken_and_families_count(tmp_path) -> None:
    root = copy_fixture("v0_11", tmp_path)
    data = root / "aic-core/src/aiconfigurator_core/systems/data/h200_sxm"
    (data / "gemm" / "vllm" / "0.24.0").mkdir(parents=True)
    (path,) = tables(root, spec_for(tmp_path, backend="vllm", version=["0.99.0", "0.24.0"]))
    assert path.endswith("h200_sxm/new_op_tokens/vllm/0.24.0/new_op_tokens_perf.parquet")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"system": "b300_sxm"}, "no system 'b300_sxm'"),
        ({"version": "9.9.9"}, "no version 9.9.9 of trtllm in "),
        ({"backend": "vllm"}, "no version newest of vllm in "),
    ],
)
def test_a_place_that_is_not_there_is_refused_unless_optional(data, says, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    spec = spec_for(tmp_path, **data)
    with pytest.raises(CheckoutRefused, match=says):
        prepare(load_specs([spec]), root)
    spec.write_text(
        spec.read_text(encoding="utf-8").replace("version:", "optional: true\n  version:"), encoding="utf-8"
    )
    plan = prepare(load_specs([spec]), root).plan
    why = next(skip.why for step in plan.steps if step.key == "data" for skip in step.skips)
    assert why.startswith(says)


def test_a_table_that_is_there_with_other_rows_is_not_overwritten(tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    spec = spec_for(tmp_path)
    (path,) = tables(root, spec)
    (root / path).write_bytes(to_parquet(CSV))
    with pytest.raises(CheckoutRefused) as refused:
        prepare(load_specs([spec]), root)
    assert path in str(refused.value)


def test_a_parquet_file_of_the_spec_is_taken_as_it_is(tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    spec = spec_for(tmp_path, file="data/measured.parquet")
    content = to_parquet((SPECS / "data" / "new_op_tokens_perf.csv").read_bytes())
    (tmp_path / "data" / "measured.parquet").write_bytes(content)
    (change,) = [c for c in prepare(load_specs([spec]), root).changes if c.path.endswith(".parquet")]
    assert change.after == content
