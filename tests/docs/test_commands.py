"""The commands in README and docs work as they stand; `commands.py` says how they are found and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from docs.commands import LANGUAGES, PAGES, Block, blocks, of_page
from support.applying import ROOT, SPECS

LONG = bool(os.environ.get("NEWOP_GEN_LONG"))
QUICK_PAGES = [p for p in PAGES if any(b.run and not b.long for b in of_page(p))]
LONG_PAGES = [p for p in PAGES if any(b.run and b.long for b in of_page(p))]


def run(block: Block, page: Path, directory: Path, first: tuple[Path, ...] = (), **more: str) -> None:
    path = os.pathsep.join([*map(str, first), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "NO_COLOR": "1", **more}
    text = block.text.replace("SPECS/", f"{SPECS}/")
    for made in re.findall(r"newop-gen sandbox \S+ (\w+)", text):  # a page may lay out the same one anew
        shutil.rmtree(directory / made, ignore_errors=True)
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", text],
        cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    where = f"{page.relative_to(ROOT)}:{block.line}"
    said = f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == block.status, f"{where} ended with {done.returncode}, not {block.status}\n{said}"


@pytest.mark.skipif(LONG, reason="`make test` runs these")
@pytest.mark.parametrize("page", QUICK_PAGES, ids=lambda p: p.name)
def test_commands_of(page, tmp_path, monkeypatch, release) -> None:
    for version in {"0.8.0", *re.findall(r"newop-gen sandbox ([\w.-]*\d)", page.read_text(encoding="utf-8"))}:
        release(version)  # skipped where it can't be had: sandbox commands would fail
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / ".state"))
    directory = tmp_path / "page"
    directory.mkdir()
    shutil.copytree(SPECS, directory / "specs")
    for block in of_page(page):
        if block.run and not block.long:
            run(block, page, directory)


@pytest.mark.skipif(not LONG, reason="`make docs-long` runs these")
@pytest.mark.parametrize("page", LONG_PAGES, ids=lambda p: p.name)
def test_long_commands_of(page, tmp_path) -> None:
    """In a copy of the project, with an environment of their own for what installs something."""
    copy = tmp_path / "newop-gen"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(copy)], check=True)
    venv.create(tmp_path / "venv", with_pip=True)
    clone = os.environ.get("REPO", "")
    left = []
    # A block that is marked goes on from what those before it made.
    goes_on = any(block.mark == "long" for block in of_page(page))
    for block in of_page(page):
        if not (block.run and (block.long or goes_on)):
            continue
        if block.needs_clone and not clone:
            left.append(block.line)
            continue
        text = re.sub(r"~/src/aiconfigurator\S*|\bCLONE\b", clone, block.text)
        run(Block(block.language, text, block.mark, block.line), page, copy, (tmp_path / "venv" / "bin",))
    if left:
        pytest.skip(f"{page.name}: blocks on lines {left} need a clone: set REPO to one")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_command_hides_behind_another_language(page) -> None:
    """A fence that no rule knows would be run by nobody."""
    unknown = [f"{b.line}: {b.language or 'no language'}" for b in of_page(page) if b.language not in LANGUAGES]
    assert not unknown
    fences = re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) == 2 * len(of_page(page))


def test_newop_gen_stands_in_blocks_that_are_run() -> None:
    """A line that is a command of this tool, in a fence that is not run, could be wrong for years."""
    hidden = [
        f"{page.name}:{block.line}: {line}"
        for page in PAGES
        for block in of_page(page)
        if block.language == "text"
        for line in block.text.splitlines()
        if re.match(r"\$? ?newop-gen [a-z]", line)
    ]
    assert not hidden


def test_the_readme_has_commands_to_run() -> None:
    assert sum(b.text.count("newop-gen ") for b in of_page(ROOT / "README.md") if b.run and not b.long) >= 8


def test_how_blocks_are_told() -> None:
    found = list(
        blocks(
            "```sh\na\n```\n\n<!-- long -->\n```sh\nb\n```\n<!-- exits: 3 -->\n\n```sh\nc\n```\n"
            "```text\nd\n```\n  ```sh\n  make x REPO=y\n  ```\n"
        )
    )
    assert [(b.text, b.run, b.long, b.needs_clone, b.status) for b in found] == [
        ("a\n", True, False, False, 0),
        ("b\n", True, True, False, 0),
        ("c\n", True, False, False, 3),
        ("d\n", False, False, False, 0),
        ("make x REPO=y\n", True, True, True, 0),
    ]


def test_a_command_that_fails_is_told(tmp_path) -> None:
    with pytest.raises(AssertionError, match=r"README\.md:7 ended with 3, not 0"):
        run(Block("sh", "exit 3\n", "", 7), ROOT / "README.md", tmp_path)
    run(Block("sh", "true\nexit 3\n", "exits: 3", 7), ROOT / "README.md", tmp_path)
    with pytest.raises(AssertionError):
        run(Block("sh", "false\ntrue\n", "", 7), ROOT / "README.md", tmp_path)
