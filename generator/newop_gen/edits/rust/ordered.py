"""Lines among those that rustfmt keeps in order: `mod x;` and `use ...;`.

Rustfmt sorts runs of them without a blank line between. Its rules differ by edition: up to 2021 names of modules come
before types and types before constants, and letters are compared; from 2024 names sort as versions do (`v4_x` before
`v41`), wherever they are imported, and as letters still where they are declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from .find import code, items, missing, named
from .place import after, before

if TYPE_CHECKING:
    from tree_sitter import Node

    from ...checkout.rust import RustSource
    from ...plan import Insertion

Edition = Literal["2021", "2024"]

_CHUNK = re.compile(r"_|[0-9]+|[^_0-9]+")
_END = "\x02"
_RANKS = {"self": "0", "super": "1", "crate": "2"}
_IDENT, _GLOB, _LIST = "3", "4", "5"


def name_key(name: str, edition: Edition) -> str:
    """A string that sorts an imported name as rustfmt does."""
    if edition == "2021":
        kind = "0" if name[:1].islower() else "2" if name.upper() == name else "1"
        return kind + name  # with the `r#` of a raw identifier
    return "".join(map(_chunk, _CHUNK.findall(name.removeprefix("r#"))))


def _chunk(text: str) -> str:
    """A part of a name so that it sorts: an underscore before all, numbers by value, a text before a longer one."""
    if text == "_":
        return "\x01"
    if text.isdigit():
        digits = text.lstrip("0")
        return f"{len(digits):04d}{digits}{_END}"
    return text + _END


def use_key(path: str, edition: Edition) -> str:
    """A string that sorts what a `use` imports: `path` as it is written, without alias."""
    head, _, listed = path.partition("{")
    keys = [_segment(s, edition) for s in head.split("::") if s]
    if listed:
        names = [name.strip() for name in listed.rstrip("} ,").split(",")]
        keys += [_LIST, *(name_key(name, edition) for name in names)]
    return "\x00".join(keys)


def _segment(name: str, edition: Edition) -> str:
    if name in _RANKS:
        return _RANKS[name]
    return _GLOB if name == "*" else _IDENT + name_key(name, edition)


def insert_module(source: RustSource, name: str, text: str) -> Insertion:
    """The line `text`, which declares the module `name`, among the declarations of the file's modules."""
    declared = [n for n in items(source.root) if n.type == "mod_item" and n.child_by_field_name("body") is None]
    if not declared:
        raise missing(source, "a declaration of a module", name, ())
    run = max(_runs(source, declared), key=len)
    return _insert(source, [(named(n).removeprefix("r#"), n) for n in run], name, text)


def insert_use(source: RustSource, path: str, text: str, edition: Edition, *, beside: str = "") -> Insertion:
    """The line or lines `text`, which import from `path`, among the imports of the file.

    Which of the file's runs of imports it goes into is said by `beside`: the first one with a path that begins so; of
    the visibility that `text` has.
    """
    public = text.startswith("pub ")
    uses = [n for n in items(source.root) if n.type == "use_declaration" and code(n).startswith("pub ") == public]
    runs = [run for run in _runs(source, uses) if any(imported(n).startswith(beside) for n in run)]
    if not runs:
        raise missing(source, f"an import from {beside}" if beside else "an import", path, map(imported, uses))
    keyed = [(use_key(imported(n), edition), n) for n in runs[0]]
    return _insert(source, keyed, use_key(path, edition), text)


def imported(node: Node) -> str:
    """What a `use` imports, on one line and without its alias."""
    text = re.sub(r"\s+", " ", code(node.child_by_field_name("argument")))
    return text if "{" in text else text.partition(" as ")[0]


def _runs(source: RustSource, nodes: Iterable[Node]) -> list[list[Node]]:
    """Nodes by the runs that they stand in: a blank line or another item ends one."""
    runs: list[list[Node]] = []
    for node in nodes:
        between = source.data[runs[-1][-1].end_byte : node.start_byte] if runs else b""
        lines = between.replace(b"\r\n", b"\n").split(b"\n")
        whole = all(line.strip().startswith((b"#[", b"//")) for line in lines[1:-1])
        if runs and whole:
            runs[-1].append(node)
        else:
            runs.append([node])
    return runs


def _insert(source: RustSource, run: Sequence[tuple[str, Node]], key: str, text: str) -> Insertion:
    """`text` after the last of a run that sorts before it; several of one run of the tool keep their order."""
    smaller = [node for other, node in run if other < key]
    edit = after(source, smaller[-1], text) if smaller else before(source, run[0][1], text)
    return replace(edit, sort=key)
