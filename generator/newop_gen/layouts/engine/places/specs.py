"""Where every variant is held to the wire format, and to what a mode needs of the data."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ....checkout.rust import RustSource
from ....edits.lines import encode, lines_at
from ....edits.rust import find
from ....edits.rust.place import at_end, before, before_last_pattern
from ....plan import Insertion
from ....problems import CheckoutRefused, Problem
from ....render import rust
from ....render.document import HARD, Doc, Either, Flat, Indented
from ...common.settle import Draft
from ..view import EngineOp, EnginePhase
from .base import ARM, draft, first_named

if TYPE_CHECKING:
    from tree_sitter import Node

EVERY = "all_op_variants"
PINNED = "op_variant_indices_are_pinned"
COUNTED = f"{EVERY}().len()"
LATER = "later"
ADDED = f" + {LATER}.len()"

# How the last pinned index is written, by release: a constant and a number, or the number alone.
_LAST_INDEX = re.compile(r"[A-Z][A-Z0-9_]* as usize \+ [0-9]+|[0-9]+")


def fixtures(op: EngineOp, source: RustSource, text: str) -> Draft:
    """A value of each variant, before the function that lists them all."""
    tests = find.find_module(source, "tests")
    functions = [n for n in find.items(tests) if n.type == "function_item"]
    taken = first_named(functions, re.findall(r"^    fn (\w+)", text, re.MULTILINE))
    edit = before(source, find.find_function(source, EVERY, tests), text.strip("\n") + "\n\n")
    name = find.named(taken) if taken is not None else EVERY
    return draft(source, edit, tests, taken, name, telling=True)


def listed(op: EngineOp, source: RustSource, fixtures: Sequence[str]) -> Iterable[Draft]:
    """The variants in the list of all, and in the match that makes the compiler ask for them. `fixtures` are the calls
    that give a value of each phase."""
    function = find.find_function(source, EVERY, find.find_module(source, "tests"))
    lists = find.macros(function, "vec")
    if not lists:
        raise find.missing(source, f"a vec! in fn {EVERY}", "", (), function)
    text = "".join(f"            {fixture},\n" for fixture in fixtures)
    yield draft(source, at_end(source, find.tokens(lists[0]), text), lists[0])
    match = find.last_match(source, function)
    every = find.last_arm(source, match, "an arm of all variants", find.arms(source, match))
    text = "".join(f"                | OpSpec::{phase.variant}(_)\n" for phase in op.phases)
    yield draft(source, before_last_pattern(source, every, text), match)


def pinned(op: EngineOp, source: RustSource, fixtures: Sequence[str]) -> Iterable[Draft]:
    """The variants among those whose index is pinned.

    Theirs follow from the last index that is pinned by number, so that no op's lines hold a number that another op
    would shift. The list that they stand in, and what is asserted of it, is made once for all: an op brings it when it
    comes, whoever made it, and lets it go when it is the last.
    """
    function = find.find_function(source, PINNED, find.find_module(source, "tests"))
    body = find.body(source, function)
    count = _count(source, function)
    entries = "".join(f"            {fixture},\n" for fixture in fixtures)
    arrays = [n for n in map(_array, find.items(body)) if n is not None]
    there = arrays[-1] if arrays else None
    others = 0
    if there is not None:
        known = [find.code(n) for n in find.items(there)]
        others = len([name for name in known if name not in fixtures])
        yield draft(source, at_end(source, there, entries), there)
        if others and len(known) > others:
            return  # this op is in already, and what is for all stays with the others
    start = before(source, count.statement, "").offset
    head = f"        let {LATER} = [\n            // Not pinned by number, in the order of `Op`.\n"
    tail = (
        "        ];\n"
        f"        for (index, op) in ({count.last}..).zip(&{LATER}) {{\n"
        '            assert_eq!(index_of(op) as usize, index, "{} index moved", op.name());\n'
        "        }\n"
    )
    yield _once(source, body, start, head, "0")
    if there is None:
        yield draft(source, replace(lines_at(source, start, entries), sort="1"), body)
    yield _once(source, body, start, tail, "2")
    yield _once(source, body, count.end, ADDED, "")


def _array(statement: Node) -> Node | None:
    """The list of what is not pinned by number, where this is the statement that makes it."""
    value = statement.child_by_field_name("value")
    ours = statement.type == "let_declaration" and find.code(statement.child_by_field_name("pattern")) == LATER
    return value if ours and value is not None and value.type == "array_expression" else None


def _once(source: RustSource, body: Node, offset: int, text: str, sort: str) -> Draft:
    edit = Insertion(source.path, offset, encode(source, text, offset), sort=sort, once=True)
    return draft(source, edit, body)


@dataclass(frozen=True)
class _Count:
    """The statement that holds the number of variants to the last pinned index: `last` is the code of that number, and
    `end` where it ends."""

    statement: Node
    last: str
    end: int


def _count(source: RustSource, function: Node) -> _Count:
    """The assertion about the number of all variants. Refused with its place when it has a form that isn't known."""
    asserted = [m for m in find.macros(function, "assert_eq") if COUNTED in find.code(m)]
    if len(asserted) != 1 or (statement := asserted[0].parent) is None:
        raise find.missing(source, f"an assertion about {COUNTED}", "", (), asserted[-1] if asserted else function)
    first = list(itertools.takewhile(lambda n: n.type != ",", find.tokens(asserted[0]).children[1:]))
    text = source.data[first[0].start_byte : first[-1].end_byte].decode("utf-8")
    last = text.removesuffix(ADDED)
    line = source.data[: first[-1].end_byte].rpartition(b"\n")[2]
    if not _LAST_INDEX.fullmatch(last) or len(line) + len(ADDED) + 1 > rust.WIDTH:
        raise CheckoutRefused(
            Problem(
                source.place(asserted[0]),
                f"the number of variants is pinned as {text!r}",
                "`LAST_INDEX as usize + 1`, or a number, on a line of its own",
                "add the op's variants there by hand, or report this form",
                "anchor-shape",
            )
        )
    return _Count(statement, last, first[0].start_byte + len(last.encode("utf-8")))


def readiness(op: EngineOp, source: RustSource) -> Draft:
    """What data a mode needs of the op, before the last arm of a match that names every variant."""
    find.find_method(source, "Availability", "any")
    match = find.last_match(source, find.find_method(source, "Availability", "op"))
    last = find.last_arm(source, match, "an arm for composites", find.arms(source, match))
    text = "".join(" " * ARM + rust.text(_needed(op, phase), ARM) + "\n" for phase in op.phases)
    return draft(source, before(source, last, text), match)


def _needed(op: EngineOp, phase: EnginePhase) -> Doc:
    """The arm of a phase: an op that answers without data needs none; all others need a row in their table."""
    pattern = f"{phase.variant}(_)"
    if op.op.spec.missing == "sol":
        return rust.arm(pattern, "Ok(())")
    asked = f"any(&[{rust.string(phase.table.filename)}])"
    below = Indented((HARD, f".{asked},"))
    return Either(
        (
            Flat(f"{pattern} => self.{asked},"),
            (f"{pattern} => {{", Indented((HARD, f"self.{asked}")), HARD, "}"),
            (f"{pattern} => self", below),
        )
    )
