"""`newop-gen` alone: it looks at where one is, and every command that it names works there as it stands."""

from __future__ import annotations

import re
import shlex
import shutil

import pytest
from support.applying import SPECS

from newop_gen.cli.next import advice


def commands(text):
    """The commands that a text names, each as a list of words."""
    found = re.findall(r"^  newop-gen (.+?)(?:   .*)?$", text, re.MULTILINE)
    return [shlex.split(line) for line in found]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty directory that is the current one."""
    directory = tmp_path / "here"
    directory.mkdir()
    monkeypatch.chdir(directory)
    return directory


def test_in_an_empty_directory(run, here):
    text = run().stdout
    assert commands(text)[0] == ["sandbox", "0.8.0", "practice"]
    assert ["apply", "SPEC", "--checkout", "practice", "--dry-run"] in commands(text)
    assert f"Example specs are in {SPECS}" in text


def test_beside_a_spec(run, here):
    shutil.copy(SPECS / "new_op.yaml", here / "my op.yaml")
    (here / "other.yaml").write_text("a: 1\n")
    text = run().stdout
    assert "Specs here: my op.yaml\n" in text
    assert ["validate", "my op.yaml"] in commands(text)
    for words in commands(text):
        if words[0] in ("validate", "explain"):
            assert run(*words).exit_code == 0


def test_beside_a_checkout(run, here, checkout, spec):
    shutil.copytree(checkout, here / "practice 1")
    shutil.copy(spec, here)
    text = run().stdout
    assert "Checkouts here: practice 1\n" in text
    assert ["apply", "new_op.yaml", "--checkout", "practice 1", "--dry-run"] in commands(text)
    assert not any(words[0] == "sandbox" for words in commands(text))


def test_in_a_checkout_through_the_life_of_an_op(run, checkout, spec, tmp_path, monkeypatch):
    mine = tmp_path / "new_op.yaml"
    mine.write_bytes(spec.read_bytes())
    (tmp_path / "data").mkdir()
    for table in (SPECS / "data").iterdir():
        shutil.copy(table, tmp_path / "data")
    monkeypatch.chdir(checkout)
    text = run().stdout
    assert "This is an aiconfigurator checkout (layout toy). No op was put into it yet." in text
    assert commands(text)[0] == ["init"]
    assert run("apply", mine, "--checkout", ".").exit_code == 0
    text = run().stdout
    assert "  new_op: as applied\n" in text
    assert {words[0] for words in commands(text)} == {"verify", "apply", "pr-text", "remove"}
    for words in commands(text):
        if words[0] in ("apply", "pr-text"):
            assert run(*words).exit_code == 0, words
    mine.write_bytes(mine.read_bytes() + b"# newer\n")
    text = run().stdout
    assert "new_op: as applied, the spec has changed since" in text
    assert ["update", str(mine), "--checkout", "."] in commands(text)
    common = checkout / "src/aiconfigurator/sdk/common.py"
    common.write_text(common.read_text().replace("return self.new_op", "return self.new_op  # mine"))
    text = run().stdout
    assert "  new_op: drifted" in text
    assert commands(text)[0][0] == "status"
    monkeypatch.chdir(checkout / "src/aiconfigurator/sdk")
    assert "layout toy" in run().stdout


def test_in_a_checkout_that_is_not_supported_or_interrupted(run, checkout, monkeypatch):
    from newop_gen.write import status as write

    monkeypatch.chdir(checkout)
    common = checkout / "src/aiconfigurator/sdk/common.py"
    before = common.read_text()
    common.write_text("class Other: ...\n")
    assert commands(run().stdout) == [["detect", "--checkout", "."]]
    common.write_text(before)
    real = write.status
    monkeypatch.setattr(write, "status", lambda root, **_: type(real(root))((), True))
    assert commands(run().stdout) == [["recover", "--checkout", "."]]


def test_nothing_is_written_and_odd_entries_do_no_harm(here, snapshot):
    (here / "loop").symlink_to(here)
    (here / "gone").symlink_to("nowhere")
    (here / "locked").mkdir(mode=0)
    (here / "odd.yaml").write_bytes(b"\xff\xfe newop: \x00")
    (here / "dir.yaml").mkdir()
    before = sorted(p.name for p in here.iterdir())
    assert list(advice(here, SPECS))
    assert sorted(p.name for p in here.iterdir()) == before
    (here / "locked").chmod(0o700)
