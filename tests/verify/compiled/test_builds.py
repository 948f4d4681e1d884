"""The cache of builds: what goes, what stays, and that one in use is nobody's to take."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newop_gen.verify.compiled import builds
from newop_gen.verify.compiled.builds import DAY, KEPT_DAYS, all_builds, build_of, prune, remove, size_of, using

NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(tmp_path: Path, name: str, age: float, size: int = 10) -> builds.Build:
    """A build that was used `age` days ago."""
    with using(tmp_path / name, print) as build:
        build.target.mkdir()
        (build.target / "artefact").write_bytes(b"x" * size)
    os.utime(build.directory / "crate.json", (NOW - age * DAY,) * 2)
    return build


def test_one_directory_for_each_path(tmp_path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert build_of(tmp_path / "real") == build_of(tmp_path / "link")
    assert build_of(tmp_path / "real") != build_of(tmp_path / "other")
    with using(tmp_path / "real", print) as build:
        assert build.crate == str(tmp_path / "real")


def test_what_was_not_used_for_long_goes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(builds.time, "time", lambda: NOW)
    new, old = made(tmp_path, "new", KEPT_DAYS - 0.1), made(tmp_path, "old", KEPT_DAYS + 0.1)
    assert prune(now=NOW) == [old]
    assert all_builds() == [new]


def test_the_least_recently_used_go_until_the_rest_is_small_enough(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(builds.time, "time", lambda: NOW)
    ages = {"a": 3, "b": 1, "c": 2}
    all_of = {name: made(tmp_path, name, age, size=1000) for name, age in ages.items()}
    monkeypatch.setattr(builds, "KEPT_BYTES", 2500)
    assert prune(now=NOW) == [all_of["a"]]
    monkeypatch.setattr(builds, "KEPT_BYTES", 500)
    assert prune(keep=all_of["c"], now=NOW) == [all_of["b"]]
    assert all_builds() == [all_of["c"]]


def test_a_build_begins_with_taking_old_ones_away(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(builds.time, "time", lambda: NOW)
    old = made(tmp_path, "old", KEPT_DAYS + 1)
    made(tmp_path, "new", 0)
    assert old not in all_builds()


def test_one_that_another_process_uses_stays(tmp_path) -> None:
    build = made(tmp_path, "busy", KEPT_DAYS + 1)
    code = f"""
import sys
sys.path.insert(0, {str(Path(builds.__file__).parents[3])!r})
from pathlib import Path
from newop_gen.verify.compiled.builds import using
with using(Path({str(tmp_path / "busy")!r}), print):
    print("ready", flush=True)
    sys.stdin.read()
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
        os.utime(build.directory / "crate.json", (0, 0))
        assert not remove(build)
        assert prune(now=NOW) == []
        assert all_builds() == [build]
    finally:
        child.communicate()
    assert remove(build)
    assert all_builds() == []


def test_hard_links_count_once(tmp_path) -> None:
    (tmp_path / "one").write_bytes(b"x" * 100)
    os.link(tmp_path / "one", tmp_path / "two")
    assert size_of(tmp_path) == 100


def test_a_record_that_can_not_be_read_is_none(tmp_path) -> None:
    build = made(tmp_path, "a", 0)
    build.keep("extension", {"digest": "d"})
    assert build.record("extension") == {"digest": "d"}
    (build.directory / "extension.json").write_text("{")
    assert build.record("extension") is None
