"""Rust tests are counted, and one that fails is told with what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from newop_gen.verify.compiled.builds import using
from newop_gen.verify.compiled.make import Builder, Built
from newop_gen.verify.compiled.unit_tests import run_tests

from .crates import CRATE, tiny


@pytest.fixture
def tree(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("NEWOP_GEN_CACHE", str(tmp_path / "cache"))
    return tiny(tmp_path / "tree")


def built(tree: Path) -> Built:
    with using(tree / "core", lambda _: None) as build:
        return Builder(build, CRATE, tree, sys.executable, lambda _: None).make("tests")


def test_all_pass(cargo, tree) -> None:
    found = run_tests(built(tree), tree / "core", sys.executable, ["op::"], lambda _: None)
    assert dict(found.said) == {"op::tests::answers": "ok", "op::tests::fails_with_another_answer": "ok"}
    assert (found.failed, found.ended) == ([], "")
    filtered = run_tests(built(tree), tree / "core", sys.executable, ["::answers"], lambda _: None)
    assert list(filtered.said) == ["op::tests::answers"]


def test_one_that_fails_is_told_with_what_it_says(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    source.write_text(source.read_text().replace("    41\n", "    55\n"))
    found = run_tests(built(tree), tree / "core", sys.executable, ["op::"], lambda _: None)
    assert sorted(found.failed) == ["op::tests::answers", "op::tests::fails_with_another_answer"]
    assert "too large" in found.why["op::tests::fails_with_another_answer"]
    assert found.ended == ""


def test_a_program_that_does_not_come_to_its_end_is_told(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    source.write_text(source.read_text().replace("    41\n", "    std::process::abort()\n"))
    found = run_tests(built(tree), tree / "core", sys.executable, ["op::"], lambda _: None)
    assert found.ended.startswith("it ends with status ")


def test_one_that_hangs_is_ended(cargo, tree) -> None:
    source = tree / "core/src/op.rs"
    source.write_text(source.read_text().replace("    41\n", "    loop { std::thread::park() }\n"))
    found = run_tests(built(tree), tree / "core", sys.executable, ["op::"], lambda _: None, seconds=3)
    assert (found.said, found.ended) == ({}, "no end after 3 s")
