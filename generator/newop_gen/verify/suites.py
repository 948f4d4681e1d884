"""Upstream's own tests in a checkout, run in a child process, and what each of them says with an op and without."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ..checkout.places import Places
from ..sandbox.runtime import import_roots, release_environment
from .session import Extension

# What an op could break: tests of databases, models and operations, of what is listed by name, of the support matrix
# and, from 0.11 on, of the contract between the packages. The SDK's other tests search whole deployments with tables of
# upstream's ops, and those of the command line, the generator and the collector know of no op.
SUITES = (
    "unit/sdk/database",
    "unit/sdk/models",
    "unit/sdk/operations",
    "unit/sdk/test_*.py",
    "unit/support_matrix",
    "cross_package",
)
SECONDS = 3600  # for one run of all of them; on two busy cores the longest took a fraction of it

RAN = (0, 1, 5)  # pytest's status when all tests passed, when some failed, and when there are none
SAID = ("passed", "skipped", "error", "failed")

# pytest in a checkout that may lack what `child/lend.py` lends.
_HERE = str(Path(__file__).parent)
_RUN = """\
import json, os, sys
sys.path[0] = sys.argv[1]
from child.lend import lend
lend(json.loads(sys.argv[2]), sys.argv[3])
if extension := json.loads(sys.argv[4]):
    from child.extension import serve_extension
    serve_extension(**extension)
sys.path[0] = ""
import pytest
status = pytest.main(sys.argv[5:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(status)  # threads that a release's libraries left behind would abort an interpreter that ends as usual
"""


class NotRun(Exception):
    """pytest could not run the tests; the message says why."""


@dataclass(frozen=True)
class Outcomes:
    """What each test said, by its name: one of `SAID`."""

    tests: Mapping[str, str]

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.tests.values())

    def __str__(self) -> str:
        counts = self.counts
        return ", ".join(f"{counts[o]:,} {o}" for o in ("passed", "failed", "error", "skipped") if counts[o])

    def otherwise(self, after: Outcomes) -> dict[str, tuple[str, str]]:
        """Tests that say something else in `after`, or are gone: what they said and say. Tests that only `after` has
        don't count: they came with an op."""
        return {
            name: (said, after.tests.get(name, "gone"))
            for name, said in sorted(self.tests.items())
            if after.tests.get(name) != said
        }


def suites_of(root: Path) -> list[str]:
    """Those of `SUITES` that a checkout has among its tests, as paths in it."""
    tests = root / Places.of(root).tests
    return [p.relative_to(root).as_posix() for suite in SUITES for p in sorted(tests.glob(suite))]


def pytest_command(
    python: str,
    root: Path,
    arguments: Sequence[str],
    tools: Path | None = None,
    extension: Extension | None = None,
) -> tuple[list[str], dict[str, str]]:
    """A command that runs pytest in a checkout, and its environment. `tools` is a directory of packages that come
    before the interpreter's own, `extension` what was built of a checkout whose ops are compiled."""
    flags = ["-q", "-p", "no:cacheprovider", "--no-header", "--color=no"]
    roots = [str(r) for r in import_roots(root)]
    environment = release_environment(root)
    if tools is not None:
        environment["PYTHONPATH"] = os.pathsep.join((str(tools), environment["PYTHONPATH"]))
    served = json.dumps(None if extension is None else vars(extension))
    command = [python, "-c", _RUN, _HERE, json.dumps(roots), Places.of(root).name, served, *flags, *arguments]
    return command, environment


def run_suites(
    python: str,
    root: Path,
    suites: Sequence[str],
    told: Callable[[str], None] = lambda _: None,
    seconds: float = SECONDS,
    tools: Path | None = None,
    extension: Extension | None = None,
) -> Outcomes:
    """What the tests in `suites` (paths in the checkout `root`) say. `told` hears how far they are, each second;
    `tools` and `extension` are as for `pytest_command`.

    Raises `NotRun` when pytest can't run them, or they have not ended after `seconds`.
    """
    if not suites:
        return Outcomes({})  # pytest without a path runs all that it finds
    with tempfile.TemporaryDirectory(prefix="newop-suites-") as scratch:
        report = Path(scratch) / "report.xml"
        # pytest's usual temporary directory is everybody's, and each run clears away what others left in it.
        words = ["-W", "ignore", "--tb=no", "-rN", "--continue-on-collection-errors", f"--basetemp={scratch}/tmp"]
        command, environment = pytest_command(python, root, [*words, f"--junitxml={report}", *suites], tools, extension)
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(
                command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
            try:
                status = _follow(child, lambda: told(progress(_tail(output.fileno()))), seconds)
            except subprocess.TimeoutExpired:
                at = progress(_tail(output.fileno()))
                raise NotRun(f"upstream's tests did not end in {seconds:.0f} s (last: {at})") from None
            finally:
                _end(child)
            if status not in RAN or not report.is_file():
                last = _tail(output.fileno()).strip().splitlines() or ["no output"]
                raise NotRun(f"pytest can't run upstream's tests (status {status}): {last[-1][:300]}")
        return read_report(report)


def read_report(report: Path) -> Outcomes:
    """The outcomes in a JUnit file. Of a name that is there more than once (a test that fails, and again when it is
    torn down), the worst."""
    tests: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        tags = ("failed" if child.tag == "failure" else child.tag for child in case)
        tests[name] = max([tests.get(name, "passed"), *(t for t in tags if t in SAID)], key=SAID.index)
    return Outcomes(tests)


_AT = re.compile(r"^(tests/\S+?\.py)|\[\s*(\d+%)\]", re.MULTILINE)


def progress(output: str) -> str:
    """How far pytest is, from the end of its output: the file it is in, and the last percentage it gave."""
    file, percent = "", ""
    for match in _AT.finditer(output):
        file, percent = match[1] or file, match[2] or percent
    words = [file.rpartition("/")[2] or "collecting"] if file or not percent else []
    return ", ".join([*words, *([percent.replace("%", " %")] if percent else [])])


def _follow(child: subprocess.Popen[bytes], each: Callable[[], None], seconds: float) -> int:
    end = time.monotonic() + seconds
    while True:
        try:
            return child.wait(timeout=1)
        except subprocess.TimeoutExpired:
            each()
            if time.monotonic() > end:
                raise


def _end(child: subprocess.Popen[bytes]) -> None:
    """Tests start processes of their own, which are to end with them."""
    if child.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
        child.wait()


def _tail(output: int, size: int = 8192) -> str:
    length = os.fstat(output).st_size
    return os.pread(output, size, max(0, length - size)).decode("utf-8", "replace")
