"""What to do next, told from the directory that one is in: what `newop-gen` alone prints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from ..checkout.around import checkouts_in, tree_around
from ..problems import NewopError
from ..spec.instead import specs_in

if TYPE_CHECKING:
    from ..checkout.tree import Tree
    from ..write.status import OpStatus

SHOWN = 5

TITLE = "newop-gen turns one YAML op spec into a working operation in an aiconfigurator checkout."
LAST = "`newop-gen --help` lists all commands, `newop-gen COMMAND --help` explains one."

# Commands up to this length have their explanation in one column.
COLUMN = 60

Lines = Iterator[str]


def advice(directory: Path, examples: Path) -> Lines:
    """Lines that say where one is and what comes next. `examples` is where the example specs are."""
    yield from (TITLE, "")
    tree = tree_around(directory)
    if tree is not None:
        yield from _in_checkout(tree, directory)
    else:
        specs = specs_in(directory)
        checkouts = checkouts_in(directory)
        if specs or checkouts:
            yield from _beside(specs, checkouts, examples)
        else:
            yield from _anywhere(examples)
    yield LAST


def _in_checkout(tree: Tree, directory: Path) -> Lines:
    from ..layouts import detect
    from ..write.status import status
    from .status import spec_now

    at = quote(os.path.relpath(tree.root, directory))
    try:
        layout = detect(tree).layout
        found = status(tree.root, read_spec=spec_now)
    except NewopError as error:
        yield f"This is an aiconfigurator checkout, but it can't be read: {error.problems[0]}"
        return
    if found.interrupted:
        yield "This is an aiconfigurator checkout, in which a run was interrupted. Next:"
        yield from _commands((f"recover --checkout {at}", "bring it to all-old or all-new"))
    elif layout is None:
        yield "This is an aiconfigurator checkout, of a kind that newop-gen doesn't support. Next:"
        yield from _commands((f"detect --checkout {at}", "what was looked for, and what is missing"))
    elif found.ops:
        yield f"This is an aiconfigurator checkout (layout {layout.name}). Ops that were put into it:"
        yield from _applied(found.ops, at)
    else:
        yield f"This is an aiconfigurator checkout (layout {layout.name}). No op was put into it yet."
        yield "Next:"
        specs = specs_in(directory)
        spec = quote(specs[0]) if specs else "SPEC"
        yield from _commands(
            *([] if specs else [("init", "a first spec, from questions or a collected table")]),
            (f"apply {spec} --checkout {at} --dry-run", "what a spec would change, step by step"),
            (f"apply {spec} --checkout {at}", "do it"),
            (f"doctor --checkout {at}", "defects in the ops that are in it"),
        )


def _applied(ops: tuple[OpStatus, ...], at: str) -> Lines:
    from ..standing import names_another, renamed_to

    others = {op.op: now for op in ops if (now := renamed_to(op))}
    for op in ops:
        since = ", the spec has changed since" if op.spec_newer else ""
        if op.op in others:
            since = f", but {names_another(op.spec, others[op.op], op.op)}"
        yield f"  {op.op}: {op.state}{since}"
    yield "Next:"
    first = ops[0]
    spec = quote(first.spec) if first.spec else "SPEC"
    odd = any(op.state != "as applied" for op in ops)
    newer = [quote(op.spec) for op in ops if op.spec_newer and op.op not in others]
    yield from _commands(
        *([(f"status --checkout {at}", "file by file, what is not as applied")] if odd else []),
        *((f"remove {op} --checkout {at}", "its spec is another op's now") for op in others),
        *((f"update {path} --checkout {at}", "bring it to what the spec says now") for path in newer),
        (f"verify {spec} --checkout {at}", "run the op and hold its answers against the spec"),
        (f"apply {spec} --checkout {at} --dry-run --html review.html", "a page for the reviewer"),
        (f"pr-text {spec} --checkout {at}", "a description for the pull request"),
        (f"remove {first.op} --checkout {at}", "take it out again"),
    )


def _beside(specs: list[str], checkouts: list[str], examples: Path) -> Lines:
    if specs:
        more = f" and {len(specs) - SHOWN} more" if len(specs) > SHOWN else ""
        yield f"Specs here: {', '.join(specs[:SHOWN])}{more}"
    if checkouts:
        yield f"Checkouts here: {', '.join(checkouts[:SHOWN])}"
    yield "Next:"
    spec, checkout = quote(specs[0]) if specs else "SPEC", quote(checkouts[0]) if checkouts else "practice"
    checks = [(f"validate {spec}", "what is wrong with it by itself"), (f"explain {spec}", "where the op's time goes")]
    yield from _commands(
        *(checks if specs else [("init", "a first spec, from questions or a collected table")]),
        *([] if checkouts else [("sandbox 0.8.0 practice", "a practice checkout")]),
        (f"apply {spec} --checkout {checkout} --dry-run", "what it would change, step by step"),
        (f"apply {spec} --checkout {checkout}", "do it"),
    )
    yield f"Example specs are in {examples}"


def _anywhere(examples: Path) -> Lines:
    yield "To try it on a release, without harm to anything:"
    yield from _commands(
        ("sandbox 0.8.0 practice", "a practice checkout"),
        ("init", "a first spec, from questions or a collected table"),
        ("apply SPEC --checkout practice --dry-run", "what the spec would change, step by step"),
        ("apply SPEC --checkout practice", "do it"),
    )
    yield f"Example specs are in {examples}"


def _commands(*rows: tuple[str, str]) -> Lines:
    """Command lines with what they do, in a column where they are short enough."""
    column = max((len(row) for row, _ in rows if len(row) <= COLUMN), default=0)
    yield ""
    for row, does in rows:
        yield f"  newop-gen {row:<{column}}   {does}"
    yield ""
