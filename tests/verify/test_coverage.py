"""verify says which wired models the real tables cover, and questions their unit; neither is a failed check."""

from __future__ import annotations

import csv
import json

from checkouts import copy_fixture
from support.applying import SPECS

from newop_gen.data.units import unit_doubts
from newop_gen.resources import schemas_dir
from newop_gen.spec.load import load_spec
from newop_gen.verify.coverage import told
from newop_gen.verify.result import Reach

TABLE = SPECS / "data" / "new_op_tokens_perf.csv"
SPEC = SPECS / "new_op_tokens.yaml"


def reach(model, missing="", *, tp=1, phase="context", places=("a/trtllm",)):
    return Reach("spec's a/trtllm", places, model, tp, phase, {"width": "64"}, missing)


def test_models_are_told_by_what_they_lack():
    lack = "width = 128; collected: 64"
    found = [
        reach("one"), reach("one", phase="generation"), reach("two", lack), reach("two", lack, phase="generation"),
        reach("three", lack), reach("four"), reach("four", lack, phase="generation"),
    ]  # fmt: skip
    assert list(told(found, 4)) == [
        "spec's a/trtllm: measured for 1 of 4 wired models at every TP that could be built",
        "  covered at TP 1: one",
        f"  not covered at TP 1: two; three (TP 1: {lack})",
        f"  not covered at TP 1: four (TP 1: {lack} in generation)",
    ]
    assert list(told([], 4)) == []


def test_each_tp_is_told_by_itself():
    few, many = "heads = 2; collected: 4, 8, 16", "heads = 128; collected: 4, 8, 16"
    found = [
        *(reach("whole", tp=tp) for tp in (1, 2, 4)), reach("small", tp=1), reach("small", few, tp=8),
        reach("large", many, tp=1), reach("large", tp=2), reach("large", tp=4), reach("neither", many, tp=1),
        reach("neither", many, tp=2),
    ]  # fmt: skip
    assert list(told(found, 4)) == [
        "spec's a/trtllm: measured for 1 of 4 wired models at every TP that could be built",
        "  covered at TP 1, 2, 4: whole",
        f"  covered at TP 1; not at TP 8: small (TP 8: {few})",
        f"  covered at TP 2, 4; not at TP 1: large (TP 1: {many})",
        f"  not covered at TP 1, 2: neither (TP 1: {many})",
    ]


def test_long_lists_are_cut_and_more_places_are_named():
    found = [reach(f"m{n}", f"width = {n}; collected: 64", places=("a/x", "b/x", "c/x")) for n in range(9)]
    lines = list(told(found, 2))
    assert lines[0].startswith("spec's a/trtllm (and b/x; c/x): measured for 0 of 9")
    assert len(lines) == 4 and lines[-1].startswith("  and 7 more")


def _verify(tmp_path, width):
    """The report of a verification on a fixture, of a table whose widths are `width` to `width`."""
    from click.testing import CliRunner

    from newop_gen.cli import cli

    root = copy_fixture("v0_8", tmp_path)
    with TABLE.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["param1"] == "3584"]
    for row in rows:
        row["param1"], row["param2"] = width
    table = tmp_path / "new_op_tokens_perf.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({tuple(row.items()): row for row in rows}.values())
    spec = tmp_path / "spec.yaml"
    text = SPEC.read_text(encoding="utf-8").replace("data/new_op_tokens_perf.csv", table.name)
    spec.write_text("".join(line for line in text.splitlines(True) if not line.startswith("    when:")))
    assert CliRunner().invoke(cli, ["apply", str(spec), "--checkout", str(root), "-q"]).exit_code == 0
    done = CliRunner().invoke(cli, ["verify", str(spec), "--checkout", str(root), "--json"])
    assert done.exit_code in (0, 1), done.output
    return json.loads(done.stdout), spec, root


def test_a_table_covers_the_models_whose_sizes_it_has(tmp_path):
    import jsonschema

    report, _, _ = _verify(tmp_path, ("1", "1"))
    schema = json.loads((schemas_dir() / "verify-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(report)
    assert report["coverage"] and not any(one["covered"] for one in report["coverage"])
    first = report["coverage"][0]
    assert first["missing"].startswith(f"param1 = {first['asked']['param1']}; collected: 1")
    assert first["places"] == ["h200_sxm/trtllm"]
    again, _, _ = _verify(tmp_path / "again", (first["asked"]["param1"], first["asked"]["param2"]))
    covered = {one["model"]: one["covered"] for one in again["coverage"] if one["asked"] == first["asked"]}
    assert covered[first["model"]] and all(covered.values())
    by_tp = {one["tp"]: one for one in again["coverage"] if one["model"] == first["model"]}
    assert {1, 2} <= set(by_tp) <= {1, 2, 4, 8}
    # Widths are divided among the GPUs: what is asked differs, and so does what is there.
    assert by_tp[1]["covered"] and not by_tp[2]["covered"]
    assert int(by_tp[1]["asked"]["param2"]) != int(by_tp[2]["asked"]["param2"])


def test_the_unit_of_a_spec_s_table_is_questioned(tmp_path):
    (tmp_path / "data").mkdir()
    spec = tmp_path / SPEC.name
    spec.write_bytes(SPEC.read_bytes())
    table = tmp_path / "data" / TABLE.name
    table.write_bytes(TABLE.read_bytes())
    assert unit_doubts(load_spec(spec)) == []
    with TABLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "latency": float(row["latency"]) * 1000} for row in rows)
    (of_spec,) = unit_doubts(load_spec(spec))
    assert "in us?" in of_spec.suggestion and "h200_sxm" in of_spec.found
    (by_itself,) = unit_doubts(load_spec(spec), [table])
    assert "in us?" in by_itself.suggestion
