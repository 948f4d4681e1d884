"""A table that a loader can't read never gets into a checkout: there it would take the whole database along."""

import shutil
from pathlib import Path

import pytest
from checkouts import copy_fixture
from click.testing import CliRunner

from newop_gen.api import SpecError, apply, plan
from newop_gen.cli import cli as group

SPECS = Path(__file__).resolve().parents[2] / "specs"
COMMANDS = (["apply", "SPEC", "--checkout", "TREE"], ["apply", "SPEC", "--checkout", "TREE", "--dry-run"],
            ["update", "SPEC", "--checkout", "TREE"], ["explain", "SPEC"])  # fmt: skip
LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 7\n"


def _second_row(text, **cells):
    header, _, row, *rest = text.split("\n")
    values = dict(zip(header.split(","), row.split(",")), **cells)
    return "\n".join([header, _, ",".join(values.values()), *rest])


DAMAGE = {
    "a column that is named otherwise": (lambda text: text.replace("seq_len", "sequence", 1), "seq_len", ""),
    "a Git LFS pointer": (lambda text: LFS, "LFS", ""),
    "an empty file": (lambda text: "", "empty", ""),
    "a latency that is no number": (lambda text: _second_row(text, latency="abc"), "'abc'", ":3:71"),
    "a negative latency": (lambda text: _second_row(text, latency="-1"), "negative", ":3:71"),
    "an axis that is no whole number": (lambda text: _second_row(text, seq_len="12.5"), "'12.5'", ":3:67"),
}


@pytest.fixture
def world(tmp_path):
    shutil.copy(SPECS / "new_op.yaml", tmp_path / "new_op.yaml")
    shutil.copytree(SPECS / "data", tmp_path / "data")
    table = next((tmp_path / "data").glob("new_op_context*"))
    return copy_fixture("v0_8", tmp_path), tmp_path / "new_op.yaml", table


def _run(command, tree, spec):
    words = {"SPEC": str(spec), "TREE": str(tree)}
    return CliRunner().invoke(group, [words.get(word, word) for word in command])


def _bytes(tree):
    return {p: p.read_bytes() for p in tree.rglob("*") if p.is_file()}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: "-".join(w.strip("-") for w in c if w.islower()))
def test_a_sound_table_passes(command, world) -> None:
    tree, spec, _ = world
    if command[0] == "update":
        apply([spec], tree)
    assert _run(command, tree, spec).exit_code == 0


@pytest.mark.parametrize("damage", DAMAGE)
def test_nothing_is_made_of_a_table_that_does_not_load(damage, world) -> None:
    tree, spec, table = world
    change, said, place = DAMAGE[damage]
    table.write_text(change(table.read_text(encoding="utf-8")), encoding="utf-8")
    before = _bytes(tree)
    for command in COMMANDS:
        done = _run(command, tree, spec)
        assert done.exit_code == 2, (command, done.output)
        assert said in done.output and f"{table.name}{place}" in done.output, done.output
    for call in (plan, apply):
        with pytest.raises(SpecError):
            call([spec], tree)
    assert _bytes(tree) == before


def test_removal_does_not_ask_for_the_table(world) -> None:
    tree, spec, table = world
    before = _bytes(tree)
    apply([spec], tree)
    table.write_text(LFS, encoding="utf-8")
    assert _run(["remove", "new_op", "--checkout", "TREE"], tree, spec).exit_code == 0
    assert _bytes(tree) == before


def test_quiet_is_not_silent_about_what_is_wrong(world) -> None:
    _, spec, table = world
    sound = CliRunner().invoke(group, ["data", "check", str(table), "--spec", str(spec), "-q"])
    table.write_text(_second_row(table.read_text(encoding="utf-8"), latency="abc"), encoding="utf-8")
    done = CliRunner().invoke(group, ["data", "check", str(table), "--spec", str(spec), "-q"])
    assert done.exit_code == 1
    assert "error:" in done.stderr and "'abc'" in done.stderr and not done.stdout
    assert "error:" not in sound.stderr
    found = CliRunner().invoke(group, ["data", "check", str(table), "--spec", str(spec)])
    assert "no system is known" not in found.output  # the spec's `data` names one
