"""Rust, read by tree-sitter. Importing this module loads it, which is to happen where there is a Rust file."""

from __future__ import annotations

import tree_sitter
import tree_sitter_rust

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_rust.language()))


def parse(data: bytes) -> tree_sitter.Tree:
    """The syntax tree, which is there for any bytes: what can't be read is in it as such (`first_fault`)."""
    return _PARSER.parse(data)


def first_fault(tree: tree_sitter.Tree) -> tuple[str, int, int] | None:
    """What the parser could not read or had to add to go on, with line and column from 1; None of a tree without."""
    node = tree.root_node
    if not node.has_error:
        return None
    while not (node.is_error or node.is_missing):
        node = next(child for child in node.children if child.has_error or child.is_missing)
    line, column = node.start_point
    if node.is_missing:
        return f"{node.type} is missing", line + 1, column + 1
    text = (node.text or b"").decode("utf-8", "replace").split("\n")[0].strip()
    return f"{text[:40]!a} is not understood" if text else "a syntax error", line + 1, column + 1
