"""A release whose ops are compiled: its crate and its wheels, each file unchanged at its place."""

import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from newop_gen.sandbox import ENGINES, make_sandbox
from newop_gen.sandbox.crates import fetch_crate
from newop_gen.sandbox.wheels import fetch_wheel

SYSTEM = "h200_sxm"


@pytest.fixture(params=ENGINES)
def laid_out(request, release, tmp_path):
    release(request.param)
    said = []
    made = make_sandbox(request.param, tmp_path / "sandbox", systems=[SYSTEM], report=said.append)
    return ENGINES[request.param], made, said


def git(directory, *arguments):
    done = subprocess.run(["git", *arguments], cwd=directory, capture_output=True, text=True, check=True)
    return done.stdout


def test_every_file_of_its_archives_is_there_unchanged(laid_out):
    engine, made, _ = laid_out
    compared = 0
    with tarfile.open(fetch_crate(engine.crate)) as crate:
        for info in crate.getmembers():
            name = info.name.partition("/")[2]
            path = made / engine.crate_folder / name
            if name in (".cargo_vcs_info.json", "Cargo.toml.orig"):
                assert not path.exists()
                continue
            wanted = engine.manifest if name == "Cargo.toml" else name
            assert path.read_bytes() == crate.extractfile(f"{Path(info.name).parts[0]}/{wanted}").read()
            compared += 1
    for one in engine.wheels:
        with zipfile.ZipFile(fetch_wheel(one)) as wheel:
            for info in wheel.infolist():
                if info.is_dir() or ".dist-info/" in info.filename:
                    continue
                path = made / engine.folders[info.filename.partition("/")[0]] / info.filename
                if "/systems/data/" in info.filename and f"/data/{SYSTEM}/" not in info.filename:
                    assert not path.exists()
                    continue
                assert path.read_bytes() == wheel.read(info)
                compared += 1
    assert compared > 500


def test_what_a_build_makes_and_tables_are_beside_the_commit(laid_out):
    engine, made, _ = laid_out
    assert git(made, "status", "--porcelain") == ""
    tracked = git(made, "ls-files").splitlines()
    assert f"{engine.crate_folder}/Cargo.toml" in tracked and f"{engine.crate_folder}/Cargo.lock" in tracked
    assert not [p for p in tracked if "/systems/data/" in p or "egg-info" in p or p.endswith(".so")]
    assert list(made.rglob("*.abi3.so"))
    (made / engine.crate_folder / "target").mkdir()
    (made / engine.crate_folder / "target/built").write_text("")
    assert git(made, "status", "--porcelain") == ""


def test_files_of_our_own_are_named(laid_out):
    engine, made, said = laid_out
    for path, text in engine.stand_ins.items():
        assert (made / path).read_text() == text
        assert any(line.startswith(f"{path} is a stand-in") for line in said)
    assert len([line for line in said if "stand-in" in line]) == len(engine.stand_ins)


def test_a_second_one_needs_no_network(laid_out, tmp_path, monkeypatch):
    engine, made, _ = laid_out
    monkeypatch.setenv("PATH", os.path.dirname(subprocess.check_output(["which", "git"], text=True)))
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "no-cargo"))
    name = next(name for name, one in ENGINES.items() if one is engine)
    again = make_sandbox(name, tmp_path / "again", systems=[SYSTEM], report=lambda line: None)
    assert git(made, "rev-parse", "HEAD") == git(again, "rev-parse", "HEAD")
