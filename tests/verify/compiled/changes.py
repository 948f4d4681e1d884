"""Single changes of the Rust code of an op, each of a kind that makes wrong numbers: what verify has to notice.

Candidates are found in the syntax trees of the op's own files and of what the op has in upstream's, never in its unit
tests. Nothing here knows what a formula means: which change is equivalent is for whoever looks at the survivors.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from newop_gen.checkout.rust import RustSource
from newop_gen.edits.rust import find
from newop_gen.write.regions import Lines

if TYPE_CHECKING:
    from tree_sitter import Node

KINDS = ("constant", "branch", "axis", "key-order", "arm", "first-wins", "energy", "scale", "rounding")
COORDINATES = ("num_tokens", "batch_size", "seq_len", "prefix", "batch", "s", "x", "at[0]", "at[1]", "at[2]")
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
NO_VALUES = (
    "index_expression", "array_type", "attribute", "tuple_struct_pattern", "range_expression", "type_arguments",
    "match_pattern",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """`old` at a byte of a file (relative to the checkout) becomes `new`."""

    kind: str
    path: str
    offset: int
    line: int
    old: bytes
    new: bytes

    def __str__(self) -> str:
        shown = " ".join(self.old.decode().split())[:60], " ".join(self.new.decode().split())[:60]
        return f"{self.kind}: {Path(self.path).name}:{self.line}: {shown[0]} -> {shown[1] or '(nothing)'}"

    def apply(self, root: Path) -> bytes:
        """Makes the change, and gives the file's bytes before it."""
        path = root / self.path
        before = path.read_bytes()
        assert before[self.offset : self.offset + len(self.old)] == self.old, str(self)
        path.write_bytes(before[: self.offset] + self.new + before[self.offset + len(self.old) :])
        return before


@contextlib.contextmanager
def made(root: Path, change: Change) -> Iterator[None]:
    """The change is there inside this block only."""
    before = change.apply(root)
    try:
        yield
    finally:
        (root / change.path).write_bytes(before)


def candidates(root: Path, lines: Sequence[Lines]) -> list[Change]:
    """Every change in the Rust lines of an op, in the order of kinds, files and places."""
    found: list[Change] = []
    for path in sorted({one.path for one in lines if one.path.endswith(".rs")}):
        source = RustSource(path, (root / path).read_bytes())
        ranges = [(one.first, one.last) for one in lines if one.path == path]
        for node in _tested(source.root):
            if any(first <= node.start_point[0] + 1 <= last for first, last in ranges):
                found += _changes(source, node)
    return sorted(found, key=lambda c: (KINDS.index(c.kind), c.path, c.offset))


def chosen(found: Sequence[Change], each: int, seed: int) -> list[Change]:
    """Some of each kind, always the same for a seed."""
    some: list[Change] = []
    for kind in KINDS:
        of_kind = [c for c in found if c.kind == kind]
        some += random.Random(f"{seed} {kind}").sample(of_kind, min(each, len(of_kind)))
    return some


def _tested(node: Node) -> Iterator[Node]:
    """All nodes but those of unit tests, attributes and texts."""
    children = node.children
    for number, child in enumerate(children):
        before = [find.code(c) for c in children[max(0, number - 3) : number] if c.type == "attribute_item"]
        if any("cfg(test)" in text or text == "#[test]" for text in before):
            continue
        if child.type in ("attribute_item", "line_comment", "block_comment", "string_literal", "use_declaration"):
            continue
        yield child
        yield from _tested(child)


def _changes(source: RustSource, node: Node) -> Iterator[Change]:
    text = source.text(node)
    if node.type in ("float_literal", "integer_literal") and _is_value(node):
        if doubled := _doubled(text):
            yield _instead(source, "constant", node, doubled)
    elif node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        if operator is not None and (other := OPPOSITE.get(find.code(operator))) and _decides(node):
            yield _instead(source, "branch", operator, other)
    elif node.type in ("array_expression", "arguments"):
        items = node.named_children
        for one, two in itertools.pairwise(items):
            if _is_coordinate(source.text(one)) and _is_coordinate(source.text(two)):
                yield _swapped(source, "axis", one, two)
    elif node.type == "match_arm" and _may_be_left_out(node):
        yield _instead(source, "arm", node, "")
    elif node.type == "call_expression":
        yield from _calls(source, node)
    elif node.type in ("field_initializer_list", "tuple_expression"):
        yield from _fields(source, node)


def _instead(source: RustSource, kind: str, node: Node, new: str) -> Change:
    old = source.data[node.start_byte : node.end_byte]
    return Change(kind, source.path, node.start_byte, node.start_point[0] + 1, old, new.encode())


def _swapped(source: RustSource, kind: str, one: Node, two: Node) -> Change:
    between = source.data[one.end_byte : two.start_byte].decode()
    old = source.data[one.start_byte : two.end_byte]
    new = f"{source.text(two)}{between}{source.text(one)}".encode()
    return Change(kind, source.path, one.start_byte, one.start_point[0] + 1, old, new)


def _is_value(node: Node) -> bool:
    """A literal that counts, and is no index, length or pattern."""
    return node.parent is not None and node.parent.type not in NO_VALUES


def _doubled(text: str) -> str:
    """A number twice as large, 1 for 0; its suffix stays. "" for what is no decimal number."""
    match = re.fullmatch(r"([0-9][0-9_]*(?:\.[0-9_]*)?(?:e[+-]?[0-9]+)?)(_?[a-z][a-z0-9]*)?", text)
    if match is None:
        return ""
    number, suffix = match[1].replace("_", ""), match[2] or ""
    value = float(number) * 2 if "." in number or "e" in number else int(number) * 2
    return f"{value or (1.0 if isinstance(value, float) else 1)}{suffix}"


def _decides(node: Node) -> bool:
    """An `if` or the like decides by it."""
    above = node.parent
    while above is not None and above.type in ("parenthesized_expression", "binary_expression", "unary_expression"):
        above = above.parent
    return above is not None and above.type in ("if_expression", "match_arm", "match_pattern", "let_declaration")


def _is_coordinate(text: str) -> bool:
    bare = text.removeprefix("f64::from(").removesuffix(")").removeprefix("ctx.").removeprefix("&")
    return bare in COORDINATES


def _may_be_left_out(arm: Node) -> bool:
    """An arm for a variant of `Op` in a match with a wildcard: the compiler does not miss it."""
    match = arm.parent
    arms = [n for n in match.named_children if n.type == "match_arm"] if match is not None else []
    return find.code(arm).lstrip().startswith("Op::") and any(find.catches_all(other) for other in arms)


def _calls(source: RustSource, node: Node) -> Iterator[Change]:
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return
    receiver, field = function.child_by_field_name("value"), function.child_by_field_name("field")
    name = source.text(function).rpartition(".")[2].rpartition("::")[2]
    given = arguments.named_children
    if name in ("with_power", "classic_leaf", "with_energy") and len(given) > 1:
        yield _instead(source, "energy", given[1], "0.0")
    elif field is None or receiver is None:
        return
    elif name in ("insert_value_first_wins", "insert_first_wins"):
        yield _instead(source, "first-wins", field, name.removesuffix("_first_wins"))
    elif name == "or_insert" and len(given) == 1:
        value = source.text(given[0])
        last = f"{source.text(receiver)}.and_modify(|old| *old = {value}).or_insert({value})"
        yield _instead(source, "first-wins", node, last)
    elif name == "scaled" and "scale_factor" in source.text(arguments):
        yield _instead(source, "scale", node, source.text(receiver))
    elif name == "div_ceil" and len(given) == 1:
        yield _instead(source, "rounding", node, f"({source.text(receiver)} / {source.text(given[0])})")
    elif name == "ceil" and not given:
        yield _instead(source, "rounding", field, "floor")


def _fields(source: RustSource, node: Node) -> Iterator[Change]:
    """Two values side by side that are read in the same way: sizes of a key."""
    values = [n.child_by_field_name("value") if n.type == "field_initializer" else n for n in node.named_children]
    for one, two in itertools.pairwise(values):
        if one is None or two is None or one.type != two.type or one.type == "identifier":
            continue
        texts = source.text(one), source.text(two)
        if texts[0] != texts[1] and _shape(texts[0]) == _shape(texts[1]):
            yield _swapped(source, "key-order", one, two)


def _shape(text: str) -> str:
    """A value without what is particular to it: `row.u32(d_model)?` and `row.u32(n_head)?` have one shape."""
    return re.sub(r'"[^"]*"|\(\w+\)|self\.\w+|\b\w+_col\b', "_", text)
