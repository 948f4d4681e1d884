"""Generated ops against the hand-written ones that they replay, on the same real tables of a release.

    python scripts/bench_ops.py [--release 0.8.0] [--rounds 5] [--check]

Per op and release: opening a database on a systems root that holds the table of the one or of the other (loading,
correcting, filling in the grid), rows that the loader reads in a second, and the time of a SILICON query, the first
time and from its cache. Both sides run in one process and take turns, each going first every other time; a ratio is
the median over the rounds of ours / theirs, so that a busy machine is busy for both. `--check` exits with 1 when ours
is slower beyond the noise.
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
from replay.run import make_tree, tables_of  # noqa: E402
from support.releases import run_in  # noqa: E402

OPS = ("context_mla", "generation_mla", "mla_bmm", "compute_scale", "context_attention")
RELEASES = ("0.8.0", "0.10.0")
NOISE = 1.1
"""Medians of a few rounds differ by this much when both sides run the same code."""

CHILD = """\
import sys
sys.path[:0] = arguments[0]
from bench_ops_inside import measure
result = [measure(**job) for job in arguments[1]]
"""

COLUMNS = (
    ("construct", "database, ms", 1e3),
    ("load", "loader, krows/s", None),
    ("uncached", "query, us", 1e6),
    ("cached", "cached, us", 1e6),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", action="append", choices=RELEASES, help="only this one (several times)")
    parser.add_argument("--op", action="append", choices=OPS, help="only this one (several times)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each measurement (medians count)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a generated op is slower")
    options = parser.parse_args()
    slower = 0
    head = "".join(f"{title + ': theirs, ours':>34}{'ratio':>8}" for _, title, _ in COLUMNS)
    print(f"{'release':9}{'op':20}{'rows':>7}{head}")
    for release in options.release or RELEASES:
        for line, late in compare(release, options.op or OPS, options.rounds):
            print(line, flush=True)
            slower += late
    print(f"ratios are ours / theirs; {slower} above {NOISE:g}")
    return 1 if options.check and slower else 0


def compare(release: str, names: Any, rounds: int) -> list[tuple[str, int]]:
    """A line per op, and how many of its ratios say that ours is slower."""
    replays = [BY_NAME[name] for name in names if release in BY_NAME[name].releases]
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


def formatted(release: str, name: str, result: dict[str, Any]) -> tuple[str, int]:
    line = f"{release:9}{name:20}{result['rows']:7}"
    late = 0
    for key, _, unit in COLUMNS:
        theirs, ours, ratio = result[key]
        if unit is None:
            numbers = f"{result['rows'] / theirs / 1e3:10.0f}, {result['rows'] / ours / 1e3:.0f}"
        else:
            numbers = f"{theirs * unit:10.2f}, {ours * unit:.2f}"
        late += ratio > NOISE
        line += f"{numbers:>34}{ratio:8.2f}"
    return line, late


if __name__ == "__main__":
    sys.exit(main())
