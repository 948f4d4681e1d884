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
from collections.abc import Callable, Sequence
from pathlib import Path

from ...checkout.places import Places
from ..bench import Bench
from ..pulse import Pulse
from ..result import Cause, CheckResult, Tally
from ..suites import NotRun, run_suites, suites_of

WITHOUT_DATA = ":(exclude,glob)**/systems/data/**"


def upstream(bench: Bench, report: Callable[[str], None]) -> CheckResult:
    """Every test of `SUITES` says with the op what it said without. Minutes."""
    tally = Tally("upstream-tests", "each of upstream's own tests says with the op what it says without it")
    root = bench.session.checkout.resolve()
    try:
        before = _commit_without(bench, root)
        with tempfile.TemporaryDirectory(prefix="newop-upstream-") as scratch:
            old, new = Path(scratch) / "before", Path(scratch) / "after"
            _export(root, before, old)
            _copy(root, new)
            for copy, other in ((old, [t.stem for t in bench.op.tables]), (new, [])):
                _link_tables(root, copy, other)
            if not suites_of(old):
                raise NotRun("the checkout has no tests of upstream's (one that was made from a wheel has none)")
            python, built = bench.session.python, bench.session.built
            # Each copy is run with what is built of it: upstream's tests hold an extension to its own sources.
            extension = built(old) if built is not None else None
            first = run_suites(python, old, suites_of(old), Pulse("before", report), extension=extension)
            extension = built(new) if built is not None else None
            then = run_suites(python, new, suites_of(new), Pulse("after", report), extension=extension)
    except NotRun as why:
        tally.note = str(why)
        return tally.result()
    changed = first.otherwise(then)
    for name, said in first.tests.items():
        tally.holds(name not in changed, name, said, changed.get(name, ("", ""))[1])
    if tally.failed:
        some = ", ".join(f.where.rpartition("::")[2] for f in tally.failures)
        tally.blame(Cause("upstream-tests", f"{tally.failed} of upstream's tests say something else now: {some}"))
    tally.note = f"{len(first.tests):,} tests; at {before[:10]}: {first}"
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
        raise NotRun("the op is in the first commit of this repository: there is nothing before it")
    return parent


def _git(root: Path, *words: str, ok: Sequence[int] = (0,)) -> str:
    return _git_bytes(root, *words, ok=ok).decode("utf-8", "surrogateescape")


def _git_bytes(root: Path, *words: str, ok: Sequence[int] = (0,)) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError:
        raise NotRun("needs git") from None
    if done.returncode not in ok:
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"])[-1]
        raise NotRun(f"needs a git checkout (git {words[0]}: {last})")
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
    for folder, _, names in os.walk(root / Places.of(root).systems / "data"):
        there = copy / Path(folder).relative_to(root)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            if not name.startswith(tuple(leave_out)) and not (there / name).exists():
                (there / name).symlink_to(Path(folder) / name)
