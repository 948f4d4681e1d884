"""`newop-gen cache`: what is there with its size, and what is taken out."""

from __future__ import annotations

import os

import pytest
from filelock import FileLock

from newop_gen.cli.cache import in_bytes
from newop_gen.verify.compiled.builds import using


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache with a build, a wheel, an environment, and a file of somebody's."""
    root = tmp_path / "cache"
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(root))
    with using(tmp_path / "checkout", print) as build:
        build.target.mkdir()
        (build.target / "artefact").write_bytes(b"x" * 5000)
        os.link(build.target / "artefact", build.target / "again")
    (root / "wheels").mkdir()
    (root / "wheels" / "a-1.0.whl").write_bytes(b"x" * 700)
    (root / "runtime" / "py311").mkdir(parents=True)
    (root / "runtime" / "py311" / "complete").write_text("yes")
    (root / "notes.txt").write_text("mine")
    return root


def test_what_is_there(cache, run, tmp_path):
    said = run("cache").stdout
    assert said.splitlines()[0].startswith(f"{cache}: 5")
    assert "builds, compiled checkouts (verify): 5" in said
    assert str(tmp_path / "checkout") in said and "used 20" in said
    assert "wheels, released wheels (sandbox): 700 B" in said
    assert "700 B  a-1.0.whl" in said
    assert "other, anything else: 4 B" in said
    assert "a-1.0.whl" not in run("cache", "--builds").stdout


def test_builds_alone_are_cleared(cache, run):
    result = run("cache", "--builds", "--clear")
    assert (result.exit_code, "took out 1 thing, 5" in result.stdout) == (0, True)
    assert list((cache / "builds").iterdir()) == []
    assert (cache / "wheels" / "a-1.0.whl").is_file()


def test_all_is_cleared(cache, run):
    assert run("cache", "--clear").exit_code == 0
    assert [path for path in cache.rglob("*") if path.is_file() and path.parent.name != "locks"] == []


@pytest.mark.parametrize(("name", "path"), [("runtime", "runtime/py311/complete"), ("wheel-a-1.0", "wheels/a-1.0.whl")])
def test_what_is_being_made_stays(cache, run, name, path):
    with FileLock(cache / "locks" / f"{name}.lock"):
        result = run("cache", "--clear")
    assert result.exit_code == 1
    assert "in use, or can't be removed: it stays" in result.stderr
    assert (cache / path).is_file()
    assert list((cache / "builds").iterdir()) == []


def test_a_build_in_use_stays(cache, run, tmp_path):
    with using(tmp_path / "checkout", print):
        result = run("cache", "--clear", "--json")
    assert result.exit_code == 1
    assert len(list((cache / "builds").iterdir())) == 1


def test_no_cache_is_an_empty_one(run, tmp_path, monkeypatch):
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "none"))
    result = run("cache")
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'none'}: 0 B\n")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9960, "10 kB"), (741_000_000, "741 MB"), (1.72e12, "1.7 TB")],
)
def test_sizes(size, text):
    assert in_bytes(size) == text
