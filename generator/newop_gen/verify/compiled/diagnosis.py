"""From what the compiler says to the place in the user's files, the step that put the line in, and the spec's line."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...spec.load import LoadedSpec
from ...write.regions import Lines
from .cargo import Said

WORDS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|\d+(?:\.\d+)?")

CALLED: Mapping[str, str] = {"num_tokens": "x", "tokens": "x", "batch_size": "b", "seq_len": "s"}
"""What run-time arguments of a spec are called in compiled ops."""

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "operator": ("sol", "weights", "empirical", "axis", "params"),
    "table": ("nesting", "params"),
    "table_view": ("nesting", "params"),
    "pyclass": ("params",),
}
"""Which sections of a spec the text of a step is made of; that of any other, of all."""


@dataclass(frozen=True)
class Located:
    """A message with its place: `file` relative to the checkout, the step of an op that put the line in, "" for a line
    that no op put in, and the line of the spec that it comes from, as `file:line`, "" where that can't be told."""

    said: Said
    file: str
    op: str
    step: str
    spec: str

    @property
    def where(self) -> str:
        place = f"{self.file}:{self.said.line}:{self.said.column}"
        made = [f"step {self.step} of {self.op}"] if self.step else []
        made += [f"from {self.spec}"] if self.spec else []
        return f"{place} ({', '.join(made)})" if made else place

    @property
    def text(self) -> str:
        code = f"[{self.said.code}]" if self.said.code else ""
        return f"{self.said.level}{code}: {self.said.text}"


def locate(
    said: Iterable[Said], root: Path, directory: Path, inserted: Sequence[Lines], loaded: LoadedSpec
) -> list[Located]:
    """Messages of a build of the crate in `directory`, those about the lines of the spec's op first."""
    found = []
    for one in said:
        path = _file(one.file, root, directory)
        at = next((lines for lines in inserted if lines.path == path and lines.first <= one.line <= lines.last), None)
        ours = at is not None and at.op == loaded.spec.op
        spec = _spec_line(_line(root / path, one.line), at.step, loaded) if at and ours else ""
        found.append(Located(one, path, at.op if at else "", at.step if at else "", spec))
    return sorted(found, key=lambda one: one.op != loaded.spec.op)


def _file(name: str, root: Path, directory: Path) -> str:
    """A file as the compiler names it (from the crate's directory or from that of its workspace), from the root."""
    for above in (directory, *directory.parents):
        if (above / name).is_file():
            path = (above / name).resolve()
            return path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else str(path)
        if above == root.resolve():
            break
    return name


def _line(path: Path, number: int) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")[number - 1]
    except (OSError, IndexError):
        return ""


def _spec_line(code: str, step: str, loaded: LoadedSpec) -> str:
    """The line of the spec that has most in common with a line of what was made of it: names and numbers, rare ones
    more than those that are in many lines. "" where none has anything."""
    lines = loaded.text.split("\n")
    sections = _sections(lines)
    wanted = {CALLED.get(word, word) for word in WORDS.findall(code)}
    allowed = SECTIONS.get(step)
    known = [
        set(WORDS.findall(line.partition("#")[0])) if allowed is None or section in allowed else set[str]()
        for line, section in zip(lines, sections)
    ]
    seen = Counter(word for words in known for word in words)
    scores = [sum(1 / math.sqrt(seen[word]) for word in words & wanted) for words in known]
    best = max(scores, default=0.0)
    return f"{loaded.path}:{scores.index(best) + 1}" if best > 0 else ""


def _sections(lines: Sequence[str]) -> list[str]:
    """The top-level key that each line of a spec stands under."""
    found, section = [], ""
    for line in lines:
        if match := re.match(r"(\w+):", line):
            section = match[1]
        found.append(section)
    return found
