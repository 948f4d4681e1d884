"""The commands in README and docs work as they stand: every ```sh block with newop-gen in it is run, in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.applying import ROOT, SPECS

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# These need a clone or take minutes; the pages say so.
NOT_HERE = ("make ", "--repo", "pip ", "REPO=", "git clone")


def commands(document: Path) -> list[str]:
    """The shell lines of a document that are run, one page after the other in one directory."""
    lines = [line for block in BLOCK.findall(document.read_text(encoding="utf-8")) for line in block.splitlines()]
    return [
        line for line in lines if line.strip() and not line.startswith("#") and not any(w in line for w in NOT_HERE)
    ]


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if commands(d)], ids=lambda d: d.name)
def test_commands_of(document, tmp_path, release) -> None:
    release("0.8.0")  # skipped where the wheel can't be had: sandbox commands would fail
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    shutil.copytree(SPECS, tmp_path / "specs")
    for command in commands(document):
        command = command.replace("SPECS/", f"{SPECS}/")
        if command.startswith("newop-gen sandbox") and (tmp_path / "practice").exists():
            shutil.rmtree(tmp_path / "practice")
        done = subprocess.run(
            ["bash", "-euc", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"


def test_the_readme_has_commands_to_run() -> None:
    assert len(commands(ROOT / "README.md")) >= 8
