"""Upstream's own tests on a release, without and with specs: what `matrix.py` has in its second table."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trials import ROOT, state_directory

sys.path.insert(0, str(ROOT / "tests"))

from support.applying import prepare
from support.owned import COMPILED_ENGINE
from support.releases import ReleaseUnavailable, copy_release

from newop_gen.runs import apply_plan
from newop_gen.sandbox import make_sandbox, runtime_python
from newop_gen.sandbox.cache import cache_dir, locked
from newop_gen.sandbox.wheels import WHEELS
from newop_gen.spec.load import LoadedSpec
from newop_gen.verify import suites
from newop_gen.verify.child import lend
from newop_gen.verify.pulse import Pulse
from newop_gen.verify.suites import NotRun, Outcomes, run_suites, suites_of

# What upstream's tests are run with, at the versions of 0.11's lock file. They need them: pytest 9.2 takes names away
# from 0.11's compatibility packages when it undoes a `monkeypatch.setattr`.
TOOLS = ("pytest==8.4.2", "pytest-asyncio==1.3.0", "pytest-mock==3.15.1", "pytest-timeout==2.4.0")


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
            apply_plan(prepare([unwired(s) for s in specs], root))
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
    kept = cache_dir() / "suites" / f"{release}-{fingerprint(root, python)[:16]}.json"
    if not kept.is_file():
        outcomes = run_suites(python, root, suites_of(root), _tell(release, "before"), tools=tools)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(outcomes.tests))
    return Outcomes(json.loads(kept.read_text()))


def fingerprint(root: Path, python: str) -> str:
    """All that the outcomes come from: every file of the checkout, the interpreter with its packages, the test tools,
    and the code that runs the tests."""
    digest = hashlib.sha256(f"{_version(python)} {TOOLS}".encode())
    files = (p for p in root.rglob("*") if p.is_file() and ".git" not in p.relative_to(root).parts)
    for path in sorted([*files, Path(suites.__file__), Path(lend.__file__)]):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root) if path.is_relative_to(root) else path.name} {content}\n".encode())
    return digest.hexdigest()
