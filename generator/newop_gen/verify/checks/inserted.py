"""Is the op there at all, under the names that the spec gives its parts?"""

from __future__ import annotations

from typing import Any

from ..bench import Bench
from ..result import Cause, CheckResult, Tally


def look(bench: Bench) -> dict[str, Any]:
    """What the imported checkout has of the op."""
    op = bench.op
    members, classes = [t.member for t in op.tables], [op.class_name(p) for p in op.phases]
    found: dict[str, Any]
    if bench.rules.crate is not None:
        views, native = [t.attribute for t in op.tables], bench.rules.crate.module
        found = bench.session.ask("look", members=members, classes=classes, views=views, native=native, module=op.name)
    else:
        methods, loaders = [q.method for q in op.queries], {t.loader: bench.loader_modules for t in op.tables}
        found = bench.session.ask("look", members=members, methods=methods, classes=classes, loaders=loaders)
    return found


KINDS = {
    "loaders": "a loader",
    "methods": "a query",
    "classes": "an Operation class",
    "compiled": "a compiled class in the extension",
    "exports": "its name in __all__ of the operations",
    "views": "an entry in VIEW_KEY_LAYERS",
    "modules": "its module where the SDK is imported from",
}
"""What an op may have by name, as `look` finds it."""


def absent(found: dict[str, Any]) -> bool:
    """Nothing of the op is there: it was never applied."""
    return not any(found["members"].values()) and not any(
        there for kind in KINDS for there in found.get(kind, {}).values()
    )


def inserted(bench: Bench, found: dict[str, Any]) -> CheckResult:
    parts = "compiled class, export and table view" if bench.compiled else "loader and query"
    tally = Tally("inserted", f"every file member, Operation class, {parts} of the op is in the checkout")
    for table in bench.op.tables:
        there = found["members"][table.member]
        name = f"PerfDataFilename.{table.member}"
        if tally.holds(there is not None, name, "a member", "nothing"):
            if not tally.holds(there[0] == table.member, name, "a member of its own", f"an alias of {there[0]}"):
                tally.blame(
                    Cause(
                        "enum-alias",
                        f"{name} has the same file name as {there[0]}, so that Python makes both one member: "
                        "give each table a file name of its own",
                    )
                )
            value = bench.file_name(table)
            if not tally.holds(there[1] == value, name, repr(value), repr(there[1])):
                tally.blame(Cause("file-name", f"{name} names another file than the spec's tables have"))
    for kind, words in KINDS.items():
        for name, there in found.get(kind, {}).items():
            tally.holds(there, name, words, "nothing")
    if tally.failed:
        missing = ", ".join(f.where for f in tally.failures if f.found == "nothing")
        if missing:
            tally.blame(
                Cause("piece-missing", f"{missing} is not there: apply the spec again, or look for a hand edit")
            )
    return tally.result()
