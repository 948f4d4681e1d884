"""Downloading: once, checked, and not at all when the cache has it."""

import hashlib
import io
import os
import zipfile

import pytest

from newop_gen.problems import IoFault
from newop_gen.sandbox import wheels
from newop_gen.sandbox.cache import cache_dir
from newop_gen.sandbox.wheels import Wheel, get_wheel


def small_wheel(text):
    """The bytes of a wheel that pip accepts, with one module."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("aiconfigurator/__init__.py", text)
        home = "aiconfigurator-0.6.0.dist-info"
        archive.writestr(f"{home}/METADATA", "Metadata-Version: 2.1\nName: aiconfigurator\nVersion: 0.6.0\n")
        archive.writestr(f"{home}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{home}/RECORD", "")
    return made.getvalue()


CONTENT = small_wheel("release = True\n")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A made-up release of a few bytes, a cache of its own, and a package index that is a directory."""
    wheel = Wheel("0.6.0", "aiconfigurator-0.6.0-py3-none-any.whl", hashlib.sha256(CONTENT).hexdigest(), 1)
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setitem(wheels.WHEELS, "0.6.0", wheel)
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index / wheel.filename


def test_downloaded_once_then_from_the_cache(small, tmp_path):
    small.write_bytes(CONTENT)
    said = []
    first = get_wheel("0.6.0", said.append)
    assert first.read_bytes() == CONTENT
    assert first.parent == tmp_path / "cache" / "wheels"
    assert len(said) == 1
    assert "once" in said[0]
    small.unlink()  # the index has gone: offline from here on
    assert get_wheel("0.6.0", said.append) == first
    assert len(said) == 1
    assert [p.name for p in first.parent.iterdir()] == [first.name]


def test_a_damaged_file_in_the_cache_is_fetched_again(small):
    small.write_bytes(CONTENT)
    path = get_wheel("0.6.0", lambda line: None)
    path.write_bytes(CONTENT[:-1])
    said = []
    assert get_wheel("0.6.0", said.append).read_bytes() == CONTENT
    assert "damaged" in said[0]


def test_another_file_under_the_same_name_is_refused(small, tmp_path):
    small.write_bytes(small_wheel("release = False\n"))
    with pytest.raises(IoFault, match="DO NOT MATCH THE HASHES"):
        get_wheel("0.6.0", lambda line: None)
    assert list((tmp_path / "cache" / "wheels").iterdir()) == []


def test_without_network_or_cache_the_message_says_what_to_do(small):
    with pytest.raises(IoFault) as fault:
        get_wheel("0.6.0", lambda line: None)
    (problem,) = fault.value.problems
    assert "aiconfigurator" in problem.found
    assert "network" in problem.suggestion


def test_a_cache_that_cannot_be_made_is_named(small, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "file"))
    with pytest.raises(IoFault, match="cache can't be used"):
        get_wheel("0.6.0", lambda line: None)


def test_no_pip_at_all(small, monkeypatch):
    small.write_bytes(CONTENT)
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(wheels.shutil, "which", lambda name: None)
    with pytest.raises(IoFault, match="no pip"):
        get_wheel("0.6.0", lambda line: None)


def test_where_the_cache_is(monkeypatch, tmp_path):
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir() == tmp_path / "own"
    monkeypatch.delenv("NEWOP_GEN_CACHE")
    assert cache_dir() == tmp_path / "xdg" / "newop-gen"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_dir() == tmp_path / ".cache" / "newop-gen"
