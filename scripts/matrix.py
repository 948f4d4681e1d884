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
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trials import ROOT, Trial, state_directory, try_out

sys.path.insert(0, str(ROOT / "tests"))

from support.owned import COMPILED_ENGINE
from support.releases import ReleaseUnavailable, copy_release

from newop_gen.prepare import prepare
from newop_gen.problems import NewopError
from newop_gen.sandbox import make_sandbox, runtime_python
from newop_gen.sandbox.cache import cache_dir, locked
from newop_gen.sandbox.wheels import WHEELS
from newop_gen.spec.load import LoadedSpec, load_spec
from newop_gen.verify import suites
from newop_gen.verify.child import lend
from newop_gen.verify.pulse import Pulse
from newop_gen.verify.result import CheckResult, Report
from newop_gen.verify.run import verify
from newop_gen.verify.suites import NotRun, Outcomes, run_suites, suites_of
from newop_gen.write import apply_plan

RELEASES = ("0.6.0", "0.7.0", "0.8.0", "0.9.0", "0.10.0", "0.11.0")
EXAMPLES = tuple(sorted((ROOT / "specs").glob("*.yaml")))
# Upstream's ops as specs, those whose quant modes every release has.
REPLAYED = tuple(
    ROOT / "specs" / "upstream" / f"{name}.yaml" for name in ("mla_bmm", "context_mla", "generation_mla", "mamba2")
)
SPECS = (*EXAMPLES, *REPLAYED)
PARTS = ("specs", "upstream")
SYSTEM = "h200_sxm"  # where the example specs put their tables
# What upstream's tests are run with, at the versions of 0.11's lock file. They need them: pytest 9.2 takes names away
# from 0.11's compatibility packages when it undoes a `monkeypatch.setattr`.
TOOLS = ("pytest==8.4.2", "pytest-asyncio==1.3.0", "pytest-mock==3.15.1", "pytest-timeout==2.4.0")
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


@dataclass(frozen=True)
class SuiteRow:
    """Upstream's own tests on one release, without and with all specs of the table."""

    release: str
    before: Outcomes
    after: Outcomes
    wrong: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        new = len(self.after.tests) - len(self.before.tests)
        same = "same outcomes" if not self.wrong else f"{len(self.wrong)} DIFFER"
        return [self.release, f"{len(self.before.tests):,}", str(self.before), same, f"{new:,}"]


SUITE_HEAD = ["release", "tests", "before", "the same tests after", "tests that came with the ops"]


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


def checkout(release: str, repo: Path, directory: Path, systems: tuple[str, ...] | None) -> Path:
    """A release from its tag, so that its tests are there, able to run: measured tables that are Git LFS pointers are
    replaced by those of the release's wheel where it has one, and 0.11's compiled engine by its names."""
    root = make_sandbox(release, directory, repo, report=lambda _: None, systems=systems)
    core = root / "aic-core" / "src" / "aiconfigurator_core"
    if core.is_dir():
        (core / "_aiconfigurator_core.py").write_text(COMPILED_ENGINE, encoding="utf-8")
    if release in WHEELS:
        try:
            wheel = copy_release(release, directory.with_name(f"{directory.name}-wheel"), systems=systems)
        except ReleaseUnavailable as error:
            raise SystemExit(f"matrix: {error}") from None
        for table in (wheel.systems / "data").rglob("*_perf*"):
            place = root / table.relative_to(wheel.root)
            if table.is_file() and place.is_file():
                place.unlink()
                os.link(table, place)
    return root


def try_suites(release: str, repo: Path, specs: Sequence[LoadedSpec]) -> SuiteRow:
    """Upstream's own tests, before and after all specs came in. Raises `SystemExit` when they can't be run."""
    python = str(runtime_python(lambda _: None))
    with tempfile.TemporaryDirectory(prefix="newop-suites-") as name, state_directory():
        root = checkout(release, repo, Path(name) / "checkout", None)
        try:
            tools = tools_for(python)
            before = _before(release, root, python, tools)
            apply_plan(prepare([unwired(s) for s in specs], root).plan)
            after = run_suites(python, root, suites_of(root), _tell(release, "after"), tools=tools)
        except NotRun as why:
            raise SystemExit(f"matrix: {release}: {why}") from None
    return suite_row(release, before, after)


def suite_row(release: str, before: Outcomes, after: Outcomes) -> SuiteRow:
    wrong = [f"{test}: {said} before, {now} after" for test, (said, now) in before.otherwise(after).items()]
    new = {test: said for test, said in after.tests.items() if test not in before.tests}
    wrong += [f"{test}: {said}, and came with the ops" for test, said in new.items() if said in ("failed", "error")]
    return SuiteRow(release, before, after, wrong)


def _tell(release: str, run: str) -> Callable[[str], None]:
    def say(text: str) -> None:
        if not text.startswith(" "):  # details are for a line that is written over
            print(text, file=sys.stderr, flush=True)

    return Pulse(f"{release}, upstream's tests {run}", say)


def unwired(spec: LoadedSpec) -> LoadedSpec:
    """The spec with wirings whose conditions no model of the suites satisfies: their models are to stay as they are."""
    never = [f'self.{name} == "no-such-model"' for name in ("architecture", "model_name")]  # releases have either
    wiring = [w.model_copy(update={"when": never}) for w in spec.spec.wiring]
    return type(spec)(**{**vars(spec), "spec": spec.spec.model_copy(update={"wiring": wiring})})


def tools_for(python: str) -> Path:
    """The directory in the cache that has `TOOLS`; made with pip when it is not there. Raises `NotRun`."""
    with locked("suites-tools") as cache:
        place = cache / "suites" / hashlib.sha256(f"{_version(python)} {TOOLS}".encode()).hexdigest()[:16]
        if not place.is_dir():
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                made = subprocess.run(
                    [*pip, "--target", f"{scratch}/tools", *TOOLS], stdin=subprocess.DEVNULL, capture_output=True,
                    text=True, check=False,
                )  # fmt: skip
                if made.returncode:
                    raise NotRun(f"pip can't install {', '.join(TOOLS)}: {made.stderr.strip()[-300:]}")
                place.parent.mkdir(exist_ok=True)
                Path(scratch, "tools").rename(place)
        return place


def _version(python: str) -> str:
    """The version of an interpreter, and of each package that it has."""
    names = "sorted(f'{d.name} {d.version}' for d in m.distributions())"
    ask = f"import sys, importlib.metadata as m; print(sys.version, *{names})"
    return subprocess.run(
        [python, "-I", "-c", ask], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout


def _before(release: str, root: Path, python: str, tools: Path) -> Outcomes:
    """The outcomes without any op, from the cache when the same files were run before in the same way."""
    kept = cache_dir() / "suites" / f"{release}-{_fingerprint(root, python)[:16]}.json"
    if not kept.is_file():
        outcomes = run_suites(python, root, suites_of(root), _tell(release, "before"), tools=tools)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(outcomes.tests))
    return Outcomes(json.loads(kept.read_text()))


def _fingerprint(root: Path, python: str) -> str:
    """All that the outcomes come from: every file of the checkout, the interpreter with its packages, the test tools,
    and the code that runs the tests."""
    digest = hashlib.sha256(f"{_version(python)} {TOOLS}".encode())
    files = (p for p in root.rglob("*") if p.is_file() and ".git" not in p.relative_to(root).parts)
    for path in sorted([*files, Path(suites.__file__), Path(lend.__file__)]):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root) if path.is_relative_to(root) else path.name} {content}\n".encode())
    return digest.hexdigest()


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
