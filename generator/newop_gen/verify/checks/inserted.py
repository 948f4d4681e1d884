"""Is the op there at all, under the names that the spec gives its parts?"""

from __future__ import annotations

from typing import Any

from ..bench import Bench
from ..result import Cause, CheckResult, Tally


def look(bench: Bench) -> dict[str, Any]:
    """What the imported checkout has of the op."""
    op = bench.op
    found: dict[str, Any] = bench.session.ask(
        "look",
        members=[t.member for t in op.tables],
        methods=[q.method for q in op.queries],
        classes=[op.class_name(p) for p in op.phases],
        loaders={t.loader: bench.loader_modules for t in op.tables},
    )
    return found


def absent(found: dict[str, Any]) -> bool:
    """Nothing of the op is there: it was never applied."""
    return not any(found["members"].values()) and not any(
        there for kind in ("methods", "classes", "loaders") for there in found[kind].values()
    )


def inserted(bench: Bench, found: dict[str, Any]) -> CheckResult:
    tally = Tally("inserted", "every file member, loader, query and Operation class of the op is in the checkout")
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
    for kind, noun in (("loaders", "loader"), ("methods", "query"), ("classes", "Operation class")):
        for name, there in found[kind].items():
            tally.holds(there, name, f"a {noun}", "nothing")
    if tally.failed:
        missing = ", ".join(f.where for f in tally.failures if f.found == "nothing")
        if missing:
            tally.blame(
                Cause("piece-missing", f"{missing} is not there: apply the spec again, or look for a hand edit")
            )
    return tally.result()
