"""What is built is complete, and works where nothing of this repository is: as `pipx run` would use it."""

from __future__ import annotations

import email
import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from checkouts import copy_fixture
from support.applying import ROOT, SPECS

import newop_gen


def hatch(source: Path, directory: Path, *targets: str) -> Path:
    """Builds `source` into `directory`; the one file of the (first) target."""
    chosen = [argument for target in targets for argument in ("--target", target)]
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(directory), *chosen],
        cwd=source, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return next(directory.glob("*.whl" if targets[0] == "wheel" else "*.tar.gz"))


def tracked(*paths: str) -> set[str]:
    """Files of this repository, those included that are new and not ignored."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *paths],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return {name for name in listing.split("\0")[:-1] if (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return hatch(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory) -> Path:
    return hatch(ROOT, tmp_path_factory.mktemp("sdist"), "sdist")


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def inside(wheel: Path) -> dict[str, bytes]:
    """What an installed wheel consists of; its `RECORD` follows from the rest."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_the_wheel_has_all_of_the_tool_and_nothing_else(wheel) -> None:
    places = {"generator/": "", "templates/": "newop_gen/_resources/templates/", "specs/": "newop_gen/_resources/specs/",
              "docs/schemas/": "newop_gen/_resources/schemas/"}  # fmt: skip
    wanted = {place + name.removeprefix(folder) for folder, place in places.items() for name in tracked(folder)}
    assert names(wheel) == wanted
    assert "newop_gen/py.typed" in wanted and "newop_gen/_resources/specs/new_op.yaml" in wanted


def test_the_source_archive_builds_the_same_wheel(sdist, wheel, tmp_path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "source", filter="data") if sys.version_info >= (3, 12) else archive.extractall(
            tmp_path / "source"
        )
    [source] = (tmp_path / "source").iterdir()
    assert (source / "tests" / "conftest.py").is_file() and (source / "CHANGELOG.md").is_file()
    again = hatch(source, tmp_path / "wheel", "wheel")
    assert inside(again) == inside(wheel)


def test_one_version(wheel, sdist) -> None:
    version = metadata(wheel)["Version"]
    assert version == newop_gen.__version__
    assert f"-{version}." in sdist.name and f"-{version}-" in wheel.name
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert latest and latest[1] == version
    # Nowhere else.
    assert f'"{version}"' not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_page_of_a_package_index_would_show_the_readme(wheel) -> None:
    told = metadata(wheel)
    assert told["Description-Content-Type"] == "text/markdown"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert told.get_payload().strip() == readme.strip()
    # The console script, and nothing else that lands on a PATH.
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/entry_points.txt"))
        assert archive.read(name).decode().split() == ["[console_scripts]", "newop-gen", "=", "newop_gen.cli:main"]


def test_the_metadata_says_what_is_needed(wheel) -> None:
    told = metadata(wheel)
    assert told["Requires-Python"] == "<3.14,>=3.10" and told["License-Expression"] == "Apache-2.0"
    needed = [r for r in told.get_all("Requires-Dist") if "extra ==" not in r]
    assert {re.match(r"[\w-]+", r)[0] for r in needed} == {
        "click", "jinja2", "libcst", "pyyaml", "pyarrow", "pydantic", "rich", "filelock",
        "tree-sitter", "tree-sitter-rust",
    }  # fmt: skip


# in an environment that has the wheel and what it needs, and nothing else


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `newop-gen` of a fresh environment. Everything comes from the wheels that `make setup` keeps: no network."""
    location = importlib.util.spec_from_file_location("newop_setup", ROOT / "scripts" / "setup.py")
    setup = importlib.util.module_from_spec(location)
    location.loader.exec_module(setup)
    try:
        wheels = setup.wheelhouse(setup.requirements())
    except subprocess.CalledProcessError:
        if os.environ.get("NEWOP_GEN_REQUIRE_RELEASES"):
            raise
        pytest.skip("the wheels of what it needs can't be had: no network and nothing in the cache")
    environment = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(environment, with_pip=True)
    done = subprocess.run(
        [str(environment / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-index",
         f"--find-links={wheels}", str(wheel)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return environment / "bin" / "newop-gen"


def run(program: Path, directory: Path, *arguments: str, status: int = 0, said: str = "") -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["XDG_STATE_HOME"] = str(directory / "state")
    done = subprocess.run(
        [str(program), *arguments],
        cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == status and said in done.stderr, done.stdout + done.stderr
    return done.stdout


def test_it_runs_alone(installed, tmp_path) -> None:
    assert newop_gen.__version__ in run(installed, tmp_path, "--version")
    listed = run(installed, tmp_path)
    specs = next(Path(word) for word in listed.split() if word.endswith("_resources/specs"))
    assert specs.is_relative_to(installed.parents[1])
    assert '"$schema"' in run(installed, tmp_path, "schema")
    run(installed, tmp_path, "validate", *map(str, sorted(specs.glob("*.yaml"))))


@pytest.mark.parametrize("name", ["v0_6", "v0_10"])
def test_it_does_the_main_job_alone(installed, name, tmp_path) -> None:
    """In and out again, by the templates of the wheel: the same bytes as from this repository."""
    ours, theirs = copy_fixture(name, tmp_path / "ours"), copy_fixture(name, tmp_path / "theirs")
    spec = str(SPECS / "new_op.yaml")
    bare = contents(theirs)
    run(installed, tmp_path, "apply", spec, "--checkout", str(theirs))
    run(Path(sys.executable).with_name("newop-gen"), tmp_path, "apply", spec, "--checkout", str(ours))
    assert contents(theirs) == contents(ours) != bare
    run(installed, tmp_path, "apply", spec, "--checkout", str(theirs), "--check")
    run(installed, tmp_path, "remove", "new_op", "--checkout", str(theirs))
    assert contents(theirs) == bare


def contents(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
