"""Tables that a release could take from a sibling version or backend, and does not: the list of what is shared is made
from the collected tables, and knows a new one only after it was made anew."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ...checkout.source import Source
from ...problems import Place
from ..columns import columns_of
from ..finding import Finding, Severity
from ..flow import text_key
from ..loaders import readers_of
from ..subject import Subject
from .data_files import data_files

CODES = {"not-shared": "the list of what versions share lacks a perf file: rows of a sibling version are never taken"}
NAMED_BY = "op_file"  # how an entry of the list names its perf file


def find(subject: Subject) -> Iterator[Finding]:
    column = _shared_by(subject)
    listed = _listed(subject)
    if column is None or listed is None:
        return
    path, known = listed
    by_name: dict[str, list[Path]] = {}
    for file in data_files(subject):
        by_name.setdefault(Path(file).name, []).append(Path(file))
    for member in subject.code.members:
        name = subject.code.file_name(member)
        if name is None or name in known or not _has_siblings(by_name.get(name, [])):
            continue
        if column not in columns_of(subject.code.tree.root / by_name[name][0]):
            continue
        loaders = [n for n in subject.tables.loaders if member in subject.tables.members_of(n)]
        yield Finding(
            "not-shared",
            Severity.LATENT,
            Place(path, 1),
            (member, *loaders),
            f"there are {len(by_name[name])} files {name} with a column {column}, and the list has no entry for it: "
            "what one version or backend lacks is not taken from another",
            "make the list anew, as its first lines say",
        )


def _has_siblings(files: list[Path]) -> bool:
    """Whether a system has the table more than once. (The system is the folder below `data`.)"""
    systems = Counter(file.parts[file.parts.index("data") + 1] for file in files if "data" in file.parts)
    return any(count > 1 for count in systems.values())


def _shared_by(subject: Subject) -> str | None:
    """The column by which a reader takes rows of another source: `row.get("column") in wanted`."""
    for name in sorted(readers_of(subject.code)):
        for definition in subject.code.by_name[name]:
            for node in definition.nodes:
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and (key := text_key(node.left)):
                    return key
    return None


def _listed(subject: Subject) -> tuple[str, set[str]] | None:
    """The list, and the perf files that it names."""
    tree = subject.code.tree
    for name in tree.listdir(subject.code.systems):
        path = f"{subject.code.systems}/{name}"
        source: Source | None = tree.source(path) if name.endswith(".yaml") else None
        text = source.data.decode("utf-8", "replace") if source is not None else ""
        if f"{NAMED_BY}:" in text:
            lines = (line.strip().lstrip("- ") for line in text.splitlines() if not line.startswith("#"))
            return path, {v.strip(" '\"") for k, _, v in (line.partition(":") for line in lines) if k == NAMED_BY}
    return None
