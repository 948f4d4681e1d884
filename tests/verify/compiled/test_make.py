"""What is taken for built is what the sources make, whatever times say; and nothing is written into the tree."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newop_gen.problems import IoFault
from newop_gen.verify.compiled.builds import using
from newop_gen.verify.compiled.cargo import NoCargo, progress
from newop_gen.verify.compiled.make import Builder, BuildFailed, Built, cargo_environment

from .crates import CRATE, digest_of, tiny

Make = Callable[..., Built]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tiny(tmp_path / "a tree")


def make(tree: Path, kind: str = "extension", report: Callable[[str], None] = lambda _: None) -> Built:
    with using(tree / CRATE.folder, report) as build:
        return Builder(build, CRATE, tree, sys.executable, report).make(kind)  # type: ignore[arg-type]


def answer(built: Built) -> int:
    """What the built library answers, asked in a process of its own: a library is loaded once per process."""
    code = f"import ctypes; print(ctypes.CDLL({str(built.path)!r}).answer())"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_an_extension_is_built_outside_of_the_tree_and_found_again(cargo, tree, tmp_path) -> None:
    before = digest_of(tree)
    said: list[str] = []
    first = make(tree, report=said.append)
    assert (answer(first), first.fresh, first.warnings) == (42, False, ())
    assert first.path.is_relative_to(tmp_path / "cache" / "builds")
    assert "building the compiled extension with cargo (the first build of this checkout" in said[0]
    again = make(tree, report=pytest.fail)
    assert (again.path, again.sha256, again.digest, again.fresh) == (first.path, first.sha256, first.digest, True)
    assert digest_of(tree) == before


def test_a_change_is_built_although_its_time_says_that_there_is_none(cargo, tree) -> None:
    first = make(tree)
    source = tree / "core/src/op.rs"
    source.write_text(source.read_text().replace("    41\n", "    7\n"))
    os.utime(source, (0, 0))
    # The control: cargo alone takes the library for up to date.
    with using(tree / "core", print) as build:
        environment = cargo_environment(build.target, sys.executable)
        words = ["cargo", "build", "--lib", "--features", "python"]
        subprocess.run(words, cwd=tree / "core", env=environment, check=True, capture_output=True)
    assert answer(first) == 42
    second = make(tree)
    assert answer(second) == 8
    assert second.digest != first.digest


def test_a_file_that_is_compiled_in_from_elsewhere_counts(cargo, tree) -> None:
    first = make(tree)
    (tree / "data/offset.txt").write_text("xyz\n")
    os.utime(tree / "data/offset.txt", (0, 0))
    second = make(tree)
    assert (answer(second), first.digest == second.digest) == (44, False)


def test_an_artefact_that_is_not_the_recorded_one_is_built_anew(cargo, tree) -> None:
    first = make(tree)
    first.path.write_bytes(b"something else")
    second = make(tree)
    assert (second.fresh, second.sha256, answer(second)) == (False, first.sha256, 42)


def test_sources_that_change_while_they_are_built_are_built_again(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    changes = iter(["    5\n"])

    def edit(text: str) -> None:
        if text.startswith("building") and (new := next(changes, None)):
            source.write_text(source.read_text().replace("    41\n", new))

    assert answer(make(tree, report=edit)) == 6


def test_sources_that_never_stay_the_same_are_not_built(cargo, tree) -> None:
    source = tree / "core/src/op.rs"

    def edit(text: str) -> None:
        source.write_text(source.read_text() + "//\n")

    with pytest.raises(IoFault, match=r"the sources change while they are built: .*op\.rs"):
        make(tree, report=edit)


def test_what_does_not_compile_is_told_with_its_place(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    source.write_text(source.read_text().replace("    41\n", "    fortyone\n"))
    with pytest.raises(BuildFailed) as failed:
        make(tree)
    [said] = failed.value.said
    assert (said.file, said.line, said.column, said.code) == ("src/op.rs", 2, 5, "E0425")
    assert "cannot find value `fortyone`" in said.text
    source.write_text(source.read_text().replace("    fortyone\n", "    41\n"))
    assert answer(make(tree)) == 42


def test_warnings_are_those_of_the_tree_and_stay_known(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    source.write_text("fn unused() {}\n" + source.read_text())
    for built in (make(tree), make(tree)):
        [said] = built.warnings
        assert (said.level, said.file, said.line, said.code) == ("warning", "src/op.rs", 1, "dead_code")
    assert built.fresh


def test_the_test_program_is_an_artefact_of_its_own(cargo, tree) -> None:
    extension, tests = make(tree), make(tree, "tests")
    assert extension.path != tests.path
    listed = subprocess.run([tests.path, "--list"], capture_output=True, text=True, check=True).stdout
    assert "op::tests::answers: test" in listed
    assert make(tree).fresh
    assert make(tree, "tests").fresh


def test_a_lock_file_that_is_out_of_date_is_not_written(cargo, tree) -> None:
    manifest = tree / "core/Cargo.toml"
    manifest.write_text(manifest.read_text().replace('version = "0.1.0"', 'version = "0.2.0"'))
    before = digest_of(tree)
    with pytest.raises(IoFault) as fault:
        make(tree)
    assert "bring its Cargo.lock up to date" in str(fault.value)
    assert digest_of(tree) == before


def test_without_cargo_it_says_so(tree, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(NoCargo):
        make(tree)


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("    Building [====>    ] 12/138: serde, syn    \r", "crate 12 of 138: serde, syn"),
        ("   Compiling serde v1.0.0\n    Building [>  ] 1/9: a\r    Building [>  ] 2/9: b...\r", "crate 2 of 9: b"),
        (" Downloading 3 crates, remaining bytes: 3.3MiB\r", "Downloading 3 crates, remaining bytes: 3.3MiB"),
        ("    Blocking waiting for file lock on package cache\n", "Blocking waiting for file lock on package cache"),
        ("warning: unused\n", ""),
    ],
)
def test_how_far_cargo_is(printed, told) -> None:
    assert progress(printed) == told
