"""Missing data, what a query does to its table, and what it remembers."""

from __future__ import annotations

import json
from typing import Any

from ...model.op import Query, key_params
from ..bench import EMPTY, Bench
from ..expectation import is_refusal, judge, off, point_text, promised_text, told
from ..grid import Nothing, Refusal
from ..points import Values
from ..result import Cause, CheckResult, Tally
from .modes import asked_points, same

NUMBER, TEXT = 977, "not_collected"


def missing(bench: Bench) -> list[CheckResult]:
    """SILICON without a file, and for keys that were not collected."""
    results = []
    for query in bench.op.queries:
        rule = bench.op.spec.missing
        asserts = (
            "without a file, and for a key that was not collected, SILICON raises PerfDataNotAvailableError and names "
            "what is missing"
            if rule == "raise"
            else "without a file, and for a key that was not collected, SILICON answers with the SOL"
        )
        tally = Tally(f"missing:{query.method}", asserts, 1e-12)
        points = [v for _, v, _ in bench.measured(bench.own, query)][:3]
        outcomes = bench.query(bench.opened[EMPTY], [(query, v, "SILICON") for v in points])
        for values, outcome in zip(points, outcomes):
            where = f"{point_text(query, values)} without a file"
            names = [bench.file_name(query.table), query.table.member, bench.op.name]
            _refused(bench, query, values, outcome, where, names, tally)
        for values, names in _uncollected(bench, query):
            outcome = bench.query(bench.own.handle, [(query, values, "SILICON")])[0]
            promised = bench.expect.silicon(bench.own, query, values)
            where = point_text(query, values)
            if isinstance(promised, Nothing):
                continue
            if isinstance(promised, Refusal):
                _refused(bench, query, values, outcome, where, names, tally)
                continue
            holds, amount = judge(promised, outcome)  # a fallback, the nearest key, or the SOL
            if amount is not None:
                tally.deviation(amount)
            if not tally.holds(holds, where, promised_text(promised), told(outcome)) and rule == "raise":
                tally.blame(
                    Cause(
                        "key-fallback",
                        "a key that was not collected is not replaced as the spec says (fallback, nearest)",
                    )
                )
        results.append(tally.result())
    return results


def _uncollected(bench: Bench, query: Query) -> list[tuple[Values, list[str]]]:
    """Points of which one exact key was not collected, and what a message about each should name."""
    found = []
    points = [v for _, v, _ in bench.measured(bench.own, query)][:1]
    for values in points:
        for key in query.nesting.keys:
            for param in key_params(key):
                kind = bench.op.params[param].type
                if kind not in ("int", "str"):
                    continue
                wrong = NUMBER if kind == "int" else TEXT
                found.append(({**values, param: wrong}, [str(wrong)]))
    return found


def _refused(
    bench: Bench, query: Query, values: Values, outcome: dict[str, Any], where: str, names: list[str], tally: Tally
) -> None:
    """By the spec's rule: an error with a text that names what is missing, or the SOL."""
    if bench.op.spec.missing == "sol":
        times = bench.expect.sol(query, values)
        if times is None:
            return
        amount = off(outcome["latency"], times.sol, times.sol) if "latency" in outcome else float("inf")
        if not tally.holds(amount <= 1e-12, where, f"{times.sol:.9g} ms, the SOL", told(outcome)):
            tally.blame(
                Cause("missing-raise", "a query without data does not answer with its SOL, as `missing: sol` says")
            )
        return
    if not tally.holds(is_refusal(outcome), where, "PerfDataNotAvailableError", told(outcome)):
        if "error" in outcome:
            error = outcome["error"]
            cause = Cause(
                "wrong-exception",
                f"missing data raise {error['class']} at {error['where']}; models and searches wait for "
                "PerfDataNotAvailableError",
            )
        else:
            cause = Cause("missing-sol", "a query without data gets a number; the spec says that it is refused")
        tally.blame(cause)
        return
    text = outcome["error"]["text"]
    helpful = any(name in text for name in names)
    if not tally.holds(helpful, where, f"a message that names {' or '.join(names)}", repr(text[:160])):
        tally.blame(Cause("message", "the message of PerfDataNotAvailableError does not say what is missing"))


def unchanged(bench: Bench) -> list[CheckResult]:
    """After every query of every mode, of data and of missing data, the tables are what they were."""
    tally = Tally("table-unchanged", "no query of any mode changes the table")
    for table in bench.op.tables:
        then = bench.own.raw[table.member]
        if table.member not in bench.own.digests:
            continue  # there is no usable table, which another check has told
        if bench.digest(bench.own, table) == bench.own.digests[table.member]:
            tally.points += len(then)
            continue
        now = bench.raw_dump(bench.own, table)
        known = {json.dumps(path): leaf for path, leaf in then}
        there = {json.dumps(path): leaf for path, leaf in now} if isinstance(now, list) else {}
        added = [p for p in there if p not in known]
        tally.points += len(known)
        if added:
            tally.fail(table.attribute, "the keys that it had", f"{len(added)} more, such as {added[0]}")
            tally.blame(
                Cause(
                    "key-materialised",
                    "asking for a missing key creates it in the table: keys must be tested with `in`, not looked up in "
                    "a defaultdict",
                )
            )
        changed = [p for p, leaf in known.items() if there.get(p) != leaf]
        if changed:
            tally.fail(table.attribute, "the values that it had", f"{len(changed)} changed, such as {changed[0]}")
            tally.blame(Cause("table-changed", "a query writes into the table"))
    return [tally.result()]


def caching(bench: Bench) -> list[CheckResult]:
    """Queries are cached by all their arguments, and a change of the default mode is seen."""
    results = []
    one, other = bench.reopen(bench.own.name, bench.own.texts), bench.reopen(bench.own.name, bench.own.texts)
    for query in bench.op.queries:
        tally = Tally(
            f"caching:{query.method}", "answers are cached, by every argument; the order of queries does not matter"
        )
        points = [v for _, v, _ in bench.measured(bench.own, query)]
        points += [v for v, _ in asked_points(bench, query, 30)]
        modes = ("SILICON", "SOL", "EMPIRICAL", "HYBRID")
        asked = [(query, v, mode) for v in points[:160] for mode in modes]
        forward = bench.query(one, asked)
        backward = bench.query(other, asked[::-1])[::-1]
        for (q, values, mode), a, b in zip(asked, forward, backward):
            tally.holds(
                same(a, b),
                f"{point_text(q, values)}, {mode}",
                "one answer whatever was asked before",
                f"{told(a)}, or {told(b)}",
            )
        if tally.failed:
            tally.blame(
                Cause(
                    "cache-key",
                    "an answer depends on what was asked before: something is cached by less than all arguments",
                )
            )
        if not bench.compiled:
            _hits(bench, query, one, asked[0], tally)
        _default_mode(bench, query, one, points[0], tally)
        results.append(tally.result())
    return results


def _hits(bench: Bench, query: Query, handle: str, asked: tuple[Query, Values, str | None], tally: Tally) -> None:
    before = bench.session.ask("cache", handle=handle, method=query.method)
    if not isinstance(before, list):
        tally.holds(False, query.method, "functools.lru_cache, as its neighbours have", "none")
        tally.blame(Cause("not-cached", "the query is not cached; every search asks the same points many times"))
        return
    bench.query(handle, [asked])
    after = bench.session.ask("cache", handle=handle, method=query.method)
    tally.holds(
        after[0] == before[0] + 1, query.method, "a hit for a query that was asked before", f"{before} then {after}"
    )


def _default_mode(bench: Bench, query: Query, handle: str, values: Values, tally: Tally) -> None:
    """Without a mode, the database's own counts, also after it was changed."""
    for mode in ("SILICON", "SOL", "SILICON"):
        bench.session.ask("default_mode", handle=handle, mode=mode)
        implied, named = bench.query(handle, [(query, values, None), (query, values, mode)])
        where = f"{point_text(query, values)} with {mode} as the database's mode"
        if not tally.holds(same(implied, named), where, told(named), told(implied)):
            tally.blame(Cause("default-mode", "a query without a mode does not follow the database's default mode"))
