"""What comes along: in a source checkout, and in an installed wheel."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newop_gen import resources
from newop_gen.problems import IoFault

ROOT = Path(__file__).parents[2]


def tree(directory):
    names = (p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file())
    return sorted(name for name in names if "__pycache__" not in name and not name.endswith(".gitkeep"))


def test_in_a_source_checkout():
    assert resources.templates_dir() == ROOT / "templates"
    assert resources.specs_dir() == ROOT / "specs"
    assert resources.schemas_dir() == ROOT / "docs" / "schemas"


def test_an_incomplete_installation_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "lib" / "newop_gen")
    with pytest.raises(IoFault, match="install newop-gen again"):
        resources.templates_dir()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel, built and installed into a directory of its own."""
    work = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(work / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (work / "dist").glob("*.whl")
    target = work / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    return target


def run(installed, *args):
    env = os.environ | {"PYTHONPATH": str(installed)}
    return subprocess.run(
        [sys.executable, *args], cwd=installed.parent, env=env, capture_output=True, text=True, check=True
    )


def test_an_installed_wheel_has_all_of_it(installed):
    ask = "from newop_gen.resources import *; print(templates_dir(), specs_dir(), schemas_dir(), sep='\\n')"
    found = [Path(d) for d in run(installed, "-c", ask).stdout.splitlines()]
    assert all(installed in directory.parents for directory in found)
    for directory, original in zip(found, [ROOT / "templates", ROOT / "specs", ROOT / "docs" / "schemas"], strict=True):
        assert tree(directory) == tree(original)
        assert tree(directory)


def test_an_installed_wheel_works_away_from_its_sources(installed):
    assert (installed / "bin" / "newop-gen").is_file()
    listed = run(installed, "-m", "newop_gen").stdout
    assert str(installed / "newop_gen" / "_resources" / "specs") in listed
    specs = sorted((installed / "newop_gen" / "_resources" / "specs").glob("*.yaml"))
    assert run(installed, "-m", "newop_gen", "validate", *map(str, specs)).stdout.count(": ok, op ") == len(specs) > 0
    assert "newop-gen op spec" in run(installed, "-m", "newop_gen", "schema").stdout
