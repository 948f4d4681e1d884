"""Upstream's own tests, without the op and with it.

Both runs are in copies, so that no test writes into the checkout: one of the last commit without the op, one of the
files as they are now. Measured tables are linked into both.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from ..bench import Bench
from ..result import Cause, CheckResult, Tally
from .suites import Pulse, pytest_command

SUITES = ("tests/unit", "tests/cross_package")
SECONDS = 7200
RAN = (0, 1)  # pytest's status when all passed, and when some failed
WITHOUT_DATA = ":(exclude,glob)**/systems/data/**"


class _CannotRun(Exception):
    pass


def upstream(bench: Bench, report: Callable[[str], None]) -> CheckResult:
    """Every test says with the op what it said without. Minutes."""
    tally = Tally("upstream-tests", "each of upstream's own tests says with the op what it says without it")
    root = bench.session.checkout.resolve()
    try:
        before = _commit_without(bench, root)
        suites = [s for s in SUITES if (root / s).is_dir()]
        if not any(p.name != f"test_{bench.op.name}.py" for s in suites for p in (root / s).rglob("test_*.py")):
            raise _CannotRun("the checkout has no tests of upstream's (one that was made from a wheel has none)")
        with tempfile.TemporaryDirectory(prefix="newop-upstream-") as scratch:
            old, new = Path(scratch) / "before", Path(scratch) / "after"
            _export(root, before, old)
            _copy(root, new)
            for copy, other in ((old, [t.stem for t in bench.op.tables]), (new, [])):
                _link_tables(root, copy, other)
            first = _run(bench, old, suites, Pulse("before", report))
            then = _run(bench, new, suites, Pulse("after", report))
    except _CannotRun as why:
        tally.note = str(why)
        return tally.result()
    for name, said in first.items():
        tally.holds(then.get(name) == said, name, said, then.get(name, "it is gone"))
    if tally.failed:
        some = ", ".join(f.where.rpartition("::")[2] for f in tally.failures)
        tally.blame(Cause("upstream-tests", f"{tally.failed} of upstream's tests say something else now: {some}"))
    passed = sum(said == "passed" for said in first.values())
    tally.note = f"{len(first)} tests, of which {passed} pass at {before[:10]}"
    return tally.result()


def _commit_without(bench: Bench, root: Path) -> str:
    """The commit before the op came in: the parent of the one that added its unit test, or HEAD."""
    head = _git(root, "rev-parse", "HEAD").strip()
    test = f"{bench.facts.tests}/test_{bench.op.name}.py"
    added = _git(root, "log", "-1", "--diff-filter=A", "--format=%H", "--", test).strip()
    if not added:
        return head
    parent = _git(root, "rev-parse", "--verify", "--quiet", f"{added}^", ok=(0, 1)).strip()
    if not parent:
        raise _CannotRun("the op is in the first commit of this repository: there is nothing before it")
    return parent


def _git(root: Path, *words: str, ok: Sequence[int] = (0,)) -> str:
    return _git_bytes(root, *words, ok=ok).decode("utf-8", "surrogateescape")


def _git_bytes(root: Path, *words: str, ok: Sequence[int] = (0,)) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        raise _CannotRun("needs git") from None
    if done.returncode not in ok:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"])[-1]
        raise _CannotRun(f"needs a git checkout (git {words[0]}: {last})")
    return done.stdout


def _export(root: Path, commit: str, target: Path) -> None:
    """A commit's files, but for measured tables."""
    target.mkdir()
    archive = _git_bytes(root, "archive", "--format=tar", commit, "--", ".", WITHOUT_DATA)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        # Members are paths of a repository's own files; the filter is there from 3.10.12 and 3.11.4 on.
        safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        tar.extractall(target, **safe)  # type: ignore[arg-type]


def _copy(root: Path, target: Path) -> None:
    """The files as they are, but for ignored ones and measured tables."""
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".", WITHOUT_DATA)
    for name in names.split("\0"):
        if name and (root / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name, follow_symlinks=False)


def _link_tables(root: Path, copy: Path, leave_out: Sequence[str]) -> None:
    """Links to the checkout's measured tables, but for those whose names start with one of `leave_out`."""
    for data in (*root.glob("src/*/systems/data"), *root.glob("*/src/*/systems/data")):
        for folder, _, names in os.walk(data):
            there = copy / Path(folder).relative_to(root)
            there.mkdir(parents=True, exist_ok=True)
            for name in names:
                if not name.startswith(tuple(leave_out)) and not (there / name).exists():
                    (there / name).symlink_to(Path(folder) / name)


def _run(bench: Bench, copy: Path, suites: Sequence[str], told: Callable[[str], None]) -> Mapping[str, str]:
    """What each test says, by its name."""
    report = copy.with_suffix(".xml")
    words = ["-W", "ignore", "--tb=no", "--continue-on-collection-errors", f"--junitxml={report}", *suites]
    command, environment = pytest_command(bench.session.python, copy, words)
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(
            command, cwd=copy, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        end = time.monotonic() + SECONDS
        try:
            while True:
                try:
                    status = child.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    told(_last(output.fileno()))
                    if time.monotonic() > end:
                        raise _CannotRun(f"upstream's tests did not end in {SECONDS} s") from None
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        # All other statuses say that the tests were not run.
        if status not in RAN or not report.is_file():
            raise _CannotRun(f"pytest can't run upstream's tests: {_last(output.fileno())}")
    return dict(_outcomes(report))


def _last(output: int) -> str:
    size = os.fstat(output).st_size
    text = os.pread(output, min(size, 4096), max(0, size - 4096)).decode("utf-8", "replace").strip()
    return text.splitlines()[-1] if text else "no output"


def _outcomes(report: Path) -> Iterator[tuple[str, str]]:
    for case in ElementTree.parse(report).iter("testcase"):
        said = next((c.tag for c in case if c.tag in ("failure", "error", "skipped")), "passed")
        yield f"{case.get('classname')}::{case.get('name')}", "failed" if said == "failure" else said
