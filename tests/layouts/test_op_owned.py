"""0.10 and 0.11: what an op that owns its tables answers, and what keeps it from being planned."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import EXAMPLES, PROFILE, ROOT, apply_specs, prepare
from support.owned import ask, made_up_system, patched_fixture, run_generated_tests, without_data

from newop_gen.checkout.tree import Tree
from newop_gen.layouts import detect
from newop_gen.problems import CheckoutRefused, NewopError
from newop_gen.spec.load import load_specs

FIXTURES = ("v0_10", "v0_11")
NAMES = [s.stem for s in EXAMPLES]
CONTRACTS = ("tests/cross_package/test_import_contract.py", "tests/unit/sdk/test_opspec_coverage.py")

# An op with a table that is easy to compute with by hand: latency = 0.001 * b * s, one key, two axes.
SPEC = """\
newop: 1
op: toy_scan
summary: an op for tests
params:
  width: {type: int}
  kind: {type: str}
phases: {used: [context], table: one}
axis: {query: "b,s", prefix: sol_ratio}
sol:
  parts:
    - {name: work, flops: b * (s + prefix) * width * 1000000, precision: bfloat16, bytes: 2 * b * s * width}
nesting:
  keys:
    - {param: kind, column: op_name, fallback: plain}
    - {param: width, nearest: true}
  axes: [{axis: b, column: batch_size}, {axis: s, column: isl}]
  method: bilinear
  outside: error
empirical: 0.5
"""
HEADER = "framework,version,device,op_name,kernel_source,width,batch_size,isl,latency,power"
BS, SS = (1, 4), (128, 256, 1024)


def rows(kind: str, width: int, factor: float = 1.0, kernel: str = "k") -> list[str]:
    """Rows of the toy's table: 0.001 ms per sequence and token at width 64, 100 W."""
    return [
        f"T,0,none,{kind},{kernel},{width},{b},{s},{factor * 0.001 * b * s * width / 64!r},100" for b in BS for s in SS
    ]


def csv(*groups: list[str]) -> str:
    return "\n".join([HEADER, *(line for group in groups for line in group)]) + "\n"


TABLE = csv(rows("plain", 64), rows("plain", 128), rows("plain", 64, 9.0))  # the last ones repeat keys


def sol(b: float, s: float, prefix: float, width: int) -> float:
    """SOL of the toy in ms on the made-up system."""
    return 1000 * max(b * (s + prefix) * width * 1e6 / 1.0e15, 2 * b * s * width / 4.0e12)


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    """Each fixture with the toy applied, and its systems root."""
    base = tmp_path_factory.mktemp("toys")
    spec = base / "toy_scan.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    systems = made_up_system(base / "systems", {"toy_scan_perf": TABLE})
    return {name: (patched_fixture(name, base, [spec]), systems) for name in FIXTURES}


@pytest.mark.parametrize("name", FIXTURES)
def test_examples_on_a_fixture(name, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    plan = apply_specs(root, without_data(EXAMPLES, tmp_path / "specs"))
    assert plan.layout == {"v0_10": "op_owned", "v0_11": "core"}[name]
    run_generated_tests(root, NAMES, *(c for c in CONTRACTS if (root / c).is_file()))


def test_examples_on_the_release(release) -> None:
    tree = release("0.10.0")
    apply_specs(tree.root, without_data(EXAMPLES, tree.root.parent / "specs"))
    run_generated_tests(tree.root, NAMES)


@pytest.mark.parametrize("name", FIXTURES)
def test_silicon_between_measured_points(name, toys) -> None:
    """Bilinear on a grid is the same everywhere; repeated keys keep the first row; the energy is power * latency."""
    root, systems = toys[name]
    found = ask(root, systems, "r = database.query_toy_scan(2, 192, 0, 64, 'plain', MODE.SILICON)\n"
                "result = [float(r), r.energy, r.source]")  # fmt: skip
    assert found == [pytest.approx(0.001 * 2 * 192), pytest.approx(100 * 0.001 * 2 * 192), "silicon"]


@pytest.mark.parametrize("name", FIXTURES)
def test_empirical_is_sol_over_the_nearest_measured_utilization(name, toys) -> None:
    """Against the rule in upstream's words: two nearest points in normalised log space, weighted by distance."""
    root, systems = toys[name]
    asked = [(2, 300, 0), (3, 200, 77), (9, 4000, 0)]  # the last one lies outside, where the edge's points count
    found = ask(root, systems, "result = [float(database.query_toy_scan(b, s, p, 64, 'plain', MODE.EMPIRICAL))"
                " for b, s, p in arguments[0]]", asked)  # fmt: skip
    for (b, s, prefix), got in zip(asked, found, strict=True):
        assert got == pytest.approx(sol(b, s, prefix, 64) / utilization(b, s + prefix), rel=1e-9)


def utilization(b: float, s: float) -> float:
    def normal(value: float, values: tuple[int, ...]) -> float:
        low, high = math.log(min(values)), math.log(max(values))
        return min(max((math.log(value) - low) / (high - low), 0.0), 1.0)

    points = []
    for one in BS:
        for other in SS:
            distance = math.dist((normal(b, BS), normal(s, SS)), (normal(one, BS), normal(other, SS)))
            points.append((distance, sol(one, other, 0, 64) / (0.001 * one * other)))
    (d0, u0), (d1, u1) = sorted(points)[:2]
    return u0 if d0 == 0 else (u0 / d0 + u1 / d1) / (1 / d0 + 1 / d1)


@pytest.mark.parametrize("name", FIXTURES)
def test_prefix_scales_the_lookup_by_the_ratio_of_sols(name, toys) -> None:
    root, systems = toys[name]
    found = ask(root, systems, "result = float(database.query_toy_scan(4, 128, 128, 64, 'plain', MODE.SILICON))")
    assert found == pytest.approx(0.001 * 4 * 256 * sol(4, 128, 128, 64) / sol(4, 256, 0, 64))


@pytest.mark.parametrize("name", FIXTURES)
def test_keys_that_were_not_measured_are_substituted_as_the_spec_says(name, toys) -> None:
    """Another kind falls back, another width takes the nearest; EMPIRICAL asks SOL for the width that was measured."""
    root, systems = toys[name]
    found = ask(root, systems, "result = [float(database.query_toy_scan(4, 256, 0, 100, 'odd', m))"
                " for m in (MODE.SILICON, MODE.EMPIRICAL, MODE.SOL)]")  # fmt: skip
    measured = 0.001 * 4 * 256 * 128 / 64  # at width 128, which is nearer to 100 than 64
    assert found[0] == pytest.approx(measured)
    assert found[1] == pytest.approx(sol(4, 256, 0, 100) / (sol(4, 256, 0, 128) / measured))
    assert found[2] == pytest.approx(sol(4, 256, 0, 100))


@pytest.mark.parametrize("name", FIXTURES)
def test_a_key_that_is_looked_up_has_the_sol_of_what_was_asked_for(name, tmp_path) -> None:
    """At a measured point EMPIRICAL is the latency of the key looked up; elsewhere it grows with the SOL asked for."""
    spec = tmp_path / "toy_scan.yaml"
    spec.write_text(SPEC.replace("{param: width, nearest: true}", '{param: width, lookup: "max(width, 64)"}'))
    systems = made_up_system(tmp_path / "systems", {"toy_scan_perf": TABLE})
    root = patched_fixture(name, tmp_path, [spec])
    found = ask(root, systems, "result = [float(database.query_toy_scan(4, s, 0, 8, 'plain', MODE.EMPIRICAL))"
                " for s in (256, 4096)]")  # fmt: skip
    measured = 0.001 * 4 * 256  # at width 64
    edge = sol(4, 1024, 0, 8) / (0.001 * 4 * 1024)
    assert found == [pytest.approx(measured), pytest.approx(sol(4, 4096, 0, 8) / edge)]


def test_notes_say_what_becomes_of_keys_that_stand_in(tmp_path) -> None:
    def notes(text: str) -> list[str]:
        spec = tmp_path / "toy_scan.yaml"
        spec.write_text(text, encoding="utf-8")
        plan = prepare(load_specs([spec]), copy_fixture("v0_10", tmp_path / str(len(text)))).plan
        return [note for step in plan.steps for note in step.notes if "of kind" in note or "of width" in note]

    fallback, nearest = notes(SPEC)
    assert "`fallback` of kind" in fallback and "`nearest` of width" in nearest
    assert "by the SOL of that one" in fallback
    (looked_up,) = notes(SPEC.replace(", fallback: plain", "").replace("nearest: true", 'lookup: "max(width, 64)"'))
    assert "`lookup` of width" in looked_up and "the SOL of the params asked for" in looked_up
    assert notes(SPEC.replace(", fallback: plain", "").replace(", nearest: true", "")) == []


def test_outside_the_range_on_0_10(toys) -> None:
    """`outside: error`: SILICON says so, HYBRID answers empirically and is tagged so."""
    root, systems = toys["v0_10"]
    found = ask(root, systems, "query = database.query_toy_scan\n"
                "hybrid = query(4, 4096, 0, 64, 'plain', MODE.HYBRID)\n"
                "result = [failure(query, 4, 4096, 0, 64, 'plain', MODE.SILICON), float(hybrid), hybrid.source]")  # fmt: skip
    assert found[0] == "PerfDataNotAvailableError"
    assert found[1:] == [pytest.approx(sol(4, 4096, 0, 64) / utilization(4, 4096)), "empirical"]


def test_outside_the_range_on_0_11(toys) -> None:
    """Whatever the spec says, `perf_interp` holds the utilization of the edge."""
    root, systems = toys["v0_11"]
    found = ask(root, systems, "r = database.query_toy_scan(4, 4096, 0, 64, 'plain', MODE.SILICON)\n"
                "result = [float(r), r.source]")  # fmt: skip
    edge = sol(4, 1024, 0, 64) / (0.001 * 4 * 1024)
    assert found == [pytest.approx(sol(4, 4096, 0, 64) / edge), "silicon"]


@pytest.mark.parametrize("name", FIXTURES)
def test_hybrid_hides_no_mistake(name, toys) -> None:
    """Only missing data fall back: an error of the code shows, in HYBRID as in SILICON."""
    root, systems = toys[name]
    engine = "v0_11" in str(root)
    broken = "perf_interp.query" if engine else "interpolation.interp_1d"
    found = ask(
        root,
        systems,
        f"""
from aiconfigurator.sdk.operations import toy_scan
module, name = toy_scan.{broken.split(".")[0]}, "{broken.split(".")[1]}"
def broken(*args, **kwargs):
    raise KeyError("a mistake")
setattr(module, name, broken)
result = [failure(database.query_toy_scan, 2, 192, 0, 64, "plain", m) for m in (MODE.SILICON, MODE.HYBRID)]
""",
    )
    assert found == ["KeyError", "KeyError"]


@pytest.mark.parametrize("name", FIXTURES)
def test_tables_are_loaded_once_and_the_first_source_wins(name, toys, tmp_path) -> None:
    root, systems = toys[name]
    other = tmp_path / "sibling.txt"
    other.write_text(csv(rows("plain", 64, 50.0), rows("extra", 64, 3.0, "shared")), encoding="utf-8")
    found = ask(root, systems, """
from aiconfigurator.sdk import operations as ops
from aiconfigurator.sdk.operations.base import Operation
active = f"{systems}/data/made_up/trtllm/1.0.0/toy_scan_perf.parquet"
table = ops.toy_scan.load_toy_scan_data([(active, None), (arguments[0], None), (arguments[0] + "-missing", None)])
only = ops.toy_scan.load_toy_scan_data([(active, None), (arguments[0], {"shared"})])
before = open_database()
ops.ContextToyScan.load_data(database)
ops.ContextToyScan.load_data(before)
loads = Operation._load_data_call_count[ops.ContextToyScan]
shared = database._toy_scan_data is before._toy_scan_data
ops.clear_all_op_caches()
result = [table["plain"][64][1][128]["latency"], table["extra"][64][1][128]["latency"], sorted(only), loads, shared,
          len(ops.ContextToyScan._data_cache), ops.toy_scan.load_toy_scan_data([(arguments[0] + "-missing", None)])]
""", str(other))  # fmt: skip
    assert found == [pytest.approx(0.128), pytest.approx(0.384), ["extra", "plain"], 1, True, 0, None]


@pytest.mark.parametrize("name", FIXTURES)
def test_answers_are_cached_until_the_database_clears_its_caches(name, toys) -> None:
    root, systems = toys[name]
    found = ask(
        root,
        systems,
        """
first = database.query_toy_scan(2, 192, 0, 64, "plain", MODE.SILICON)
result = [database.query_toy_scan(2, 192, 0, 64, "plain", MODE.SILICON) is first,
          hasattr(type(database).query_toy_scan, "cache_clear")]
""",
    )
    assert found == [True, True]


QUANT_SPEC = """\
newop: 1
op: toy_quant
summary: an op with a quant key below another one
params:
  heads: {type: int}
  kv: {type: KVCacheQuantMode, modes: [bfloat16, fp8], otherwise: bfloat16}
phases: {used: [context, generation], table: per_phase}
axis: {query: x}
sol: {parts: [{name: cache, bytes: x * heads * bytes_of(kv)}]}
nesting:
  keys: [{param: heads}, {param: kv, column: kv_dtype}]
  axes: [{axis: x, column: num_tokens}]
  method: linear
  outside: extrapolate
empirical: 0.5
"""


@pytest.mark.parametrize("name", FIXTURES)
def test_support_matrix_has_the_modes_that_are_listed_and_measured(name, tmp_path) -> None:
    spec = tmp_path / "toy_quant.yaml"
    spec.write_text(QUANT_SPEC, encoding="utf-8")
    root = patched_fixture(name, tmp_path, [spec])
    lines = ["framework,version,device,op_name,kernel_source,heads,kv_dtype,num_tokens,latency"]
    lines += [f"T,0,none,x,k,8,{mode},{x},0.5" for mode in ("fp8", "int8") for x in (1, 2)]
    systems = made_up_system(tmp_path / "systems", {"toy_quant_context_perf": "\n".join(lines) + "\n"})
    found = ask(
        root,
        systems,
        """
keys = ("context_toy_quant", "generation_toy_quant")
lazy = [database.supported_quant_mode[k] for k in keys]
other = open_database("no_such_backend").supported_quant_mode.get(keys[0], "none")
snapshot = open_database()
snapshot._update_support_matrix()
result = [lazy, other, [snapshot.supported_quant_mode[k] for k in keys], "gemm" in snapshot.supported_quant_mode]
""",
    )
    assert found == [[["fp8"], []], "none", [["fp8"], []], True]


# what is refused


@pytest.mark.parametrize(
    ("file", "pattern", "probe"),
    [
        ("operations/base.py", r"def _read_filtered_rows", "rows"),
        ("operations/base.py", r"def _record_load", "python-ops"),
        ("operations/__init__.py", r"__all__", "exports"),
        ("operations/util_empirical.py", r"def grid_for", "util-empirical"),
        ("perf_database.py", r"def _interp_pr", "database"),
        ("perf_database.py", r"def _build_op_sources", "database"),
        ("perf_database.py", r"class LoadedOpData", "wrapper"),
        ("errors.py", r"class EmpiricalNotImplementedError", "errors"),
        ("common.py", r"class PerfDataFilename", "enum"),
        ("interpolation.py", r"def extrapolate_data_grid", "interpolation"),
        ("performance_result.py", r"source", "source-tags"),
    ],
)
def test_a_tree_that_lacks_one_thing_is_refused_with_it(file, pattern, probe, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    assert detect(Tree.open(root)).layout.name == "op_owned"  # the control
    path = root / "src" / "aiconfigurator" / "sdk" / file
    text, count = re.subn(pattern, lambda m: m[0] + "_of_old", path.read_text(encoding="utf-8"))
    assert count
    path.write_text(text, encoding="utf-8")
    detection = detect(Tree.open(root))
    assert detection.layout is None
    assert [p.name for p in detection.missing("op_owned")] == [probe]


def test_ops_of_a_compiled_engine_are_refused_with_the_reason(tmp_path) -> None:
    root = copy_fixture("v0_11", tmp_path)
    base = root / "aic-core" / "src" / "aiconfigurator_core" / "sdk" / "operations" / "base.py"
    text = base.read_text(encoding="utf-8").replace("class Operation:", "class PythonOperation:")
    base.write_text(text + "\nfrom aiconfigurator_core._engine import Operation\n", encoding="utf-8")
    detection = detect(Tree.open(root))
    assert detection.layout is None
    (probe,) = detection.missing("core")
    assert probe.name == "python-ops"
    assert "written in Rust" in probe.detail


def test_a_core_checkout_named_without_its_root_is_told_so(tmp_path) -> None:
    root = copy_fixture("v0_11", tmp_path)
    detection = detect(Tree.open(root / "src"))
    assert detection.layout is None
    probe = next(p for p in detection.probes["core"] if p.name == "core-package")
    assert "root of the repository" in probe.detail


def test_both_layouts_tell_each_other_apart(tmp_path) -> None:
    for name, layout in (("v0_10", "op_owned"), ("v0_11", "core"), ("v0_9", "sources")):
        detection = detect(Tree.open(copy_fixture(name, tmp_path)))
        assert detection.layout.name == layout
        fitting = [n for n in detection.probes if not detection.missing(n)]
        assert fitting == [layout]


@pytest.mark.parametrize(("op", "what"), [("mla", "operations/mla.py"), ("base", "operations/base.py")])
def test_a_module_that_is_there_already_is_a_taken_name(op, what, tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC.replace("toy_scan", op), encoding="utf-8")
    with pytest.raises(NewopError) as refused:
        prepare(load_specs([spec]), root)
    assert any(p.code == "name-taken" and what in str(p) for p in refused.value.problems)


def test_an_edited_module_is_a_conflict(toys, tmp_path) -> None:
    root = tmp_path / "tree"
    shutil.copytree(toys["v0_10"][0], root)
    module = root / "src" / "aiconfigurator" / "sdk" / "operations" / "toy_scan.py"
    module.write_text(module.read_text(encoding="utf-8").replace("* width", "* 2 * width"), encoding="utf-8")
    spec = tmp_path / "toy_scan.yaml"
    spec.write_text(SPEC, encoding="utf-8")
    with pytest.raises(NewopError) as refused:
        prepare(load_specs([spec]), root)
    assert [p.code for p in refused.value.problems] == ["edited"]


def test_two_ops_are_exported_in_order_whatever_the_order_of_the_specs(tmp_path) -> None:
    spec = tmp_path / "specs"
    spec.mkdir()
    for op in ("toy_scan", "toy_scan10", "toy_scan9", "aaa_first"):
        (spec / f"{op}.yaml").write_text(SPEC.replace("toy_scan", op), encoding="utf-8")
    specs = sorted(spec.glob("*.yaml"))
    texts = []
    for order in (specs, specs[::-1]):
        root = copy_fixture("v0_10", tmp_path / f"tree{len(texts)}")
        apply_specs(root, order)
        package = root / "src/aiconfigurator/sdk/operations/__init__.py"
        assert sorting(package) == []
        texts.append(package.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    package.write_text(texts[0].replace('"ContextAaaFirst",', '"WAaaFirst",'), encoding="utf-8")
    assert sorting(package) == ["RUF022"]  # the control


def sorting(package) -> list[str]:
    """What ruff has to say about the order of imports and of `__all__` in the whole file, old lines and new."""
    config = package.parents[4] / "ruff.toml"
    config.write_text(PROFILE, encoding="utf-8")
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    command = [ruff, "check", "--config", str(config), "--no-cache", "--select", "I001,RUF022", str(package)]
    done = subprocess.run([*command, "--output-format", "json"], capture_output=True, text=True, check=False)
    return [finding["code"] for finding in json.loads(done.stdout)]


def test_wired_context_ops_get_the_split_of_their_list(tmp_path) -> None:
    """Under context parallelism a token-major op has a share of the tokens; another one must refuse, not overcount."""
    root = copy_fixture("v0_10", tmp_path)
    specs = without_data([ROOT / "specs" / f"{n}.yaml" for n in ("new_op", "new_op_tokens")], tmp_path / "specs")
    apply_specs(root, specs)
    text = (root / "src/aiconfigurator/sdk/models/llama.py").read_text(encoding="utf-8")
    for op, wanted in (("ContextNewOp(", 1), ("ContextNewOpTokens(", 1), ("GenerationNewOp(", 0)):
        call = text.split(f"ops.{op}")[1].split(")\n")[0]
        assert call.count("seq_split=cp") == wanted, op


def test_notes_say_what_the_choices_of_a_spec_become(tmp_path) -> None:
    def notes(name: str) -> str:
        specs = without_data([ROOT / "specs" / "latent_attention.yaml"], tmp_path / "specs")
        plan = prepare(load_specs(specs), copy_fixture(name, tmp_path)).plan
        return "\n".join(note for step in plan.steps for note in step.notes)

    old, new = notes("v0_10"), notes("v0_11")
    for text in (old, new):
        assert "The empirical scale of the spec (context 0.6, generation 0.8) is not used" in text
    assert "perf_interp" not in old
    for choice in ("`method: cubic`", "`outside: error`", "`pre_interpolate`", "`sqrt_second_axis`"):
        assert choice in new


def test_refusals_of_two_specs_come_together(tmp_path) -> None:
    root = copy_fixture("v0_10", tmp_path)
    specs = []
    for op in ("mla", "gemm"):
        specs.append(tmp_path / f"{op}.yaml")
        specs[-1].write_text(SPEC.replace("toy_scan", op), encoding="utf-8")
    with pytest.raises(CheckoutRefused) as refused:
        prepare(load_specs(specs), root)
    text = str(refused.value)
    assert "operations/mla.py" in text
    assert "operations/gemm.py" in text
