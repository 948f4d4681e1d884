"""Trees between two releases: one works when every probe it needs is there, else it is refused with the missing one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checkouts import BY_LAYOUT, copy_fixture, run_in_fixture
from click.testing import CliRunner
from support.applying import EXAMPLES, SPECS, apply_specs
from support.owned import run_generated_tests, without_data

from newop_gen.checkout.tree import Tree
from newop_gen.cli.group import cli
from newop_gen.layouts import detect, load
from newop_gen.layouts.recognise import nearest

NAMES = [s.stem for s in EXAMPLES]
Change = Callable[[Path], None]  # of a checkout, given its root


def home(root: Path) -> Path:
    """Where the tree's SDK is."""
    core = root / "aic-core" / "src" / "aiconfigurator_core" / "sdk"
    return core if core.is_dir() else root / "src" / "aiconfigurator" / "sdk"


def renamed(file: str, name: str) -> Change:
    """`name` (a regular expression) has another name throughout a file."""
    return replaced(file, rf"(?<![A-Za-z0-9]){name}\b", lambda m: f"old{m[0]}" if m[0][0] == "_" else f"Old{m[0]}")


def replaced(file: str, pattern: str, by: str | Callable[[re.Match[str]], str], count: int = 0) -> Change:
    def change(root: Path) -> None:
        path = home(root) / file
        text, times = re.subn(pattern, by, path.read_text(encoding="utf-8"), count=count, flags=re.MULTILINE)
        assert times, f"{pattern} is not in {file}"
        path.write_text(text, encoding="utf-8")

    return change


def appended(file: str, text: str) -> Change:
    def change(root: Path) -> None:
        with (home(root) / file).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return change


def gone(*names: str) -> Change:
    """The first of these that is there is gone."""

    def change(root: Path) -> None:
        path = next(p for p in (home(root) / n for n in names) if p.exists())
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def sdk_beside(root: Path) -> None:
    (root / "src" / "aiconfigurator_core" / "sdk").mkdir(parents=True)


def core_elsewhere(root: Path) -> None:
    (root / "aic-core").rename(root / "core")


def no_aliases(root: Path) -> None:
    path = root / "src/aiconfigurator/sdk/_compat.py"
    path.write_text(path.read_text(encoding="utf-8").replace("def alias_module", "def alias"), encoding="utf-8")


METHODS = (
    "_query_silicon_or_hybrid",
    "_extrapolate_data_grid",
    "_nearest_1d_point_helper",
    "_interp_1d",
    "_interp_2d_linear",
    "_interp_3d",
    "_update_support_matrix",
)
FLAT = {
    "common-file": gone("common.py"),
    "perf_database-file": gone("perf_database.py"),
    "operations-file": gone("operations.py"),
    "enum": renamed("common.py", "PerfDataFilename"),
    "loaders": replaced("perf_database.py", r"\bload_(\w+)_data\b", r"read_\1_data"),
    "errors": renamed("perf_database.py", "PerfDataNotAvailableError"),
    "corrections": replaced("perf_database.py", r"^        self\._correct_data\(\)", "        pass", count=1),
    "operation": renamed("operations.py", "Operation"),
    "models": gone("models.py", "models"),
    "sixteen-bit": replaced("common.py", r"^    b?float16 = ", "    half = "),
    **{f"method-{n.strip('_').replace('_', '-')}": renamed("perf_database.py", n) for n in METHODS},
}
OWNED = {
    "common-file": gone("common.py"),
    "perf-database-file": gone("perf_database.py"),
    "errors-file": gone("errors.py"),
    "operations-file": gone("operations/__init__.py"),
    "operations-base-file": gone("operations/base.py"),
    "enum": renamed("common.py", "PerfDataFilename"),
    "python-ops": renamed("operations/base.py", "_record_load"),
    "exports": renamed("operations/__init__.py", "__all__"),
    "rows": renamed("operations/base.py", "_read_filtered_rows"),
    "database": renamed("perf_database.py", "_interp_pr"),
    "wrapper": renamed("perf_database.py", "LoadedOpData"),
    "errors": renamed("errors.py", "EmpiricalNotImplementedError"),
    "util-empirical": renamed("operations/util_empirical.py", "require_data_slice"),
    "source-tags": renamed("performance_result.py", "source"),
    "models": gone("models"),
    "sixteen-bit": FLAT["sixteen-bit"],
}
READER = "\n\ndef _read_filtered_rows(sources):\n    return []\n"
#: Per layout and required probe a change of its fixture after which that probe fails.
REMOVALS: dict[str, dict[str, Change]] = {
    "direct": {
        **{k: v for k, v in FLAT.items() if k != "method-query-silicon-or-hybrid"},
        "direct-calls": replaced(
            "perf_database.py", r"^        (?=data_dir = )", "        def _load_op_data(name):\n            pass\n\n        "
        ),
        "data-dir": renamed("perf_database.py", "data_dir"),
        "sources": appended("perf_database.py", READER),
    },
    "func_map": {
        **FLAT,
        "func-map": renamed("perf_database.py", "func_map"),
        "wrapper": renamed("perf_database.py", "raise_if_not_loaded"),
        "sources": appended("perf_database.py", READER),
        "given": replaced(
            "perf_database.py", r"func_map\[op_filename_enum\]\(data_filepath\)",
            "func_map[op_filename_enum](self._build_op_sources(data_filepath))",
        ),
    },
    "sources": {
        **FLAT,
        "func-map": renamed("perf_database.py", "func_map"),
        "wrapper": renamed("perf_database.py", "raise_if_not_loaded"),
        "sources": renamed("perf_database.py", "_read_filtered_rows"),
        "given": renamed("perf_database.py", "_build_op_sources"),
    },
    "op_owned": {
        **OWNED,
        "core-package": sdk_beside,
        "interpolation": renamed("interpolation.py", "extrapolate_data_grid"),
    },
    "core": {
        **OWNED,
        "core-package": core_elsewhere,
        "interpolation": renamed("perf_interp/__init__.py", "OpInterpConfig"),
        "shims": no_aliases,
    },
}  # fmt: skip
CASES = [(layout, probe) for layout, changes in REMOVALS.items() for probe in changes]
# These take more than one anchor away.
COARSE = {"core-package", *(f"{n}-file" for n in ("common", "errors", "operations", "operations-base")),
          "perf_database-file", "perf-database-file"}  # fmt: skip


def fixture_of(layout: str) -> str:
    return BY_LAYOUT[layout][-1]


@pytest.mark.parametrize("layout", BY_LAYOUT)
def test_there_is_a_case_for_every_required_probe(layout, tmp_path) -> None:
    probes = load(layout).probes(Tree.open(copy_fixture(fixture_of(layout), tmp_path)))
    assert all(p.found for p in probes if p.required)
    assert {p.name for p in probes if p.required} == REMOVALS[layout].keys()


@pytest.mark.parametrize(("layout", "probe"), CASES)
def test_a_tree_without_one_anchor_is_refused_with_it(layout, probe, tmp_path) -> None:
    root = copy_fixture(fixture_of(layout), tmp_path)
    REMOVALS[layout][probe](root)
    detection = detect(Tree.open(root))
    assert detection.layout is None
    missing = detection.missing(layout)
    assert probe in [p.name for p in missing]
    assert probe in COARSE or len(missing) == 1, missing

    before = contents(root)
    apply = CliRunner().invoke(cli, ["apply", str(SPECS / "new_op.yaml"), "--checkout", str(root)])
    assert apply.exit_code == 3
    near = nearest(detection)
    assert len(detection.missing(near)) <= len(missing)
    for one in detection.missing(near):
        assert one.asks in apply.output  # the refusal names it
    told = CliRunner().invoke(cli, ["detect", "--checkout", str(root)])
    assert told.exit_code == 3
    assert f"NO  {detection.missing(near)[0].asks}" in told.output
    assert contents(root) == before


def contents(root: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_what_is_not_there_is_named_rather_than_what_is(tmp_path) -> None:
    """A tree that gives loaders sources, but has no reader for them, misses as much of func_map as of sources."""
    root = copy_fixture("v0_9", tmp_path)
    REMOVALS["sources"]["sources"](root)
    detection = detect(Tree.open(root))
    assert [len(detection.missing(n)) for n in ("func_map", "sources")] == [1, 1]
    assert nearest(detection) == "sources"


# trees in between that have all they need


def flat_models(root: Path) -> None:
    """The models are one file still, in the shape that they had before."""
    shutil.rmtree(home(root) / "models")
    shutil.copy(copy_of(root, "v0_8") / "src/aiconfigurator/sdk/models.py", home(root) / "models.py")


def models_package(root: Path) -> None:
    (home(root) / "models.py").unlink()
    shutil.copytree(copy_of(root, "v0_9") / "src/aiconfigurator/sdk/models", home(root) / "models")


def everywhere(root: Path, pattern: str, by: str, suffixes: tuple[str, ...] = (".py",)) -> None:
    """A replacement in all files of the package; at least one must have it."""
    found = 0
    for path in home(root).parent.rglob("*"):
        if path.suffix in suffixes:
            text, times = re.subn(pattern, by, path.read_text(encoding="utf-8"))
            path.write_text(text, encoding="utf-8")
            found += times
    assert found


def no_interpolation_module(root: Path) -> None:
    """Interpolation is the database's own business: no module of that name."""
    (home(root) / "interpolation.py").rename(home(root) / "numerics.py")
    everywhere(root, r"\binterpolation\b", "numerics")


def other_sixteen_bit(root: Path) -> None:
    """The 16-bit modes and the peak are called as in a later release."""
    everywhere(root, r"\bfloat16", "bfloat16", (".py", ".yaml"))


def no_flops_helper(root: Path) -> None:
    everywhere(root, r"\b_get_quant_tc_flops\b", "_peak")


def no_source_tags(root: Path) -> None:
    """Results don't say where they come from."""
    everywhere(root, r"\bsource\b", "origin")


def older_tests(root: Path) -> None:
    """The tests' fixtures don't name loaders."""
    shutil.copy(copy_of(root, "v0_8") / CONFTEST, root / CONFTEST)


def no_tests(root: Path) -> None:
    shutil.rmtree(root / "tests")


def tables_by_backend(root: Path) -> None:
    """Tables are not filed by family yet."""
    everywhere(root, r"\bresolve_op_data_path\b", "op_data_path")


CONFTEST = "tests/unit/sdk/database/conftest.py"


def copy_of(root: Path, name: str) -> Path:
    """Another fixture, to take from."""
    other = root.parent / "other"
    return other / name if (other / name).is_dir() else copy_fixture(name, other)


BETWEEN = [
    ("v0_7", "func_map", other_sixteen_bit),
    ("v0_8", "func_map", models_package),
    ("v0_8", "func_map", other_sixteen_bit),
    ("v0_8", "func_map", no_flops_helper),
    ("v0_9", "sources", flat_models),
    ("v0_9", "sources", no_interpolation_module),
    ("v0_9", "sources", no_source_tags),
    ("v0_9", "sources", older_tests),
    ("v0_10", "op_owned", no_flops_helper),
    ("v0_11", "core", tables_by_backend),
]


@pytest.mark.parametrize(("name", "layout", "change"), BETWEEN, ids=[f"{n}-{c.__name__}" for n, _, c in BETWEEN])
def test_a_tree_in_between_works(name, layout, change, tmp_path) -> None:
    root = copy_fixture(name, tmp_path)
    change(root)
    run_in_fixture(root, "import aiconfigurator.sdk.perf_database, aiconfigurator.sdk.models")  # it is one
    plan = apply_specs(root, without_data(EXAMPLES, tmp_path / "specs"))
    assert plan.layout == layout
    run_generated_tests(root, NAMES)


def test_a_tree_without_tests_gets_none(tmp_path) -> None:
    root = copy_fixture("v0_9", tmp_path)
    no_tests(root)
    plan = apply_specs(root, without_data(EXAMPLES, tmp_path / "specs"))
    assert plan.layout == "sources"
    assert not (root / "tests").exists()
