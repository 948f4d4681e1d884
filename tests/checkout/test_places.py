"""Where upstream's parts stand, in each shape that its repository has had and in what is installed of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newop_gen.checkout.places import Places
from newop_gen.checkout.tree import Tree
from newop_gen.layouts import detect
from newop_gen.layouts.recognise import layout_of
from newop_gen.problems import CheckoutRefused
from newop_gen.sandbox.runtime import import_roots

SHIMMED = ("src/aiconfigurator", "aic-core/src/aiconfigurator_core", "aic-core/rust/aiconfigurator-core")
SIMULATE = ("python/aisimulate/src/aisimulate", "python/aisimulate/src/aisimulate_core", "crates/core")


def lay_out(root: Path, *packages: str, crate: str = "") -> Path:
    for package in packages:
        (root / package / "sdk").mkdir(parents=True)
        (root / package / "__init__.py").touch()
    if crate:
        (root / crate).mkdir(parents=True)
        (root / crate / "Cargo.toml").touch()
    return root


@pytest.mark.parametrize(
    "parts, name, engine",
    [
        (("src/aiconfigurator", None, None), "aiconfigurator", None),
        (SHIMMED, "aiconfigurator", "aic-core/rust/aiconfigurator-core/src"),
        (SIMULATE, "aisimulate", "crates/core/src/perfmodel"),
    ],
)
def test_a_repository(tmp_path, parts, name, engine) -> None:
    package, core, crate = parts
    lay_out(tmp_path, *(p for p in (package, core) if p), crate=crate or "")
    places = Tree.open(tmp_path).places
    assert (places.name, places.package, places.core, places.crate, places.engine) == (name, *parts, engine)
    assert places.sdk_name == f"{name}_core.sdk" if core else places.sdk_name == f"{name}.sdk"
    assert (places.sdk, places.systems) == (f"{core or package}/sdk", f"{core or package}/systems")
    roots = dict.fromkeys((tmp_path / path).parent for path in (package, core) if path)
    assert import_roots(tmp_path) == list(roots)
    assert (tmp_path / places.tests).parent == (tmp_path / "python/aisimulate" if "python" in package else tmp_path)


@pytest.mark.parametrize("name", ["aiconfigurator", "aisimulate"])
def test_what_is_installed(tmp_path, name) -> None:
    lay_out(tmp_path, name, f"{name}_core")
    for named, package, core in ((tmp_path, name, f"{name}_core"), (tmp_path / name, "", None)):
        places = Places.of(named)
        assert (places.package, places.core, places.crate) == (package, core, None)
        assert import_roots(named) == [tmp_path]
    assert Places.of(tmp_path).may_hold(f"{name}_core") and not Places.of(tmp_path).may_hold("numpy")


def test_a_directory_without_any_has_no_places_and_is_imported_from_itself(tmp_path) -> None:
    assert Places.find(tmp_path) is None and import_roots(tmp_path) == [tmp_path]
    with pytest.raises(CheckoutRefused, match="no aiconfigurator package here"):
        Places.of(tmp_path)


def test_a_tree_that_is_found_and_not_recognised_is_refused_with_nothing_written(tmp_path) -> None:
    lay_out(tmp_path, *SIMULATE[:2], crate=SIMULATE[2])
    before = sorted(tmp_path.rglob("*"))
    assert detect(Tree.open(tmp_path)).layout is None
    with pytest.raises(CheckoutRefused, match="arranged in a way"):
        layout_of(Tree.open(tmp_path))
    assert sorted(tmp_path.rglob("*")) == before
