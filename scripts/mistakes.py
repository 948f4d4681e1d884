"""Seeds mistakes into correct ops in a checkout, and prints what `newop-gen verify` makes of each.

    python scripts/mistakes.py [--release 0.8.0] [NAME...]

Per release: the example specs, which are to raise no alarm; then every mistake of tests/verify/catalogue, with the
checks that fall short and the cause that is named. Exit 1 when a mistake gets by or goes by a wrong name, or when a
correct op raises an alarm. Without --release all releases are tried on which mistakes are made.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.applying import EXAMPLES
from support.releases import copy_release
from verify.catalogue import MISTAKES, Mistake
from verify.seeding import Bed, outcome

RELEASES = tuple(dict.fromkeys(r for m in MISTAKES for r in sorted(m.releases)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="mistakes to make (default: all)")
    parser.add_argument("--release", action="append", choices=sorted(RELEASES), help="default: all of them")
    options = parser.parse_args()
    unknown = set(options.names) - {m.name for m in MISTAKES}
    if unknown:
        parser.error(f"no mistake is called {', '.join(sorted(unknown))}")
    wrong = 0
    for release in options.release or sorted(RELEASES, key=_numbers):
        chosen = [m for m in MISTAKES if release in m.releases and (not options.names or m.name in options.names)]
        if chosen:
            wrong += _try(release, chosen)
    return 1 if wrong else 0


def _try(release: str, chosen: Sequence[Mistake]) -> int:
    """The lines of one release; how many of them are not as they should be."""
    started, wrong = time.monotonic(), 0
    print(f"{release}\n")
    with tempfile.TemporaryDirectory(prefix="newop-mistakes-", ignore_cleanup_errors=True) as folder:
        bed = Bed.make(copy_release(release, Path(folder) / release), Path(folder))
        try:
            for spec in EXAMPLES:
                report = bed.verify(spec.stem)
                points = sum(r.points for r in report.results)
                _line(
                    "(no mistake)",
                    spec.stem,
                    "no alarm" if report.passed else "FALSE ALARM",
                    "",
                    f"{points:,} assertions",
                )
                wrong += not report.passed
            for mistake in chosen:
                found = outcome(bed, mistake)
                good = found.caught and found.right
                wrong += not good
                verdict = "caught" if good else "CAUGHT, CAUSE WRONG" if found.caught else "MISSED"
                checks = [r.check for r in found.report.broken]
                some = ", ".join(checks[:2]) + (f" and {len(checks) - 2} more" if len(checks) > 2 else "")
                _line(mistake.name, mistake.spec, verdict, found.named, some)
                if found.caught and not good:
                    print(f"    expected {' or '.join(mistake.right)}; found {[c.code for c in found.report.causes]}")
        finally:
            bed.close()
    good = len(chosen) + len(EXAMPLES) - wrong
    print(
        f"\n{release}: {len(chosen)} mistakes and {len(EXAMPLES)} correct ops; {good} as they should be, {wrong} not "
        f"({time.monotonic() - started:.0f} s)\n",
        flush=True,
    )
    return wrong


def _line(name: str, spec: str, verdict: str, cause: str, rest: str) -> None:
    print(f"{name:34} {spec:16} {verdict:19} {cause:28} {rest}".rstrip(), flush=True)


def _numbers(release: str) -> list[int]:
    return [int(part) for part in release.split(".")]


if __name__ == "__main__":
    sys.exit(main())
