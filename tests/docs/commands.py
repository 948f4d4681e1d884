"""The commands that README and docs show, as they are run.

A fence with `sh` is run by `bash`, line by line in one shell, in a directory of the page's own that holds `specs/`. What
a comment before the fence says:

    <!-- exits: 1 -->   the block ends with that status (findings, a refusal)
    <!-- long -->       it takes minutes: `make docs-long` runs it

`make ...`, `pip ...` and `pipx ...` are long without being told so. A block with `REPO` or `--repo` needs a clone, too: it
is run by `make docs-long REPO=PATH`. What is not to be run (parts of a command, other people's tools) is `text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.applying import ROOT

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
# Anything else could be a command that nobody runs.
LANGUAGES = {"sh", "text", "yaml", "json", "python", "pycon", "toml", "csv", "diff", "html"}

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>long|exits: \d+) -->\n+)?^(?P<indent> *)```(?P<language>\S*)[^\n]*\n(?P<body>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)
_LONG = re.compile(r"^(?:make|pipx?|git clone)\b", re.MULTILINE)
_CLONE = re.compile(r"--repo\b|\bREPO=|~/src/")


@dataclass(frozen=True)
class Block:
    """One fence of a page."""

    language: str
    text: str
    mark: str
    line: int

    @property
    def run(self) -> bool:
        return self.language == "sh"

    @property
    def long(self) -> bool:
        return self.mark == "long" or bool(_LONG.search(self.text)) or self.needs_clone

    @property
    def needs_clone(self) -> bool:
        return bool(_CLONE.search(self.text))

    @property
    def status(self) -> int:
        return int(self.mark.removeprefix("exits: ")) if self.mark.startswith("exits: ") else 0


def blocks(text: str) -> Iterator[Block]:
    for found in _FENCE.finditer(text):
        body = "".join(line.removeprefix(found["indent"]) for line in found["body"].splitlines(keepends=True))
        yield Block(found["language"], body, found["mark"] or "", text.count("\n", 0, found.start("language")) + 1)


def of_page(page: Path) -> list[Block]:
    return list(blocks(page.read_text(encoding="utf-8")))
