"""Random valid specs against every layout: planned, applied to a copy, linted, imported, and asked.

    python scripts/fuzz.py [--specs 10000] [--first 1000] [--fixture v0_8] [--jobs 2]
    python scripts/fuzz.py --choose

Each spec comes from its number alone. What a spec's formula says is computed by the reference evaluator, which shares
no code with what wrote the query, at 100 points per query. Prints how often every field, alternative, operator and
shape of code occurred; exits with 1 for a failure, or for something that never occurred.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "generator")]

from checkouts import VERSIONS  # noqa: E402
from fuzz.chosen import choose  # noqa: E402
from fuzz.coverage import wanted  # noqa: E402
from fuzz.run import Outcome, run, scratch, summary  # noqa: E402

BATCH = 120
"""Specs in one tree at most: planning time grows with the size of the files, which grow with each spec."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--specs", type=int, default=10_000, help="how many, spread over the fixtures")
    parser.add_argument("--first", type=int, default=1_000, help="number of the first; the tests have those before")
    parser.add_argument("--fixture", action="append", choices=list(VERSIONS), help="only on this one (several times)")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--choose", action="store_true", help="only choose anew which specs `make test` runs")
    options = parser.parse_args()
    if options.choose:
        choose()
        return 0
    fixtures = options.fixture or list(VERSIONS)
    last = options.first + options.specs
    starts = range(options.first, last, BATCH)
    work = [(fixtures[n % len(fixtures)], at, min(at + BATCH, last)) for n, at in enumerate(starts)]
    whole, begun = Outcome(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for fixture, first, outcome in pool.imap_unordered(one, work):
            whole.add(outcome)
            print(
                f"{fixture}: specs {first} to {first + outcome.specs - 1}, {len(outcome.failures)} failures", flush=True
            )
            for failure in outcome.failures[:5]:
                print(f"  {failure}")
    print(summary(whole))
    print(f"{time.monotonic() - begun:.0f} s")
    return 1 if whole.failures or wanted() - set(whole.covered) else 0


def one(work: tuple[str, int, int]) -> tuple[str, int, Outcome]:
    fixture, first, last = work
    with scratch() as directory:
        return fixture, first, run(fixture, range(first, last), Path(directory), again=False)


if __name__ == "__main__":
    sys.exit(main())
