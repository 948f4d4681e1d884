"""Perf files that can't be read: Git LFS pointers, and tables without the columns that their loader needs."""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ...problems import Place
from ..columns import HEAD_BYTES, POINTER
from ..finding import Finding, Severity
from ..flow import keyed, text_key
from ..loaders import CAUGHT, Loader
from ..subject import Subject

CODES = {
    "lfs-pointer": "perf files are Git LFS pointers: loaders fail on them",
    "missing-column": "a perf file lacks a column that its loader needs",
    "malformed-row": "a perf file has rows of another length than its header",
}


def find(subject: Subject) -> Iterator[Finding]:
    code = subject.code
    by_file = {name: member for member in code.members if (name := code.file_name(member))}
    pointers: list[str] = []
    total = 0
    for path in data_files(subject):
        member = by_file.get(Path(path).name)
        if member is None:
            continue
        total += 1
        with (code.tree.root / path).open("rb") as file:
            head = file.read(HEAD_BYTES)
        if head.startswith(POINTER):
            pointers.append(path)
        elif path.endswith((".txt", ".csv")):
            yield from _text(subject, path, member, head)
    if pointers:
        yield Finding(
            "lfs-pointer",
            Severity.FAILS,
            Place(pointers[0], 1),
            tuple(dict.fromkeys(by_file[Path(p).name] for p in pointers)),
            f"{len(pointers)} of {total} perf files are Git LFS pointers: loaders fail on them, so no database",
            "run `git lfs pull`",
        )


def data_files(subject: Subject) -> Iterator[str]:
    """Perf files below the systems' data, sorted, relative to the root of the checkout."""
    root = subject.code.tree.root
    folder = root / subject.code.systems / "data"
    names = {name for m in subject.code.members if (name := subject.code.file_name(m))}
    if folder.is_dir():
        for path in sorted(folder.rglob("*_perf.*")):
            if path.name in names and path.is_file():
                yield path.relative_to(root).as_posix()


def needed_columns(loader: Loader) -> set[str]:
    """Columns that a loader reads from every row with `row["column"]`, outside any branch or try."""
    optional = {
        part
        for node in ast.walk(loader.loop)
        if isinstance(node, (ast.If, ast.IfExp))
        or (
            isinstance(node, ast.Try)
            and any(h.type is None or any(c in ast.unparse(h.type) for c in CAUGHT) for h in node.handlers)
        )
        for part in ast.walk(node)
    }
    return {
        key
        for node in ast.walk(loader.loop)
        if isinstance(node, ast.Subscript) and node not in optional and (key := text_key(node)) is not None
        if isinstance(base := keyed(node), ast.Name) and base.id == loader.row
    }


def _text(subject: Subject, path: str, member: str, head: bytes) -> Iterator[Finding]:
    text = head.decode("utf-8", "replace")
    lines = text.splitlines()
    if len(head) == HEAD_BYTES:
        lines = lines[:-1]  # cut off
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines))))
    except csv.Error as error:
        yield Finding(
            "malformed-row",
            Severity.FAILS,
            Place(path, 1),
            (member,),
            f"the file is no table of text ({error})",
            "collect the table again",
        )
        return
    header = rows[0] if rows else []
    for loader in subject.tables.loaders.values():
        if member not in subject.tables.members_of(loader.name):
            continue
        lacking = sorted(needed_columns(loader) - set(header))
        if lacking:
            yield Finding(
                "missing-column",
                Severity.FAILS,
                Place(path, 1),
                (member, loader.name),
                f"the header has no {', '.join(lacking)}, which {loader.name} reads from every row: a KeyError while "
                "the table is loaded, and no database",
                "collect the table again, or name the columns as the loader has them",
            )
            return
    odd = next((n for n, row in enumerate(rows[1:], 2) if row and len(row) != len(header)), None)
    if odd is not None:
        yield Finding(
            "malformed-row",
            Severity.FAILS,
            Place(path, odd),
            (member,),
            f"the row has {len(rows[odd - 1])} fields, its header {len(header)}",
            "collect the table again",
        )
