"""Generated ops against the hand-written ones that they replay, on the same real tables of a release.

    python scripts/bench_ops.py [--release 0.8.0] [--op mla_bmm] [--runs 9] [--check]

Per op and release: opening a database on a systems root that holds the table of the one or of the other (loading,
correcting, filling in the grid), rows that the loader reads in a second, the time of a SILICON query, the first time
and from its cache, and that of the `Operation` that asks the query, answered from the cache. Both sides run in one
process and take turns; a ratio is the median over the rounds of ours / theirs, so that a busy machine is busy for both.
`--check` exits with 1 when ours is slower beyond the noise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]

from replay.catalog import BY_NAME  # noqa: E402
from replay.engine import COMPILED as COMPILED_REPLAYS  # noqa: E402
from replay.engine import bench  # noqa: E402
from replay.engine import tables_of as tables_of_compiled  # noqa: E402
from replay.run import make_tree, tables_of  # noqa: E402
from replay.tables import read_rows  # noqa: E402
from support.releases import run_in  # noqa: E402

from newop_gen import verify  # noqa: E402

VERIFY = Path(verify.__file__).parent
OPS = ("context_mla", "generation_mla", "mla_bmm", "compute_scale", "context_attention")
RELEASES = ("0.8.0", "0.10.0")
COMPILED = ("0.12.0",)
COMPILED_OPS = ("mhc_module", "gdn, context", "gdn, generation")
POINTS = 60
TOLERANCE = 1.1
"""A ratio above it counts as slower. The control, theirs against theirs, stays within it on a busy machine, too."""

CHILD = """\
import sys
sys.path[:0] = arguments[0]
from bench_ops_inside import measure
result = [measure(**job) for job in arguments[1]]
"""

COMPILED_CHILD = """\
import sys
sys.path[:0] = arguments[0]
from bench_ops_compiled import measure
result = [measure(**job) for job in arguments[1]]
"""

MEASUREMENTS = (
    ("construct", "opening a database, ms", 1e3),
    ("load", "loader, 1000 rows/s", None),
    ("uncached", "query, first time, us", 1e6),
    ("cached", "query, cached, us", 1e6),
    ("operation", "Operation.query, cached, us", 1e6),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--release", action="append", choices=(*RELEASES, *COMPILED), help="only this one (several times)"
    )
    parser.add_argument("--op", action="append", choices=(*OPS, *COMPILED_OPS), help="only this one (several times)")
    parser.add_argument("--runs", type=int, default=9, help="rounds of each measurement (medians count)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a generated op is slower")
    options = parser.parse_args()
    slower = 0
    print(f"{'release':9}{'op':20}{'rows':>6}  {'':28}{'theirs':>9}{'ours':>9}{'ratio':>7}{'control':>9}")
    for release in options.release or (*RELEASES, *COMPILED):
        measured = compare_compiled if release in COMPILED else compare
        for lines, late in measured(release, options.op or (*OPS, *COMPILED_OPS), options.runs):
            print(*lines, sep="\n", flush=True)
            slower += late
    print(
        f"ratio: time of ours / theirs, goal at most 1; control: theirs / theirs; {slower} ratios above {TOLERANCE:g}"
    )
    return 1 if options.check and slower else 0


def compare(release: str, names: Any, rounds: int) -> list[tuple[list[str], int]]:
    """Lines of each op, and how many of its ratios say that ours is slower."""
    replays = [BY_NAME[name] for name in names if name in OPS and release in BY_NAME[name].releases]
    with tempfile.TemporaryDirectory(prefix="newop-bench-ops-") as name:
        tree = make_tree(release, replays, Path(name) / release)
        jobs = []
        for replay in replays:
            places = tables_of(tree, replay)
            system, backend, version = places[len(places) // 2]  # a table of middling length
            jobs.append(
                {"name": replay.name, "systems": str(tree.systems), "system": system, "backend": backend}
                | {"version": version, "rounds": rounds, "sources": release not in ("0.6.0", "0.7.0", "0.8.0")}
            )
        found = run_in(tree.root, CHILD, [str(ROOT / "tests"), str(ROOT / "scripts")], jobs, timeout=3600)
    return [formatted(release, job["name"], result) for job, result in zip(jobs, found, strict=True)]


def compare_compiled(release: str, names: Any, rounds: int) -> list[tuple[list[str], int]]:
    """The same where ops are compiled: both in one build with optimisation, asked by the release's engine."""
    chosen = [one for one in COMPILED_REPLAYS if one.replay.name in names and one.replay.name in COMPILED_OPS]
    jobs = []
    with bench(release, print, systems=("h200_sxm",), profile="release") as made:
        for one in chosen:
            tables = tables_of_compiled(made.systems, one.replay)
            table = tables[len(tables) // 2]
            asked = made.asked(one, table)
            jobs.append(
                {"verify": str(VERIFY), "extension": vars(made.session.extension), "root": asked.root()}
                | {"points": [asked.both(p) for p in made.points(one, table, POINTS, 0)]}
                | {"rows": len(read_rows(table)), "context": one.is_context, "rounds": rounds}
            )
        found = run_in(made.tree.root, COMPILED_CHILD, [str(ROOT / "scripts")], jobs, timeout=3600)
    return [formatted(release, one.replay.name, result) for one, result in zip(chosen, found, strict=True)]


def formatted(release: str, name: str, result: dict[str, Any]) -> tuple[list[str], int]:
    lines, late = [], 0
    head = f"{release:9}{name:20}{result['rows']:6}"
    for key, title, unit in MEASUREMENTS:
        if key not in result:
            continue
        theirs, ours, ratio, control = result[key]
        shown = [result["rows"] / 1e3 / s if unit is None else s * unit for s in (theirs, ours)]
        numbers = "".join(f"{number:9.3g}" if number < 100 else f"{number:9.0f}" for number in shown)
        lines.append(f"{head:35}  {title:28}{numbers}{ratio:7.2f}{control:9.2f}")
        late += ratio > TOLERANCE
        head = ""
    return lines, late


if __name__ == "__main__":
    sys.exit(main())
