"""The layouts of compiled ops on the releases: every spec goes in, a second apply has nothing to do, and what is removed
leaves the tree as it was."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from support.applying import ROOT

from newop_gen.checkout.overlay import OverlayTree
from newop_gen.checkout.tree import Tree
from newop_gen.cli import cli
from newop_gen.layouts import detect
from newop_gen.layouts.engine.probes import ANCHORS
from newop_gen.model.loaded import load_ops
from newop_gen.prepare import prepare

EVERY = sorted(
    [*(ROOT / "specs").rglob("*.yaml"), *Path(__file__).with_name("specs").glob("*.yaml")],
)

LAYOUTS = {"0.12.0": "engine", "aisimulate-0.13.0": "aisimulate"}
on_each = pytest.mark.parametrize("version", LAYOUTS)


@on_each
def test_every_spec_passes_the_guard(release, version) -> None:
    """The guard is asked by `prepare`; a spec whose code has a word that no step lists would be an internal fault."""
    tree = Tree.open(release(version, systems=("h200_sxm",)).root)
    detected = detect(tree).layout
    assert detected is not None and detected.name == LAYOUTS[version]
    for path in EVERY:
        prepared = prepare(load_ops([path]), tree)
        assert prepared.changes, path
        assert {Path(change.path).suffix for change in prepared.changes} >= {".rs", ".py"}, path


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(root).parts
    }


def run(*arguments: object) -> None:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr


@on_each
@pytest.mark.parametrize("first", ["new_op", "state_scan"])
def test_two_ops_come_and_go_in_any_order(release, version, first) -> None:
    """Pinned indices and lists of uses included: what is left is as if the other op had never been there."""
    names = ("new_op", "state_scan")
    specs = [ROOT / "specs" / f"{name}.yaml" for name in names]
    root, alone = (release(version, git=True, systems=("h200_sxm",)).root for _ in range(2))
    before = contents(root)
    run("apply", *specs, "--checkout", root)
    run("apply", *specs, "--checkout", root, "--check")
    run("remove", first, "--checkout", root)
    (other,) = set(names) - {first}
    run("apply", ROOT / "specs" / f"{other}.yaml", "--checkout", alone)
    assert contents(root) == contents(alone)
    run("remove", other, "--checkout", root)
    assert contents(root) == before


@on_each
def test_a_tree_without_one_anchor_is_refused_with_it(release, version) -> None:
    """Each place that an edit of Rust needs, called otherwise in turn."""
    root = release(version).root
    tree = Tree.open(root)
    engine = tree.places.engine
    for name, inside, what, _ in ANCHORS:
        path, item = f"{engine}/{inside}", re.split(r"\W+", what)[-1]
        text = (root / path).read_bytes()
        renamed = re.sub(rb"\b(fn|enum|struct) %s\b" % item.encode(), rb"\1 %s_moved" % item.encode(), text)
        assert renamed != text, name
        detection = detect(OverlayTree(tree, {path: renamed}))
        missing = [probe.name for probe in detection.missing(LAYOUTS[version])]
        assert detection.layout is None and name in missing, name


@on_each
def test_an_installed_package_is_refused_with_a_sentence(release, version) -> None:
    root = release(version).root
    crate = Tree.open(root).places.crate
    assert crate is not None
    shutil.rmtree(root / crate)
    before = contents(root)
    result = CliRunner().invoke(cli, ["apply", str(ROOT / "specs" / "new_op.yaml"), "--checkout", str(root)])
    assert result.exit_code == 3 and "their Rust source is not here" in result.stderr
    assert contents(root) == before


@pytest.mark.parametrize("moved", ["python/aisimulate/src/other_core", "python/aisimulate-core/src/other_core"])
def test_a_tree_between_two_releases_is_refused_with_where_its_sdk_is(release, moved) -> None:
    """AISimulate's repository had its SDK under other names, in other folders, on the way to 0.13."""
    root = release("aisimulate-0.13.0").root
    (root / moved).parent.mkdir(parents=True, exist_ok=True)
    (root / "python/aisimulate/src/aisimulate_core").rename(root / moved)
    before = contents(root)
    result = CliRunner().invoke(cli, ["apply", str(ROOT / "specs" / "new_op.yaml"), "--checkout", str(root)])
    assert result.exit_code == 3 and "is the SDK in a package aisimulate_core? No" in result.stderr
    assert f"{moved} holds one" in result.stderr
    assert contents(root) == before
