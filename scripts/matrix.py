"""One table of what holds where: spec x release, written into docs/matrix.md.

    python scripts/matrix.py --repo CLONE [--part specs|upstream] [--release 0.8.0 ...] [--spec SPEC ...] [--write]

Each release is laid out from its tag in the clone. Each spec is applied there, linted with upstream's rules, verified
(`newop-gen verify`: five modes, measured points, wiring, the unit test that came with it), applied again and taken out:
then every byte must be as it was. After that all specs are applied together, and upstream's own tests are run before
and after (the outcomes before stay in the cache). `--part` does one of the two. `--write` puts what was found between
the markers of docs/matrix.md; rows of releases that were not asked for stay. Exit status 1 when a row does not hold.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from released_tests import SUITE_HEAD, SuiteRow, checkout, try_suites
from trials import ROOT, Trial, try_out

from newop_gen.problems import NewopError
from newop_gen.spec.load import LoadedSpec, load_spec
from newop_gen.verify.result import CheckResult, Report
from newop_gen.verify.run import verify

RELEASES = ("0.6.0", "0.7.0", "0.8.0", "0.9.0", "0.10.0", "0.11.0")
EXAMPLES = tuple(sorted((ROOT / "specs").glob("*.yaml")))
# Upstream's ops as specs, those whose quant modes every release has.
REPLAYED = tuple(
    ROOT / "specs" / "upstream" / f"{name}.yaml" for name in ("mla_bmm", "context_mla", "generation_mla", "mamba2")
)
SPECS = (*EXAMPLES, *REPLAYED)
PARTS = ("specs", "upstream")
SYSTEM = "h200_sxm"  # where the example specs put their tables
PAGE = ROOT / "docs" / "matrix.md"

# The checks of a verification that are about one database mode, by the start of their names.
MODES = {"SOL": "sol:", "SOL_FULL": "sol-full:", "EMPIRICAL": "empirical:", "SILICON": "measured:", "HYBRID": "hybrid:"}


@dataclass(frozen=True)
class Row:
    """One spec on one release. `points` were held against the independent evaluator, `measured` of them came from
    the tables; `worst` is the largest relative deviation."""

    release: str
    spec: str
    layout: str = ""
    modes: int = 0
    points: int = 0
    measured: int = 0
    worst: float = 0.0
    lint: bool = False
    unit_test: str = ""
    removed: bool = False
    wrong: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        return not self.wrong

    def cells(self) -> list[str]:
        return [
            self.release,
            f"`{self.spec}`",
            f"`{self.layout}`",
            f"{self.modes} of {len(MODES)}",
            f"{self.points:,}",
            f"{self.measured:,}",
            f"{self.worst:.0e}" if self.worst else "0",
            "clean" if self.lint else "FOUND",
            self.unit_test,
            "same bytes" if self.removed else "CHANGED",
        ]


HEAD = ["release", "spec", "layout", "modes", "points", "measured", "worst", "lint", "unit test", "removed"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repo", type=Path, required=True, metavar="CLONE", help="a clone of upstream, bare or not")
    parser.add_argument("--release", action="append", choices=RELEASES, help="default: all of them")
    parser.add_argument("--spec", type=Path, action="append", metavar="SPEC", help="default: those of the table")
    parser.add_argument("--part", choices=PARTS, help="default: both")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    if options.write and options.spec:
        parser.error("the page has all specs of the table: --write goes without --spec")
    parts = [options.part] if options.part else PARTS
    releases = [r for r in RELEASES if r in (options.release or RELEASES)]
    specs = [load_spec(s) for s in options.spec or SPECS]
    holds = True
    for release in releases:
        rows: list[Row] = []
        suite_rows: list[SuiteRow] = []
        if "specs" in parts:
            for row in try_release(release, options.repo, specs):
                rows.append(row)
                print("  ".join(row.cells()), *(f"\n    {w}" for w in row.wrong), flush=True)
        if "upstream" in parts:
            suite_rows.append(try_suites(release, options.repo, specs))
            print("  ".join(suite_rows[0].cells()), *(f"\n    {w}" for w in suite_rows[0].wrong), flush=True)
        if options.write:  # each release as it is done: a long run that ends early has not been for nothing
            write_page(rows, suite_rows)
        holds = holds and all(r.green for r in rows) and not any(s.wrong for s in suite_rows)
    return 0 if holds else 1


def try_release(release: str, repo: Path, specs: Sequence[LoadedSpec]) -> Iterator[Row]:
    """A row per spec. All are tried in one checkout, one after the other: each leaves it as it was."""
    with tempfile.TemporaryDirectory(prefix="newop-matrix-") as name:
        root = checkout(release, repo, Path(name) / "checkout", (SYSTEM,))
        for spec in specs:
            yield try_spec(release, root, spec)


def try_spec(release: str, root: Path, spec: LoadedSpec) -> Row:
    reports: list[Report] = []
    trial = try_out(root, [spec], lambda: reports.append(verify(spec, root)))
    return row_of(release, spec.path.stem, trial, reports[0] if reports else None)


def row_of(release: str, spec: str, trial: Trial, report: Report | None) -> Row:
    """What a trial and the verification in the middle of it come to."""
    wrong = [] if trial.outcome == "worked" else [f"{trial.outcome}: {trial.reason}"]
    if report is None:
        return Row(release, spec, trial.layout, lint=trial.lint, wrong=(*wrong, "not verified"))
    results = report.results
    modes = [mode for mode, start in MODES.items() if proven(r for r in results if r.check.startswith(start))]
    wrong += [f"{r.check}: {r.failures[0].where}: expected {r.failures[0].expected}, found {r.failures[0].found}"
              for r in report.broken]  # fmt: skip
    wrong += [f"{mode} was not asked" for mode in MODES if mode not in modes]
    unit = next((r for r in results if r.check == "unit-test"), None)
    if unit is None or unit.status != "passed":
        wrong.append("the unit test was not run")
    compared = [r for r in results if r.worst is not None]
    return Row(
        release,
        spec,
        report.layout,
        len(modes),
        sum(r.points for r in compared),
        sum(r.points for r in compared if r.check.startswith("measured:")),
        max((r.worst for r in compared if r.worst is not None), default=0.0),
        trial.lint,
        _passed(unit),
        trial.removed,
        tuple(wrong),
    )


def proven(results: Iterable[CheckResult]) -> bool:
    """Whether there are results, and all of them passed on at least one point."""
    found = list(results)
    return bool(found) and all(r.status == "passed" and r.points for r in found)


def _passed(unit: CheckResult | None) -> str:
    counted = re.search(r"\d+ passed", unit.note) if unit is not None else None
    return counted[0] if counted else "NONE"


# the page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(cells) for cells in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}: written by make matrix -->", f"<!-- end of {name} -->"


def between(text: str, name: str, content: str) -> str:
    """`text` with `content` between the markers of that name."""
    start, end = _markers(name)
    pattern = re.compile(rf"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"matrix: {PAGE} has no markers for {name}")
    return pattern.sub(lambda _: f"{start}\n\n{content}\n\n{end}", text)


def write_page(rows: Sequence[Row], suite_rows: Sequence[SuiteRow]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    if rows:
        text = with_rows(text, "matrix", HEAD, [r.cells() for r in rows])
    if suite_rows:
        text = with_rows(text, "suites", SUITE_HEAD, [s.cells() for s in suite_rows])
    PAGE.write_text(text, encoding="utf-8")


def with_rows(text: str, name: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """`text` with `rows` in the table of that name, in place of what it has of the same releases."""
    new = {row[0] for row in rows}
    kept = [row for row in read_rows(text, name) if row[0] not in new]
    return between(text, name, table(head, sorted([*kept, *rows], key=lambda row: RELEASES.index(row[0]))))


def read_rows(text: str, name: str) -> list[list[str]]:
    """The rows of the table of that name, without its head."""
    start, end = _markers(name)
    lines = [line for line in text.partition(start)[2].partition(end)[0].split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[2:]]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except NewopError as error:
        sys.exit(f"matrix: {error}")
