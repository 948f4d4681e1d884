"""Replays upstream's own ops: generated from specs/upstream beside the originals, both on the same real tables.

    python scripts/replay.py [--release 0.8.0] [--op mla_bmm] [--quick]

One line per op, release and mode: points asked, equal within 1e-12, explained (another answer on purpose, taken apart
by a rule), raised alike (the same class of exception), unexplained. Every measured point and 2,000 others of every
table are asked; that takes about an hour on two cores. `--quick` asks a part of that, in a few minutes. Exit 1 when
something is unexplained.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from replay import engine, engine_rules
from replay.catalog import REPLAYS
from replay.kinds import RELEASES as PYTHON_RELEASES
from replay.rules import BY_NAME
from replay.run import FULL, Done, Size, run
from support.releases import ENGINE_RELEASES

COMPILED = ENGINE_RELEASES[:1]
ALL_RELEASES = (*PYTHON_RELEASES, *COMPILED)
OPS = tuple(dict.fromkeys([*(r.name for r in REPLAYS), *engine.NAMES]))
COMPILED_RULES = {rule.name: rule for rule in engine_rules.RULES}
WHY = {**COMPILED_RULES, **BY_NAME}
QUICK = Size(measured=300, random=300, energy=100)
QUICK_TABLES = 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="append", choices=ALL_RELEASES, help="default: all of them")
    parser.add_argument("--op", action="append", choices=OPS, help="default: all of them")
    parser.add_argument("--quick", action="store_true", help="some points of the two longest tables of each op")
    parser.add_argument("--tables", type=int, help="only the longest tables of each op")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no other table after that")
    parser.add_argument("--log", type=Path, help="keep results in this file, and go on from those that are in it")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    size, tables = (QUICK, options.tables or QUICK_TABLES) if options.quick else (FULL, options.tables)
    start = time.perf_counter()
    releases = options.release or ALL_RELEASES
    done = [one for one in logged(options.log, size) if one.release in releases]
    done = [one for one in done if options.op is None or one.replay in options.op]
    known = {(one.release, one.replay, one.table) for one in done}
    seconds = 60 * options.minutes
    python = [release for release in releases if release not in COMPILED]
    found = [run(python, options.op, size, tables, options.processes, seconds, known)]
    found += [engine.run(r, options.op, size, tables, seconds, known) for r in releases if r in COMPILED]
    for one in itertools.chain(*found):
        done.append(one)
        if one.result:
            progress(one, time.perf_counter() - start)
            if options.log:
                with options.log.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps({"size": vars(size), **vars(one)}) + "\n")
    return report(done)


def logged(path: Path | None, size: Size) -> list[Done]:
    """What an earlier run of the same size found, without what failed."""
    if path is None or not path.is_file():
        return []
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    same = [line for line in lines if line.pop("size") == vars(size)]
    return [Done(**line) for line in same if "failed" not in line["result"]]


def progress(one: Done, seconds: float) -> None:
    line = f"{seconds:5.0f} s  {one.release} {one.replay}: {one.table}, {one.result['rows']} rows"
    print(line, one.result.get("failed", ""), file=sys.stderr, flush=True)
    for mode, tally in one.result["modes"].items():
        for example in tally["examples"]:
            print(f"         {mode}: {example}", file=sys.stderr, flush=True)


def report(done: Iterable[Done]) -> int:
    """Prints the table and what its explanations are; 1 if anything is left."""
    known = list(done)
    done = [one for one in known if one.result]
    sums: dict[tuple[str, str, str], Counter[str]] = {}
    tables: dict[tuple[str, str], int] = Counter()
    rules: dict[str, Counter[str]] = {}
    for one in done:
        tables[one.release, one.replay] += 1
        for mode, tally in one.result["modes"].items():
            counts = sums.setdefault((one.replay, one.release, mode), Counter())
            counts.update({name: tally[name] for name in ("points", "equal", "alike", "unexplained")})
            counts["explained"] += sum(tally["explained"].values())
            for rule, count in tally["explained"].items():
                rules.setdefault(rule, Counter())[one.release] += count
    worst = max((tally["worst"] for one in done for tally in one.result["modes"].values()), default=0.0)
    head = f"{'op':24} {'release':8} {'tables':>6} {'mode':20} {'points':>9} {'equal':>9} {'explained':>9}"
    print(f"{head} {'raised alike':>12} {'unexplained':>11}")
    order = {name: number for number, name in enumerate(OPS)}
    for (name, release, mode), n in sorted(sums.items(), key=lambda i: (order[i[0][0]], ALL_RELEASES.index(i[0][1]))):
        print(
            f"{name:24} {release:8} {tables[release, name]:6} {mode:20} {n['points']:9} {n['equal']:9} "
            f"{n['explained']:9} {n['alike']:12} {n['unexplained']:11}"
        )
    total = sum(sums.values(), Counter())
    print(
        f"\n{total['points']} points: {total['equal']} equal (worst {worst:.1e} relative), "
        f"{total['explained']} explained, {total['alike']} raised alike, {total['unexplained']} unexplained"
    )
    print("\nexplained by")
    for name, counts in rules.items():
        print(f"  {name}: {WHY[name].why}")
        for release in sorted(counts, key=ALL_RELEASES.index):
            rule = (COMPILED_RULES if release in COMPILED else BY_NAME)[name]
            print(f"    {release:6} {counts[release]:9} points  {', '.join(rule.where(release))}")
    if len(done) < len(known):
        print(f"\n{len(known) - len(done)} of {len(known)} tables were left out when the time was over")
    failed = [f"{one.release} {one.replay}: {one.table}" for one in done if "failed" in one.result]
    if failed:
        print("\nfailed, and not counted above\n  " + "\n  ".join(failed))
    return 1 if failed or total["unexplained"] else 0


if __name__ == "__main__":
    sys.exit(main())
